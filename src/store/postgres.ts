import type { DirectoryRecord } from '../model/directory.ts';
import { type DecidedRecords, RecordsStale } from './directory.ts';
import { selected } from './message.ts';
import { EMPTY_SLICE } from './message-cache.ts';
import { type DatabaseVariables, readAddress } from './postgres-address.ts';
import { type AskPostgres, Connection, type PostgresQuery, PostgresUnavailable } from './postgres-connection.ts';
import { LEADER_LOCK, MESSAGE_COLUMNS, quoted, RECORDED, REVISED, USER_LOCK } from './postgres-functions.ts';
import { MessageInterner, RecentMessages, type StoredRow } from './postgres-messages.ts';
import { PostgresRevisions } from './postgres-revisions.ts';
import { openSchema, type SchemaHistory } from './postgres-schema.ts';
import { type LogRow, loggedEntry, logQuery, Tail } from './postgres-tail.ts';
import { type KeptBatch, PostgresWriter, recordRows } from './postgres-writer.ts';
import { RoomIndex } from './room-index.ts';
import {
  type AppendResult,
  type ChangeResult,
  type Commits,
  type LogSlice,
  type MessagePlace,
  type MessageRange,
  type MessageSelection,
  type NewChange,
  type NewMessage,
  type OtherProcesses,
  type RoomHead,
  type Selected,
  type Slice,
  type StoreBackend,
  StoreFailed,
} from './store.ts';

/** Number of connections for reading. */
const READERS = 3;
/** Messages examined per call of `select`. */
const SELECT_LIMIT = 1000;
/** Entries after which the list of rooms is reloaded. */
const MAX_BEHIND = 5000;
/** Setting of reading connections: planning takes longer than reading. */
const PLAN_ONCE = 'SET plan_cache_mode = force_generic_plan';
/** Timeout for a notification to arrive, in milliseconds. */
const NOTIFIED_MS = 10_000;

interface PostgresOptions {
  /** Name of the schema. */
  readonly name: string;
  /** Whether acknowledged entries are on a standby too, so that a fail-over loses nothing. */
  readonly isStandbySync: boolean;
  readonly variables: DatabaseVariables;
  /** This process's address, for other processes. */
  readonly place: string;
  warn(sentence: string): void;
}

/** Stores all messages in a schema of PostgreSQL, which any number of processes share. */
export class Postgres implements StoreBackend {
  readonly latest = 0;
  readonly revisions: PostgresRevisions;
  readonly #name: string;
  readonly #isStandbySync: boolean;
  readonly #messages = new MessageInterner();
  readonly #recent: RecentMessages;
  readonly #queries: ReturnType<typeof queries>;
  readonly #writing: Connection;
  readonly #listening: Connection;
  readonly #reading: readonly Connection[];
  readonly #writer: PostgresWriter;
  readonly #tail: Tail;
  #history: SchemaHistory | undefined;
  #rooms: { index: RoomIndex; pos: number } | undefined;
  #isLeading = false;
  #listener: OtherProcesses = { entry() {}, records() {} };
  #isNotified = Promise.withResolvers<void>();
  readonly #secret = Promise.withResolvers<string>();

  /**
   * Opens or creates a schema. If PostgreSQL does not answer, the store opens anyway, reports it in `health`, and works
   * after recovery. Rejects with StoreFailed if PostgreSQL answers with a refusal.
   */
  static async open(options: PostgresOptions): Promise<Postgres> {
    const store = new Postgres(options);
    try {
      await store.#writing.opened;
      await store.#expectNotifications();
    } catch (error) {
      if (error instanceof PostgresUnavailable) return store;
      await store.close();
      throw error;
    }
    return store;
  }

