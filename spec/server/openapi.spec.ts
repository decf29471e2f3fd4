import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { GraphDocument } from '../../src/fbp/document.ts';
import { openapi } from '../../src/http/openapi.ts';
import { CHAT_ROUTES } from '../../src/model/chat-routes.ts';
import { type Running, serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { folder, graph } from '../support/server.ts';
import { ROOT } from '../support/source.ts';

// However busy the machine is.
jest.setTimeout(60_000);

interface Described {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly schema: object; readonly required?: boolean }>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
  readonly 'x-events'?: Readonly<Record<string, object>>;
}

interface Operation {
  readonly operationId: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly schema: object }[];
  readonly responses: Readonly<Record<string, Described>>;
  readonly 'x-websocket'?: { readonly receives: object; readonly sends: object };
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

const METHODS = ['get', 'post', 'put', 'delete', 'patch', 'head', 'options'];
const CHAT = Object.values(CHAT_ROUTES)
  .flat()
  .map(route => ({ ...route, node: 'router', port: 'out' }));
const described = openapi('0.0.0', '', CHAT) as Description;

/** Every status of every operation for everybody, as `GET /path 200`; those for people with an account need one. */
const all = Object.entries(described.paths).flatMap(([path, item]) =>
  METHODS.filter(method => !item[method]?.tags?.includes('people')).flatMap(method =>
    Object.keys(item[method]?.responses ?? {}).map(status => `${method.toUpperCase()} ${path} ${status}`),
  ),
);

/** Follows a `$ref`, if it is one. */
function deref<T>(value: T | { readonly $ref: string }): T {
  const ref = Object(value).$ref as string | undefined;
  if (ref === undefined) return value as T;
  const found = ref
    .slice(2)
    .split('/')
    .reduce<unknown>((at, name) => Object(at)[name], described);
  if (found === undefined) throw new Error(`${ref} leads nowhere`);
  return found as T;
}

/** A copy whose objects may have nothing but what is described. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, closed(part)]));
  return schema && 'properties' in schema ? { ...copy, additionalProperties: false } : copy;
}

const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
ajv.addFormat('uuid', /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
ajv.addVocabulary(['components']);

const components = closed(described.components);
/** Compiled validators by the text of their schema, as compiling takes long. */
const validators = new Map<string, ValidateFunction>();

/** What is wrong with a value, by a schema of the description. */
function faults(schema: object, value: unknown): string {
  const text = JSON.stringify(schema);
  const validate = validators.get(text) ?? ajv.compile({ ...(closed(schema) as object), components });
  validators.set(text, validate);
  return validate(value) ? '' : ajv.errorsText(validate.errors);
}

const { path: place, remove } = folder();
let running: Running | undefined;

async function serving(given: Readonly<Record<string, string>> = {}): Promise<Running> {
  await running?.stop();
  const env = { PORT: '0', GRAPH: join(ROOT, 'graphs/chat.fbp'), DATA: place, ...given };
  running = await serve(readSettings(env, []), () => {});
  return running;
}

const ask = (path: string, init?: RequestInit) => fetch(running!.url + path.slice(1), init);

/** Asks, and holds the answer against the description. Returns what it is, as `GET /path 200`. */
async function held(path: string, url: string, init: RequestInit = {}): Promise<string> {
  const leaving = new AbortController();
  const response = await ask(url, { ...init, signal: leaving.signal });
  const { method = 'GET' } = init;
  const called = `${method} ${path} ${response.status}`;
  const operation = described.paths[path]?.[method.toLowerCase()];
  const answer = deref(operation?.responses[response.status]);
  if (!answer) throw new Error(`${called} is not described`);
  for (const [name, header] of Object.entries(answer.headers ?? {})) {
    const { schema, required } = deref(header);
    const value = response.headers.get(name);
    if (value !== null || required)
      expect([called, name, value, faults(schema, value)]).toEqual([called, name, value, '']);
  }
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const { schema } = answer.content?.[type] ?? { schema: undefined };
  expect([called, type, typeof schema]).toEqual([called, type, 'object']);
  if (type !== 'text/event-stream') {
    const body = /json$/.test(type) ? await response.json() : await response.text();
    expect([called, body, faults(schema!, body)]).toEqual([called, body, '']);
  }
  leaving.abort();
  return called;
}

