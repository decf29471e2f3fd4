import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  type Stats,
  statSync,
} from 'node:fs';
import { replacePrivate } from './atomic.ts';

const MIB = 1024 * 1024;

/** The most bytes of a file that somebody else writes: a graph, its sidecar, a component, fbp.json. */
const MAX_FOREIGN_BYTES = 8 * MIB;

/** The most bytes of a file that this server has written itself, such as a draft with its code. */
export const MAX_OWN_BYTES = 64 * MIB;

const CHUNK = 256 * 1024;

/**
 * What a file holds. Throws what the file system does, and a sentence where it is no regular file or holds more than `most`
 * bytes. Never waits: a pipe, a socket or a device is not even opened.
 */
export function readTextFile(path: string, most = MAX_FOREIGN_BYTES): string {
  refuseOdd(statSync(path), most);
  // Somebody may put something else there meanwhile.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return readOpen(descriptor, most);
  } finally {
    closeSync(descriptor);
  }
}

/** As `readTextFile`, of a file that is open; it has to be open for reading that does not wait. */
export function readOpen(descriptor: number, most = MAX_FOREIGN_BYTES): string {
  refuseOdd(fstatSync(descriptor), most);
  const chunks: Buffer[] = [];
  // Some files, such as those in /proc, are longer than they say.
  for (let left = most; ; ) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, left + 1));
    const length = readSync(descriptor, chunk);
    if (length === 0) return Buffer.concat(chunks).toString('utf8');
    if (length > left) throw tooLarge(most);
    left -= length;
    chunks.push(chunk.subarray(0, length));
  }
}

/** What a file holds; undefined if it is not there. Throws as `readTextFile` does. */
export function contents(path: string): string | undefined {
  try {
    return readTextFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
}

/** Throws a sentence where a file should not be loaded by whoever reads all of it, and waits for it. */
export function refuseUnreadable(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats) refuseOdd(stats, MAX_FOREIGN_BYTES);
}

function refuseOdd(stats: Stats, most: number): void {
  // The file system has its own words for a folder.
  if (!stats.isFile() && !stats.isDirectory()) throw new Error(`it is a ${kind(stats)} and no regular file`);
  if (stats.isFile() && stats.size > most) throw tooLarge(most);
}

function kind(stats: Stats): string {
  if (stats.isFIFO()) return 'pipe';
  return stats.isSocket() ? 'socket' : 'device';
}

function tooLarge(most: number): Error {
  return new Error(`it has more than ${most / MIB} MiB, which is the most that is read`);
}

/**
 * Runs `read` of a file that a server has written for itself. Where it throws, the file is renamed, so that nothing writes
 * over it, and `warn` hears that in a sentence; undefined then, and where there is no such file.
 */
export function readOrSetAside<T>(path: string, read: () => T, warn: (sentence: string) => void): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    const aside = freeName(`${path}.unreadable`);
    try {
      renameSync(path, aside);
      warn(`${path} can't be read: ${message}; it is left out, and kept as ${aside}`);
    } catch {
      warn(`${path} can't be read: ${message}; it is left out`);
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
