import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { refCounted } from '../store/handles.ts';
import { isIsolated, onRemoval } from '../store/open.ts';
import { compact, databaseFault, openDatabase } from '../store/sqlite-schema.ts';

/** Timeout in milliseconds for another program's lock on the file, such as a command's. */
const PATIENCE_MS = 2000;

/** Delay in milliseconds from a removal to compaction, which further removals share. */
const COMPACTION_MS = 1000;

/** "bhvr": the application id that identifies the file. */
const APPLICATION = 0x62687672;

/**
 * Migrations, one from each schema version to the next. Never change a released one. The file's user_version is the
 * number of the last applied one. Times are milliseconds since 1970; `about` is the id of a text's message.
 */
const STEPS: readonly string[] = [
  `
  CREATE TABLE delivery (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    node TEXT NOT NULL,
    url TEXT NOT NULL,
    body TEXT NOT NULL,
    type TEXT NOT NULL,
    secret TEXT,
    hops INTEGER NOT NULL,
    packet TEXT,
    about TEXT,
    at INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL,
    failed INTEGER,
    why TEXT
  ) STRICT;
  CREATE INDEX delivery_waiting ON delivery (url, seq) WHERE failed IS NULL;
  CREATE INDEX delivery_about ON delivery (about) WHERE about IS NOT NULL;
  CREATE TABLE kept (
    node TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    about TEXT,
    at INTEGER NOT NULL,
    until INTEGER,
    PRIMARY KEY (node, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX kept_at ON kept (node, at);
  CREATE INDEX kept_until ON kept (node, until) WHERE until IS NOT NULL;
  CREATE INDEX kept_about ON kept (about) WHERE about IS NOT NULL;
  PRAGMA application_id = ${APPLICATION};
  `,
];

/** Data of components besides messages: webhooks to deliver, and values. In a file in DATA, or in memory. */
export class BehaviourDatabase {
  readonly db: DatabaseSync;
  readonly #file: string;
  /** Warns the operator. */
  readonly warn: (sentence: string) => void;
  readonly #unlisten: () => void;
  /** Settled once the changes of this turn of the event loop are written. */
  #writing: Promise<void> | undefined;
  #compaction: NodeJS.Timeout | undefined;

  /** Throws a sentence if the file can't be used. */
  constructor(file = ':memory:', warn: (sentence: string) => void = () => {}) {
    this.#file = file;
    this.warn = warn;
    try {
      this.db = file === ':memory:' ? new DatabaseSync(file) : openDatabase(file, PATIENCE_MS);
      migrate(this.db, file);
    } catch (error) {
      throw databaseFault(file, error);
    }
    this.#unlisten = onRemoval(({ id }) => this.#forget(id));
  }

  /** Makes changes; those of one turn of the event loop share a transaction. Throws a sentence on failure. */
  change<Result>(work: (db: DatabaseSync) => Result): Result {
    try {
      if (!this.db.isTransaction) {
        this.db.exec('BEGIN IMMEDIATE');
        this.#writing = new Promise((resolve, reject) => setImmediate(() => this.#commit(resolve, reject)));
        this.#writing.catch(error => this.warn(`${(error as Error).message}; what was kept last is lost`));
      }
      return work(this.db);
    } catch (error) {
      throw databaseFault(this.#file, error);
    }
  }

  /** Resolves once all changes survive the end of the process. Rejects with a sentence. */
  written(): Promise<void> {
    return this.#writing ?? Promise.resolve();
  }

  close(): void {
    this.#unlisten();
    if (!this.db.isOpen) return;
    if (this.#compaction) this.#compact();
    if (this.db.isTransaction) this.db.exec('COMMIT');
    this.db.close();
  }

  #commit(resolve: () => void, reject: (error: Error) => void): void {
    this.#writing = undefined;
    try {
      if (this.db.isOpen && this.db.isTransaction) this.db.exec('COMMIT');
      resolve();
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      reject(databaseFault(this.#file, error));
    }
  }

  /** Deletes data about a removed message. */
  #forget(message: string): void {
    try {
      const gone = this.change(db =>
        ['delivery', 'kept'].map(table => db.prepare(`DELETE FROM ${table} WHERE about = ?`).run(message).changes),
      );
      if (gone.every(count => Number(count) === 0)) return;
      this.#compaction ??= setTimeout(() => this.#compact(), COMPACTION_MS).unref();
    } catch (error) {
      this.warn(`${(error as Error).message}; a text of the removed message ${message} may be left there`);
    }
  }

  /** Rewrites the file, as pages may contain copies of rows that were moved. */
  #compact(): void {
    clearTimeout(this.#compaction);
    this.#compaction = undefined;
    try {
      if (this.db.isTransaction) this.db.exec('COMMIT');
      compact(this.db);
      this.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      this.warn(databaseFault(this.#file, error).message);
    }
  }
}

function migrate(db: DatabaseSync, file: string): void {
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > STEPS.length) throw new Error(`it was written by a newer version; take that, or move ${file} away`);
  // Survives the end of the process at any time; only a power failure may lose the last changes.
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON');
  for (const [done, step] of STEPS.entries()) {
    if (done >= version) db.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${done + 1}; COMMIT`);
  }
}

let place: { readonly file: string; readonly warn: (sentence: string) => void } | undefined;
let opened: BehaviourDatabase | undefined;

/** Sets the folder of this server's database, which is created on first use, and the function for warnings. */
export function setBehaviourDatabase(data: string, warn: (sentence: string) => void): void {
  place = { file: join(data, 'behaviour.db'), warn };
}

/** Closes the database; the next use opens it again. */
export function closeBehaviourDatabase(): void {
  opened?.close();
  opened = undefined;
}

/** Whether this server, or an earlier one, has stored something. */
export const hasBehaviourDatabase = (): boolean => place !== undefined && existsSync(place.file);

/**
 * The server's database; one in memory if requested, without a server, and for tests and dry runs. Release it after
 * use. Throws a sentence if it can't be opened.
 */
export function behaviourDatabase(isOnDisk = true): { readonly value: BehaviourDatabase; release(): void } {
  if (!isOnDisk || !place || isIsolated())
    return refCounted('behaviour', () => new BehaviourDatabase(':memory:', place?.warn));
  opened ??= new BehaviourDatabase(place.file, place.warn);
  return { value: opened, release: () => {} };
}
