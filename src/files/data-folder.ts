import { accessSync, chmodSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Creates a folder that only its owner can access, if it is missing. Throws a sentence if it can't be written. */
export function prepareFolder(folder: string): void {
  try {
    make(resolve(folder));
    accessSync(`${folder}/.`, constants.W_OK);
  } catch (error) {
    throw new Error(`the folder ${folder} can't be written: ${(error as Error).message}; choose another with DATA`);
  }
}

/** As mkdirSync with `recursive`, which loops forever on file systems such as /proc that refuse without a reason. */
function make(folder: string): void {
  if (existsSync(folder)) return;
  make(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/** The server's own files in DATA that earlier versions created readable for others. */
const OWN =
  /^((draft|live|stuck)\.json|server-lock|auth-secret|setup-code|people\.log|audit\.log(\.1)?|editor-secret|runtime-id|.*\.db(-wal|-shm|-lock|-layout-\d+)?)$/;

/** Sets mode 0600 on the server's own files in a folder. */
export function hideFiles(folder: string): void {
  for (const name of readdirSync(folder)) if (OWN.test(name)) hide(join(folder, name));
  const revisions = join(folder, 'revisions');
  if (existsSync(revisions)) for (const name of readdirSync(revisions)) hide(join(revisions, name));
}

/** Makes an existing file private. Another user's file is left alone. */
export function hide(file: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats?.isFile() || (stats.mode & 0o077) === 0) return;
  try {
    chmodSync(file, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

/** A sentence about others who may read a folder; undefined if only its owner may, or without file modes. */
export function exposure(folder: string): string | undefined {
  const mode = statSync(folder).mode & 0o777;
  if (process.platform === 'win32' || (mode & 0o055) === 0) return;
  const who = mode & 0o005 ? 'every user of this machine' : 'its group';
  return `${folder} can be looked into by ${who} (mode ${mode.toString(8).padStart(4, '0')}); "chmod 700 ${folder}" closes it`;
}

/** SQLite's code for a database locked by another process. */
const BUSY = 5;

/**
 * Starts a user of a folder, and locks the folder until it is stopped. Rejects as `start` does, or with a sentence if
 * another server holds the lock.
 */
export async function locked<T extends { stop(grace?: number): Promise<void> }>(
  folder: string,
  start: () => Promise<T>,
): Promise<T> {
  const lock = lockFolder(folder);
  try {
    const running = await start();
    return { ...running, stop: grace => running.stop(grace).finally(() => lock.close()) };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/**
 * Locks a folder until the returned lock is closed. It is an operating-system lock on a file in it, so it ends with the
 * process in any case. Throws a sentence if another server holds it.
 */
export function lockFolder(folder: string): { close(): void } {
  const file = join(folder, 'server-lock');
  let held: DatabaseSync | undefined;
  try {
    held = new DatabaseSync(file, { timeout: 0 });
    held.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    hide(file);
    return held;
  } catch (error) {
    held?.close();
    const { errcode, message } = error as Error & { errcode?: number };
    if (errcode === BUSY)
      throw new Error(`${folder} is used by another flowchat; stop that one or choose another with DATA`);
    throw new Error(`${folder} can't be locked: ${message}; choose another with DATA`);
  }
}

/** A file or folder that must exist in DATA while the server runs. */
interface Guarded {
  readonly path: string;
  /** Whether it should exist now. */
  isExpected(): boolean;
  /** Recreates it. Returns the end of a sentence: what is lost or remains to be done. Throws what the file system throws. */
  restore(): string;
}

/** Milliseconds between checks. */
const LOOK_MS = 5000;

/**
 * Notices within 5 s that something was removed from DATA while the server runs, recreates it and warns. If that fails,
 * it retries at each check and warns once.
 */
export class FolderGuard {
  readonly #guarded: readonly Guarded[];
  readonly #warn: (sentence: string) => void;
  /** Files that could not be recreated. */
  readonly #missing = new Set<Guarded>();
  readonly #timer: NodeJS.Timeout;

  constructor(guarded: readonly Guarded[], warn: (sentence: string) => void) {
    this.#guarded = guarded;
    this.#warn = warn;
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  look(): void {
    for (const one of this.#guarded) {
      if (one.isExpected() && !existsSync(one.path)) this.#restore(one);
      else this.#missing.delete(one);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #restore(one: Guarded): void {
    const lost = `${one.path} was removed while the server runs`;
    try {
      const rest = one.restore();
      this.#missing.delete(one);
      this.#warn(`${lost}; ${rest}`);
    } catch (error) {
      if (!this.#missing.has(one)) this.#warn(`${lost}, and can't be made anew: ${(error as Error).message}`);
      this.#missing.add(one);
    }
  }
}
