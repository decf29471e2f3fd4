import { watch } from 'node:fs';
import { join } from 'node:path';
import { remove, replacePrivate } from '../files/atomic.ts';
import { readText } from '../files/contents.ts';

/** The file by which a command asks the server that uses a folder to go back. */
const NAME = 'back.json';

/** Asks the server that uses the folder `data`, if one runs, to go back to a revision. Throws what the file system does. */
export function askBack(data: string, number: number): void {
  replacePrivate(join(data, NAME), `${JSON.stringify({ number })}\n`);
}

/** Hears to which revisions the server is to go back; what was asked before that is forgotten. */
export function watchBack(data: string, asked: (number: number) => void): { close(): void } {
  const file = join(data, NAME);
  remove(file);
  return watch(data, (_, changed) => {
    if (changed !== NAME) return;
    const number = read(file);
    if (number === undefined) return;
    remove(file);
    asked(number);
  });
}

function read(file: string): number | undefined {
  try {
    const { number } = JSON.parse(readText(file)) as { number?: unknown };
    return Number.isInteger(number) ? (number as number) : undefined;
  } catch {
    return;
  }
}
