import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { GraphDocument } from '../../src/fbp/document.ts';
import { serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';

/** The parent's order: a number of graph swaps; none to report the heap only. */
export interface Order {
  readonly swaps: number;
  /** Requests admitted between two swaps. */
  readonly between: number;
}

/** The report: the duration of each swap in milliseconds, or the heap in bytes after a garbage collection. */
export type Report = { readonly port: number } | { readonly took: readonly number[] } | { readonly heap: number };

/** Milliseconds after which nodes of replaced revisions are released. */
const GONE = 3000;

const folder = mkdtempSync(join(tmpdir(), 'flowchat-bench-'));
// Not beside the messages, whose files change all the time.
const DATA = join(folder, 'data');
const file = join(folder, 'chat.fbp');
const text = readFileSync(join(import.meta.dirname, '../../graphs/chat.fbp'), 'utf8').replaceAll(
  /'\d+' -> (BURST|RATE) limit/g,
  "'1000000' -> $1 limit",
);
/** The graph with one setting or another. */
const graph = (which: number) => text.replace(/'\d+' -> MAXTEXT/, `'${3999 + (which % 2)}' -> MAXTEXT`);

writeFileSync(file, graph(0));
const {
  url,
  runtime: flow,
  gate,
  stop,
} = await serve(readSettings({ GRAPH: file, DATA, PORT: '0', TIMING: 'off' }, []));
let swapped = 0;

async function swap({ swaps, between }: Order): Promise<number[]> {
  const took: number[] = [];
  while (took.length < swaps) {
    const start = performance.now();
    await flow.publish(new GraphDocument(file, graph(++swapped)));
    took.push(performance.now() - start);
    for (const enough = gate.counts.asked + between; gate.counts.asked < enough; ) await turn();
  }
  return took;
}

async function heap(): Promise<number> {
  await sleep(GONE);
  for (let i = 0; i < 3; i++) await globalThis.gc?.({ type: 'major', execution: 'async' });
  return process.memoryUsage().heapUsed;
}

const say = (report: Report) => process.send?.(report);
process.on('message', async (order: Order) => {
  say(order.swaps > 0 ? { took: await swap(order) } : { heap: await heap() });
});
process.on('disconnect', async () => {
  await stop();
  rmSync(folder, { recursive: true });
  process.exit();
});
say({ port: Number(new URL(url).port) });
