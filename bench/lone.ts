import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setDataFolder } from '../src/store/open.ts';
import { child } from './support/child.ts';
import { unlimited } from './support/graph.ts';
import { load } from './support/load.ts';
import { direct, opened, posting } from './support/posting.ts';
import { judged, median, type Row, rounded } from './support/table.ts';

export const title =
  'what a durable post costs that comes alone: one poster, the next post when the last is kept, by the store and by the whole server, against one transaction in the main thread';

const ROUNDS = 7;
const ROUND_MS = 1000;

const body = JSON.stringify({ author: 'ann', text: 'What does it cost to keep this for good? Let us see.' });
const REQUEST =
  'POST /api/rooms/lobby/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n' +
  `Content-Length: ${body.length}\r\n\r\n${body}`;

/** Posts for a while: CPU of a post in microseconds, that of all threads, and posts a second. */
type Measure = () => Promise<readonly [cpu: number, perSecond: number]>;

async function compare(peers: Readonly<Record<string, Measure>>, most: number): Promise<Row[]> {
  const found = Object.entries(peers).map(([peer, measure]) => ({
    peer,
    measure,
    rounds: [] as (readonly [number, number])[],
  }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { measure, rounds } of found) {
      const result = await measure();
      // The first round warms the compiler up.
      if (round > 0) rounds.push(result);
    }
  }
  const base = found[0]!.rounds;
  return found.map(({ peer, rounds }, i) => {
    const row = {
      peer,
      'CPU µs a post': Math.round(median(rounds.map(([cpu]) => cpu))),
      'posts a second': Math.round(median(rounds.map(([, perSecond]) => perSecond))),
      // Consecutive rounds have similar conditions, so ratios are computed per round.
      'of one transaction': rounded(median(rounds.map(([cpu], at) => cpu / base[at]![0])), 2),
    };
    return i === 0 ? row : judged(row, { most: { 'of one transaction': most } });
  });
}

async function stores(folder: string): Promise<Row[]> {
  setDataFolder(folder);
  const main = direct(join(folder, 'direct.db'), false);
  const store = opened('sqlite:store.db');
  const measured =
    (append: typeof main): Measure =>
    async () => {
      const row = await posting('', append, 1, ROUND_MS);
      return [Number(row['CPU µs']), Number(row['per second'])];
    };
  try {
    return await compare(
      { 'one transaction in the main thread': measured(main), 'the store': measured(store.append) },
      1.2,
    );
  } finally {
    await store.close();
  }
}

async function servers(folder: string): Promise<Row[]> {
  const peers = [
    await child('each', { DATA: folder }),
    await child('flowchat', { BENCH_DATA: folder, GRAPH: unlimited(), TIMING: 'off' }),
  ] as const;
  const [each, flowchat] = peers.map(
    ({ port, cpu }): Measure =>
      async () => {
        const [before, start] = [await cpu(), performance.now()];
        const { requests, failed } = await load(port, REQUEST, 1, ROUND_MS);
        if (failed > 0) throw new Error(`${failed} posts failed`);
        const seconds = (performance.now() - start) / 1000;
        return [((await cpu()) - before) / requests, requests / seconds];
      },
  ) as [Measure, Measure];
  try {
    return await compare({ 'a bare server, one transaction': each, 'the whole server': flowchat }, 1.2);
  } finally {
    for (const peer of peers) await peer.stop();
  }
}

export async function* run(): AsyncGenerator<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'flowchat-bench-'));
  try {
    yield await stores(folder);
    yield await servers(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
