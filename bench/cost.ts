import { type Child, child } from './support/child.ts';
import { compare } from './support/compare.ts';
import { unlimited } from './support/graph.ts';
import { judged, type Row } from './support/table.ts';

export const title =
  "what the graph costs: CPU per request of chat.fbp, by the short path and by NoFlo's, against the same in plain Koa with @koa/router";

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

export async function run(): Promise<readonly Row[]> {
  const env = { GRAPH: unlimited({ STORE: 'memory:' }) };
  const peers = {
    Koa: await child('koa'),
    flowchat: await child('flowchat', { ...env, TIMING: 'off' }),
    "flowchat, NoFlo's path": await child('noflo', { ...env, TIMING: 'off' }),
    'flowchat, TIMING on': await child('flowchat', { ...env, TIMING: 'on' }),
  };
  try {
    for (const peer of Object.values(peers)) await fill(peer);
    const rows = [];
    for (const request of REQUESTS) {
      for (const row of await compare(request, peers)) {
        rows.push(row.server === 'flowchat' ? judged(row, { most: { 'of Koa': request.goal } }) : row);
      }
    }
    return rows;
  } finally {
    for (const peer of Object.values(peers)) await peer.stop();
  }
}
