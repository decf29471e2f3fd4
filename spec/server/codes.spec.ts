import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Component } from 'noflo';
import { admit } from '../../components/Admit.ts';
import { getComponent as fetches } from '../../components/Fetch.ts';
import { getComponent as limitRate } from '../../components/LimitRate.ts';
import { getComponent as makeMap } from '../../components/Map.ts';
import { getComponent as storage } from '../../components/Storage.ts';
import { getComponent as verifies } from '../../components/Verify.ts';
import type { Accounts } from '../../src/accounts/accounts.ts';
import { openAccounts } from '../../src/accounts/open.ts';
import { decideRole, nameRefusal } from '../../src/accounts/people.ts';
import { setSecrets } from '../../src/behaviour/secrets.ts';
import { signedBody } from '../../src/behaviour/signature.ts';
import { type DisconnectReason, Hub } from '../../src/delivery/hub.ts';
import { Questions } from '../../src/delivery/questions.ts';
import { EventStreams } from '../../src/delivery/sse.ts';
import { Gate, type GateLimits, type Request } from '../../src/gate/gate.ts';
import { ownProblem, problem } from '../../src/http/answer.ts';
import { OriginGuard } from '../../src/http/origins.ts';
import { HttpServer } from '../../src/http/server.ts';
import { CODES, codeOf, type RefusalCode, refusal } from '../../src/model/codes.ts';
import { Directory, recordOf } from '../../src/model/directory.ts';
import { MAX_EMOJI } from '../../src/model/limits.ts';
import { decideHold, decideRefusal } from '../../src/model/moderation.ts';
import type { Message, Receipt } from '../../src/model/packets.ts';
import { decideRoom } from '../../src/model/rooms.ts';
import { parseRules } from '../../src/model/rules.ts';
import { guest } from '../../src/model/who.ts';
import { databaseFile } from '../../src/store/open.ts';
import { Chat } from '../support/chat.ts';
import { Edge } from '../support/edge.ts';
import { building } from '../support/endpoint.ts';
import { flaws, NodeHarness, post, question } from '../support/node.ts';
import { ROOT } from '../support/source.ts';
import { caller } from '../support/topic.ts';
import { handshake, Line, Wire } from '../support/wire.ts';

let chat: Chat;
beforeAll(async () => {
  const ports = { MAXTEXT: '8' };
  chat = await Chat.start(ports, { TRUST_PROXY: 'on', CONNECTIONS_PER_ADDRESS: '1' });
});
afterAll(async () => {
  await accounts?.close();
  await chat.stop();
});

const MESSAGES = '/api/rooms/tea/messages';

async function ask(path: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(chat.origin + path, init);
  expect(response.headers.get('Content-Type')).toBe('application/problem+json');
  return response.json();
}

