import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from '../spec/support/postgres.ts';
import { open, setDatabase, setDataFolder } from '../src/store/open.ts';
import { ClusterProcesses, TEXT } from './support/cluster-processes.ts';
import { judged, median, type Row, rounded } from './support/table.ts';

export const title =
  'what PostgreSQL costs: messages kept by 64 writers at 1, 2 and 3 processes, and reading 50 of few and of many; ENTRIES=5000000 for many more';

const WRITERS = 64;
const POSTING_MS = 3000;
const ROUNDS = 3;
const FEW = 10_000;
const MANY = Number(process.env.ENTRIES ?? 200_000);
const READS = 200;
const READ_ROUNDS = 5;
const ROOM = 'lobby';

/** Runs work; resolves to the CPU milliseconds that PostgreSQL and this process used. */
async function costing(server: PostgresServer, work: () => Promise<unknown>): Promise<number> {
  const [engine, own] = [server.cpu(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(own);
  return server.cpu() - engine + (user + system) / 1000;
}

async function posting(server: PostgresServer, count: number, schema: string): Promise<Row> {
  const processes = await ClusterProcesses.start(count, `postgres:${schema}`, server.url);
  try {
    await processes.post(WRITERS, POSTING_MS / 3);
    const rounds: Record<'second' | 'clients' | 'engine', number>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const before = server.cpu();
      const { count, cpu } = await processes.post(WRITERS, POSTING_MS);
      const engine = server.cpu() - before;
      rounds.push({ second: count / (POSTING_MS / 1000), clients: cpu / 1000 / count, engine: engine / count });
    }
    const middle = (of: keyof (typeof rounds)[number]) => median(rounds.map(round => round[of]));
    const row = {
      what: `${count} ${count === 1 ? 'process' : 'processes'}, ${WRITERS} writers`,
      'per second': Math.round(middle('second')),
      'clients ms': rounded(middle('clients'), 3),
      'engine ms': rounded(middle('engine'), 3),
      'CPU ms': rounded(median(rounds.map(({ clients, engine }) => clients + engine)), 3),
    };
    return judged(row, { most: { 'CPU ms': 0.5 } });
  } finally {
    await processes.stop();
  }
}

/** Fills a schema with as many messages of one room. */
async function fill(server: PostgresServer, schema: string, messages: number): Promise<void> {
  const store = open(`postgres:${schema}`);
  await store.opened();
  await store.close();
  await server.ask(`
    INSERT INTO ${schema}.message (room, seq, pos, id, author, text, time, at)
    SELECT '${ROOM}', i, i, '01234567-89ab-cdef-0123-' || lpad(i::text, 12, '0'), 'ann', '${TEXT}', 1700000000000000 + i, 1700000000000 + i
    FROM generate_series(1, ${messages}) i;
    INSERT INTO ${schema}.room VALUES ('${ROOM}', ${messages}, ${messages}, 1);
    UPDATE ${schema}.history SET pos = ${messages}, time = 1700000000000000 + ${messages}`);
  await server.ask(`VACUUM ANALYZE ${schema}.message`);
}

/** A read: the newest messages, or those after a position; by a number of readers at once. */
interface Reading {
  readonly what: string;
  readonly readers: number;
  after?(messages: number): number;
}

const READINGS: readonly Reading[] = [
  { what: 'the newest 50', readers: 1 },
  { what: `the newest 50, by ${WRITERS} at once`, readers: WRITERS },
  { what: '50 anywhere', readers: 1, after: messages => Math.floor(Math.random() * (messages - 300)) },
];

/** CPU milliseconds of each read of 50 messages, the client's and the engine's. */
async function reading(server: PostgresServer, url: string, readers: number, after?: () => number): Promise<number> {
  const store = open(url);
  const readOne = async () => {
    const { messages } = await store.read(ROOM, { limit: 50, ...(after && { after: after() }) });
    if (messages.length !== 50) throw new Error(`${messages.length} messages instead of 50`);
  };
  const read = () => Promise.all(Array.from({ length: readers }, readOne));
  try {
    for (let i = 0; i < READS; i++) await read();
    const costs: number[] = [];
    for (let round = 0; round < READ_ROUNDS; round++) {
      const cost = await costing(server, async () => {
        for (let i = 0; i < READS; i++) await read();
      });
      costs.push(cost / READS / readers);
    }
    return median(costs);
  } finally {
    await store.close();
  }
}

/** Messages of SQLite's, as many as few of them. */
async function fillSqlite(): Promise<string> {
  const url = 'sqlite:few.db';
  const store = open(url);
  const drafts = Array.from({ length: FEW }, () => store.append({ room: ROOM, author: 'ann', text: TEXT }));
  await Promise.all(drafts);
  await store.close();
  return url;
}

async function compared(server: PostgresServer, sqlite: string, { what, readers, after }: Reading): Promise<Row[]> {
  const place = (messages: number) => after && (() => after(messages));
  const base = await reading(server, sqlite, readers, place(FEW));
  const rows: Row[] = [{ what: `SQLite, ${what} of ${FEW.toLocaleString('en')}`, 'CPU ms': rounded(base, 3) }];
  let few = Number.NaN;
  for (const [schema, count] of [
    ['few', FEW],
    ['many', MANY],
  ] as const) {
    const cost = await reading(server, `postgres:${schema}`, readers, place(count));
    if (schema === 'few') few = cost;
    rows.push(
      judged(
        {
          what: `PostgreSQL, ${what} of ${count.toLocaleString('en')}`,
          'CPU ms': rounded(cost, 3),
          'of SQLite': rounded(cost / base, 2),
          'of few': rounded(cost / few, 2),
        },
        { most: { 'of SQLite': 3, 'of few': 1.2 } },
      ),
    );
  }
  return rows;
}

/** The cost of storing a message, with few and with many stored messages. */
async function grown(server: PostgresServer): Promise<Row[]> {
  const [few, many] = [await posting(server, 1, 'few'), await posting(server, 1, 'many')];
  const ratio = rounded(Number(many['CPU ms']) / Number(few['CPU ms']), 2);
  const named = (row: Row, count: number) => ({ ...row, what: `1 process, beside ${count.toLocaleString('en')}` });
  return [named(few, FEW), judged({ ...named(many, MANY), 'of few': ratio }, { most: { 'of few': 1.2 } })];
}

export async function* run(): AsyncGenerator<readonly Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'flowchat-bench-'));
  setDataFolder(folder);
  const server = await PostgresServer.start('fsync=on', 'shared_buffers=256MB', 'max_wal_size=4GB');
  setDatabase({ DATABASE_URL: server.url });
  try {
    const rows: Row[] = [];
    for (const count of [1, 2, 3]) rows.push(await posting(server, count, `posts${count}`));
    yield rows;
    await fill(server, 'few', FEW);
    await fill(server, 'many', MANY);
    const sqlite = await fillSqlite();
    for (const each of READINGS) yield await compared(server, sqlite, each);
    yield await grown(server);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true });
  }
}