/** A graph in which `!help` is answered to nobody but who asks. */
function helping(): string {
  const path = graph(join(place, 'graphs'), {});
  const [from, to] = [
    ' OUT -> IN check(chat/CheckPost)',
    ' OUT -> IN lost(chat/Match) ELSE -> IN check(chat/CheckPost)',
  ];
  const text = readFileSync(path, 'utf8').replace(
    `sender(chat/SendController)${from}`,
    `sender(chat/SendController)${to}`,
  );
  const lines = [
    'lost MATCH -> IN helper(chat/Say) ANSWER -> IN responder',
    ...["'!help' -> PATTERN lost", "'asker' -> TO helper", "'be kind' -> TEXT helper"],
  ];
  writeFileSync(path, [text, ...lines, ''].join('\n'));
  return path;
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const post = (fields: object, headers: Readonly<Record<string, string>> = {}): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(fields),
  headers: { ...JSON_TYPE, ...headers },
});

/** Requests that are answered with each status, at a path that reads messages, hears of them, or lists rooms. */
const reads = (url: string) => ({
  200: url,
  400: `${url}?a=%`,
  404: url.replace('lobby', 'LOBBY'),
  422: `${url}?after=!`,
});
const OWNED = { 'Owner-Key': 'my own key' };
/** And where a message is posted. */
const posts = (url: string): Readonly<Record<number, readonly [string, RequestInit]>> => ({
  201: [url, post({ author: 'ann', text: 'hi' })],
  400: [url, { ...post({}), body: '{' }],
  404: [url.replace('lobby', 'LOBBY'), post({ text: 'hi' })],
  413: [url, post({ text: 'x'.repeat(70_000) })],
  415: [url, post({ text: 'hi' }, { 'Content-Type': 'text/plain' })],
  422: [url, post({ text: ' ' })],
});

const READERS = [
  '/chat',
  '/gochat/chat',
  '/api/rooms',
  '/api/rooms/{room}/messages',
  '/api/rooms/{room}/entries',
  '/api/rooms/{room}/events',
];
const MESSAGE = '/api/rooms/{room}/messages/{message}';
const REACTION = `${MESSAGE}/reactions/{emoji}`;
const POSTERS = ['/chat', '/gochat/chat', '/api/rooms/{room}/messages'];
const PROBES = ['/healthz', '/readyz', '/metrics', '/openapi.json', '/api/about'];
const actual = (path: string) =>
  path.replace('{room}', 'lobby').replace('{message}', 'none').replace('{emoji}', encodeURIComponent('👍'));

const seen = new Set<string>();
const meets = async (path: string, status: number, url: string, init?: RequestInit) => {
  const called = await held(path, url, init);
  expect(called).toMatch(new RegExp(` ${status}$`));
  seen.add(called);
};

afterEach(() => running?.gate.open(running.runtime.live));
afterAll(async () => {
  await running?.stop();
  remove();
});

