import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, child } from './support/child.ts';
import { type Asked, compare } from './support/compare.ts';
import { unlimited } from './support/graph.ts';
import { judged, type Row } from './support/table.ts';

export const title =
  "what the graph costs: CPU per request of chat.fbp, by the short path and by NoFlo's, against the same in plain Koa with @koa/router; and what accounts cost, for guests and for who is signed in, against a server without";

const ACCOUNTS_GOAL = 1.1;

const body = JSON.stringify({ author: 'ann', text: 'What does the graph cost? Let us see.' });
const head = (line: string) => `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n`;
const post = (room: string) =>
  `${head(`POST /api/rooms/${room}/messages`)}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const REQUESTS = [
  { name: 'read 50 messages', goal: 0.75, text: `${head('GET /api/rooms/full/messages')}\r\n` },
  { name: 'read, nothing there', goal: 1, text: `${head('GET /api/rooms/empty/messages')}\r\n` },
  { name: 'post', goal: 1, text: post('posts') },
];

/** Fills the room that is read. */
async function fill({ port }: Child): Promise<void> {
  for (let i = 0; i < 60; i++) {
    const url = `http://127.0.0.1:${port}/api/rooms/full/messages`;
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    if (response.status !== 201) throw new Error(`a peer answered ${response.status} to a post`);
  }
}

async function ask({ port }: Child, path: string, body: object, cookie = ''): Promise<Response> {
  const origin = `http://127.0.0.1:${port}`;
  const headers = { 'Content-Type': 'application/json', Origin: origin, Cookie: cookie };
  const response = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (response.status !== 201) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

/** Sets up a place with the rooms that are asked for. Returns its owner's cookies. */
async function found(server: Child, data: string): Promise<string> {
  const code = readFileSync(join(data, 'setup-code'), 'utf8').trim();
  const made = await ask(server, '/api/setup', {
    code,
    place: 'a place',
    name: 'olga',
    password: 'a password of olga',
  });
  const cookie = made.headers
    .getSetCookie()
    .map(one => one.split(';', 1)[0])
    .join('; ');
  for (const name of ['full', 'empty', 'posts']) await ask(server, '/api/rooms', { name, kind: 'open' }, cookie);
  return cookie;
}

/** A server without accounts, and one with, as guests and its owner meet it. */
async function withAccounts(env: Readonly<Record<string, string>>): Promise<Readonly<Record<string, Asked>>> {
  const data = mkdtempSync(join(tmpdir(), 'flowchat-bench-'));
  const off = await child('flowchat', { ...env, TIMING: 'off' });
  const on = await child('flowchat', { ...env, TIMING: 'off', ACCOUNTS: 'on', BENCH_DATA: data });
  const cookie = await found(on, data);
  const headers = `Cookie: ${cookie}\r\nSec-Fetch-Site: same-origin\r\n`;
  return { flowchat: off, 'ACCOUNTS on, a guest': on, 'ACCOUNTS on, signed in': { ...on, headers } };
}

export async function* run(): AsyncGenerator<readonly Row[]> {
  const env = { GRAPH: unlimited({ STORE: 'memory:' }) };
  const peers = {
    Koa: await child('koa'),
    flowchat: await child('flowchat', { ...env, TIMING: 'off' }),
    "flowchat, NoFlo's path": await child('noflo', { ...env, TIMING: 'off' }),
    'flowchat, TIMING on': await child('flowchat', { ...env, TIMING: 'on' }),
  };
  yield await rows(peers, (row, goal) => (row.server === 'flowchat' ? judged(row, { most: { 'of Koa': goal } }) : row));
  yield await rows(await withAccounts(env), row =>
    row.server === 'flowchat' ? row : judged(row, { most: { 'of flowchat': ACCOUNTS_GOAL } }),
  );
}

async function rows(
  peers: Readonly<Record<string, Asked>>,
  judge: (row: Row, goal: number) => Row,
): Promise<readonly Row[]> {
  try {
    for (const peer of Object.values(peers)) await fill(peer);
    const rows = [];
    for (const request of REQUESTS)
      for (const row of await compare(request, peers)) rows.push(judge(row, request.goal));
    return rows;
  } finally {
    for (const peer of Object.values(peers)) await peer.stop();
  }
}
