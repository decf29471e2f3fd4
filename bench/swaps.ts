import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Order, Report } from './peers/swaps.ts';
import { judged, median, type Row, rounded } from './support/table.ts';

export const title = 'what a swap of the graph costs: 500 of them under 64 concurrent requests';

/**
 * The first round fills caches: the heap of later rounds is compared with the heap after it, and the last row
 * summarises them.
 */
const ROUNDS = 6;
const SWAPS = 100;
const CALLERS = 64;
const BETWEEN = 64;
/** Allowed growth of the heap by 500 swaps and the messages posted meanwhile. */
const MAX_GROWTH_MB = 3;

/** Results of the requests. */
interface Tally {
  answered: number;
  failed: number;
  /** Texts whose posts were acknowledged. */
  readonly kept: string[];
}

interface Round extends Tally {
  /** Milliseconds of each swap. */
  readonly took: readonly number[];
}

interface Page {
  readonly messages: readonly { readonly text: string }[];
  readonly cursor: string;
}

const megabytes = (bytes: number) => Number((bytes / 1e6).toFixed(2));

/** A post and a read in turn by each caller, until `going` says no. */
async function load(url: string, tally: Tally, going: () => boolean): Promise<void> {
  const ask = async (init?: RequestInit): Promise<boolean> => {
    try {
      const response = await fetch(url, init);
      await response.arrayBuffer();
      tally.answered += 1;
      if (!response.ok) tally.failed += 1;
      return response.ok;
    } catch {
      tally.failed += 1;
      return false;
    }
  };
  const headers = { 'Content-Type': 'application/json' };
  const caller = async () => {
    while (going()) {
      const text = crypto.randomUUID();
      const body = JSON.stringify({ author: 'ann', text });
      if (await ask({ method: 'POST', headers, body })) tally.kept.push(text);
      await ask();
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

/** Number of occurrences of each stored text. */
async function census(url: string): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const page = async (query: string) => (await (await fetch(url + query)).json()) as Page;
  let after = (await page('')).cursor.replace(/\d+$/, '0');
  for (;;) {
    const { messages, cursor } = await page(`?limit=200&after=${after}`);
    if (messages.length === 0) return found;
    for (const { text } of messages) found.set(text, (found.get(text) ?? 0) + 1);
    after = cursor;
  }
}

/** Summary of some rounds, given the number of occurrences of each text. */
function summary(rounds: readonly Round[], found: ReadonlyMap<string, number>): Row {
  const took = rounds.flatMap(round => round.took);
  const kept = rounds.flatMap(round => round.kept);
  const sum = (count: (round: Round) => number) => rounds.reduce((before, round) => before + count(round), 0);
  return {
    swaps: took.length,
    'ms each': rounded(median(took)),
    'at most': rounded(Math.max(...took)),
    answered: sum(({ answered }) => answered),
    failed: sum(({ failed }) => failed),
    posts: kept.length,
    lost: kept.filter(text => !found.has(text)).length,
    twice: kept.filter(text => (found.get(text) ?? 0) > 1).length,
  };
}

/** The server in a process of its own, and what it reports when it is given an order. */
async function peer() {
  const child = fork(new URL('./peers/swaps.ts', import.meta.url), { execArgv: ['--expose-gc'] });
  const ended = once(child, 'exit');
  const failed = ended.then(([code]) => Promise.reject(new Error(`the peer ended with ${code}`)));
  failed.catch(() => {});
  const report = async <T extends Report>(): Promise<T> => {
    const [message] = await Promise.race([once(child, 'message'), failed]);
    return message as T;
  };
  const order = <T extends Report>(swaps: number): Promise<T> => {
    const reported = report<T>();
    child.send({ swaps, between: BETWEEN } satisfies Order);
    return reported;
  };
  const { port } = await report<{ port: number }>();
  return {
    url: `http://127.0.0.1:${port}/api/rooms/lobby/messages`,
    swap: async (swaps: number) => (await order<{ took: readonly number[] }>(swaps)).took,
    heap: async () => (await order<{ heap: number }>(0)).heap,
    async stop() {
      child.disconnect();
      await ended;
    },
  };
}

export async function run(): Promise<readonly Row[]> {
  const { url, swap, heap, stop } = await peer();
  const rows: Row[] = [];
  const all: Round[] = [];
  try {
    while (all.length < ROUNDS) {
      const tally: Tally = { answered: 0, failed: 0, kept: [] };
      let going = true;
      const loaded = load(url, tally, () => going);
      const took = await swap(SWAPS);
      going = false;
      await loaded;
      all.push({ ...tally, took });
      const found = await census(url);
      const level = megabytes(await heap());
      rows.push({ ...summary(all.slice(-1), found), 'heap MB': level });
      if (all.length === ROUNDS) {
        const growth = rounded(level - Number(rows[0]!['heap MB']));
        const most = { failed: 0, lost: 0, twice: 0, 'heap grown, MB': MAX_GROWTH_MB };
        rows.push(judged({ ...summary(all.slice(1), found), 'heap grown, MB': growth }, { most }));
      }
    }
    return rows;
  } finally {
    await stop();
  }
}
