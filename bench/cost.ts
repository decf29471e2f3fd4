import { type Child, child } from './support/child.ts';
import { unlimited } from './support/graph.ts';
import { load } from './support/load.ts';

export const title =
  'what the graph costs: CPU per request of chat.fbp against the same in plain Koa with @koa/router (goal for reading: 1.00 or less)';

const ROUNDS = 7;
const CONNECTIONS = 32;
const ROUND_MS = 1000;
/** Rounds until the compiler has seen enough; the graph's path is longer, and takes longer to become fast. */
const WARM_UP = 5;

const body = JSON.stringify({ author: 'ann', text: 'What does the graph cost? Let us see.' });
const head = (line: string) => `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n`;
const post = (room: string) =>
  `${head(`POST /api/rooms/${room}/messages`)}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const REQUESTS: Readonly<Record<string, string>> = {
  'read 50 messages': `${head('GET /api/rooms/full/messages')}\r\n`,
  'read, nothing there': `${head('GET /api/rooms/empty/messages')}\r\n`,
  post: post('posts'),
};

/** Fills the room that is read. */
async function fill({ port }: Child): Promise<void> {
  for (let i = 0; i < 60; i++) {
    const url = `http://127.0.0.1:${port}/api/rooms/full/messages`;
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    if (response.status !== 201) throw new Error(`a peer answered ${response.status} to a post`);
  }
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

export async function run(): Promise<Record<string, string | number>[]> {
  const env = { GRAPH: unlimited({ STORE: 'memory:' }) };
  const peers = {
    koa: await child('koa'),
    flowchat: await child('flowchat', { ...env, TIMING: 'off' }),
    'flowchat, TIMING on': await child('flowchat', { ...env, TIMING: 'on' }),
  };
  try {
    for (const peer of Object.values(peers)) await fill(peer);
    const rows = [];
    for (const [name, request] of Object.entries(REQUESTS)) rows.push(...(await compare(name, request, peers)));
    return rows;
  } finally {
    for (const peer of Object.values(peers)) await peer.stop();
  }
}

async function compare(name: string, request: string, peers: Readonly<Record<string, Child>>) {
  const costs = new Map<string, number[]>(Object.keys(peers).map(peer => [peer, []]));
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [peer, { port, cpu }] of Object.entries(peers)) {
      const before = await cpu();
      const { requests, failed } = await load(port, request, CONNECTIONS, ROUND_MS);
      if (failed > 0) throw new Error(`${failed} requests to ${peer} failed`);
      if (round >= 0) costs.get(peer)!.push(((await cpu()) - before) / requests);
    }
  }
  const koa = costs.get('koa')!;
  return [...costs].map(([peer, figures]) => ({
    request: name,
    peer,
    'CPU µs': Number(median(figures).toFixed(1)),
    // Rounds next to each other share the machine's mood, so ratios are taken round by round.
    'of Koa': Number(median(figures.map((figure, i) => figure / koa[i]!)).toFixed(3)),
  }));
}
