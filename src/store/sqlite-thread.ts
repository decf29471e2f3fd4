import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { connect } from './schema.ts';
import { type Commit, committing, type Entry, type Outcome } from './sqlite-commit.ts';
import { failure } from './sqlite-fault.ts';

/** What the thread says of the oldest `count` entries that it has not spoken of yet. */
export type Report =
  | { readonly count: number; readonly outcomes: readonly (Outcome | null)[]; readonly seconds: number }
  | { readonly count: number; readonly failed: string };

const PATIENCE = 2000;
const file: string = workerData;
const port = parentPort!;

let db: DatabaseSync | undefined;
let commit: Commit | undefined;
let waiting: Entry[] = [];
let due = false;

function reconnect(): Commit {
  db = connect(file, PATIENCE);
  commit = committing(db);
  return commit;
}

function disconnect(): void {
  commit = undefined;
  db?.close();
  db = undefined;
}

function report(entries: readonly Entry[]): Report {
  const count = entries.length;
  try {
    const start = performance.now();
    const outcomes = (commit ?? reconnect())(entries);
    return { count, outcomes, seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    // What a failed disk has done to a connection nobody knows.
    disconnect();
    return { count, failed: failure(file, error).message };
  }
}

/** Everything that came while the last transaction was on its way to the disk is the next one. */
function work(): void {
  due = false;
  const entries = waiting;
  waiting = [];
  port.postMessage(report(entries));
}

port.on('message', (entries: readonly Entry[] | null) => {
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
