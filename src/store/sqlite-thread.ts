import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { FileGuard } from './file-guard.ts';
import { databaseFault, migrate, openDatabase } from './schema.ts';
import { type Commit, type CommitResult, committing, type PendingEntry } from './sqlite-commit.ts';
import { StoreFailed } from './store.ts';

/** The thread's report on the oldest `count` entries not reported yet. */
export type CommitReport =
  | { readonly count: number; readonly outcomes: readonly CommitResult[]; readonly seconds: number }
  | { readonly count: number; readonly failed: string };

/** The thread's message once it has opened the database, or why it could not. */
export type DatabaseOpened = { readonly epoch: string; readonly latest: number } | { readonly failed: string };

/** What the thread says while it opens a database of an older layout, which takes a while. */
export interface OpeningProgress {
  readonly progress: string;
}

/** Milliseconds to wait for a lock when opening: this process may just be closing the same file. */
const OPEN_TIMEOUT_MS = 4000;
const LOCK_TIMEOUT_MS = 2000;
const file: string = workerData;
const port = parentPort!;

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
    commit = committing(db);
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
  commit = committing(db);
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

/** Milliseconds after which the log is emptied again where somebody was reading. */
const FORGET_RETRY_MS = 500;

/** Empties the write-ahead log, as that still holds what was removed. */
function forget(): void {
  const [isBusy] = Object.values(db?.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {});
  if (isBusy) setTimeout(forget, FORGET_RETRY_MS).unref();
}

function report(entries: readonly PendingEntry[]): CommitReport {
  const count = entries.length;
  try {
    const start = performance.now();
    const outcomes = (commit ?? reconnect())(entries);
    refuseOther();
    if (entries.some(({ kind }) => kind === 'remove')) forget();
    return { count, outcomes, seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    // A connection's state after a disk error is unknown.
    disconnect();
    return { count, failed: databaseFault(file, error).message };
  }
}

/** Commits everything that arrived during the last transaction as the next one. */
function work(): void {
  due = false;
  const entries = waiting;
  waiting = [];
  port.postMessage(report(entries));
}

port.on('message', (entries: readonly PendingEntry[] | null) => {
  if (entries === null) {
    if (due) work();
    disconnect();
    port.close();
    return;
  }
  for (const entry of entries) waiting.push(entry);
  if (!due) setImmediate(() => due && work());
  due = true;
});
port.postMessage(open());
