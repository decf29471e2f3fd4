import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, child } from './support/child.ts';
import { unlimited } from './support/graph.ts';
import { load } from './support/load.ts';
import { judged, median, type Row, rounded } from './support/table.ts';

export const title =
  'what durable posts cost: posts a second of 64 posters through the whole server, with SQLite against the memory store and against a bare server with one transaction per post';

const POSTERS = 64;
const ROUNDS = 7;
/** Rounds until the compiler has seen enough. */
const WARM_UP = 3;
const ROUND_MS = 2000;

const body = JSON.stringify({ author: 'ann', text: 'What does it cost to keep this for good? Let us see.' });
const request =
  'POST /api/rooms/lobby/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n' +
  `Content-Length: ${body.length}\r\n\r\n${body}`;

/** Result of a round. */
interface Round {
  readonly posts: number;
  /** CPU of a post in microseconds, that of all threads. */
  readonly cpu: number;
}

async function post(peer: string, { port, cpu }: Child): Promise<Round> {
  const [before, start] = [await cpu(), performance.now()];
  const { requests, failed } = await load(port, request, POSTERS, ROUND_MS);
  if (failed > 0) throw new Error(`${failed} posts to ${peer} failed`);
  const seconds = (performance.now() - start) / 1000;
  return { posts: requests / seconds, cpu: ((await cpu()) - before) / requests };
}

async function compare(peers: Readonly<Record<string, Child>>) {
  const rounds = new Map<string, Round[]>(Object.keys(peers).map(peer => [peer, []]));
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [peer, server] of Object.entries(peers)) {
      const found = await post(peer, server);
      if (round >= 0) rounds.get(peer)!.push(found);
    }
  }
  // Consecutive rounds have similar conditions, so ratios are computed per round.
  const ratio = (found: readonly Round[], to: string) => {
    const others = rounds.get(to)!;
    return rounded(median(found.map(({ posts }, i) => posts / others[i]!.posts)), 2);
  };
  return [...rounds].map(([peer, found]) => {
    const row = {
      peer,
      'posts a second': Math.round(median(found.map(({ posts }) => posts))),
      'of memory': ratio(found, 'flowchat, memory'),
      'of one each': ratio(found, 'one transaction each'),
      'CPU µs a post': Math.round(median(found.map(({ cpu }) => cpu))),
    };
    return peer === 'flowchat, SQLite' ? judged(row, { least: { 'of memory': 0.7 } }) : row;
  });
}

export async function run(): Promise<readonly Row[]> {
  const DATA = mkdtempSync(join(tmpdir(), 'flowchat-bench-'));
  const peers: Record<string, Child> = {};
  try {
    peers['flowchat, memory'] = await child('flowchat', {
      DATA,
      GRAPH: unlimited({ STORE: 'memory:' }),
      TIMING: 'off',
    });
    peers['flowchat, SQLite'] = await child('flowchat', { BENCH_DATA: DATA, GRAPH: unlimited(), TIMING: 'off' });
    peers['one transaction each'] = await child('each', { DATA });
    return await compare(peers);
  } finally {
    for (const peer of Object.values(peers)) await peer.stop();
    rmSync(DATA, { recursive: true });
  }
}
