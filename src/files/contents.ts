import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

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
  // The path may refer to something else by now.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return readOpen(descriptor, most);
  } finally {
    closeSync(descriptor);
  }
}

/** As `readTextFile`, for an open file, which must be opened non-blocking. */
export function readOpen(descriptor: number, most = MAX_FOREIGN_BYTES): string {
  const stats = fstatSync(descriptor);
  refuseOdd(stats, most);
  const chunks: Buffer[] = [];
  // Some files, such as those in /proc, are longer than their stated size.
  const usual = stats.size > 0 ? Math.min(stats.size + 1, CHUNK) : CHUNK;
  for (let left = most; ; ) {
    const chunk = Buffer.allocUnsafe(Math.min(usual, left + 1));
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

/** A text that is written to a temporary file on disk, ready to replace its target. */
export interface Prepared {
  /** Replaces the target atomically and durably: after a crash it is the old or the new file, never a mix. */
  place(): void;
  /** Deletes the temporary file. Does nothing after `place`. */
  discard(): void;
}

/** Milliseconds after which a temporary file counts as left over from a crash. */
const ABANDONED_MS = 60_000;

/**
 * Writes a text to a temporary file beside `file`, with `file`'s owner and, unless `mode` is given, its mode. Throws
 * what the file system throws, and changes nothing then. The name ends in `.tmp`, so that it is not taken for a graph.
 */
export function prepareFile(file: string, text: string, mode?: number): Prepared {
  sweep(file);
  const made = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  const discard = () => rmSync(made, { force: true });
  try {
    fill(made, text, statSync(file, { throwIfNoEntry: false }), mode);
  } catch (error) {
    discard();
    throw error;
  }
  return {
    place() {
      renameSync(made, file);
      syncFolder(dirname(file));
    },
    discard,
  };
}

/** Replaces a file atomically. Throws what the file system throws, and changes nothing then. */
export function replace(file: string, text: string, mode?: number): void {
  const prepared = prepareFile(file, text, mode);
  try {
    prepared.place();
  } finally {
    prepared.discard();
  }
}

/** As `replace`, for a file that only the server's user may read. */
export function replacePrivate(file: string, text: string): void {
  replace(file, text, 0o600);
}

let laterWrites = 0;

/**
 * As `replacePrivate`, without blocking the event loop. `place` is called when the text is on disk, with a function
 * that replaces the file; it may skip that if a newer text is there. Rejects with errors of the file system.
 */
export async function replacePrivateLater(
  file: string,
  text: string,
  place = (put: () => void) => put(),
): Promise<void> {
  sweep(file);
  // Concurrent writes of the same file need distinct names.
  const made = join(dirname(file), `.${basename(file)}.${process.pid}.${++laterWrites}.tmp`);
  try {
    const handle = create(made, text, statSync(file, { throwIfNoEntry: false }), 0o600);
    try {
      await synced(handle);
    } finally {
      closeSync(handle);
    }
    place(() => renameSync(made, file));
  } finally {
    rmSync(made, { force: true });
  }
  await syncFolderLater(dirname(file));
}

/** Deletes a file durably if it exists. Throws what the file system throws. */
export function removeFile(file: string): void {
  rmSync(file, { force: true });
  syncFolder(dirname(file));
}

function fill(file: string, text: string, before: Stats | undefined, mode: number | undefined): void {
  const handle = create(file, text, before, mode);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Writes a new file without flushing it to disk. Returns its handle. */
function create(file: string, text: string, before: Stats | undefined, mode: number | undefined): number {
  rmSync(file, { force: true });
  const handle = openSync(file, 'wx', mode);
  try {
    if (before) inherit(handle, before, mode);
    writeFileSync(handle, text);
    return handle;
  } catch (error) {
    closeSync(handle);
    throw error;
  }
}

function inherit(handle: number, { uid, gid, ...before }: Stats, mode = before.mode): void {
  const made = fstatSync(handle);
  if (made.uid !== uid || made.gid !== gid) {
    try {
      fchownSync(handle, uid, gid);
    } catch (error) {
      // Only root may change a file's owner.
      if (!isOneOf(error, ['EPERM'])) throw error;
    }
  }
  fchmodSync(handle, mode & 0o7777);
}

const synced = promisify(fsync);

/** Some systems neither support nor need this for folders. */
const UNSYNCED_FOLDER = ['EACCES', 'EINVAL', 'EISDIR', 'EPERM'];

/** Makes a rename durable. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (!isOneOf(error, UNSYNCED_FOLDER)) throw error;
  }
}

async function syncFolderLater(folder: string): Promise<void> {
  try {
    const handle = openSync(folder, 'r');
    try {
      await synced(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (!isOneOf(error, UNSYNCED_FOLDER)) throw error;
  }
}

function sweep(file: string): void {
  const folder = dirname(file);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`.${basename(file)}.`) || !name.endsWith('.tmp')) continue;
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    if (found && Date.now() - found.mtimeMs > ABANDONED_MS) rmSync(join(folder, name), { force: true });
  }
}

function isOneOf(error: unknown, codes: readonly string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
