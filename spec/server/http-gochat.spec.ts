import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { folder, type Server, start } from '../support/server.ts';
import { ROOT } from '../support/source.ts';

interface Message {
  readonly Time: number;
  readonly Author: string;
  readonly Text: string;
}

const { path: data, remove } = folder();
let server: Server;
let now: number;

beforeAll(async () => {
  server = await start(data);
});

beforeEach(async () => {
  now = (await read('/chat')).at(-1)?.Time ?? 0;
});

afterAll(async () => {
  await server.stop();
  remove();
});

async function read(path: string): Promise<Message[]> {
  const answer = await server.ask(path);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('Content-Type')).toMatch(/^application\/json\b/);
  return (await answer.json()) as Message[];
}

const form = (fields: Record<string, string>): RequestInit => ({ method: 'POST', body: new URLSearchParams(fields) });

const json = (fields: unknown): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(fields),
  headers: { 'Content-Type': 'application/json' },
});

function parts(fields: Record<string, string>): RequestInit {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return { method: 'POST', body };
}

async function post(path: string, init: RequestInit): Promise<Message> {
  const answer = await server.ask(path, init);
  expect(answer.status).toBe(201);
  expect(answer.headers.get('Content-Type')).toMatch(/^application\/json\b/);
  return (await answer.json()) as Message;
}

describe("gochat's API", () => {
  it('has an empty list while nobody has written', async () => {
    expect(await read('/chat')).toEqual([]);
  });

  it.each([
    ['/chat', '/chat?since='],
    ['/gochat/chat', '/gochat/chat?since='],
    ['/', '/?since='],
  ])('takes a message at %s and gives it to whoever asks for what is newer', async (to, from) => {
    const message = await post(to, form({ author: 'ann', text: `to ${to}` }));
    expect(message).toEqual({ Time: expect.any(Number), Author: 'ann', Text: `to ${to}` });
    expect(await read(from + now)).toEqual([message]);
    expect(await read(from + message.Time)).toEqual([]);
  });

  it('keeps one conversation for all its paths and for the lobby', async () => {
    const first = await post('/chat', form({ text: 'one' }));
    const second = await post('/gochat/chat', form({ text: 'two' }));
    const third = await post('/', form({ text: 'three' }));
    for (const path of ['/chat', '/gochat/chat', '/']) {
      expect(await read(`${path}?since=${now}`)).toEqual([first, second, third]);
    }
    const lobby = await (await server.ask('/api/rooms/lobby/messages?limit=3')).json();
    expect(lobby).toMatchObject({ messages: [{ text: 'one' }, { text: 'two' }, { text: 'three' }] });
  });

  it.each([
    ['a form', form],
    ['a form in multipart', parts],
    ['JSON', json],
  ])('takes a message as %s, whatever its characters', async (_, init) => {
    const text = 'a+b & c=d %41 "q" <i> \\ ü 漢 😀 \u202e \u2028 ;';
    expect(await post('/chat', init({ author: '  Zoë & co ', text: `\t${text}\n` }))).toMatchObject({
      Author: 'Zoë & co',
      Text: text,
    });
    expect(await read(`/chat?since=${now}`)).toMatchObject([{ Author: 'Zoë & co', Text: text }]);
  });

  it.each([
    ['no author', { text: 'hi' }],
    ['an empty author', { author: '', text: 'hi' }],
    ['blanks for an author', { author: ' \t\n', text: 'hi' }],
  ])('takes a message with %s for one by anonymous', async (_, fields) => {
    for (const init of [form, parts, json]) {
      expect(await post('/chat', init(fields as Record<string, string>))).toMatchObject({ Author: 'anonymous' });
    }
  });

  it.each([
    ['no text', { author: 'ann' }],
    ['an empty text', { author: 'ann', text: '' }],
    ['blanks for a text', { author: 'ann', text: ' \r\n\t\u00a0' }],
  ])('refuses a message with %s', async (_, fields) => {
    for (const init of [form, parts, json]) {
      expect((await server.ask('/chat', init(fields as Record<string, string>))).status).toBe(422);
    }
    expect(await read(`/chat?since=${now}`)).toEqual([]);
  });

  it('refuses a message that is nothing at all', async () => {
    expect((await server.ask('/chat', { method: 'POST' })).status).toBe(422);
  });

  it.each(['', '?since=', '?since=yesterday', '?since=-1', '?since=NaN', '?since=Infinity', '?since=1e3', '?other=7'])(
    'takes "%s" for the beginning of time',
    async search => {
      await post('/chat', form({ text: 'old' }));
      expect(await read(`/chat${search}`)).toEqual(await read('/chat?since=0'));
      expect((await read(`/chat${search}`)).length).toBeGreaterThan(0);
    },
  );

  it('gives each of many messages within a second a later Time, in seconds, and nobody misses one', async () => {
    const before = Date.now() / 1000;
    const sent = await Promise.all(Array.from({ length: 20 }, (_, i) => post('/chat', form({ text: `${i}` }))));
    const after = Date.now() / 1000;
    const times = sent.map(({ Time }) => Time).sort((a, b) => a - b);
    expect(new Set(times).size).toBe(20);
    expect(times[0]).toBeGreaterThanOrEqual(Math.floor(before * 1000) / 1000);
    expect(times[19]).toBeLessThanOrEqual(after + 0.001);
    expect((await read(`/chat?since=${now}`)).map(({ Time }) => Time)).toEqual(times);
    for (const [i, time] of times.entries()) {
      expect((await read(`/chat?since=${time}`)).map(({ Time }) => Time)).toEqual(times.slice(i + 1));
    }
  });

  it('gives the newest 50 at most, oldest first', async () => {
    const sent: Message[] = [];
    for (let i = 0; i < 60; i++) sent.push(await post('/chat', form({ author: 'chatterbox', text: `${i}` })));
    for (const search of ['', '?since=0', `?since=${now}`]) {
      expect(await read(`/chat${search}`)).toEqual(sent.slice(10));
    }
  });

  it('is not kept by anybody on the way', async () => {
    expect((await server.ask('/chat')).headers.get('Cache-Control')).toBe('no-store');
  });

  it('has all its messages after a restart', async () => {
    const again = async () => {
      await server.stop();
      server = await start(data, { GRAPH: join(ROOT, 'graphs/chat.fbp') });
    };
    await again();
    const sent = await post('/chat', form({ text: 'for good' }));
    await again();
    expect(await read(`/chat?since=${now}`)).toEqual([sent]);
    expect((await post('/chat', form({ text: 'later' }))).Time).toBeGreaterThan(sent.Time);
  });

  it('is served by gochat.fbp, the five nodes of the seed, on their own', async () => {
    await server.stop();
    server = await start(data, { GRAPH: join(ROOT, 'graphs/gochat.fbp') });
    expect(await read('/chat')).toEqual([]);
    const sent = await post('/chat', form({ author: 'ann', text: 'hi' }));
    expect(sent).toEqual({ Time: expect.any(Number), Author: 'ann', Text: 'hi' });
    for (const path of ['/chat', '/gochat/chat', '/?since=0']) expect(await read(path)).toEqual([sent]);
    for (let i = 0; i < 60; i++) await post('/chat', json({ text: `${i}` }));
    expect((await read('/chat')).map(({ Text }) => Text)).toEqual(Array.from({ length: 50 }, (_, i) => `${i + 10}`));
    expect((await server.ask('/chat', form({ author: 'ann' }))).status).toBe(422);
    expect((await server.ask('/nowhere')).status).toBe(404);
    expect((await server.ask('/chat', { method: 'PUT' })).status).toBe(405);
  });
});