  private constructor({ name, isStandbySync, variables, place, warn }: PostgresOptions) {
    const address = readAddress(variables);
    this.#name = name;
    this.#isStandbySync = isStandbySync;
    this.#queries = queries(name);
    this.#recent = new RecentMessages(async rooms => {
      const heads = (await this.#ask(this.#queries.heads, [rooms])) as [string, number][];
      return new Map(heads);
    });
    this.#writing = new Connection(address, { prepare: ask => this.#prepare(ask) });
    this.#listening = new Connection(address, {
      prepare: async ask => {
        await ask({ text: `${PLAN_ONCE}; LISTEN ${quoted(name)}` });
        await ask({ text: "SELECT set_config('application_name', $1, false)", values: [`flowchat at ${place}`] });
        await ask({ text: USER_LOCK, values: [name] });
        await this.#lead(ask);
        // Earlier notifications may have been missed.
        this.#listener.records();
        setImmediate(() => this.revisions.changed());
      },
      notified: payload => this.#notified(payload),
    });
    this.#reading = Array.from(
      { length: READERS },
      () =>
        new Connection(address, {
          prepare: async ask => {
            await ask({ text: PLAN_ONCE });
            // The new connection may lead to another server that lacks some entries.
            this.#recent.clear();
          },
        }),
    );
    this.revisions = new PostgresRevisions({
      name,
      connection: this.#writing,
      place,
      isLeading: () => this.isLeading,
    });
    this.#writer = new PostgresWriter(name, this.#writing, this.#messages, {
      secret: async () => (await this.#opened()).secret,
      kept: batch => this.#kept(batch),
      settled: () => this.#tail.wake(),
    });
    this.#tail = new Tail(name, this.#listening, this.#messages, {
      isOwn: id => this.#writer.own.has(id),
      entry: (entry, text) => {
        this.#recent.add(entry);
        this.#listener.entry(entry, text);
      },
      beat: () => {
        // The leader may have disconnected.
        if (!this.#isLeading) this.#lead(query => this.#listening.ask(query)).catch(() => {});
      },
      frozen: () => {
        for (const connection of [this.#writing, ...this.#reading]) connection.drop();
      },
      warn,
    });
  }

  follow(listener: OtherProcesses): void {
    this.#listener = listener;
  }

  get isLeading(): boolean {
    return this.#isLeading && this.#listening.fault === undefined;
  }

  get sharedSecret(): Promise<string> {
    return this.#secret.promise;
  }

  async epoch(): Promise<string> {
    return (await this.#opened()).epoch;
  }

  async append(draft: NewMessage, decided?: DecidedRecords): Promise<AppendResult> {
    const kept = await this.#writer.append(draft, decided);
    const { message, fresh } = kept;
    if (fresh) this.#recent.add({ kind: 'message', seq: message.seq, message });
    return kept;
  }

  async change(draft: NewChange): Promise<ChangeResult> {
    const changed = await this.#writer.change(draft);
    if (changed.entry) this.#recent.add(changed.entry);
    return changed;
  }

  async read(room: string, range: MessageRange): Promise<Slice> {
    const recent = await this.#recent.read(room, range);
    if (recent) return recent;
    const { after, before, since = 0, limit } = range;
    const most = Math.min(limit, Number.MAX_SAFE_INTEGER);
    const query = after === undefined ? this.#queries.before : this.#queries.after;
    const rows = await this.#ask(query, [room, after ?? before ?? Number.MAX_SAFE_INTEGER, most]);
    const [[last, first] = []] = rows as [number, number][];
    if (last === undefined || first === undefined) return EMPTY_SLICE;
    const messages = rows
      .filter(row => row[2] !== null)
      .map(row => this.#messages.of(row.slice(2) as unknown as StoredRow));
    if (after === undefined) messages.reverse();
    if (after === undefined && before === undefined) this.#recent.fill(room, { messages, first, last });
    return { messages: Object.freeze(messages.filter(({ time }) => time > since)), first, last };
  }

  async entries(room: string, { after, limit }: Pick<MessageRange, 'after' | 'limit'>): Promise<LogSlice> {
    const most = Math.min(limit, Number.MAX_SAFE_INTEGER);
    const [[last, first] = []] = (await this.#ask(this.#queries.ends, [room])) as [number, number][];
    if (last === undefined || first === undefined) return { entries: [], first: 1, last: 0 };
    // Newer entries are left for the next call.
    const from = after ?? Math.max(0, last - most);
    const rows = (await this.#ask(this.#queries.log, [room, from, last, most])) as unknown as LogRow[];
    return { entries: Object.freeze(rows.map(row => loggedEntry(row, this.#messages))), first, last };
  }

  async rooms(after?: string, limit?: number): Promise<readonly RoomHead[]> {
    return (await this.#list()).list(after, limit);
  }

  async has(room: string): Promise<boolean> {
    if (this.#rooms?.index.has(room)) return true;
    return (await this.#list()).has(room);
  }

  async knows(room: string, key: string): Promise<boolean> {
    return (await this.#ask(this.#queries.known, [room, key])).length > 0;
  }

  async select(selection: MessageSelection, { room, seq }: MessagePlace = { room: '', seq: 0 }): Promise<Selected> {
    const { byId, byRoom, all } = this.#queries;
    const rows = await ('message' in selection
      ? this.#ask(byId, [selection.message])
      : 'room' in selection
        ? this.#ask(byRoom, [selection.room, seq])
        : this.#ask(all, [room, seq]));
    const found = (rows as [string, number, string, string, string | null, number | null][]).map(row => {
      const [room, seq, id, author, by, removed] = row;
      return { room, seq, id, author, by, removed };
    });
    return selected(selection, found, found.length < SELECT_LIMIT ? undefined : found.at(-1));
  }

  async records(after: number) {
    const rows = (await this.#ask(this.#queries.records, [after])) as [string, string, string | null, number][];
    const records = rows.map(([kind, key, value]) => ({ kind, key, value: value === null ? null : JSON.parse(value) }));
    return { records: records as DirectoryRecord[], at: rows.at(-1)?.[3] ?? after };
  }

  async record(records: readonly DirectoryRecord[], at: number): Promise<number> {
    await this.#opened();
    const [[place] = []] = await this.#writing.ask({ ...this.#queries.record, values: [recordRows(records), at] });
    if (typeof place !== 'number') throw new RecordsStale();
    return place;
  }

  health(): string | undefined {
    return (this.#writing.fault ?? this.#tail.fault ?? this.#writer.fault)?.message;
  }

  commits(): Commits {
    return this.#writer.commits;
  }

  settled(): Promise<void> {
    return this.#writer.settled();
  }

  async close(): Promise<void> {
    this.#tail.close();
    await Promise.all([this.#writing, this.#listening, ...this.#reading].map(connection => connection.close()));
  }

  /** Queries the least busy reader. Until the schema exists, only the writer's connection is used. */
  async #ask(query: PostgresQuery, values: readonly unknown[]): Promise<unknown[][]> {
    await this.#opened();
    const [reader] = this.#reading.toSorted((one, other) => one.load - other.load);
    return reader!.ask({ ...query, values });
  }

  async #lead(ask: AskPostgres): Promise<void> {
    this.#isLeading = false;
    const [[isLeading] = []] = await ask({ text: LEADER_LOCK, values: [this.#name] });
    this.#isLeading = isLeading === true;
    if (this.#isLeading) this.revisions.changed();
  }

  /** The history, once the schema is open. */
  async #opened(): Promise<SchemaHistory> {
    if (!this.#history) await this.#writing.ask({ text: 'SELECT 1' });
    return this.#history!;
  }

  async #prepare(ask: AskPostgres): Promise<void> {
    const history = await openSchema(ask, this.#name, this.#isStandbySync);
    const before = this.#history;
    this.#history = history;
    this.#secret.resolve(history.secret);
    if (before?.epoch !== history.epoch || history.pos < this.#tail.pos) this.#begin(history.pos);
  }

  /** Drops caches of a previous history. */
  #begin(pos: number): void {
    this.#messages.clear();
    this.#recent.clear();
    this.#rooms = undefined;
    this.#tail.begin(pos);
  }

  async #kept(batch: KeptBatch): Promise<void> {
    const history = this.#history!;
    if (batch.epoch !== history.epoch) {
      this.#history = { ...history, epoch: batch.epoch };
      this.#begin(batch.last);
    }
    await this.#tail.passed(batch);
  }

  #notified(payload: string): void {
    this.#isNotified.resolve();
    if (payload === RECORDED) this.#listener.records();
    else if (payload === REVISED) this.revisions.changed();
    else this.#tail.hear(Number(payload) || 0);
  }

  /** With a pooler that changes connections per transaction, notifications never arrive. */
  async #expectNotifications(): Promise<void> {
    await this.#listening.opened;
    await this.#writing.ask({ text: `NOTIFY ${quoted(this.#name)}` });
    const timer = setTimeout(
      () =>
        this.#isNotified.reject(
          new StoreFailed(
            'PostgreSQL takes LISTEN, but its notifications do not arrive; connect to it directly, or to a pooler that keeps a connection for a session, such as PgBouncer with pool_mode=session',
          ),
        ),
      NOTIFIED_MS,
    );
    await this.#isNotified.promise.finally(() => clearTimeout(timer));
  }

  /** The present rooms; reads those that changed. */
  async #list(): Promise<RoomIndex> {
    const known = this.#rooms;
    const isAnew = !known || this.#tail.pos - known.pos > MAX_BEHIND;
    const rows = isAnew
      ? await this.#ask(this.#queries.rooms, [])
      : await this.#ask(this.#queries.changedRooms, [known.pos]);
    const pos = Number(rows[0]?.[0] ?? 0);
    const found = (rows as [number, string | null, number, number, number | null][])
      .filter(row => row[1] !== null)
      .map(([, room, last, newest, oldest]) => ({ room: room!, last, newest, oldest: oldest ?? undefined }));
    if (isAnew) {
      this.#rooms = { index: new RoomIndex(() => undefined, found), pos };
      return this.#rooms.index;
    }
    if (pos - known.pos > MAX_BEHIND) {
      this.#rooms = undefined;
      return this.#list();
    }
    for (const { oldest, ...head } of found) known.index.set(head, oldest);
    known.pos = Math.max(known.pos, pos);
    return known.index;
  }
}

function queries(name: string) {
  const s = quoted(name);
  const ends = `r.last, (SELECT min(seq) FROM ${s}.message WHERE room = r.room) AS first`;
  const read = (where: string, order: string) => `
    SELECT r.last, r.first, m.* FROM (SELECT r.room, ${ends} FROM ${s}.room r WHERE r.room = $1 OFFSET 0) r
    LEFT JOIN LATERAL (
      SELECT ${MESSAGE_COLUMNS} FROM ${s}.message WHERE room = r.room AND seq ${where} $2 ORDER BY seq ${order} LIMIT $3
    ) m ON true
    ORDER BY m.seq ${order}`;
  const select = (where: string) =>
    `SELECT room, seq, id, author, by, removed FROM ${s}.message ${where} ORDER BY room, seq LIMIT ${SELECT_LIMIT}`;
  const rooms = (where = '') => `
    SELECT h.pos, r.room, r.last, r.newest, r.oldest FROM ${s}.history h
    LEFT JOIN ${s}.room r ON true ${where} ORDER BY r.room`;
  const texts = {
    before: read('<', 'DESC'),
    after: read('>', ''),
    heads: `SELECT room, last FROM ${s}.room WHERE room = ANY ($1)`,
    ends: `SELECT ${ends} FROM ${s}.room r WHERE r.room = $1`,
    log: logQuery(name, 'room = $1 AND seq > $2 AND seq <= $3', 'seq', '$4'),
    byId: select('WHERE id = $1'),
    byRoom: select('WHERE room = $1 AND seq > $2'),
    all: select('WHERE (room, seq) > ($1, $2)'),
    known: `SELECT 1 FROM ${s}.message WHERE room = $1 AND key = $2`,
    records: `SELECT kind, key, value, at FROM ${s}.record WHERE at > $1 ORDER BY at, kind, key`,
    record: `SELECT ${s}.record($1, $2)`,
    rooms: rooms(),
    changedRooms: rooms(
      `AND r.room IN (
        (SELECT room FROM ${s}.message WHERE pos > $1 ORDER BY pos LIMIT ${MAX_BEHIND})
        UNION (SELECT room FROM ${s}.change WHERE pos > $1 ORDER BY pos LIMIT ${MAX_BEHIND})
      )`,
    ),
  };
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { name, text }])) as {
    readonly [Name in keyof typeof texts]: PostgresQuery;
  };
}
