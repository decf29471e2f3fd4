import { StoreFailed } from './store.ts';

/** What SQLite's primary result codes mean for whoever runs the server. */
const SQLITE: Readonly<Record<number, string>> = {
  5: 'is locked by another program; let that one finish or end it',
  6: 'is locked by another program; let that one finish or end it',
  8: 'is read-only; let this user write to it and to its folder',
  10: 'fails to be read or written by its disk; look after the disk',
  11: 'is damaged; put a backup in its place, or move it away to begin anew',
  13: 'does not fit on its disk any more; make room there',
  14: 'cannot be opened; let this user write to it and to its folder',
  26: 'is no SQLite database; put a backup in its place, or move it away to begin anew',
};

const SYSTEM: Readonly<Record<string, string>> = {
  EACCES: 'cannot be made; let this user write to its folder',
  EPERM: 'cannot be made; let this user write to its folder',
  EROFS: 'cannot be made on a read-only disk; take another folder',
  ENOTDIR: 'cannot be made below a file; take another folder',
  EEXIST: 'cannot be made below a file; take another folder',
  ENOSPC: 'does not fit on its disk any more; make room there',
};

/** Why a database can't be used, in a sentence that names the file and the cure; the error's own words stand behind it. */
export function failure(file: string, error: unknown): StoreFailed {
  if (error instanceof StoreFailed) return error;
  const { errcode = 0, code = '', message } = error as { errcode?: number; code?: string; message?: string };
  const meaning = SQLITE[errcode & 0xff] ?? SYSTEM[code];
  return new StoreFailed(meaning ? `${file} ${meaning} (${message})` : `${file} fails: ${message ?? error}`);
}
