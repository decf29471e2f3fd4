import { closeSync, openSync, readSync, type Stats, statSync } from 'node:fs';

/** Identifies a file on its disk. */
interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/** Length of the write-ahead log's magic number, in bytes. */
const MAGIC = 4;

/**
 * Detects that the files of an open database were replaced or removed: SQLite would silently write to unlinked files.
 * Never opens the database file itself, since closing it would release all locks of this process on it, including
 * SQLite's.
 */
export class FileGuard {
  readonly #file: string;
  readonly #lock: FileIdentity | undefined;
  readonly #database: FileIdentity;
  #log: FileIdentity | undefined;
  #size: number;
  #mayShrink = false;

  /** Call right after the database was opened. Throws errors of the file system. */
  constructor(file: string) {
    this.#file = file;
    const stats = statSync(file);
    this.#database = stats;
    this.#size = stats.size;
    this.#lock = found(`${file}-lock`);
    this.#log = found(`${file}-wal`);
  }

  /** Call before and after compaction, which makes the file smaller. */
  expectShrinking(isOngoing: boolean): void {
    this.#mayShrink = isOngoing;
    this.#size = 0;
  }

  /** Says in a sentence what happened to the files; undefined if they are intact. */
  fault(): string | undefined {
    const file = this.#file;
    const database = found(file);
    const again = 'stop the server, put a backup there, and start it again; see Backup in docs/operations.md';
    if (!database) return `${file} was removed while the server runs, so that nothing can be kept; ${again}`;
    if (!isSame(database, this.#database))
      return `${file} was replaced while the server runs, so that nothing can be kept; put the file back that was there, or start the server again`;
    if (database.size < this.#size && !this.#mayShrink) return `${file} was cut short by another program; ${again}`;
    this.#size = database.size;
    const log = this.#logFault();
    if (log !== undefined)
      return `${file}-wal ${log} while the server runs, and it is a part of the database; ${again}`;
    if (this.#lock && !isSame(found(`${file}-lock`), this.#lock))
      return `${file}-lock was removed while the server runs, so that a second server could write to the database; start this one again`;
    return undefined;
  }

  #logFault(): string | undefined {
    const log = found(`${this.#file}-wal`);
    if (!log) return this.#log && 'was removed';
    this.#log ??= log;
    if (!isSame(log, this.#log)) return 'was replaced';
    // A checkpoint of another program may empty the log, but later writes begin with a header.
    return log.size > 0 && !hasHeader(`${this.#file}-wal`) ? 'was emptied' : undefined;
  }
}

function found(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function isSame(one: FileIdentity | undefined, other: FileIdentity): boolean {
  return one !== undefined && one.dev === other.dev && one.ino === other.ino;
}

function hasHeader(log: string): boolean {
  const bytes = Buffer.alloc(MAGIC);
  const handle = openSync(log, 'r');
  try {
    readSync(handle, bytes, 0, MAGIC, 0);
  } finally {
    closeSync(handle);
  }
  return bytes.readUInt32BE(0) >>> 1 === 0x377f0682 >>> 1;
}
