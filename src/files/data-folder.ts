import { accessSync, chmodSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Makes a folder for its owner only, if it is not there. Throws a sentence where it can't be written. */
export function prepareFolder(folder: string): void {
  try {
    make(resolve(folder));
    accessSync(`${folder}/.`, constants.W_OK);
  } catch (error) {
    throw new Error(`the folder ${folder} can't be written: ${(error as Error).message}; choose another with DATA`);
  }
}

/** As mkdirSync with `recursive`, which never returns where a file system like /proc refuses without a reason. */
function make(folder: string): void {
  if (existsSync(folder)) return;
  make(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/** Those of the server's own files in DATA that were made before they were its owner's only. */
const OWN =
  /^((draft|live|stuck)\.json|server-lock|audit\.log(\.1)?|editor-secret|runtime-id|.*\.db(-wal|-shm|-lock|-layout-\d+)?)$/;

/** Keeps others from what the server has written to a folder: each file of its own gets the mode 0600. */
export function hideFiles(folder: string): void {
  for (const name of readdirSync(folder)) if (OWN.test(name)) hide(join(folder, name));
  const revisions = join(folder, 'revisions');
  if (existsSync(revisions)) for (const name of readdirSync(revisions)) hide(join(revisions, name));
}

/** Keeps others from a file that is there. What belongs to another user stays as it is. */
export function hide(file: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats?.isFile() || (stats.mode & 0o077) === 0) return;
  try {
    chmodSync(file, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}

/** Who else than its owner may look into a folder, in a sentence; undefined where nobody may, and where systems know no such modes. */
export function exposure(folder: string): string | undefined {
  const mode = statSync(folder).mode & 0o777;
  if (process.platform === 'win32' || (mode & 0o055) === 0) return;
  const who = mode & 0o005 ? 'every user of this machine' : 'its group';
  return `${folder} can be looked into by ${who} (mode ${mode.toString(8).padStart(4, '0')}); "chmod 700 ${folder}" closes it`;
}

/** What SQLite says of a file that somebody else has. */
const BUSY = 5;

/** Starts what uses a folder, which is its own until it is stopped. Rejects as `start` does, or with a sentence where another server has it. */
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
 * Keeps other servers from a folder until it is closed. It is a lock of the system's on a file in it, so it ends with the
 * process, however that ends. Throws a sentence where another server has it.
 */
function lockFolder(folder: string): { close(): void } {
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

/** A file or folder that has to be in DATA while the server runs. */
export interface Guarded {
  readonly path: string;
  /** Whether it is to be there at the moment. */
  isExpected(): boolean;
  /** Makes it anew. Returns, as the end of a sentence, what that can't bring back, or what else is to be done. Throws what the file system does. */
  restore(): string;
}

/** Milliseconds between two looks. */
const LOOK_MS = 5000;

/**
 * Notices within 5 s when something was removed or moved out of DATA while the server runs, makes it anew and warns of it.
 * Tries again at each look for as long as that fails, and warns of that once.
 */
export class FolderGuard {
  readonly #guarded: readonly Guarded[];
  readonly #warn: (sentence: string) => void;
  /** What could not be made anew. */
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