describe('every answer is as /openapi.json describes it', () => {
  beforeAll(async () => {
    await serving();
  });

  it.each(READERS)('to a reader of %s', async path => {
    for (const [status, url] of Object.entries(reads(actual(path)))) {
      if (all.includes(`GET ${path} ${status}`)) await meets(path, Number(status), url);
    }
  });

  it.each(POSTERS)('to a poster at %s', async path => {
    for (const [status, [url, init]] of Object.entries(posts(actual(path)))) {
      if (all.includes(`POST ${path} ${status}`)) await meets(path, Number(status), url, init);
    }
  });

  it('to whoever reads messages in a way that rooms have', async () => {
    const path = '/api/rooms/{room}/messages';
    await ask(actual(path), post({ text: 'hi' }));
    const { cursor } = (await (await ask(actual(path))).json()) as { cursor: string };
    for (const query of [`after=${cursor}&wait=1`, `before=${cursor}`, 'limit=1', 'after=gone:7']) {
      await meets(path, 200, `${actual(path)}?${query}`);
    }
  });

  it('to who edits and removes, and to who reads what became of it', async () => {
    const there = actual('/api/rooms/{room}/messages');
    const kept = async () => ((await (await ask(there, post({ text: 'hi' }, OWNED))).json()) as { id: string }).id;
    const [mine, at] = [await kept(), (id: string) => `${there}/${id}`];
    const edit = (body: string, headers: Readonly<Record<string, string>> = {}): RequestInit => ({
      method: 'PATCH',
      body,
      headers: { ...JSON_TYPE, ...OWNED, ...headers },
    });
    const text = '{"text":"ho"}';
    await meets(MESSAGE, 200, at(mine), edit(text));
    await meets(MESSAGE, 400, at(mine), edit('{'));
    await meets(MESSAGE, 403, at(mine), edit(text, { 'Owner-Key': 'another key' }));
    await meets(MESSAGE, 404, at('none'), edit(text));
    await meets(MESSAGE, 413, at(mine), edit(`{"text":"${'x'.repeat(70_000)}"}`));
    await meets(MESSAGE, 415, at(mine), edit(text, { 'Content-Type': 'text/plain' }));
    await meets(MESSAGE, 422, at(mine), edit('{}'));
    const remove = (headers: Readonly<Record<string, string>> = OWNED): RequestInit => ({ method: 'DELETE', headers });
    await meets(MESSAGE, 400, at(mine), remove({ 'Owner-Key': 'short' }));
    await meets(MESSAGE, 403, at(mine), remove({}));
    await meets(MESSAGE, 404, at('none'), remove());
    const react = (method: string, body = '{}', headers: Readonly<Record<string, string>> = {}): RequestInit => ({
      method,
      body,
      headers: { ...JSON_TYPE, ...headers },
    });
    const reaction = (id: string, emoji = '👍') => `${at(id)}/reactions/${encodeURIComponent(emoji)}`;
    for (const method of ['PUT', 'DELETE']) {
      await meets(REACTION, 200, reaction(mine), react(method, '{"author":"ann"}'));
      await meets(REACTION, 400, reaction(mine), react(method, '{'));
      await meets(REACTION, 404, reaction('none'), react(method));
      await meets(REACTION, 413, reaction(mine), react(method, `{"author":"${'x'.repeat(70_000)}"}`));
      await meets(REACTION, 415, reaction(mine), react(method, '{}', { 'Content-Type': 'text/plain' }));
      await meets(REACTION, 422, reaction(mine, 'no'), react(method));
    }
    await meets(REACTION, 200, reaction(mine), react('PUT'));
    await meets('/api/rooms/{room}/entries', 200, actual('/api/rooms/{room}/entries'));
    await meets(MESSAGE, 200, at(mine), remove());
    for (const method of ['PUT', 'DELETE']) await meets(REACTION, 409, reaction(mine), react(method));
    await meets(MESSAGE, 409, at(mine), remove());
    await meets(MESSAGE, 409, at(mine), edit(text));
    for (const list of ['messages', 'entries'])
      await meets(`/api/rooms/{room}/${list}`, 200, actual(`/api/rooms/{room}/${list}`));
  });

  it('to who asks a bot that answers nobody else', async () => {
    await serving({ GRAPH: helping() });
    for (const path of POSTERS) await meets(path, 200, actual(path), post({ text: '!help' }));
    await serving();
  });

  it('to probes', async () => {
    for (const path of PROBES) await meets(path, 200, path);
    await meets('/api/socket', 426, '/api/socket');
  });

  it('where the graph stops, hangs or fails', async () => {
    const { gate } = await serving({ DEADLINE: '0.5' });
    for (const [status, entry] of [
      [503, undefined],
      [504, { post: ({ id }: { id: string }) => void gate.reached({ id }, 'a') }],
      [500, { post: ({ id }: { id: string }) => gate.fail(id, 'a') }],
    ] as const) {
      gate.open(entry);
      await Promise.all(READERS.map(path => meets(path, status, actual(path))));
      await Promise.all(POSTERS.map(path => meets(path, status, actual(path), post({ text: 'hi' }))));
      for (const method of ['PATCH', 'DELETE']) await meets(MESSAGE, status, actual(MESSAGE), { method });
      for (const method of ['PUT', 'DELETE']) await meets(REACTION, status, actual(REACTION), { method });
    }
  });

  it('to who posts too much', async () => {
    await serving({ GRAPH: graph(join(place, 'graphs'), { BURST: '1', RATE: '0.001' }) });
    for (const path of POSTERS) {
      const posted = post({ author: path.replaceAll(/\W/g, ''), text: 'hi' });
      await meets(path, 201, actual(path), posted);
      await meets(path, 429, actual(path), posted);
    }
    await meets(MESSAGE, 429, actual(MESSAGE), { method: 'DELETE' });
    for (const method of ['PUT', 'DELETE'])
      await meets(REACTION, 429, actual(REACTION), { ...post({ author: 'chat' }), method });
    await meets(MESSAGE, 429, actual(MESSAGE), { ...post({ text: 'hi' }), method: 'PATCH' });
  });

  it('to who asks whether it is ready, and it is not', async () => {
    const { runtime } = await serving();
    await runtime.stop();
    await meets('/readyz', 503, '/readyz');
  });

  it('to a method that a path does not take', async () => {
    await serving();
    for (const path of READERS) {
      const answer = await ask(actual(path), { method: 'DELETE' });
      const body = await answer.json();
      expect([answer.status, faults({ $ref: '#/components/schemas/Problem' }, body)]).toEqual([405, '']);
      expect(answer.headers.get('allow')).toMatch(/^GET/);
    }
  });
});

