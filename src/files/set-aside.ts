import { existsSync, renameSync } from 'node:fs';
import { replacePrivate } from './atomic.ts';

/**
 * Runs `read` of a file that a server has written for itself. Where it throws, the file is renamed, so that nothing writes
 * over it, and `told` hears that in a sentence; undefined then, and where there is no such file.
 */
export function readOrSetAside<T>(path: string, read: () => T, told: (sentence: string) => void): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    const aside = freeName(`${path}.unreadable`);
    try {
      renameSync(path, aside);
      told(`${path} can't be read: ${message}; it is left out, and kept as ${aside}`);
    } catch {
      told(`${path} can't be read: ${message}; it is left out`);
    }
    return;
  }
}

/** Keeps what a file of the server's held as `FILE.faulty`, or a free name like it. Returns that name. Throws what the file system does. */
export function writeAside(path: string, text: string): string {
  const aside = freeName(`${path}.faulty`);
  replacePrivate(aside, text);
  return aside;
}

/** `path`, or the first of `path-2`, `path-3`, … that is not there: what was set aside before stays. */
function freeName(path: string): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? path : `${path}-${number}`;
    if (!existsSync(name)) return name;
  }
}
