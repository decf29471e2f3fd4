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

/** Most bytes of a file written by others: a graph, its sidecar, a component, fbp.json. */
const MAX_FOREIGN_BYTES = 8 * MIB;

/** Most bytes of a file written by this server, such as a draft with its code. */
export const MAX_OWN_BYTES = 64 * MIB;

const CHUNK = 256 * 1024;

/**
 * Reads a text file. Throws what the file system throws, and a sentence if it is not a regular file or has more than
 * `most` bytes. Never blocks: a pipe, socket or device is not opened.
 */
export function readTextFile(path: string, most = MAX_FOREIGN_BYTES): string {
  refuseOdd(statSync(path), most);
  // The path may lead to something else by now.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return readOpen(descriptor, most);
  } finally {
    closeSync(descriptor);
  }
}

/** As `readTextFile`, for an open file, which must be opened non-blocking. */
export function readOpen(descriptor: number, most = MAX_FOREIGN_BYTES): string {
  refuseOdd(fstatSync(descriptor), most);
  const chunks: Buffer[] = [];
  // Some files, such as those in /proc, are longer than their stated size.
  for (let left = most; ; ) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, left + 1));
    const length = readSync(descriptor, chunk);
    if (length === 0) return Buffer.concat(chunks).toString('utf8');
    if (length > left) throw tooLarge(most);
    left -= length;
    chunks.push(chunk.subarray(0, length));
  }
}

/** File contents, or undefined if it does not exist. Throws as `readTextFile` does. */
export function contents(path: string): string | undefined {
  try {
    return readTextFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
}

/** Throws a sentence if a file is too large or not regular, for callers that hand it to a blocking reader. */
export function refuseUnreadable(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats) refuseOdd(stats, MAX_FOREIGN_BYTES);
}

function refuseOdd(stats: Stats, most: number): void {
  // The file system reports folders itself.
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
 * Runs `read` on a file that the server wrote. If that throws, renames the file, so that it is not overwritten, and
 * calls `warn` with a sentence. Returns undefined then, or if there is no such file.
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

/**
 * Saves the contents of one of the server's files as `FILE.faulty`, or a similar free name. Returns that name. Throws
 * what the file system throws.
 */
export function writeAside(path: string, text: string): string {
  const aside = freeName(`${path}.faulty`);
  replacePrivate(aside, text);
  return aside;
}

/** `path`, or the first of `path-2`, `path-3`, … that does not exist, so that nothing is overwritten. */
function freeName(path: string): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? path : `${path}-${number}`;
    if (!existsSync(name)) return name;
  }
}
