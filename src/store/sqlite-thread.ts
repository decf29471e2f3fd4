import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { FileGuard } from './file-guard.ts';
import { databaseFault, migrate, openDatabase } from './schema.ts';
import { type Commit, type CommitResult, committing, type PendingMessage } from './sqlite-commit.ts';
import { StoreFailed } from './store.ts';

/** What the thread says of the oldest `count` entries that it has not spoken of yet. */
export type CommitReport =
  | { readonly count: number; readonly outcomes: readonly (CommitResult | null)[]; readonly seconds: number }
  | { readonly count: number; readonly failed: string };

/** What the thread says first: what it has opened, or why it could not. */
export type DatabaseOpened = { readonly epoch: string; readonly latest: number } | { readonly failed: string };

/** Milliseconds that opening waits for a lock: the same file may just be closed by this process. */
const OPEN_TIMEOUT_MS = 4000;
const LOCK_TIMEOUT_MS = 2000;
const file: string = workerData;
const port = parentPort!;

let db: DatabaseSync | undefined;
let guard: FileGuard | undefined;
let commit: Commit | undefined;
let waiting: PendingMessage[] = [];
let due = false;

function open(): DatabaseOpened {
  try {
    db = openDatabase(file, OPEN_TIMEOUT_MS);
    migrate(db, file);
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

/** Throws where what is written would not be found again. */
function refuseOther(): void {
  const fault = guard?.fault();
  if (fault !== undefined) throw new StoreFailed(fault);
}

function report(entries: readonly PendingMessage[]): CommitReport {
  const count = entries.length;
  try {
    const start = performance.now();
    const outcomes = (commit ?? reconnect())(entries);
    refuseOther();
    return { count, outcomes, seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    // What a failed disk has done to a connection nobody knows.
    disconnect();
    return { count, failed: databaseFault(file, error).message };
  }
}

/** Everything that came while the last transaction was on its way to the disk is the next one. */
function work(): void {
  due = false;
  const entries = waiting;
  waiting = [];
  port.postMessage(report(entries));
}

port.on('message', (entries: readonly PendingMessage[] | null) => {
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
