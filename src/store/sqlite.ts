import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EntryKind } from '../model/chat.ts';
import type { DirectoryRecord } from '../model/directory.ts';
import type { Entry, Message } from '../model/packets.ts';
import { type DecidedRecords, RecordsStale } from './directory.ts';
import { FileGuard } from './file-guard.ts';
import { entryOf, message, newId, selected, usualAt, wellFormed, wellFormedText } from './message.ts';
import { EMPTY_SLICE, MessageCache, type MessageWindow } from './message-cache.ts';
import { RoomIndex } from './room-index.ts';
import { LAST_SEQ, type StoredMessage } from './sqlite-commit.ts';
import { databaseFault, lock, openDatabase } from './sqlite-schema.ts';
import { Writer } from './sqlite-writer.ts';
import {
  type AppendResult,
  ChangeRefused,
  type ChangeResult,
  type Commits,
  KeyReused,
  type LogSlice,
  type MessagePlace,
  type MessageRange,
  type MessageSelection,
  type NewChange,
  type NewMessage,
  type RoomHead,
  type Selected,
  type Slice,
  type StoreBackend,
} from './store.ts';

/** Timeout of a read's lock in milliseconds, during which it blocks the event loop. */
const READING = 100;

const SELECT_MESSAGE =
  'SELECT seq, id, author, by, text, time, at, edited, removed, reactions FROM message WHERE room = ?';
const NEWEST = `${SELECT_MESSAGE} AND seq < ? ORDER BY seq DESC LIMIT ?`;
const BETWEEN = `${SELECT_MESSAGE} AND seq > ? AND seq < ? ORDER BY seq LIMIT ?`;
const CHANGES = 'SELECT seq, id, kind, about, at, reaction FROM change WHERE room = ? AND seq > ? ORDER BY seq LIMIT ?';
/** Skips from room to room in the primary key, so its cost depends on the number of rooms, not of messages. */
const HEADS = `
  WITH RECURSIVE name (room) AS (
    SELECT min(room) FROM message
    UNION ALL
    SELECT (SELECT min(room) FROM message WHERE room > name.room) FROM name WHERE name.room IS NOT NULL
  )
  SELECT room, newest, max(newest, coalesce((SELECT max(seq) FROM change WHERE room = found.room), 0)) AS last,
  (SELECT seq FROM message WHERE room = found.room AND removed IS NULL ORDER BY seq LIMIT 1) AS oldest
  FROM (SELECT room, (SELECT max(seq) FROM message WHERE room = name.room) AS newest FROM name WHERE room IS NOT NULL) AS found`;
const NEXT = 'SELECT seq FROM message WHERE room = ? AND seq > ? AND removed IS NULL ORDER BY seq LIMIT 1';
const SELECT = 'SELECT room, seq, id, author, by, removed FROM message';
const KNOWN = 'SELECT 1 FROM message WHERE room = ? AND key = ?';
const RECORDS = 'SELECT kind, key, value, at FROM record WHERE at > ? ORDER BY at, kind, key';
/** Messages examined per call. */
const SELECT_LIMIT = 1000;

type Row = [
  seq: number,
  id: string,
  author: string,
  by: string | null,
  text: string,
  micros: number,
  at: number | null,
  edited: number | null,
  removed: number | null,
  reactions: string | null,
];

type ChangeRow = [seq: number, id: string, kind: EntryKind, about: number, at: number, reaction: string | null];

/** Stores all messages in a database file. Resolved calls of `append` survive a crash and a power failure. */
export class Sqlite implements StoreBackend {
  readonly latest: number;
  readonly #epoch: string;
  readonly #file: string;
  readonly #lock: DatabaseSync;
  readonly #db: DatabaseSync;
  readonly #guard: FileGuard;
  readonly #newest: StatementSync;
  readonly #between: StatementSync;
  readonly #changes: StatementSync;
  readonly #ends: StatementSync;
  readonly #probe: StatementSync;
  readonly #cache: MessageCache;
  readonly #writer: Writer;
  #rooms: RoomIndex | undefined;

  /**
   * Opens or creates a file and migrates an older one, reporting progress to `told`. Rejects with StoreFailed on
   * failure.
   */
  static async open(file: string, told: (sentence: string) => void): Promise<Sqlite> {
    let held: DatabaseSync | undefined;
    let writer: Writer | undefined;
    try {
      held = lock(file);
      let store: Sqlite | undefined;
      writer = new Writer(file, {
        onLost() {
          if (store) store.#forget();
        },
        onCompaction(isOngoing) {
          if (store) store.#guard.expectShrinking(isOngoing);
        },
        progress: told,
      });
      const { epoch, latest } = await writer.opened;
      store = new Sqlite(file, held, writer, epoch, latest);
      return store;
    } catch (error) {
      held?.close();
      await writer?.close();
      throw databaseFault(file, error);
    }
  }

