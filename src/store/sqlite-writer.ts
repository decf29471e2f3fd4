import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CommitResult, PendingEntry } from './sqlite-commit.ts';
import type { CommitReport, Compaction, DatabaseOpened, OpeningProgress } from './sqlite-thread.ts';
import { type Commits, StoreFailed } from './store.ts';

interface Pending {
  readonly entry: PendingEntry;
  resolve(outcome: CommitResult): void;
  reject(error: StoreFailed): void;
}

interface WriterListeners {
  /** The thread ended unexpectedly: some of the rejected entries may have been stored. */
  onLost(): void;
  /** The file is about to become smaller, or has. */
  onCompaction(isOngoing: boolean): void;
  /** Progress of migrating an older database, and notices about it. */
  progress(sentence: string): void;
}

/** A thread started in advance for the next writer. */
let spare: Worker | undefined;

/** Starts the next writer's thread in advance, as that takes as long as reading a graph and its components. */
export function startThread(): void {
  if (spare) return;
  const thread = newThread();
  thread.unref();
  thread.once('error', () => {
    if (spare === thread) spare = undefined;
  });
  spare = thread;
}

function newThread(): Worker {
  const module = new URL(`./sqlite-thread${extname(import.meta.url)}`, import.meta.url);
  // This process's flags, such as relative preloads, don't apply to the thread.
  return new Worker(module, { execArgv: [] });
}

/** Pause in milliseconds after a failure, before writing is tested again. */
const RETRY_MS = 1000;

/**
 * Opens and writes a database in a thread of its own, so that locks and commits don't block the event loop, and all
 * pending entries share one commit.
 */
export class Writer {
  /** Resolves once the database is open. Rejects with StoreFailed if it can't be opened. */
  readonly opened: Promise<Exclude<DatabaseOpened, { failed: string }>>;
  readonly #file: string;
  readonly #onLost: () => void;
  readonly #onCompaction: (isOngoing: boolean) => void;
  readonly #progress: (sentence: string) => void;
  #thread: Worker | undefined;
  #retry: NodeJS.Timeout | undefined;
  #waiting: Pending[] = [];
  #sent: Pending[] = [];
  #idle: (() => void)[] = [];
  #health: string | undefined;
  #closing = false;
  #commits: Commits = { count: 0, seconds: 0 };

  constructor(file: string, { onLost, onCompaction, progress }: WriterListeners) {
    this.#file = file;
    this.#onLost = onLost;
    this.#onCompaction = onCompaction;
    this.#progress = progress;
    this.opened = new Promise((resolve, reject) => {
      this.#start(opened => ('failed' in opened ? reject(new StoreFailed(opened.failed)) : resolve(opened)));
    });
  }

  get health(): string | undefined {
    return this.#health;
  }

  get commits(): Commits {
    return this.#commits;
  }

  /** Stores an entry. Rejects with StoreFailed if the database can't be written. */
  write<T extends PendingEntry>(entry: T): Promise<CommitResult<T>> {
    return new Promise((resolve, reject) => {
      if (!this.#thread) return reject(new StoreFailed(this.#health));
      const pending: Pending = { entry, resolve: outcome => resolve(outcome as CommitResult<T>), reject };
      if (this.#waiting.push(pending) === 1) setImmediate(() => this.#send());
      if (this.#waiting.length + this.#sent.length === 1) this.#thread.ref();
    });
  }

  /** Resolves once every entry is stored or rejected. */
  async settled(): Promise<void> {
    if (this.#waiting.length + this.#sent.length) await new Promise<void>(resolve => this.#idle.push(resolve));
  }

  /** Closes the database after all entries are settled. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#thread?.ref();
    await this.settled();
    clearTimeout(this.#retry);
    const thread = this.#thread;
    if (!thread) return;
    const ended = new Promise(resolve => thread.once('exit', resolve));
    thread.postMessage(null);
    await ended;
  }

  /** Calls `onOpened` once with the result of opening; until then the thread keeps the process alive. */
  #start(onOpened: (opened: DatabaseOpened) => void): void {
    const thread = spare ?? newThread();
    spare = undefined;
    thread.ref();
    thread.postMessage(this.#file);
    const hear = (opened: DatabaseOpened | OpeningProgress) => {
      if ('progress' in opened) return this.#progress(opened.progress);
      thread.off('message', hear);
      thread.on('message', (report: CommitReport | Compaction | OpeningProgress) => {
        if ('isCompacting' in report) this.#onCompaction(report.isCompacting);
        else if ('progress' in report) this.#progress(report.progress);
        else this.#hear(report);
      });
      if (this.#waiting.length + this.#sent.length === 0) thread.unref();
      if ('failed' in opened) this.#fail(opened.failed, []);
      onOpened(opened);
    };
    thread.on('message', hear);
    thread.on('error', error => this.#lose(thread, error.message, onOpened));
    thread.on('exit', code => this.#lose(thread, `it exited with ${code}`, onOpened));
    this.#thread = thread;
  }

  #send(): void {
    if (!this.#waiting.length) return;
    this.#thread?.postMessage(this.#waiting.map(({ entry }) => entry));
    this.#sent = this.#sent.concat(this.#waiting);
    this.#waiting = [];
  }

  #hear(report: CommitReport): void {
    const settled = this.#sent.splice(0, report.count);
    if ('failed' in report) {
      this.#fail(report.failed, settled);
    } else {
      this.#health = undefined;
      const { count, seconds } = this.#commits;
      if (report.count) this.#commits = { count: count + 1, seconds: seconds + report.seconds };
      for (const [i, { resolve }] of settled.entries()) resolve(report.outcomes[i]!);
    }
    this.#rest();
  }

  #fail(reason: string, pending: readonly Pending[]): void {
    this.#health = reason;
    for (const { reject } of pending) reject(new StoreFailed(reason));
    clearTimeout(this.#retry);
    if (this.#closing) return;
    this.#retry = setTimeout(() => this.#again(), RETRY_MS).unref();
  }

  #again(): void {
    if (this.#thread) this.#thread.postMessage([]);
    else
      this.#start(opened => {
        if (!('failed' in opened)) this.#health = undefined;
      });
  }

  #lose(thread: Worker, reason: string, onOpened: (opened: DatabaseOpened) => void): void {
    if (thread !== this.#thread) return;
    this.#thread = undefined;
    const pending = [...this.#sent, ...this.#waiting];
    this.#sent = [];
    this.#waiting = [];
    this.#onLost();
    const failed = `the thread that writes ${this.#file} ended (${reason}); it is started again, try again in a second`;
    this.#fail(failed, pending);
    onOpened({ failed });
    this.#rest();
  }

  #rest(): void {
    if (this.#waiting.length + this.#sent.length) return;
    if (!this.#closing) this.#thread?.unref();
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
