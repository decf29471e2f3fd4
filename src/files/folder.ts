import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

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
