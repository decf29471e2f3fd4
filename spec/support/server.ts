import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest } from '@jest/globals';
import { serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { ROOT } from './source.ts';

// However busy the machine is.
jest.setTimeout(240_000);

/** The whole server in this process, on a port of its own; one at a time, because all stores share one folder. */
export interface Server {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Asks as a browser does. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Writes bytes to a new connection, one part after the other, and reads until the server closes it. */
  raw(...parts: readonly (string | Uint8Array)[]): Promise<readonly Said[]>;
  /** The rooms that have messages, and what it has logged since it was asked last. */
  traces(): Promise<{ rooms: unknown; log: readonly string[] }>;
  stop(): Promise<void>;
}

/** An answer as it came over a connection. */
export interface Said {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

const CHAT = readFileSync(join(ROOT, 'graphs/chat.fbp'), 'utf8');

/** A folder that is gone after the tests, and how to make it go. */
export function folder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'flowchat-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts a server; settings go by their names. Its messages are in memory unless GRAPH is given, as a database takes most of a start's time. */
export async function start(data: string, given: Readonly<Record<string, string>> = {}): Promise<Server> {
  let log: string[] = [];
  const GRAPH = given.GRAPH ?? graph(join(data, 'graphs'), { STORE: 'memory:chat?keep=1000' });
  const env = { PORT: '0', DATA: data, ...given, GRAPH };
  const running = await serve(readSettings(env, []), line => {
    // Components that somebody is editing are no fault.
    if (!/ is live as revision \d+$/.test(line)) log.push(line);
  });
  const { origin, port } = new URL(running.url);
  const ask: Server['ask'] = (path, init) => fetch(origin + path, { redirect: 'manual', ...init });
  return {
    origin,
    ask,
    raw: async (...parts) => answers(await exchange(Number(port), parts)),
    async traces() {
      const { rooms } = (await (await ask('/api/rooms')).json()) as { rooms: unknown };
      const said = log;
      log = [];
      return { rooms, log: said };
    },
    stop: () => running.stop(),
  };
}

/** One server for all tests of a file; none may leave anything in its store or its log. */
export function untouched(): Server {
  const { path, remove } = folder();
  const server = {} as Server;
  beforeAll(async () => {
    Object.assign(server, await start(path));
  });
  afterEach(async () => {
    expect(await server.traces()).toEqual({ rooms: [], log: [] });
  });
  afterAll(async () => {
    await server.stop();
    remove();
  });
  return server;
}

/** A separate server for each test that asks for one, with an empty history in `data`. */
export function fresh(): {
  readonly data: string;
  serving(given?: Readonly<Record<string, string>>): Promise<Server>;
} {
  const { path: data, remove } = folder();
  let server: Server | undefined;
  afterEach(async () => {
    await server?.stop();
    server = undefined;
    remove();
  });
  return {
    data,
    async serving(given = {}) {
      server = await start(data, given);
      return server;
    },
  };
}

/** A post as gochat's page sends it. */
export const post = (fields: Record<string, string>, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams(fields),
  headers,
});

/** The texts in an answer of gochat's API. */
export const texts = async (answer: Promise<Response>) =>
  ((await (await answer).json()) as { Text: string }[]).map(({ Text }) => Text);

/** Writes chat.fbp with other settings to a folder: `{ RATE: '1' }`. Returns where it is. */
export function graph(path: string, given: Readonly<Record<string, string>>): string {
  const file = join(path, 'chat.fbp');
  let text = CHAT;
  for (const [port, value] of Object.entries(given)) {
    const initial = new RegExp(`^'.*' -> ${port} `, 'gm');
    if (!initial.test(text)) throw new Error(`chat.fbp has no initial packet for ${port}`);
    text = text.replaceAll(initial, `'${value}' -> ${port} `);
  }
  mkdirSync(path, { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** Expects one answer, a problem of one of these statuses. */
export function expectProblem(said: readonly Said[], ...statuses: readonly number[]): void {
  expect(said).toHaveLength(1);
  const [{ status, headers, body }] = said as [Said];
  expect(statuses).toContain(status);
  expect(headers.get('Content-Type')).toBe('application/problem+json');
  expect(JSON.parse(body)).toMatchObject({
    title: expect.stringMatching(/^[A-Z]/),
    status,
    code: expect.stringMatching(/^[a-z-]+$/),
    detail: expect.stringMatching(/\w/),
  });
}

/** The bytes of a request whose answer is the last on its connection. */
export function request(
  line: string,
  headers: readonly string[] = [],
  body: string | Uint8Array = '',
): Uint8Array<ArrayBuffer> {
  const length = body.length > 0 ? [`Content-Length: ${Buffer.byteLength(body)}`] : [];
  const head = [`${line} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...length, ...headers, '', ''];
  return new Uint8Array(Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), Buffer.from(body)]));
}

/** The body of a form in multipart, a header for each part and its content. */
export function multipart(...parts: readonly (readonly [header: string, content: string | Uint8Array])[]): FormBody {
  const pieces = parts.flatMap(([header, content]) => [
    `--limit\r\nContent-Disposition: form-data; ${header}\r\n\r\n`,
    content,
    '\r\n',
  ]);
  const body = Buffer.concat([...pieces, '--limit--\r\n'].map(piece => Buffer.from(piece as string)));
  return { type: 'multipart/form-data; boundary=limit', body: new Uint8Array(body) };
}

interface FormBody {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

async function exchange(port: number, parts: readonly (string | Uint8Array)[]): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', chunk => chunks.push(chunk));
  // A server that has refused may close before everything is written; its answer counts.
  const closed = new Promise<unknown>(resolve => socket.once('close', resolve).once('error', () => {}));
  for (const part of parts) socket.write(part);
  await closed;
  return Buffer.concat(chunks);
}

function answers(bytes: Buffer): Said[] {
  const said: Said[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n');
    const [line = '', ...fields] = rest.toString('latin1', 0, end).split('\r\n');
    const headers = new Headers(fields.map(field => field.split(/:\s*(.*)/s, 2) as [string, string]));
    const body = rest.subarray(end + 4).subarray(0, Number(headers.get('content-length') ?? 0));
    said.push({ status: Number(line.split(' ')[1]), headers, body: body.toString() });
    rest = rest.subarray(end + 4 + body.length);
  }
  return said;
}
