import type { StatementSync } from 'node:sqlite';
import { refCounted } from '../store/handles.ts';
import { type BehaviourDatabase, behaviourDatabase } from './database.ts';
import { shortOf } from './settings.ts';
import { shortKey } from './short-key.ts';

/** Limits of the values of one name: their number, and their bytes; the oldest are deleted, several at once. */
const MAX_VALUES = 100_000;
const MAX_BYTES = 32 * 1024 * 1024;
const AT_ONCE = 1000;
const MAX_VALUE_BYTES = 16_384;
/** Minimal interval of warnings about deleted values, in milliseconds. */
const TOLD_MS = 600_000;

/** A value to store; `until` is its expiry, `about` the id of its message. */
interface NewValue {
  readonly value: unknown;
  readonly until?: number | undefined;
  readonly about?: string | undefined;
}

interface Size {
  count: number;
  bytes: number;
}

/** Values by key under one name, shared by all users of the name. */
export class KeptValues {
  readonly #database: BehaviourDatabase;
  readonly #name: string;
  readonly #warn: (sentence: string) => void;
  readonly #find: StatementSync;
  readonly #put: StatementSync;
  readonly #drop: StatementSync;
  readonly #expire: StatementSync;
  readonly #size: Size;
  #told = Number.NEGATIVE_INFINITY;
  #forgotten = 0;

  constructor(database: BehaviourDatabase, name: string, warn: (sentence: string) => void = database.warn) {
    const { db } = database;
    this.#database = database;
    this.#name = name;
    this.#warn = warn;
    this.#find = db.prepare('SELECT value, until FROM kept WHERE node = ? AND name = ?');
    this.#put = db.prepare(
      'INSERT OR REPLACE INTO kept (node, name, value, about, at, until) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#drop = db.prepare('DELETE FROM kept WHERE node = ? AND name = ?');
    this.#expire = db.prepare('DELETE FROM kept WHERE node = ? AND until <= ?');
    this.#size = this.#measured();
  }

  /** The value of a key; undefined if missing or expired. */
  get(key: string, now: number): unknown {
    const found = this.#find.get(this.#name, shortKey(key)) as { value: string; until: number | null } | undefined;
    return found && (found.until === null || found.until > now) ? JSON.parse(found.value, freeze) : undefined;
  }

  /** Stores a value, replacing an earlier one. Throws a sentence if it is too large, or can't be written. */
  put(key: string, { value, until, about }: NewValue, now: number): void {
    const text = JSON.stringify(value);
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_VALUE_BYTES) throw new Error('VALUE made more than 16 KiB; keep less');
    const [name, kept] = [this.#name, shortKey(key)];
    this.#database.change(() => {
      this.#remove(kept);
      this.#put.run(name, kept, text, about ?? null, now, until ?? null);
    });
    this.#size.count += 1;
    this.#size.bytes += bytes;
    if (this.#size.count > MAX_VALUES || this.#size.bytes > MAX_BYTES) this.#makeRoom(now);
  }

  /** Deletes the value of a key. */
  drop(key: string): void {
    this.#database.change(() => this.#remove(shortKey(key)));
  }

  #remove(key: string): void {
    const before = this.#find.get(this.#name, key) as { value: string } | undefined;
    if (!before) return;
    this.#drop.run(this.#name, key);
    this.#size.count -= 1;
    this.#size.bytes -= Buffer.byteLength(before.value);
  }

  #makeRoom(now: number): void {
    this.#database.change(() => this.#expire.run(this.#name, now));
    Object.assign(this.#size, this.#measured());
    while (this.#size.count > MAX_VALUES || this.#size.bytes > MAX_BYTES) {
      const { changes } = this.#database.change(db =>
        db
          .prepare(
            'DELETE FROM kept WHERE node = ?1 AND name IN (SELECT name FROM kept WHERE node = ?1 ORDER BY at LIMIT ?2)',
          )
          .run(this.#name, AT_ONCE),
      );
      this.#forgotten += Number(changes);
      Object.assign(this.#size, this.#measured());
    }
    if (this.#forgotten > 0 && now - this.#told > TOLD_MS) this.#tell(now);
  }

  #tell(now: number): void {
    const { count, bytes } = this.#size;
    const has = `${(count + this.#forgotten).toLocaleString('en')} values in ${Math.ceil(bytes / 2 ** 20)} MiB`;
    this.#warn(
      `${this.#name} had ${has}, and forgets those that were kept first: ${this.#forgotten.toLocaleString('en')} up to now; ${MAX_VALUES.toLocaleString('en')} in ${MAX_BYTES / 2 ** 20} MiB may be kept, so keep them for a shorter time`,
    );
    this.#told = now;
    this.#forgotten = 0;
  }

  #measured(): Size {
    const sql = 'SELECT count(*) AS count, coalesce(sum(octet_length(value)), 0) AS bytes FROM kept WHERE node = ?';
    const { count, bytes } = this.#database.db.prepare(sql).get(this.#name) as unknown as Size;
    return { count, bytes };
  }
}

/**
 * Parses a place of values: `NAME` on disk, `memory:NAME` until the server stops. Throws a sentence for anything else.
 */
export function keptAt(value: unknown): { readonly name: string; readonly isOnDisk: boolean } {
  const [, memory, name] = /^(memory:)?([\w./-]{1,100})$/.exec(String(value)) ?? [];
  if (name === undefined) throw new Error(`STORE is a name such as mutes, or memory:mutes, not ${shortOf(value)}`);
  return { name, isOnDisk: memory === undefined };
}

/** Opens values, shared by all users of the same STORE. Release them after use. Throws a sentence on failure. */
export function openKept(store: string): { readonly value: KeptValues; release(): void } {
  const { name, isOnDisk } = keptAt(store);
  const database = behaviourDatabase(isOnDisk);
  const shared = refCounted(`kept:${store}`, () => new KeptValues(database.value, name));
  return {
    value: shared.value,
    release() {
      shared.release();
      database.release();
    },
  };
}

const freeze = (_: string, value: unknown): unknown => Object.freeze(value);