const posted = (body: object, headers: Readonly<Record<string, string>> = {}) =>
  ask(MESSAGES, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

const OWNED = { 'Owner-Key': 'my own key' };

/** What the server says to the last of these requests for a message that was just posted. */
async function changed(...inits: readonly RequestInit[]): Promise<unknown> {
  const body = new URLSearchParams({ text: 'hi' });
  const response = await fetch(chat.origin + MESSAGES, { method: 'POST', headers: OWNED, body });
  const { id } = (await response.json()) as Message;
  for (const init of inits.slice(0, -1)) await fetch(`${chat.origin}${MESSAGES}/${id}`, init);
  return ask(`${MESSAGES}/${id}`, inits.at(-1));
}

/** What the server says to these lines, in its last answer. */
async function raw(...lines: readonly string[]): Promise<unknown> {
  const wire = new Wire(chat.port, ...lines);
  await wire.says(/\r\n\r\n\{.*\}$/s);
  wire.socket.destroy();
  return JSON.parse(wire.body);
}

/** What comes back for the last of these frames. */
async function framed(...frames: readonly object[]): Promise<unknown> {
  const line = await Line.open(chat.origin, { 'X-Forwarded-For': JSON.stringify(frames.length) });
  let said: unknown;
  // One by one, as too many at once are refused for that.
  for (const frame of frames) said = await line.ask(frame);
  line.drop();
  return said;
}

const request: Request = { method: 'POST', path: '/', query: {}, body: {}, from: 'somebody', who: guest('somebody') };
const entry = { number: 1, post: () => {} };

/** A gate in front of a graph that keeps what it is asked. */
function waiting(given: Partial<GateLimits> = {}): Gate {
  const gate = new Gate({ deadline: 60_000, limit: 10, timing: false, ...given });
  gate.open(entry);
  return gate;
}

/** The answer to the last question of several. */
async function last(gate: Gate, asked: readonly Partial<Request>[], then = () => {}): Promise<unknown> {
  const outcomes = asked.map(each => gate.ask({ ...request, ...each }));
  then();
  return (await outcomes.at(-1)!).answer;
}

/** What a node says to the last of these posts. */
async function node(
  component: Component,
  settings: Readonly<Record<string, unknown>>,
  posts: readonly (object | ((kept: Message) => object))[],
  then = () => {},
) {
  const started = await NodeHarness.start(component, settings);
  then();
  const [port, refused] = 'store' in settings ? (['post', 'out'] as const) : (['in', 'refused'] as const);
  let kept: unknown;
  const made = (each: object | ((kept: Message) => object) = {}) =>
    post(typeof each === 'function' ? each((kept as Receipt).message) : each);
  for (const each of posts.slice(0, -1)) kept = await started.ask(port, made(each));
  const said = await started.ask(port, made(posts.at(-1)), refused);
  await started.stop();
  return said;
}

const STORE = (name: string) => ({ store: `memory:codes-${name}` });

/** What somebody gets who asks in a place with one person, a private room and one that is archived. */
function placed(given: Parameters<typeof question>[0], rules = '*: guest') {
  const room = { title: '', by: 'p1', made: 1 };
  const directory = new Directory();
  directory.take([
    recordOf.person({ id: 'p1', kind: 'person', name: 'ann', role: 'owner', made: 1 }),
    recordOf.room({ ...room, room: 'board', kind: 'private' }),
    recordOf.room({ ...room, room: 'old', kind: 'open', isArchived: true }),
    recordOf.ban({ on: 'there', by: 'p1', why: '', at: 1 }),
  ]);
  const asked = question({ who: ANN, ...given });
  const admitted = admit(asked, parseRules(rules), directory, true);
  if ('status' in admitted) return admitted;
  return decideRoom(directory, asked, { now: 1, random: 'x', direct: () => 'dm-x', hasMessages: () => false });
}
const ANN = { kind: 'person', id: 'p1', name: 'ann', role: 'owner' } as const;

function people(): Directory {
  const directory = new Directory();
  directory.take([recordOf.person({ id: 'p1', kind: 'person', name: 'ann', role: 'owner', made: 1 })]);
  return directory;
}

/** The refusal that the author of this many held posts gets for the last one. */
function held(count: number): unknown {
  const directory = people();
  const last = Array.from({ length: count }, (_, i) => {
    const { records, result } = decideHold(directory, post(), { held: `h${i}`, now: i });
    directory.take(records);
    return result;
  });
  return last.at(-1);
}

/** A token whose key somebody else has. */
const SIGNED_SOMEHOW = [{ alg: 'RS256' }, {}, {}].map(part => btoa(JSON.stringify(part)).replaceAll('=', '')).join('.');
const SETUP = 'the code in the log';

/** What accounts say to somebody in a place where nobody is yet. */
async function signedIn(method: string, path: string, body: Readonly<Record<string, unknown>>): Promise<unknown> {
  const data = mkdtempSync(join(tmpdir(), 'flowchat-codes-'));
  writeFileSync(join(data, 'setup-code'), SETUP);
  const embed = { jwksUrl: 'http://127.0.0.1:9/keys', issuer: 'us', audience: 'chat' };
  const given = {
    data,
    origin: undefined,
    basePath: '',
    url: 'http://localhost',
    hashAddress: String,
    warn() {},
    called() {},
    peopleChanged() {},
    rulesNow: () => undefined,
    publishRules: async () => {},
    embed,
  };
  accounts ??= await openAccounts({ ...given, store: 'memory:codes-accounts' });
  const visitor = await accounts.visit({}, 'here');
  const asked = { method, path, body, query: {}, from: 'here', who: visitor.who };
  return accounts.answer(asked, {}, visitor);
}
let accounts: Accounts | undefined;

/** How each refusal comes about: what the caller gets, or the packet where the caller can't be played. */
const produced: Readonly<Record<RefusalCode, () => unknown>> = {
  unreadable: () => ask('/%'),
  'character-invalid': () => posted({ text: '\0' }),
  'key-invalid': () => posted({ text: 'hi' }, { 'Idempotency-Key': 'k'.repeat(201) }),
  'handshake-invalid': () => raw(...handshake().filter(line => !/Key/.test(line))),
  refused: () => problem({ status: 418, detail: 'no' }),
  'sign-in-failed': () => signedIn('POST', '/api/sign-in', { name: 'nobody', password: 'wrong wrong wrong' }),
  'link-invalid': () => signedIn('POST', '/api/join', { code: 'x', name: 'bob', password: 'long enough' }),
  'password-invalid': () => signedIn('POST', '/api/setup', { code: SETUP, name: 'bob', password: 'short' }),
  'name-invalid': () => signedIn('POST', '/api/setup', { code: SETUP, name: 'everyone', password: 'long enough' }),
  'too-many-tries': async () => {
    for (let i = 0; i < 6; i++) await signedIn('POST', '/api/join', { code: String(i) });
    return signedIn('POST', '/api/join', { code: 'x' });
  },
  'provider-refused': () => signedIn('POST', '/api/auth/sign-in/embed', { token: 'none' }),
  'provider-failed': () => signedIn('POST', '/api/auth/sign-in/embed', { token: SIGNED_SOMEHOW }),
  'name-taken': () => nameRefusal(people(), 'ANN'),
  'last-owner': () => decideRole(people(), ANN, 'p1', 'member'),
  'sign-in': () => placed({ method: 'POST', who: guest('x') }, 'post: member'),
  'not-allowed': () => placed({ method: 'POST' }, 'read: guest'),
  banned: () => placed({ from: 'there' }),
  held: () => held(1),
  'held-limit': () => held(21),
  'held-not-found': () => decideRefusal(people(), question({ params: { held: 'none' } })).result,
  'room-archived': () => placed({ method: 'POST', path: '/api/rooms/old/messages' }),
  'room-not-found': () => placed({ path: '/api/rooms/board/messages' }),
  'person-not-found': () => placed({ method: 'POST', path: '/api/rooms', body: { kind: 'direct', person: 'p2' } }),
  'room-taken': () => placed({ method: 'POST', path: '/api/rooms', body: { name: 'old' } }),
  'field-invalid': () => placed({ method: 'POST', path: '/api/rooms' }),
  'origin-refused': () => posted({ text: 'hi' }, { Origin: 'https://a.example' }),
  'not-found': () => ask('/nowhere'),
  'room-invalid': () => ask('/api/rooms/TEA/messages'),
  'method-not-allowed': () => ask(MESSAGES, { method: 'PUT' }),
  'request-timeout': async () => {
    const [server, socket] = [
      new HttpServer(
        () => false,
        () => {},
      ),
      new PassThrough(),
    ];
    server.emit('clientError', Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
    return JSON.parse(String(socket.read()).split('\r\n\r\n')[1]!);
  },
  'payload-too-large': () => posted({ text: 'x'.repeat(65_536) }),
  'unsupported-media-type': () => posted({ text: 'hi' }, { 'Content-Type': 'text/csv' }),
  'expectation-failed': () => raw('GET / HTTP/1.1', 'Host: localhost', 'Expect: cake'),
  'host-refused': () => {
    const guard = new OriginGuard({ host: '127.0.0.1', trustProxy: false, allowedHosts: [], corsOrigins: [] });
    const { code, detail } = guard.hostFault({ host: 'evil.example' })!;
    return ownProblem(code, detail);
  },
  'text-missing': () => posted({ text: ' ' }),
  'text-invalid': () => posted({ text: 7 }),
  'text-too-long': () => posted({ text: '123456789' }),
  'author-invalid': () => posted({ author: '\u200b', text: 'hi' }),
  'author-too-long': () => posted({ author: 'x'.repeat(65), text: 'hi' }),
  'file-refused': () => {
    const body = new FormData();
    body.set('text', new Blob(['hi']));
    return ask(MESSAGES, { method: 'POST', body });
  },
  'emoji-invalid': () => ask(`${MESSAGES}/none/reactions/x`, { method: 'PUT' }),
  'reactions-limit': () =>
    node(storage(), STORE('full'), [
      { id: 'q1' },
      ...Array.from({ length: MAX_EMOJI + 1 }, (_, i) => (kept: Message) => ({
        kind: 'react',
        about: kept.id,
        emoji: String.fromCodePoint(0x1f400 + i),
      })),
    ]),
  'cursor-invalid': () => ask(`${MESSAGES}?after=7`),
  'parameter-invalid': () => ask(`${MESSAGES}?limit=0`),
  'key-reused': () =>
    node(storage(), STORE('key'), [
      { key: 'k', text: 'hi' },
      { key: 'k', text: 'ho' },
    ]),
  'message-not-found': () => ask(`${MESSAGES}/none`, { method: 'DELETE' }),
  'message-removed': () => changed({ method: 'DELETE', headers: OWNED }, { method: 'DELETE', headers: OWNED }),
  'not-yours': () => changed({ method: 'DELETE' }),
  'too-late': () =>
    node(storage(), STORE('late'), [
      { id: 'q1', owner: 'mine' },
      message => ({ kind: 'remove', about: message.id, owner: 'mine', within: -1 }),
    ]),
  'expression-failed': async () =>
    (await NodeHarness.start(makeMap(), { expression: 'text' })).ask('in', post(), 'failed'),
  'frame-invalid': () => framed({ type: 'send', room: 'tea', text: 'hi' }),
  'subscriptions-limit': () =>
    framed(...Array.from({ length: 101 }, (_, index) => ({ type: 'subscribe', room: `room-${index}` }))),
  'rooms-limit': () => node(storage(), { ...STORE('rooms'), maxrooms: 1 }, [{ room: 'a' }, { room: 'b' }]),
  'websocket-required': () => ask('/api/socket'),
  'websocket-version': () => raw(...handshake().map(line => line.replace('Version: 13', 'Version: 12'))),
  'rate-limited': () => node(limitRate(), { burst: 1, rate: 0.001 }, [{}, {}]),
  'new-rooms-limited': () => node(storage(), { ...STORE('new'), newrooms: 1 }, [{ room: 'a' }, { room: 'b' }]),
  'too-many-waiting': () => last(waiting(), Array(6).fill({})),
  'connections-limit': async () => {
    const headers = { 'X-Forwarded-For': 'somebody with a stream' };
    const stream = new AbortController();
    await fetch(`${chat.origin}/api/rooms/tea/events`, { headers, signal: stream.signal });
    const said = await ask('/api/rooms/tea/events', { headers });
    stream.abort();
    return said;
  },
  'header-too-large': () => raw('GET / HTTP/1.1', 'Host: localhost', `X: ${'x'.repeat(20_000)}`),
  'caller-gone': () => {
    const gate = waiting();
    const asked = gate.ask(request, id => setTimeout(() => gate.abort(id)));
    return asked.then(({ answer }) => answer);
  },
  'node-failed': () => {
    const gate = waiting();
    const asked = gate.ask(request, id => setTimeout(() => gate.fail(id, 'odd')));
    return asked.then(({ answer }) => answer);
  },
  'server-failed': async () => {
    const edge = await Edge.start();
    edge.accounts.fault = new Error('odd');
    const response = await edge.ask('/api/rooms');
    edge.failures.splice(0);
    await edge.stop();
    return response.json();
  },
  failed: () => problem({ status: 502, detail: 'no' }),
  'signature-invalid': async () => {
    const folder = mkdtempSync(join(tmpdir(), 'codes-'));
    setSecrets(folder, { hook: 'sesame' });
    const verifier = await NodeHarness.start(verifies(), { secret: 'hook' });
    rmSync(folder, { recursive: true });
    return verifier.ask('in', question(), 'refused');
  },
  'bots-loop': async () => {
    const folder = mkdtempSync(join(tmpdir(), 'codes-'));
    setSecrets(folder, { hook: 'sesame' });
    const verifier = await NodeHarness.start(verifies(), { secret: 'hook', scheme: 'token' });
    const signed = signedBody('', { authorization: 'Bearer sesame', 'flowchat-hops': '3' });
    const said = await verifier.ask('in', question({ signed }), 'refused');
    rmSync(folder, { recursive: true });
    return said;
  },
  'fetch-failed': async () =>
    (await NodeHarness.start(fetches(), { url: 'http://localhost/' })).ask('in', post(), 'failed'),
  'server-full': () =>
    last(
      waiting({ limit: 2 }),
      ['a', 'b', 'c'].map(from => ({ from })),
    ),
  'graph-stopped': async () => {
    await chat.runtime.halt();
    return posted({ text: 'hi' });
  },
  'rolled-back': () => {
    const gate = waiting();
    return last(gate, [{}], () => {
      gate.open({ number: 2, post: () => {} });
      gate.abandon(1);
    });
  },
  'store-failed': () => {
    const store = 'sqlite:codes.db';
    const fail = () => {
      const file = new DatabaseSync(databaseFile(store));
      file.exec('DROP TABLE message');
      file.close();
    };
    return node(storage(), { store }, [{}], fail);
  },
  'not-ready': async () => {
    await chat.runtime.halt();
    return ask('/readyz');
  },
  'too-slow': async () => {
    const hub = new Hub(new Questions(new Gate({ deadline: 1, limit: 1, timing: false })));
    const cut = new Promise<DisconnectReason>(resolve => {
      const framing = { event: () => Buffer.alloc(0), gap: () => Buffer.alloc(0), ephemeral: undefined };
      const idle = { framing, send: () => {}, drained: async () => {}, refuse: () => {} };
      void hub.subscribe({ topic: 'room/tea', history: '' }, { ...idle, backlog: 1e9, disconnect: resolve }, caller());
    });
    hub.push({ topic: 'room/tea', seq: 1, cursor: 'a:1', event: 'message', data: {} });
    return streamed(await cut);
  },
  'editors-limit': async () => {
    const { enter, refused } = await building({ limits: { clients: 1 } });
    const editor = await enter('the editor may edit');
    const said = await refused();
    editor.socket.terminate();
    return said;
  },
  'editor-elsewhere': async () => {
    const { refused } = await building({ elsewhere: async () => 'the graph is edited at one:9090; ask there' });
    return refused();
  },
  'no-answer-in-time': () => last(waiting({ deadline: 1 }), [{}]),
};

/** What an event stream says at its end whose history is refused like this. */
async function streamed(reason: DisconnectReason): Promise<unknown> {
  const answer = { id: 'q1', status: 503, code: reason.code as RefusalCode, detail: reason.message };
  const questions = new Questions({ reserve: 1, ask: async () => ({ answer, spans: [] }) });
  const streams = new EventStreams(new Hub(questions));
  const subscription = { topic: 'room/tea', history: '/', after: 'a:1' };
  const server = new HttpServer(
    () => false,
    (_, response) => streams.hold(response, subscription, caller()),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const [response] = await once(get({ port: (server.address() as AddressInfo).port }), 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  streams.close();
  server.close();
  return JSON.parse(/event: error\ndata: (.*)\n/.exec(text)![1]!);
}

describe('a refusal', () => {
  it.each(Object.entries(produced))('has the code %s', async (code, produce) => {
    try {
      const said = (await produce()) as { readonly code: string; readonly status?: number };
      expect(said.code).toBe(code);
      // An event of a stream has no status.
      if (said.status !== undefined && code !== 'refused' && code !== 'failed')
        expect(said.status).toBe(CODES[code as RefusalCode][0]);
    } finally {
      if (chat.runtime.halted) await chat.runtime.resume();
    }
  });

  it('of a component without a code, or with what is none, has one by its status', () => {
    for (const code of [undefined, null, 7, '', 'Text Missing', 'ERR_ODD', '-', 'a-', 'a'.repeat(65), {}]) {
      expect(codeOf({ status: 422, code })).toBe('refused');
      expect(codeOf({ status: 502, code })).toBe('failed');
    }
    expect(codeOf({ status: 422, code: 'bad-words' })).toBe('bad-words');
  });

  it('keeps the code of a graph that refuses what a stream has missed', async () => {
    const reason = Object.assign(new Error('no'), { code: 'bad-words' });
    expect(await streamed(reason)).toEqual({ code: 'bad-words', detail: 'no' });
    expect(await streamed(new Error('odd'))).toEqual({ code: 'failed', detail: 'odd' });
  });

  it('is a packet', () => {
    const made = refusal('q1', 'store-failed', 'no', { 'Retry-After': '1' });
    const headers = { 'Retry-After': '1' };
    expect(made).toEqual({ id: 'q1', status: 503, code: 'store-failed', detail: 'no', headers });
    expect(flaws(made)).toEqual([]);
  });
});

describe('the table of codes', () => {
  const codes = Object.entries(CODES);

  it('is the one of docs/api.md', () => {
    const docs = readFileSync(`${ROOT}/docs/api.md`, 'utf8');
    const [, table = ''] = /\| `code` \|.*\n\|[-|]+\n((?:\|.*\n)+)/.exec(docs) ?? [];
    expect(table.trimEnd().split('\n')).toEqual(
      codes.map(([code, [status, meaning]]) => `| \`${code}\` | ${status} | ${meaning} |`),
    );
  });

  it('has names of small letters and hyphens, one sentence for each, and is sorted by status', () => {
    for (const [code, [, meaning]] of codes) {
      expect(codeOf({ status: 400, code })).toBe(code);
      expect(meaning).toMatch(/^[A-Z`][^.]*(\.js|[^.])*\.$/);
    }
    const statuses = codes.map(([, [status]]) => status);
    expect(statuses).toEqual(statuses.toSorted((a, b) => a - b));
  });
});
