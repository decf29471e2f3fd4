import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { newId } from '../src/store/message.ts';
import { open, setDataFolder } from '../src/store/open.ts';
import { migrate, openDatabase } from '../src/store/schema.ts';
import { committing, type PendingMessage } from '../src/store/sqlite-commit.ts';

export const title =
  'what keeping costs: durable posts a second by 64 posters, and reading 50 messages of few and of many (goal: 1.2 or less between them)';

const POSTERS = 64;
const POSTING_MS = 3000;
const READS = 3000;
const ROUNDS = 5;
const FEW = 10_000;
const MANY = 5_000_000;
const TEXT = 'The quick brown fox jumps over the lazy dog, and so on.';

type Row = Readonly<Record<string, string | number>>;
type Append = (key: string) => Promise<unknown>;

const rounded = (value: number) => Number(value.toFixed(1));
const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

/** How long the event loop was held on end, in milliseconds, 99 of 100 times at most. CPU is that of all threads. */
async function posting(what: string, append: Append): Promise<Row> {
  const end = performance.now() + POSTING_MS;
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
  await Promise.all(Array.from({ length: POSTERS }, poster));
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

/** The peers: the same transactions in the main thread, all that wait at once or one by one. */
function direct(file: string, together: boolean): Append {
  const db = openDatabase(file, 1000);
  migrate(db, file);
  const commit = committing(db);
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

async function through(what: string, url: string, key = (id: string): { key?: string } => ({ key: id })): Promise<Row> {
  const store = open(url);
  try {
    return await posting(what, id => store.append({ room: 'lobby', author: 'ann', text: TEXT, ...key(id) }));
  } finally {
    await store.close();
  }
}

/** Fills a new database with as many messages of one room, without waiting for the disk. */
function build(file: string, messages: number): void {
  const db = openDatabase(file, 1000);
  migrate(db, file);
  db.exec(`
    PRAGMA synchronous = OFF;
    BEGIN;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${messages})
    INSERT INTO message (room, seq, id, author, text, time)
    SELECT 'lobby', i, printf('01234567-89ab-cdef-0123-%012d', i), 'ann', '${TEXT}', 1700000000000000 + i FROM n;
    UPDATE history SET time = 1700000000000000 + ${messages};
    COMMIT`);
  db.close();
}

/** CPU of a read of 50 messages, in microseconds; `after` says where. */
async function reading(file: string, after: () => number | undefined): Promise<number> {
  const store = open(`sqlite:${file}`);
  const read = async () => {
    const place = after();
    const { messages } = await store.read('lobby', { limit: 50, ...(place !== undefined && { after: place }) });
    if (messages.length !== 50) throw new Error(`${messages.length} messages instead of 50`);
  };
  for (let i = 0; i < READS / 10; i++) await read();
  const start = process.threadCpuUsage();
  for (let i = 0; i < READS; i++) await read();
  const { user, system } = process.threadCpuUsage(start);
  await store.close();
  return (user + system) / READS;
}

async function comparing(what: string, place: (messages: number) => number | undefined): Promise<Row[]> {
  const few: number[] = [];
  const many: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    few.push(await reading('few.db', () => place(FEW)));
    many.push(await reading('many.db', () => place(MANY)));
  }
  const ratio = median(many.map((cost, i) => cost / few[i]!)).toFixed(2);
  return [
    { what: `${what} of ${FEW.toLocaleString('en')}`, 'CPU µs': rounded(median(few)) },
    { what: `${what} of ${MANY.toLocaleString('en')}`, 'CPU µs': rounded(median(many)), 'of few': ratio },
  ];
}

export async function run(): Promise<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'flowchat-bench-'));
  setDataFolder(folder);
  try {
    const rows = [
      await through('memory', 'memory:bench'),
      await through('SQLite in a thread', 'sqlite:thread.db'),
      await through('… keys that begin with the time', 'sqlite:sorted.db', id => ({ key: `${Date.now()}-${id}` })),
      await through('… no keys', 'sqlite:keyless.db', () => ({})),
      await posting('SQLite in the main thread, all that wait at once', direct(join(folder, 'main.db'), true)),
      await posting('SQLite in the main thread, a transaction each', direct(join(folder, 'each.db'), false)),
    ];
    build(join(folder, 'few.db'), FEW);
    build(join(folder, 'many.db'), MANY);
    rows.push(...(await comparing('read the newest 50', () => undefined)));
    const anywhere = (messages: number) => Math.floor(Math.random() * (messages - 300));
    rows.push(...(await comparing('read 50 anywhere', anywhere)));
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}
