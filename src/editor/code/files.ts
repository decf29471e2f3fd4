import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Prepared, prepare, remove } from '../../files/atomic.ts';
import { contents } from '../../files/contents.ts';
import { Refused } from '../protocol/message.ts';

/** A file and what it is to hold; nothing where it is not to be there. */
export interface Content {
  readonly path: string;
  readonly text: string | undefined;
}

/**
 * Writes files, each wholly or not at all, in the order given; one that holds this already is left alone. Returns how to
 * put back what was there before, which does nothing where somebody has changed them since. Throws what the file system
 * does.
 */
function put(files: readonly Content[]): () => void {
  const before = files.map(({ path }) => ({ path, text: contents(path) }));
  place(files);
  return () => {
    if (files.every(({ path, text }) => contents(path) === text)) place(before);
  };
}

/** What `put` does, for what these files are of. Throws Refused where they can't be written. */
export function save(what: string, files: readonly Content[]): () => void {
  try {
    return put(files);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Refused(`${what} can't be saved: ${code}; let the server write to its folder, or make room`);
  }
}

function place(files: readonly Content[]): void {
  const changed = files.filter(({ path, text }) => contents(path) !== text);
  const prepared: Prepared[] = [];
  try {
    for (const { path, text } of changed) {
      if (text === undefined) continue;
      mkdirSync(dirname(path), { recursive: true });
      prepared.push(prepare(path, text));
    }
    for (const one of prepared) one.place();
    for (const { path, text } of changed) if (text === undefined) remove(path);
  } finally {
    for (const one of prepared) one.discard();
  }
}
