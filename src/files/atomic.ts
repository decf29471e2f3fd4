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

/** A text that is on the disk already, and only has to take its place. */
export interface Prepared {
  /** Takes the place at once and for good: after a crash the file is the old one or the new one, never a part of one. */
  place(): void;
  /** Leaves nothing behind. Does nothing once it has its place. */
  discard(): void;
}

/** Milliseconds after which what somebody prepared is taken to be left behind by a crash. */
const ABANDONED_MS = 60_000;

/**
 * Writes a text beside `file`, with the owner and, unless `mode` says another, the mode that `file` has. Throws what the file system does, and then
 * nothing was changed. Its name ends in `.tmp`, so that nobody takes it for a graph.
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

/** Writes a text to a file, which is there wholly or not at all. Throws what the file system does, and changes nothing then. */
export function replace(file: string, text: string, mode?: number): void {
  const prepared = prepareFile(file, text, mode);
  try {
    prepared.place();
  } finally {
    prepared.discard();
  }
}

/** As `replace`, for what only the server's user may read. */
export function replacePrivate(file: string, text: string): void {
  replace(file, text, 0o600);
}

/** Deletes a file for good, if it is there. Throws what the file system does. */
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
      // Only an administrator may give a file away.
      if (!isOneOf(error, ['EPERM'])) throw error;
    }
  }
  fchmodSync(handle, mode & 0o7777);
}

/** A rename is on the disk once its folder is. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    // Some systems can't do this with folders, nor need it.
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
