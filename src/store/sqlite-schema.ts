import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { hide } from '../files/data-folder.ts';
import { StoreFailed } from './store.ts';

/** SQLite's primary result codes, explained for the operator. */
const SQLITE: Readonly<Record<number, string>> = {
  5: 'is locked by another program; let that one finish or end it',
  6: 'is locked by another program; let that one finish or end it',
  8: 'is read-only; let this user write to it and to its folder',
  10: 'fails to be read or written by its disk; look after the disk',
  11: 'is damaged; put a backup in its place, or move it away to begin anew',
  13: 'does not fit on its disk any more; make room there',
  14: 'cannot be opened; let this user write to it and to its folder',
  26: 'is no SQLite database; put a backup in its place, or move it away to begin anew',
};

const SYSTEM: Readonly<Record<string, string>> = {
  EACCES: 'cannot be made; let this user write to its folder',
  EPERM: 'cannot be made; let this user write to its folder',
  EROFS: 'cannot be made on a read-only disk; take another folder',
  ENOTDIR: 'cannot be made below a file; take another folder',
  EEXIST: 'cannot be made below a file; take another folder',
  ENOSPC: 'does not fit on its disk any more; make room there',
};

/** Converts a database error to a sentence that names the file and the cure, followed by the original error. */
export function databaseFault(file: string, error: unknown): StoreFailed {
  if (error instanceof StoreFailed) return error;
  const { errcode = 0, code = '', message } = error as { errcode?: number; code?: string; message?: string };
  const meaning = SQLITE[errcode & 0xff] ?? SYSTEM[code];
  return new StoreFailed(meaning ? `${file} ${meaning} (${message})` : `${file} fails: ${message ?? error}`);
}

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
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (!found) return file;
    // If it is no link, another thread has created the file in the meantime.
    return follow(found.isSymbolicLink() ? resolve(dirname(file), readlinkSync(file)) : file);
  }
}

/** "flow": the application id that identifies our databases, also to the command `file`. */
const APPLICATION = 0x666c6f77;

/**
 * Migrations, one from each schema version to the next; the first creates version 1 in a new file. Never change a
 * released one. The file's user_version is the number of the last applied one.
 */
const STEPS: readonly string[] = [
  `
  CREATE TABLE history (epoch TEXT NOT NULL, time INTEGER NOT NULL) STRICT;
  CREATE TABLE message (
    room TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    time INTEGER NOT NULL,
    key TEXT,
    PRIMARY KEY (room, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX message_key ON message (room, key) WHERE key IS NOT NULL;
  PRAGMA application_id = ${APPLICATION};
  INSERT INTO history VALUES (lower(hex(randomblob(4))), 0);
  `,
  // Clock time in milliseconds; null if it equals `time`.
  'ALTER TABLE message ADD COLUMN at INTEGER',
  // Edits and removals are numbered with the room's messages; `about` is the number of a message, `was` its former
  // text. `secret` is the key of the hashes in `owner`; `edited` and `removed` are times in milliseconds.
  `
  ALTER TABLE history ADD COLUMN secret TEXT NOT NULL DEFAULT '';
  UPDATE history SET secret = lower(hex(randomblob(32)));
  ALTER TABLE message ADD COLUMN owner TEXT;
  ALTER TABLE message ADD COLUMN edited INTEGER;
  ALTER TABLE message ADD COLUMN removed INTEGER;
  CREATE INDEX message_id ON message (id);
  CREATE TABLE change (
    room TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    about INTEGER NOT NULL,
    was TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (room, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX change_about ON change (room, about);
  `,
  // Both as JSON: a message's reactions by emoji, and the reaction that a change added or removed.
  `
  ALTER TABLE message ADD COLUMN reactions TEXT;
  ALTER TABLE change ADD COLUMN reaction TEXT;
  `,
  // The directory as JSON: people, rooms and members; null for deleted ones. `at` counts its transactions.
  `
  CREATE TABLE record (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX record_at ON record (at);
  `,
  // The author's account; null for a guest.
  'ALTER TABLE message ADD COLUMN by TEXT',
];

/** The schema version that this program writes; it reads and migrates all older ones. */
const VERSION = STEPS.length;

/** Opens a connection; `patience` is the timeout for another program's lock, in milliseconds. */
export function openDatabase(file: string, patience: number): DatabaseSync {
  makePrivate(file);
  const db = new DatabaseSync(file, { timeout: patience });
  // Keys are random, so each commit changes many pages; with a log of 16 MB many commits share one write of a page.
  db.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864');
  // Overwrites removed data in unused parts of the file.
  db.exec('PRAGMA secure_delete = ON');
  return db;
}

