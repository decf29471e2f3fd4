import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';
import { FileGuard } from './file-guard.ts';
import { type Commit, type CommitResult, type PendingEntry, prepareCommit } from './sqlite-commit.ts';
import { compact, databaseFault, MAX_COMPACTED_BYTES, migrate, openDatabase } from './sqlite-schema.ts';
import { StoreFailed } from './store.ts';

/** The thread's report on the oldest `count` unreported entries. */
export type CommitReport =
  | { readonly count: number; readonly outcomes: readonly CommitResult[]; readonly seconds: number }
  | { readonly count: number; readonly failed: string };

/** The thread's message after opening the database, or the error. */
export type DatabaseOpened = { readonly epoch: string; readonly latest: number } | { readonly failed: string };

/** Progress of migrating a database of an older layout, which takes a while. */
export interface OpeningProgress {
  readonly progress: string;
}

/** Sent before and after the database file is made smaller. */
export interface Compaction {
  readonly isCompacting: boolean;
}

/** Timeout of a lock on opening, in milliseconds: this process may just be closing the same file. */
const OPEN_TIMEOUT_MS = 4000;
const LOCK_TIMEOUT_MS = 2000;
const port = parentPort!;

let file: string;
let db: DatabaseSync | undefined;
let guard: FileGuard | undefined;
let commit: Commit | undefined;
let waiting: PendingEntry[] = [];
let due = false;

function open(): DatabaseOpened {
  try {
    db = openDatabase(file, OPEN_TIMEOUT_MS);
    migrate(db, file, progress => port.postMessage({ progress } satisfies OpeningProgress));
    db.exec(`PRAGMA busy_timeout = ${LOCK_TIMEOUT_MS}`);
    commit = prepareCommit(db);
    guard = new FileGuard(file);
    const { epoch, time } = db.prepare('SELECT epoch, time FROM history').get() as { epoch: string; time: number };
    return { epoch, latest: time };
  } catch (error) {
    disconnect();
    return { failed: databaseFault(file, error).message };
  }
}

function reconnect(): Commit {
  refuseOther();
  db = openDatabase(file, LOCK_TIMEOUT_MS);
  commit = prepareCommit(db);
  return commit;
}

function disconnect(): void {
  commit = undefined;
  db?.close();
  db = undefined;
}

/** Throws if the database's files were replaced or removed. */
function refuseOther(): void {
  const fault = guard?.fault();
  if (fault !== undefined) throw new StoreFailed(fault);
}

/** Pause in milliseconds before the log is truncated again, if it was being read. */
const FORGET_RETRY_MS = 500;

/** Truncates the write-ahead log, which still contains removed messages. */
function forget(): void {
  if (!isLogEmptied()) setTimeout(forget, FORGET_RETRY_MS).unref();
}

/** Truncates the write-ahead log; false while it is being read. */
function isLogEmptied(): boolean {
  const [isBusy] = Object.values(db?.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {});
  return !isBusy;
}

/** Delay in milliseconds from the last removal to compaction, so that many removals share it, */
const COMPACT_DELAY_MS = 2000;
/** and a minimum as a multiple of the last compaction's duration. */
const COMPACT_REST = 20;
/** Milliseconds of advance notice to the event loop. */
const COMPACT_NOTICE_MS = 100;
let compactMs = 0;
let compaction: NodeJS.Timeout | undefined;

/** Compacts the database after a delay, unless it would take too long. */
function compactLater(): void {
  if (compaction) return void compaction.refresh();
  const { size } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0 };
  if (size > MAX_COMPACTED_BYTES) return;
  const delay = Math.max(COMPACT_DELAY_MS, COMPACT_REST * compactMs);
  compaction = setTimeout(() => {
    port.postMessage({ isCompacting: true } satisfies Compaction);
    compaction = setTimeout(compactNow, COMPACT_NOTICE_MS);
  }, delay);
}

function compactNow(): void {
  clearTimeout(compaction);
  const start = performance.now();
  guard?.expectShrinking(true);
  try {
    if (db) compact(db);
  } catch (error) {
    const { message } = databaseFault(file, error);
    port.postMessage({ progress: `parts of what was removed may be left in ${file}: ${message}` });
  }
  compactMs = performance.now() - start;
  endCompaction();
}

/** The file shrinks once the log is written into it. */
function endCompaction(): void {
  if (!isLogEmptied()) {
    compaction = setTimeout(endCompaction, FORGET_RETRY_MS);
    return;
  }
  compaction = undefined;
  guard?.expectShrinking(false);
  port.postMessage({ isCompacting: false } satisfies Compaction);
}

function report(entries: readonly PendingEntry[]): CommitReport {
  const count = entries.length;
  try {
    const start = performance.now();
    const outcomes = (commit ?? reconnect())(entries);
    refuseOther();
    if (entries.some(({ kind }) => kind === 'remove')) {
      forget();
      compactLater();
    }
    return { count, outcomes, seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    // After a disk error the connection's state is unknown.
    disconnect();
    return { count, failed: databaseFault(file, error).message };
  }
}

/** Commits everything that arrived during the last transaction. */
function work(): void {
  due = false;
  const entries = waiting;
  waiting = [];
  port.postMessage(report(entries));
}

/** First the database's file, then entries, finally null. */
port.on('message', (message: string | readonly PendingEntry[] | null) => {
  if (typeof message === 'string') {
    file = message;
    port.postMessage(open());
    return;
  }
  if (message === null) {
    if (due) work();
    if (compaction) compactNow();
    clearTimeout(compaction);
    disconnect();
    port.close();
    return;
  }
  for (const entry of message) waiting.push(entry);
  if (!due) setImmediate(() => due && work());
  due = true;
});
