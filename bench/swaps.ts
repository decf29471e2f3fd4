import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Order, Report } from './peers/swaps.ts';

export const title =
  'what a swap of the graph costs: 500 of them under 64 concurrent requests (goal: none failed, none lost, the heap level)';

const SWAPS = 500;
/** Swaps before the heap is measured first, so that what is kept on purpose is there. */
const WARMING = 100;
const CALLERS = 64;
const BETWEEN = 64;

type Row = Readonly<Record<string, string | number>>;

/** What became of the requests. */
interface Tally {
  answered: number;
  failed: number;
  /** Texts whose posts were acknowledged. */
  readonly kept: string[];
}

interface Page {
  readonly messages: readonly { readonly text: string }[];
  readonly cursor: string;
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
const rounded = (value: number) => Number(value.toFixed(1));
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

/** How often each text is there, of all that is kept. */
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

async function measure(store: string): Promise<Row> {
  const child = fork(new URL('./peers/swaps.ts', import.meta.url), [store], { execArgv: ['--expose-gc'] });
  const report = async <T extends Report>(): Promise<T> => {
    const [message] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`the peer ended with ${code}`))),
    ]);
    return message as T;
  };
  const order = <T extends Report>(swaps: number): Promise<T> => {
    const reported = report<T>();
    child.send({ swaps, between: BETWEEN } satisfies Order);
    return reported;
  };
  const { port } = await report<{ port: number }>();
  const url = `http://127.0.0.1:${port}/api/rooms/lobby/messages`;
  const tally: Tally = { answered: 0, failed: 0, kept: [] };
  const swap = async (swaps: number): Promise<readonly number[]> => {
    let going = true;
    const loaded = load(url, tally, () => going);
    const { took } = await order<{ took: readonly number[] }>(swaps);
    going = false;
    await loaded;
    return took;
  };
  try {
    await swap(WARMING);
    const { heap: before } = await order<{ heap: number }>(0);
    const took = await swap(SWAPS);
    const { heap: after } = await order<{ heap: number }>(0);
    const found = await census(url);
    return {
      store,
      swaps: SWAPS,
      'swap ms': rounded(median(took)),
      'at most': rounded(Math.max(...took)),
      answered: tally.answered,
      failed: tally.failed,
      posts: tally.kept.length,
      lost: tally.kept.filter(text => !found.has(text)).length,
      twice: [...found.values()].filter(times => times > 1).length,
      'heap MB at first': megabytes(before),
      'at the end': megabytes(after),
    };
  } finally {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  }
}

export async function run(): Promise<readonly Row[]> {
  return [await measure('sqlite:swaps.db'), await measure('memory:swaps?keep=1000000')];
}