describe('what stays open is as /openapi.json describes it', () => {
  const frames = described.paths['/api/socket']!.get!['x-websocket']!;
  const events = described.paths['/api/rooms/{room}/events']!.get!.responses[200]!['x-events']!;

  it('at a socket whose post a bot answers', async () => {
    const { url } = await serving({ GRAPH: helping() });
    const socket = new WebSocket(`${url.replace('http', 'ws')}api/socket`);
    const got = new Promise(resolve =>
      socket.on('message', data => {
        const frame = JSON.parse(String(data));
        expect([frame, faults(frames.sends, frame)]).toEqual([frame, '']);
        if (frame.type === 'hello') socket.send('{"type":"send","key":"1","room":"a","author":"ann","text":"!help"}');
        else resolve(frame);
      }),
    );
    expect(await got).toEqual({ type: 'answer', key: '1', room: 'a', author: 'bot', text: 'be kind' });
    expect(await (await ask('/api/rooms/a/messages')).json()).toMatchObject({ messages: [] });
    socket.close();
  });

  it('at a socket, both ways', async () => {
    const { url } = await serving();
    const socket = new WebSocket(`${url.replace('http', 'ws')}api/socket`);
    const got: string[] = [];
    let kept = '';
    socket.on('message', data => {
      const frame = JSON.parse(String(data));
      expect([frame, faults(frames.sends, frame)]).toEqual([frame, '']);
      got.push(frame.type);
      if (frame.type === 'message') kept = frame.id;
    });
    const come = async (types: readonly string[]) => {
      while (got.length < types.length) await new Promise(resolve => setTimeout(resolve, 5));
      expect(got.splice(0).toSorted()).toEqual(types);
    };
    await come(['hello']);
    const owner = 'my own key';
    for (const [frame, types] of [
      [() => ({ type: 'subscribe', room: 'a' }), ['subscribed']],
      [() => ({ type: 'send', key: '1', room: 'a', author: 'ann', text: 'hi' }), ['ack', 'message']],
      [() => ({ type: 'send', key: '2', room: 'a', text: 'hi', owner }), ['ack', 'message']],
      [() => ({ type: 'edit', key: '3', room: 'a', id: kept, text: 'ho', owner }), ['ack', 'edit']],
      [() => ({ type: 'react', key: '6', room: 'a', id: kept, emoji: '👍', owner }), ['ack', 'reaction']],
      [() => ({ type: 'unreact', key: '7', room: 'a', id: kept, emoji: '👍', owner }), ['ack', 'reaction']],
      [() => ({ type: 'remove', key: '4', room: 'a', id: kept, owner }), ['ack', 'remove']],
      [() => ({ type: 'subscribe', room: 'b', after: 'gone:7' }), ['gap', 'subscribed']],
      [() => ({ type: 'send', key: '5', room: 'a', text: '' }), ['error']],
      [() => ({ type: 'unsubscribe', room: 'a' }), []],
    ] as const) {
      const sent = frame();
      expect([sent, faults(frames.receives, sent)]).toEqual([sent, '']);
      socket.send(JSON.stringify(sent));
      await come(types);
    }
    const wrong: object[] = [
      [],
      { type: 'shout', room: 'a' },
      { type: 'subscribe' },
      { type: 'subscribe', room: 'NO' },
      { type: 'subscribe', room: 'a', after: '7' },
      { type: 'send', room: 'a', text: 'hi' },
      { type: 'send', key: '', room: 'a', text: 'hi' },
    ];
    for (const frame of wrong) {
      expect([frame, faults(frames.receives, frame)]).not.toEqual([frame, '']);
      socket.send(JSON.stringify(frame));
    }
    await come(wrong.map(() => 'error'));
    socket.close();
    seen.add('GET /api/socket 101');
  });

  it('refuses a socket to the pages of others', async () => {
    const { url } = await serving();
    const init = { headers: { Origin: 'https://a.example' } };
    const socket = new WebSocket(`${url.replace('http', 'ws')}api/socket`, init);
    const body = await new Promise<string>(resolve => {
      socket.once('unexpected-response', (_, response) => {
        expect([response.statusCode, response.headers['content-type']]).toEqual([403, 'application/problem+json']);
        response.once('data', data => resolve(String(data)));
      });
    });
    expect(faults({ $ref: '#/components/schemas/Problem' }, JSON.parse(body))).toBe('');
    socket.on('error', () => {}).terminate();
    seen.add('GET /api/socket 403');
  });

  it('in a stream of events', async () => {
    await serving();
    await ask('/api/rooms/stream/messages', post({ text: 'hi' }));
    const response = await ask('/api/rooms/stream/events?after=gone:7');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('event: message')) text += (await reader.read()).value;
    await reader.cancel();
    const found = [...text.matchAll(/^id: (\S+)\nevent: (\w+)\ndata: (.*)\n\n/gm)];
    expect(found.map(([, , event]) => event)).toEqual(['gap', 'message']);
    for (const [, id, event = '', data = ''] of found) {
      expect([event, faults(events[event]!, JSON.parse(data))]).toEqual([event, '']);
      expect(faults({ $ref: '#/components/schemas/Cursor' }, id)).toBe('');
    }
  });
});