/** Creates the file if it is missing, readable by its owner only; SQLite gives its companion files the same mode. */
function makePrivate(file: string): void {
  try {
    // Creates only a new file: closing one that SQLite has open would release this process's locks on it.
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    hide(file);
  }
}

/** Size up to which a database is compacted while a server uses it: blocks writing for half a second at most. */
export const MAX_COMPACTED_BYTES = 32 * 1024 * 1024;

/**
 * Rewrites a database. Even with `secure_delete`, pages may contain copies of rows that were moved, so a removed text
 * may remain until then.
 */
export function compact(db: DatabaseSync): void {
  const bytes = Number(pragma(db, 'page_count')) * Number(pragma(db, 'page_size'));
  // Otherwise a temporary file would contain the data for a moment.
  if (bytes <= MAX_COMPACTED_BYTES) db.exec('PRAGMA temp_store = MEMORY');
  db.exec('VACUUM');
}

/** Compacts an unused database. Throws StoreFailed. */
export function compactFile(file: string): void {
  let held: DatabaseSync | undefined;
  let db: DatabaseSync | undefined;
  try {
    held = lock(file);
    db = openDatabase(file, 0);
    compact(db);
  } catch (error) {
    throw databaseFault(file, error);
  } finally {
    db?.close();
    held?.close();
  }
}

function pragma(db: DatabaseSync, name: string): unknown {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

/** The schema version of a database of ours; 0 for a new file. Throws if the file is not ours or of a newer version. */
export function recognise(db: DatabaseSync, file: string): number {
  const version = Number(pragma(db, 'user_version'));
  const owner = pragma(db, 'application_id');
  if (owner !== APPLICATION && (version !== 0 || pragma(db, 'schema_version') !== 0))
    throw new StoreFailed(`${file} is another program's database; take another file`);
  if (version > VERSION)
    throw new StoreFailed(
      `${file} was made by a newer flowchat (layout ${version}, this one knows ${VERSION}); update this one or take another file`,
    );
  return version;
}

/**
 * Creates a new database or migrates an older one, keeping a copy as `FILE-layout-NUMBER`. Throws as `recognise` does;
 * a failed migration leaves the file at a complete schema version. Calls `told` with progress sentences.
 */
export function migrate(db: DatabaseSync, file: string, told: (sentence: string) => void = () => {}): void {
  const version = recognise(db, file);
  if (pragma(db, 'journal_mode = WAL') !== 'wal')
    throw new StoreFailed(`${file} is on a disk that cannot keep a write-ahead log; take a local disk`);
  if (version === VERSION) return;
  const copy = `${file}-layout-${version}`;
  if (version > 0) {
    const megabytes = Math.ceil((Number(pragma(db, 'page_count')) * Number(pragma(db, 'page_size'))) / 1e6);
    told(`${file} (${megabytes} MB) is of layout ${version}; it is copied to ${copy} first`);
    backUp(db, copy);
  }
  for (const [done, step] of STEPS.entries()) {
    if (done < version) continue;
    if (version > 0) told(`${file} is brought to layout ${done + 1} of ${VERSION}`);
    take(db, done, step);
  }
  if (version > 0) told(`${file} is of layout ${VERSION} now; remove ${copy} once all is well`);
}

/** The copies that migrations of a database left. */
export function layoutCopies(file: string): readonly string[] {
  return STEPS.map((_, version) => `${file}-layout-${version}`).filter(copy => existsSync(copy));
}

function take(db: DatabaseSync, done: number, step: string): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    db.exec(`${step}; PRAGMA user_version = ${done + 1}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function backUp(db: DatabaseSync, copy: string): void {
  const made = `${copy}.tmp`;
  rmSync(made, { force: true });
  try {
    db.prepare('VACUUM INTO ?').run(made);
    chmodSync(made, 0o600);
    renameSync(made, copy);
  } finally {
    rmSync(made, { force: true });
  }
}

/**
 * Locks a database against other processes until the returned connection is closed. It is an operating system lock on a
 * separate file, so it ends with the process. Throws if another process holds it.
 */
export function lock(file: string): DatabaseSync {
  makePrivate(`${file}-lock`);
  const held = new DatabaseSync(`${file}-lock`, { timeout: 0 });
  try {
    held.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return held;
  } catch (error) {
    held.close();
    if ((error as { errcode?: number }).errcode !== 5) throw error;
    throw new StoreFailed(`${file} is used by another flowchat; stop that one or take another file`);
  }
}
