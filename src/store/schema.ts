import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { StoreFailed } from './store.ts';

/** The layout that this program reads and writes, kept in the file's user_version. */
export const VERSION = 1;
/** "flow", so that `file` and we tell our databases from others'. */
const APPLICATION = 0x666c6f77;

const LAYOUT = `
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
`;

/** A connection to a database; `patience` is how many milliseconds it waits where another program holds a lock. */
export function connect(file: string, patience: number): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: patience });
  // Keys are in no order, so each commit dirties many pages; a log of 16 MB lets a page be copied home once for many of them.
  db.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864');
  return db;
}

function pragma(db: DatabaseSync, name: string): unknown {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

/** The layout of a database of ours, 0 where it is new. Throws where it is somebody else's, or of a newer version. */
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

/** Makes a new file a database of ours. Throws as `recognise` does. */
export function prepare(db: DatabaseSync, file: string): void {
  const version = recognise(db, file);
  if (pragma(db, 'journal_mode = WAL') !== 'wal')
    throw new StoreFailed(`${file} is on a disk that cannot keep a write-ahead log; take a local disk`);
  if (version === VERSION) return;
  db.exec(`BEGIN IMMEDIATE; ${LAYOUT} PRAGMA user_version = ${VERSION}; PRAGMA application_id = ${APPLICATION}`);
  db.prepare('INSERT INTO history VALUES (?, 0)').run(randomUUID().slice(0, 8));
  db.exec('COMMIT');
}

/**
 * Keeps other processes away from a database until it is closed. It is a lock of the system's on a file beside it, so
 * it ends with the process, however that ends. Throws where another one has it.
 */
export function lock(file: string): DatabaseSync {
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