describe('/openapi.json', () => {
  it('has with gochat.fbp what is answered, and nothing else', async () => {
    await serving({ GRAPH: join(ROOT, 'graphs/gochat.fbp') });
    const { paths } = (await (await ask('/openapi.json')).json()) as Description;
    const isTold = (path: string, method: string) => paths[path]?.[method] !== undefined;
    for (const [path, item] of Object.entries(described.paths))
      for (const method of METHODS.filter(method => item[method])) {
        const init = method === 'get' ? { method } : { ...post({ text: 'hi' }), method: method.toUpperCase() };
        const { status } = await ask(actual(path), init);
        expect([path, method, isTold(path, method)]).toEqual([path, method, status !== 404 && status !== 405]);
        if (isTold(path, method) && path !== '/api/socket')
          await held(path, actual(path), { ...init, method: method.toUpperCase() });
      }
    expect(Object.keys(paths).filter(path => !(path in described.paths))).toEqual([]);
  });

  it('has what is added to the graph as soon as that is live, and is another document then', async () => {
    const { runtime } = await serving();
    const known = async () => {
      const answer = await ask('/openapi.json');
      const { paths } = (await answer.json()) as Description;
      return { etag: answer.headers.get('etag')!, latest: paths['/latest/{room}'] };
    };
    const before = await known();
    expect(before.latest).toBeUndefined();
    const same = { headers: { 'If-None-Match': before.etag } };
    expect((await ask('/openapi.json', same)).status).toBe(304);
    const added = `INPORT=latest.IN:REQUEST
'GET /latest/:room' -> PATTERN latest(chat/Route)
latest ELSE -> IN admit
latest MATCH -> IN controller`;
    const text = readFileSync(join(ROOT, 'graphs/chat.fbp'), 'utf8').replace('INPORT=admit.IN:REQUEST', added);
    await runtime.publish(new GraphDocument('graphs/chat.fbp', text));
    expect((await ask('/openapi.json', same)).status).toBe(200);
    const { latest } = await known();
    expect(latest).toMatchObject({ get: { responses: { default: {} } }, parameters: [{ name: 'room', in: 'path' }] });
    expect((await ask('/latest/lobby')).status).toBe(200);
  });

  it('is what this server gives, with its BASE_PATH and version', async () => {
    await serving({ BASE_PATH: '/talk' });
    const found = (await (await ask('/openapi.json')).json()) as { info: { version: string } };
    const everybodys = CHAT.filter(({ tag }) => tag !== 'people');
    expect(found).toEqual(JSON.parse(JSON.stringify(openapi(found.info.version, '/talk', everybodys))));
    expect(found).toMatchObject({ openapi: '3.1.0', servers: [{ url: '/talk' }] });
    expect(found.info.version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('refers to nothing that is not there, and names every operation once', () => {
    const text = JSON.stringify(described);
    for (const [, ref = ''] of text.matchAll(/"\$ref":"([^"]+)"/g)) deref({ $ref: ref });
    const names = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has no schema that says nothing or what JSON Schema does not know', () => {
    for (const [name, schema] of Object.entries(described.components.schemas)) {
      expect([name, faults(schema, undefined)]).not.toEqual([name, '']);
    }
  });

  it('describes no answer that was not met here', () => {
    expect(all.filter(called => !seen.has(called))).toEqual([]);
  });

  it('describes what parameters may be: the rest is refused', async () => {
    await serving();
    const path = '/api/rooms/{room}/messages';
    const { parameters } = described.paths[path]!.get!;
    const tried = { limit: ['0', '1', '200', '201', '1.5'], wait: ['-1', '0', '1', '30', '31'] };
    for (const [name, values] of Object.entries({ ...tried, after: ['a:1', 'a', ''], before: ['a:1', 'a:b'] })) {
      const { schema } = parameters!.map(deref).find(parameter => parameter.name === name)!;
      const isWhole = JSON.stringify(schema).includes('"integer"');
      for (const value of values) {
        const expected = faults(schema, isWhole ? Number(value) : value) === '' ? 200 : 422;
        expect([value, await held(path, `${actual(path)}?${name}=${value}`)]).toEqual([
          value,
          `GET ${path} ${expected}`,
        ]);
      }
    }
    for (const key of ['1', 'k'.repeat(200), 'k'.repeat(201)]) {
      const { schema } = described.paths[path]!.post!.parameters!.map(deref)[0]!;
      const expected = faults(schema, key) === '' ? 201 : 400;
      const posted = post({ text: 'hi' }, { 'Idempotency-Key': key });
      expect(await held(path, actual(path), posted)).toBe(`POST ${path} ${expected}`);
    }
  });

  it('describes whatever is asked', async () => {
    await serving();
    const odd = fc.string({ unit: 'grapheme', maxLength: 20 });
    const query = fc.dictionary(fc.constantFrom('after', 'before', 'limit', 'since', 'x'), odd);
    const path = fc.constantFrom(...READERS);
    await fc.assert(
      fc.asyncProperty(path, query, async (path, query) => {
        await held(path, `${actual(path)}?${new URLSearchParams(query)}`);
      }),
    );
    const body = fc.oneof(
      fc.json(),
      fc.record({ author: fc.jsonValue(), text: fc.jsonValue() }).map(part => JSON.stringify(part)),
    );
    const key = fc.option(fc.stringMatching(/^[ -~]{0,210}$/), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...POSTERS), body, key, async (path, body, key) => {
        const headers = { ...JSON_TYPE, ...(key !== undefined && { 'Idempotency-Key': key }) };
        await held(path, actual(path), { method: 'POST', body, headers });
      }),
    );
  });
});
