import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { newId } from '../../src/store/message.ts';
import { open } from '../../src/store/open.ts';
import { type PendingMessage, prepareCommit } from '../../src/store/sqlite-commit.ts';
import { migrate, openDatabase } from '../../src/store/sqlite-schema.ts';
import { type Row, rounded } from './table.ts';

export const TEXT = 'The quick brown fox jumps over the lazy dog, and so on.';

/** Keeps a message under a key; resolves once it is durable. */
export type Append = (key: string) => Promise<unknown>;

/**
 * So many posters keep messages for `ms` milliseconds, each the next one when the last is kept. CPU is that of all
 * threads; the loop's delay in milliseconds is not exceeded 99 of 100 times.
 */
export async function posting(what: string, append: Append, posters: number, ms: number): Promise<Row> {
  // Opens what is not open yet.
  await append(newId());
  const end = performance.now() + ms;
  let posts = 0;
  const poster = async () => {
    while (performance.now() < end) {
      await append(newId());
      posts++;
      // The answer goes out and the next request comes in.
      await turn();
    }
  };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const [cpu, main, start] = [process.cpuUsage(), process.threadCpuUsage(), performance.now()];
  await Promise.all(Array.from({ length: posters }, poster));
  const [all, own] = [process.cpuUsage(cpu), process.threadCpuUsage(main)];
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  return {
    what,
    'per second': Math.round(posts / seconds),
    'CPU µs': rounded((all.user + all.system) / posts),
    'of it main thread': rounded((own.user + own.system) / posts),
    'loop held ms': rounded(delay.percentile(99) / 1e6),
  };
}

const entry = (key: string): PendingMessage => ({
  kind: 'message',
  room: 'lobby',
  author: 'ann',
  text: TEXT,
  id: newId(),
  key,
});

/** The least that a durable post can cost: a transaction in the main thread, for each or for all that wait at once. */
export function direct(file: string, together: boolean): Append {
  const db = openDatabase(file, 1000);
  migrate(db, file);
  const commit = prepareCommit(db);
  if (!together) return async key => commit([entry(key)]);
  let waiting: { entry: PendingMessage; resolve: () => void }[] = [];
  const work = () => {
    const batch = waiting;
    waiting = [];
    commit(batch.map(one => one.entry));
    for (const { resolve } of batch) resolve();
  };
  return key =>
    new Promise<void>(resolve => {
      if (waiting.push({ entry: entry(key), resolve }) === 1) setImmediate(work);
    });
}

/** A store as flowchat opens it, and how it is appended to. */
export function opened(url: string, key = (id: string): { key?: string } => ({ key: id })) {
  const store = open(url);
  const append: Append = id => store.append({ room: 'lobby', author: 'ann', text: TEXT, ...key(id) });
  return { append, close: () => store.close() };
}
