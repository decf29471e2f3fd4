import { lstatSync, mkdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Message } from '../model/packets.ts';
import { FileGuard } from './file-guard.ts';
import { message, newId, usualAt, wellFormed } from './message.ts';
import { MessageCache, NOTHING, span } from './message-cache.ts';
import { RoomIndex } from './room-index.ts';
import { databaseFault, lock, openDatabase } from './schema.ts';
import { Writer } from './sqlite-writer.ts';
import {
  type AppendResult,
  type Commits,
  KeyReused,
  type MessageRange,
  type NewMessage,
  type OpenStore,
  type RoomHead,
  type Slice,
} from './store.ts';

/** Milliseconds a read waits for a lock, during which it blocks the event loop. */
const READING = 100;

const NEWEST = `SELECT seq, id, author, text, time, at FROM message WHERE room = ? AND seq < ? ORDER BY seq DESC LIMIT ?`;
const BETWEEN =
  'SELECT seq, id, author, text, time, at FROM message WHERE room = ? AND seq BETWEEN ? AND ? ORDER BY seq';
/** Skips from room to room in the primary key, so that it takes as long as there are rooms, not messages. */
const HEADS = `
  WITH RECURSIVE name (room) AS (
    SELECT min(room) FROM message
    UNION ALL
    SELECT (SELECT min(room) FROM message WHERE room > name.room) FROM name WHERE name.room IS NOT NULL
  )
  SELECT room, (SELECT max(seq) FROM message WHERE room = name.room) AS last FROM name WHERE room IS NOT NULL`;

type Row = [seq: number, id: string, author: string, text: string, micros: number, at: number | null];

/** Resolves a file's real path, so that one with two names counts as one. Creates its folder. Throws StoreFailed. */
export function realFile(path: string): string {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return follow(join(realpathSync(dirname(path)), basename(path)));
  } catch (error) {
    throw databaseFault(path, error);
  }
}

/** Follows symbolic links, even to a file that does not exist yet. */
function follow(file: string): string {
  try {
    return realpathSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    if (!lstatSync(file, { throwIfNoEntry: false })) return file;
    return follow(resolve(dirname(file), readlinkSync(file)));
  }
}

/** Keeps all messages in a database file. Whatever `append` resolved survives the process and a power failure. */
export class Sqlite implements OpenStore {
  readonly epoch: string;
  readonly latest: number;
  readonly #file: string;
  readonly #lock: DatabaseSync;
  readonly #db: DatabaseSync;
  readonly #guard: FileGuard;
  readonly #between: StatementSync;
  readonly #probe: StatementSync;
  readonly #cache: MessageCache;
  readonly #writer: Writer;
  #rooms: RoomIndex | undefined;

  /** Opens or creates a file; an older schema is migrated. Rejects with StoreFailed if that fails. */
  static async open(file: string): Promise<Sqlite> {
    let held: DatabaseSync | undefined;
    let writer: Writer | undefined;
    try {
      held = lock(file);
      let store: Sqlite | undefined;
      writer = new Writer(file, () => {
        if (store) store.#forget();
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
    this.epoch = epoch;
    this.latest = latest;
    this.#db = openDatabase(file, READING);
    this.#db.exec('PRAGMA query_only = ON');
    const newest = this.#prepared(NEWEST);
    const oldest = this.#db.prepare('SELECT min(seq) AS seq FROM message WHERE room = ?');
    this.#between = this.#prepared(BETWEEN);
    this.#probe = this.#db.prepare('SELECT room, seq, text FROM message ORDER BY room DESC, seq DESC LIMIT 1');
    this.#guard = new FileGuard(file);
    this.#cache = new MessageCache({
      older: (room, before, limit) =>
        rows(newest.all(room, before, limit))
          .reverse()
          .map(row => revived(room, row)),
      oldest: room => Number(oldest.get(room)?.seq),
    });
  }

  async append(draft: NewMessage): Promise<AppendResult> {
    const { room, author, text, key = null } = wellFormed(draft);
    const entry = { room, author, text, id: newId(), key };
    const outcome = await this.#writer.append(entry);
    if (!outcome) throw new KeyReused(String(key));
    const { seq, id } = outcome;
    if (id !== undefined) {
      const known = this.#cache.at(room, seq) ?? message(room, seq, id, author, text, outcome);
      return { message: known, fresh: false };
    }
    // A list read from the file may be newer than the reported entries.
    this.#rooms?.add(room, seq);
    return { message: this.#cache.add(message(room, seq, entry.id, author, text, outcome)), fresh: true };
  }

  async read(room: string, range: MessageRange): Promise<Slice> {
    try {
      return this.#read(room, range);
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
        this.#db
          .prepare(HEADS)
          .all()
          .map(({ room, last }) => [String(room), Number(last)] as const),
      );
      return this.#rooms;
    } catch (error) {
      throw databaseFault(this.#file, error);
    }
  }

  #read(room: string, range: MessageRange): Slice {
    const held = this.#cache.held(room);
    if (!held) return NOTHING;
    const { window: tail, oldest } = held;
    const { first = 1, last } = tail;
    const { since = 0 } = range;
    const [low, high] = span(range, oldest, last);
    const newer = tail.slice(low, high, since);
    // Fewer than the window has in this span: `since` ends within the window.
    const enough = low >= first || newer.length < high - first + 1;
    const messages = enough ? newer : this.#older(room, low, Math.min(high, first - 1), since).concat(newer);
    return { messages: Object.freeze(messages), first: oldest, last };
  }

  #older(room: string, low: number, high: number, since: number): Message[] {
    const messages = rows(this.#between.all(room, low, high)).map(row => revived(room, row));
    return since > 0 ? messages.filter(({ time }) => time > since) : messages;
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

const revived = (room: string, [seq, id, author, text, micros, at]: Row) =>
  message(room, seq, id, author, text, { micros, at: at ?? usualAt(micros) });
