import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open, setDataFolder } from '../src/store/open.ts';
import { migrate, openDatabase } from '../src/store/sqlite-schema.ts';
import { direct, opened, posting, TEXT } from './support/posting.ts';
import { judged, median, type Row, rounded } from './support/table.ts';

export const title =
  'what keeping costs: durable posts a second by 64 posters, and reading 50 messages of few and of many, from memory or from the file';

const POSTERS = 64;
const POSTING_MS = 3000;
const ROUNDS = 5;
const FEW = 10_000;
const MANY = 5_000_000;
/** Reads are repeated up to this cost in microseconds, as the CPU clock is coarse. */
const ENOUGH_US = 200_000;
const READS = 1000;

async function through(what: string, url: string, key?: (id: string) => { key?: string }): Promise<Row> {
  const { append, close } = opened(url, key);
  try {
    return await posting(what, append, POSTERS, POSTING_MS);
  } finally {
    await close();
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

/** CPU in microseconds of reading 50 messages after the sequence number `after()`, or the newest if it is undefined. */
async function reading(file: string, after: () => number | undefined): Promise<number> {
  const store = open(`sqlite:${file}`);
  const read = async () => {
    const place = after();
    const { messages } = await store.read('lobby', { limit: 50, ...(place !== undefined && { after: place }) });
    if (messages.length !== 50) throw new Error(`${messages.length} messages instead of 50`);
  };
  for (let i = 0; i < READS; i++) await read();
  const start = process.threadCpuUsage();
  let reads = 0;
  let cost = 0;
  while (cost < ENOUGH_US) {
    for (let i = 0; i < READS; i++) await read();
    reads += READS;
    const { user, system } = process.threadCpuUsage(start);
    cost = user + system;
  }
  await store.close();
  return cost / reads;
}

async function comparing(what: string, place: (messages: number) => number | undefined): Promise<Row[]> {
  const few: number[] = [];
  const many: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    few.push(await reading('few.db', () => place(FEW)));
    many.push(await reading('many.db', () => place(MANY)));
  }
  const ratio = rounded(median(many.map((cost, i) => cost / few[i]!)), 2);
  return [
    { what: `${what} of ${FEW.toLocaleString('en')}`, 'CPU µs': rounded(median(few), 2) },
    judged(
      { what: `${what} of ${MANY.toLocaleString('en')}`, 'CPU µs': rounded(median(many), 2), 'of few': ratio },
      { most: { 'of few': 1.2 } },
    ),
  ];
}

async function writing(folder: string): Promise<Row[]> {
  const together = direct(join(folder, 'main.db'), true);
  const each = direct(join(folder, 'each.db'), false);
  const main = await posting('SQLite in the main thread, all that wait at once', together, POSTERS, POSTING_MS);
  const threaded = [
    await through('SQLite in a thread', 'sqlite:thread.db'),
    await through('… keys that begin with the time', 'sqlite:sorted.db', id => ({ key: `${Date.now()}-${id}` })),
    await through('… no keys', 'sqlite:keyless.db', () => ({})),
  ];
  return [
    await through('memory', 'memory:bench'),
    main,
    await posting('SQLite in the main thread, a transaction each', each, POSTERS, POSTING_MS),
    ...threaded.map(row => {
      const ratio = rounded(Number(row['per second']) / Number(main['per second']), 2);
      return judged({ ...row, 'of all at once': ratio }, { least: { 'of all at once': 0.5 } });
    }),
  ];
}

export async function* run(): AsyncGenerator<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'flowchat-bench-'));
  setDataFolder(folder);
  try {
    yield await writing(folder);
    build(join(folder, 'few.db'), FEW);
    build(join(folder, 'many.db'), MANY);
    const anywhere = (messages: number) => Math.floor(Math.random() * (messages - 300));
    yield [
      ...(await comparing('read the newest 50, which are in memory,', () => undefined)),
      ...(await comparing('read 50 anywhere', anywhere)),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}
