import type { Child } from './child.ts';
import { load } from './load.ts';
import { median, type Row } from './table.ts';

const CONNECTIONS = 32;
const ROUND_MS = 1000;
/** Number of measured rounds. */
const ROUNDS = 9;
/** Warm-up rounds; the graph's code path is longer than plain Koa's, and takes longer to be optimised. */
const WARM_UP = 5;

/** A server, and headers that requests to it have, each with its line's end. */
export type Asked = Child & { readonly headers?: string };

/** Sends the same request to several servers in turn: the CPU time of each for it, and its ratio to the first one's. */
export async function compare(
  request: { readonly name: string; readonly text: string },
  peers: Readonly<Record<string, Asked>>,
): Promise<Row[]> {
  const costs = new Map<string, number[]>(Object.keys(peers).map(peer => [peer, []]));
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [peer, { port, cpu, headers = '' }] of Object.entries(peers)) {
      const before = await cpu();
      const text = request.text.replace('\r\n', `\r\n${headers}`);
      const { requests, failed } = await load(port, text, CONNECTIONS, ROUND_MS);
      if (failed > 0) throw new Error(`${failed} requests to ${peer} failed`);
      if (round >= 0) costs.get(peer)!.push(((await cpu()) - before) / requests);
    }
  }
  const [[first, base]] = [...costs] as [[string, number[]]];
  return [...costs].map(([peer, figures]) => ({
    request: request.name,
    server: peer,
    'CPU µs': Number(median(figures).toFixed(1)),
    // Consecutive rounds have similar conditions, so ratios are computed per round.
    [`of ${first}`]: Number(median(figures.map((figure, round) => figure / base[round]!)).toFixed(3)),
  }));
}
