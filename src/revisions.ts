import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { difference } from './editor/difference/difference.ts';
import { read } from './fbp.ts';
import { replacePrivate } from './files/atomic.ts';
import { MOST_OF_OWN, readText } from './files/contents.ts';
import type { Source } from './flow.ts';
import { parse, print } from './revisions/entry.ts';

/** A revision that went live once. */
export interface Kept {
  readonly number: number;
  /** As ISO says it. */
  readonly at: string;
  /** Whose doing it was: a secret's level such as `editor`, or `start`, `file` for a change by hand, `roll-back`. */
  readonly by: string;
  readonly note: string;
  /** As GRAPH named it. */
  readonly file: string;
  readonly text: string;
  readonly layout: string;
  /** Sentences: what differs from the one before of the same file. */
  readonly changes: readonly string[];
  /** Why it was taken back. */
  readonly rolledBack?: string;
}

/** A revision without its graph. */
export type Head = Omit<Kept, 'text' | 'layout'>;

/** What goes live. */
export interface Entry extends Source {
  readonly by: string;
  readonly note: string;
  /** The number that it runs under; the next one where it is missing or taken. */
  readonly number?: number;
}

const MOST = 1000;
/** Bytes of all together. */
const MOST_BYTES = 64 * 1024 * 1024;
const NAME = /^(\d{4,15})\.json$/;

/** The revisions of graphs, a readable file for each in one folder; they outlive the server, also when it is killed. */
export class Revisions {
  readonly #folder: string;
  readonly #skipped: (sentence: string) => void;
  readonly #heads = new Map<number, Head>();
  readonly #told = new Set<string>();

  /** `skipped` hears of each file in the folder that is no revision, once. */
  constructor(folder: string, skipped: (sentence: string) => void = () => {}) {
    this.#folder = folder;
    this.#skipped = skipped;
  }

  /**
   * Keeps a revision, and forgets the oldest beyond 1,000 or 64 MiB. What is the same as the one before of its file is
   * not kept again, unless it runs under a higher number, because then a component or a subgraph is another one. Throws
   * a sentence where the folder can't be written.
   */
  add({ number = 0, by, note, file, text, layout = '' }: Entry): Kept {
    const numbers = this.#numbers();
    const newest = numbers.at(-1) ?? 0;
    const before = this.#last(file, numbers);
    if (before && number <= newest && isAgain(before, { file, text, layout })) return before;
    const changes = before ? differences(before, { file, text, layout }) : [];
    const at = new Date().toISOString();
    const kept: Kept = { number: Math.max(number, newest + 1), at, by, note, file, text, layout, changes };
    this.#write(kept);
    this.#forget([...numbers, kept.number]);
    return kept;
  }

  /** The number under which a graph is to run when the server starts: its last one if it is still the same, else a new one. */
  first(source: Source): number {
    const numbers = this.#numbers();
    const last = this.#last(source.file, numbers);
    const newest = numbers.at(-1) ?? 0;
    return last?.number === newest && isAgain(last, source) ? newest : newest + 1;
  }

  /** The newest revision that did not fail, of the file of a graph that did, and with another graph; undefined where there is none. */
  lastGood({ file, text }: Source): Kept | undefined {
    return this.good(file).find(kept => kept.text !== text);
  }

  /** The revisions of a graph's file that were not taken back, the newest first. Each is read when it is its turn. */
  *good(file: string): IteratorObject<Kept, undefined> {
    for (const number of this.#numbers().toReversed()) {
      const head = this.#heads.get(number);
      if (head && (head.file !== file || head.rolledBack !== undefined)) continue;
      const kept = this.get(number);
      if (kept?.file === file && kept.rolledBack === undefined) yield kept;
    }
  }

  /** All that are kept, the oldest first. */
  list(): readonly Head[] {
    const numbers = this.#numbers();
    const here = new Set(numbers);
    for (const number of this.#heads.keys()) if (!here.has(number)) this.#heads.delete(number);
    return numbers.flatMap(number => this.#heads.get(number) ?? headOf(this.get(number)) ?? []);
  }

  get(number: number): Kept | undefined {
    const path = this.#path(number);
    let kept: Kept;
    try {
      kept = parse(readText(path, MOST_OF_OWN), number);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#skip(path, (error as Error).message);
      return;
    }
    this.#heads.set(number, headOf(kept));
    return kept;
  }

  /** Notes why a revision was taken back; nothing where it is not kept. Throws a sentence where the folder can't be written. */
  mark(number: number, rolledBack: string): void {
    const kept = this.get(number);
    if (kept) this.#write({ ...kept, rolledBack });
  }

  #path(number: number): string {
    return join(this.#folder, `${String(number).padStart(4, '0')}.json`);
  }

  /** Of all files that are named like a revision, also the broken ones: no number is given twice. */
  #numbers(): number[] {
    return names(this.#folder)
      .flatMap(name => {
        const number = Number(NAME.exec(name)?.[1]);
        if (number > 0 && this.#path(number) === join(this.#folder, name)) return [number];
        if (!name.startsWith('.')) this.#skip(join(this.#folder, name), 'its name is not like 0007.json');
        return [];
      })
      .sort((a, b) => a - b);
  }

  #last(file: string, numbers: readonly number[]): Kept | undefined {
    for (const number of numbers.toReversed()) {
      const head = this.#heads.get(number);
      if (head && head.file !== file) continue;
      const kept = this.get(number);
      if (kept?.file === file) return kept;
    }
    return;
  }

  #write(kept: Kept): void {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      replacePrivate(this.#path(kept.number), print(kept));
    } catch (error) {
      throw new Error(
        `${this.#folder} can't be written: ${(error as Error).message}; make room, or choose another DATA`,
      );
    }
    this.#heads.set(kept.number, headOf(kept));
  }

  /** The newest is kept, whatever its size. */
  #forget(numbers: readonly number[]): void {
    let count = 0;
    let bytes = 0;
    for (const number of numbers.toReversed()) {
      count += 1;
      bytes += statSync(this.#path(number), { throwIfNoEntry: false })?.size ?? 0;
      if (count === 1 || (count <= MOST && bytes <= MOST_BYTES)) continue;
      rmSync(this.#path(number), { force: true, recursive: true });
      this.#heads.delete(number);
    }
  }

  #skip(path: string, why: string): void {
    if (this.#told.has(path)) return;
    this.#told.add(path);
    this.#skipped(`${path} is no revision and is left out: ${why}`);
  }
}

/** Whether a graph is the one that was kept last, and was not taken back since. */
function isAgain(last: Kept, { text, layout = '' }: Source): boolean {
  return last.rolledBack === undefined && last.text === text && last.layout === layout;
}

/** What differs between two graphs, in sentences. */
export function differences(from: Source, to: Source): readonly string[] {
  const [before, after] = [from, to].map(({ file, text, layout }) => read(file, text, layout).graph);
  return difference(before!, after!).map(({ sentence }) => sentence);
}

function headOf(kept: Kept): Head;
function headOf(kept: Kept | undefined): Head | undefined;
function headOf(kept: Kept | undefined): Head | undefined {
  if (!kept) return;
  const { text: _text, layout: _layout, ...head } = kept;
  return head;
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
