import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { hide } from './folder.ts';

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