  private constructor(file: string, held: DatabaseSync, writer: Writer, epoch: string, latest: number) {
    this.#file = file;
    this.#lock = held;
    this.#writer = writer;
    this.#epoch = epoch;
    this.latest = latest;
    this.#db = openDatabase(file, READING);
    this.#db.exec('PRAGMA query_only = ON');
    this.#newest = this.#prepared(NEWEST);
    this.#between = this.#prepared(BETWEEN);
    this.#changes = this.#prepared(CHANGES);
    this.#ends = this.#db.prepare(
      `SELECT (SELECT min(seq) FROM message WHERE room = ?) AS first, last FROM (${LAST_SEQ})`,
    );
    this.#probe = this.#db.prepare('SELECT room, seq, text FROM message ORDER BY room DESC, seq DESC LIMIT 1');
    this.#guard = new FileGuard(file);
    this.#cache = new MessageCache({ read: (room, before, limit) => this.#snapshot(room, before, limit) });
  }

  async epoch(): Promise<string> {
    return this.#epoch;
  }

  async append(draft: NewMessage, decided?: DecidedRecords): Promise<AppendResult> {
    const { room, author, by, text, key = null, owner } = wellFormed(draft);
    const id = newId();
    const outcome = await this.#writer.write({
      kind: 'message',
      room,
      author,
      ...(by !== undefined && { by }),
      text,
      id,
      key,
      ...(owner !== undefined && { owner }),
      ...(decided && { decided }),
    });
    if (outcome === 'stale') throw new RecordsStale();
    if (outcome === 'reused') throw new KeyReused(String(key));
    const { seq, known } = outcome;
    if (known) return { message: this.#cache.at(room, seq) ?? made(room, known), fresh: false };
    // The list may have been read from the file after this entry was written.
    this.#rooms?.add(room, seq, true);
    return { message: this.#cache.add(message(room, seq, id, author, by ?? null, text, outcome)), fresh: true };
  }

  async change(draft: NewChange): Promise<ChangeResult> {
    const { room, kind, about } = draft;
    const id = newId();
    const outcome = await this.#writer.write({ ...draft, text: wellFormedText(draft.text), id });
    if ('refused' in outcome) throw new ChangeRefused(outcome.refused);
    const { entry, texts } = outcome;
    if (!entry) return { message: this.#cache.at(room, outcome.message.seq) ?? made(room, outcome.message) };
    const changed = made(room, outcome.message);
    this.#rooms?.add(room, entry.seq, false);
    if (kind === 'remove') this.#rooms?.drop(room, changed.seq);
    this.#cache.change(entry.seq, changed);
    const { seq, reaction } = entry;
    const what = { about, at: new Date(entry.at).toISOString(), ...(reaction && { reaction }) };
    const stored = Object.freeze({ seq, id, kind, ...what, message: changed });
    return { message: changed, entry: stored, ...(texts && { texts }) };
  }

  async read(room: string, range: MessageRange): Promise<Slice> {
    try {
      return this.#read(room, range);
    } catch (error) {
      throw databaseFault(this.#file, error);
    }
  }

  async entries(room: string, range: Pick<MessageRange, 'after' | 'limit'>): Promise<LogSlice> {
    try {
      return this.#entries(room, range);
    } catch (error) {
      throw databaseFault(this.#file, error);
    }
  }

  async rooms(after?: string, limit?: number): Promise<readonly RoomHead[]> {
    return this.#list().list(after, limit);
  }

  async has(room: string): Promise<boolean> {
    return this.#list().has(room);
  }

  async knows(room: string, key: string): Promise<boolean> {
    try {
      return this.#db.prepare(KNOWN).get(room, key) !== undefined;
    } catch (error) {
      throw databaseFault(this.#file, error);
    }
  }

  async select(selection: MessageSelection, from: MessagePlace = { room: '', seq: 0 }): Promise<Selected> {
    const { room, seq } = from;
    const [where, values]: [string, (string | number)[]] =
      'message' in selection
        ? ['WHERE id = ?', [selection.message]]
        : 'room' in selection
          ? ['WHERE room = ? AND seq > ?', [selection.room, seq]]
          : ['WHERE (room, seq) > (?, ?)', [room, seq]];
    try {
      const rows = this.#db.prepare(`${SELECT} ${where} ORDER BY room, seq LIMIT ${SELECT_LIMIT}`).all(...values);
      const found = rows as unknown as (MessagePlace & Record<'id' | 'author', string>)[];
      return selected(selection, found, found.length < SELECT_LIMIT ? undefined : found.at(-1));
    } catch (error) {
      throw databaseFault(this.#file, error);
    }
  }

  async records(after: number) {
    try {
      const rows = this.#db.prepare(RECORDS).all(after);
      const records = rows.map(({ kind, key, value }) => ({ kind, key, value: JSON.parse(String(value)) }));
      return { records: records as DirectoryRecord[], at: Number(rows.at(-1)?.at ?? after) };
    } catch (error) {
      throw databaseFault(this.#file, error);
    }
  }

  async record(records: readonly DirectoryRecord[], at: number): Promise<number> {
    const place = await this.#writer.write({ kind: 'records', records, at });
    if (place === null) throw new RecordsStale();
    return place;
  }

  /** Checks the writer, the files, and a read. */
  health(): string | undefined {
    try {
      const reason = this.#writer.health ?? this.#guard.fault();
      if (reason === undefined) this.#probe.get();
      return reason;
    } catch (error) {
      return databaseFault(this.#file, error).message;
    }
  }

  commits(): Commits {
    return this.#writer.commits;
  }

  settled(): Promise<void> {
    return this.#writer.settled();
  }

  async close(): Promise<void> {
    this.#forget();
    this.#db.close();
    this.#lock.close();
    await this.#writer.close();
  }

  /** Read from the file on first use. */
  #list(): RoomIndex {
    try {
      this.#rooms ??= new RoomIndex(
        (room, after) => this.#next(room, after),
        this.#db
          .prepare(HEADS)
          .all()
          .map(({ room, last, newest, oldest }) => ({
            room: String(room),
            last: Number(last),
            newest: Number(newest),
            oldest: oldest === null ? undefined : Number(oldest),
          })),
      );
      return this.#rooms;
    } catch (error) {
      throw databaseFault(this.#file, error);
    }
  }

  /** If reading fails, the list is reloaded on the next use. */
  #next(room: string, after: number): number | undefined {
    try {
      return this.#db.prepare(NEXT).get(room, after)?.seq as number | undefined;
    } catch {
      this.#rooms = undefined;
      return;
    }
  }

  #read(room: string, { after, before, since = 0, limit }: MessageRange): Slice {
    const held = this.#cache.held(room);
    if (!held) return EMPTY_SLICE;
    const { window, first, last } = held;
    const most = Math.min(limit, Number.MAX_SAFE_INTEGER);
    const messages =
      after === undefined
        ? this.#before(room, window, first, before ?? last + 1, most, since)
        : this.#after(room, window, after, most);
    return { messages: Object.freeze(messages), first, last };
  }

  #before(
    room: string,
    window: MessageWindow,
    first: number,
    seq: number,
    limit: number,
    since: number,
  ): readonly Message[] {
    const newer = window.before(seq, limit, since);
    const { oldest = seq } = window;
    if (newer.length === limit || oldest === first) return newer;
    // `since` lies within the window.
    if (since > 0 && newer.length < window.before(seq, limit).length) return newer;
    const older = messagesOf(room, this.#newest.all(room, Math.min(seq, oldest), limit - newer.length)).reverse();
    return older.filter(({ time }) => time > since).concat(newer);
  }

  #after(room: string, window: MessageWindow, seq: number, limit: number): Message[] {
    const { oldest = Number.MAX_SAFE_INTEGER } = window;
    if (seq >= oldest - 1) return window.after(seq, limit);
    const older = messagesOf(room, this.#between.all(room, seq, oldest, limit));
    return older.concat(window.after(seq, limit - older.length));
  }

  #entries(room: string, { after, limit }: Pick<MessageRange, 'after' | 'limit'>): LogSlice {
    const held = this.#cache.held(room);
    if (!held) return { entries: [], first: 1, last: 0 };
    const { window, first, last } = held;
    const from = after ?? Math.max(0, last - limit);
    const changes = (this.#changes.all(room, from, limit) as unknown as ChangeRow[])
      .filter(([seq]) => seq <= last)
      .map(([seq, id, kind, about, time, reaction]): Entry => {
        const subject = this.#cache.at(room, about) ?? messagesOf(room, this.#newest.all(room, about + 1, 1))[0]!;
        const at = new Date(time).toISOString();
        const what = { about: subject.id, at, ...(reaction !== null && { reaction: JSON.parse(reaction) }) };
        return Object.freeze({ seq, id, kind, ...what, message: subject });
      });
    const entries = [...this.#after(room, window, from, limit).map(entryOf), ...changes];
    entries.sort((one, other) => one.seq - other.seq);
    return { entries: Object.freeze(entries.slice(0, limit)), first, last };
  }

  /** A room's state in the file at one moment. */
  #snapshot(room: string, before: number, limit: number) {
    this.#db.exec('BEGIN');
    try {
      const { first, last } = this.#ends.get(room, room, room) as { first: number | null; last: number };
      if (first === null) return;
      return { first, last, messages: messagesOf(room, this.#newest.all(room, before, limit)).reverse() };
    } finally {
      this.#db.exec('COMMIT');
    }
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#db.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  }

  #forget(): void {
    this.#cache.clear();
    this.#rooms = undefined;
  }
}

// The types of node:sqlite lack setReturnArrays.
const rows = (all: unknown) => all as Row[];

const revived = (room: string, [seq, id, author, by, text, micros, at, edited, removed, reactions]: Row) =>
  message(room, seq, id, author, by, text, { micros, at: at ?? usualAt(micros) }, { edited, removed, reactions });

const messagesOf = (room: string, found: unknown): Message[] => rows(found).map(row => revived(room, row));

const made = (room: string, row: StoredMessage) =>
  message(room, row.seq, row.id, row.author, row.by, row.text, row, row);
