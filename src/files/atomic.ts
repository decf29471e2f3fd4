import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

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

/** Deletes a file durably if it exists. Throws what the file system throws. */
export function removeFile(file: string): void {
  rmSync(file, { force: true });
  syncFolder(dirname(file));
}

function fill(file: string, text: string, before: Stats | undefined, mode: number | undefined): void {
  rmSync(file, { force: true });
  const handle = openSync(file, 'wx', mode);
  try {
    if (before) inherit(handle, before, mode);
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
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
    // Some systems neither support nor need this for folders.
    if (!isOneOf(error, ['EACCES', 'EINVAL', 'EISDIR', 'EPERM'])) throw error;
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
