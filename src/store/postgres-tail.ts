import type { EntryKind } from '../model/chat.ts';
import type { Entry } from '../model/packets.ts';
import { entryOf } from './message.ts';
import { type Connection, OutcomeUnknown, pauseOf } from './postgres-connection.ts';
import { MESSAGE_COLUMNS, quoted } from './postgres-functions.ts';
import type { MessageInterner, StoredRow } from './postgres-messages.ts';
import type { KeptBatch } from './postgres-writer.ts';
import type { StoreFailed } from './store.ts';

/** Milliseconds between polls without notifications. */
const BEAT_MS = 1000;
/** Minimal pause between two reads under load, for batching, in milliseconds. */
const PAUSE_MS = 10;
/** Timeout of a read in milliseconds. */
const ANSWER_MS = 2000;
/** Limit of entries per read. */
const MAX_READ = 1000;

/** An entry of the log, followed by the present state of its message. */
export type LogRow = readonly [
  pos: number,
  seq: number,
  id: string,
  kind: EntryKind,
  at: number,
  reaction: string | null,
  ...message: StoredRow,
];

/** The column that entries are ordered by, and its place in a LogRow. */
const ORDERS = { pos: 1, seq: 2 };

/** Selects the oldest entries that meet a condition with `$1` and so on, ordered by a column. */
export function logQuery(name: string, where: string, order: keyof typeof ORDERS, limit: string): string {
  const s = quoted(name);
  // A subquery per change: a join would scan all messages if there are few changes.
  return `
    (SELECT pos, seq, id, 'message' AS kind, at, NULL AS reaction, ${MESSAGE_COLUMNS}
    FROM ${s}.message WHERE ${where} ORDER BY ${order} LIMIT ${limit})
    UNION ALL
    (SELECT c.pos, c.seq, c.id, c.kind, c.at, c.reaction, m.*
    FROM (SELECT * FROM ${s}.change WHERE ${where} ORDER BY ${order} LIMIT ${limit}) c
    CROSS JOIN LATERAL (SELECT ${MESSAGE_COLUMNS} FROM ${s}.message m WHERE m.room = c.room AND m.seq = c.about LIMIT 1) m)
    ORDER BY ${ORDERS[order]} LIMIT ${limit}`;
}

/** The entry of a row. */
export function loggedEntry(row: LogRow, messages: MessageInterner): Entry {
  const [, seq, id, kind, time, json] = row;
  const message = messages.of(row.slice(6) as unknown as StoredRow);
  if (kind === 'message') return entryOf(message);
  const at = new Date(time).toISOString();
  const reaction = json === null ? {} : { reaction: JSON.parse(json) };
  return Object.freeze({ seq, id, kind, about: message.id, at, ...reaction, message });
}

interface TailListeners {
  /** Whether this process itself is writing the entry. */
  isOwn(id: string): boolean;
  /**
   * Called with each entry of other processes, in order, and with the former text of a removed message if it is cached.
   */
  entry(entry: Entry, text?: string): void;
  /** Called after everything was read; a second later at the latest it reads again. */
  beat(): void;
  /** The connection is open but doesn't answer. */
  frozen(): void;
  warn(sentence: string): void;
}

/**
 * Reads entries of other processes in their order. Notifications only trigger a read; positions decide what is new, so
 * that nothing is missed if notifications fail.
 */
export class Tail {
  readonly #connection: Connection;
  readonly #messages: MessageInterner;
  readonly #text: string;
  readonly #listeners: TailListeners;
  /** Position of the newest entry that was emitted or is this process's own; undefined until the schema is open. */
  #pos: number | undefined;
  /** Highest position in a notification. */
  #heard = 0;
  /** Later positions of own entries, which were emitted already. */
  #told = new Set<number>();
  #reading: Promise<void> | undefined;
  #fault: StoreFailed | undefined;
  #wake: () => void = () => {};
  #closed = false;

  constructor(name: string, connection: Connection, messages: MessageInterner, listeners: TailListeners) {
    this.#connection = connection;
    this.#messages = messages;
    this.#listeners = listeners;
    this.#text = logQuery(name, 'pos > $1', 'pos', String(MAX_READ));
    void this.#run();
  }

  /** The error of the last read; undefined if it succeeded. */
  get fault(): StoreFailed | undefined {
    return this.#connection.fault ?? this.#fault;
  }

  /** Starts after a position; continues there if the history changed. */
  begin(pos: number): void {
    this.#pos = pos;
    this.#told.clear();
    this.#heard = pos;
  }

  get pos(): number {
    return this.#pos ?? 0;
  }

  /** Notes that there is an entry at a position. */
  hear(pos: number): void {
    this.#heard = Math.max(this.#heard, pos);
    this.wake();
  }

  /** Reads and emits new entries. */
  wake(): void {
    if (this.#heard > this.pos) this.#wake();
  }

  /**
   * Resolves once all entries before this process's batch were emitted, or can't be read. The caller emits the batch.
   */
  async passed({ first, last }: KeptBatch): Promise<void> {
    try {
      // A read that started earlier may not see all of them.
      if (this.pos < first - 1) await this.#reading;
      if (this.pos < first - 1) await this.#read();
      this.#pass(first, last);
    } catch {
      for (let pos = first; pos <= last; pos++) this.#told.add(pos);
    }
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    let last = Number.NEGATIVE_INFINITY;
    while (!this.#closed) {
      const start = performance.now();
      const isDue = start - last >= BEAT_MS;
      if (isDue) last = start;
      if (this.#pos !== undefined && (isDue || this.#heard > this.#pos)) await this.#beat(isDue);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const beat = Math.max(0, last + BEAT_MS - performance.now());
      await Promise.race([promise, pauseOf(beat)]);
      const left = start + PAUSE_MS - performance.now();
      if (left > 0) await pauseOf(left);
    }
  }

  async #beat(isDue: boolean): Promise<void> {
    const start = performance.now();
    try {
      await this.#read();
      this.#fault = undefined;
      if (isDue) this.#listeners.beat();
    } catch (error) {
      this.#fault = error as StoreFailed;
      if (error instanceof OutcomeUnknown && performance.now() - start >= ANSWER_MS) this.#listeners.frozen();
    }
  }

  /** Concurrent calls share one read. */
  #read(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    for (;;) {
      const query = { name: 'tail', text: this.#text, values: [this.pos] };
      const rows = (await this.#connection.ask(query, ANSWER_MS)) as unknown as LogRow[];
      const isPassed = rows.every(row => this.#tell(row));
      if (!isPassed || rows.length < MAX_READ) return;
    }
  }

  /** False if it has to wait for an entry of this process. */
  #tell(row: LogRow): boolean {
    const [pos, , id, kind, , , , , message] = row;
    if (pos <= this.pos) return true;
    if (!this.#told.has(pos) && this.#listeners.isOwn(id)) return false;
    this.#pass(pos, pos);
    if (this.#told.delete(pos)) return true;
    const text = kind === 'remove' ? this.#messages.text(message) : undefined;
    this.#listeners.entry(loggedEntry(row, this.#messages), text);
    return true;
  }

  #pass(first: number, last: number): void {
    if (first > this.pos + 1)
      this.#listeners.warn(
        `entries ${this.pos + 1} to ${first - 1} of the history are missing in PostgreSQL; somebody has deleted rows there`,
      );
    this.#pos = Math.max(this.pos, last);
  }
}
