import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, parse } from 'node:path';
import { GraphDocument } from '../../fbp/document.ts';
import { MAX_OWN_BYTES, readTextFile, replacePrivate, replacePrivateLater } from '../../files/contents.ts';
import { type DifferenceItem, difference, itemOf, subgraphDifference } from '../../model/difference.ts';
import { NAMESPACE } from '../../registry/sources.ts';
import { nodesOf } from '../draft/code-draft.ts';

/** Prints a revision as JSON with its texts as arrays of lines, readable by people and `diff`, without loss. */
export function printRevision({ document, subgraphs, ...head }: RevisionRecord): string {
  const lines = ({ text, layout }: GraphDocument) => ({ text: text.split('\n'), layout: layout.split('\n') });
  const inside = subgraphs?.map(subgraph => ({ file: subgraph.file, ...lines(subgraph) }));
  return `${JSON.stringify({ ...head, ...lines(document), ...(inside && { subgraphs: inside }) }, null, 2)}\n`;
}

/**
 * Parses the output of `printRevision`. Throws a sentence if the file is something else, incomplete, or of another
 * number.
 */
export function parseRevision(file: string, number: number): RevisionRecord {
  const found = Object(JSON.parse(file)) as Record<string, unknown>;
  const wrong = (field: string, expected: string) => new Error(`"${field}" is not ${expected}`);
  const word = (field: string, within = found): string => {
    const value = within[field];
    if (typeof value !== 'string') throw wrong(field, 'a text');
    return value;
  };
  const lines = (field: string, within = found): readonly string[] => {
    const value = within[field];
    if (!Array.isArray(value) || value.some(line => typeof line !== 'string')) throw wrong(field, 'an array of texts');
    return value;
  };
  const documentIn = (within: Record<string, unknown>) =>
    new GraphDocument(word('file', within), lines('text', within).join('\n'), lines('layout', within).join('\n'));
  const { subgraphs } = found;
  if (subgraphs !== undefined && !Array.isArray(subgraphs)) throw wrong('subgraphs', 'an array');
  if (found.number !== number) throw wrong('number', `${number}`);
  if (Number.isNaN(Date.parse(word('at')))) throw wrong('at', 'a time');
  return {
    number,
    at: word('at'),
    by: word('by'),
    note: word('note'),
    file: word('file'),
    changes: lines('changes'),
    ...(found.rolledBack !== undefined && { rolledBack: word('rolledBack') }),
    document: documentIn(found),
    ...(subgraphs && { subgraphs: subgraphs.map(one => documentIn(Object(one))) }),
  };
}

/** A stored revision. */
export interface RevisionRecord {
  readonly number: number;
  /** ISO time. */
  readonly at: string;
  /** The publisher: a secret's level such as `editor`, or `start`, `file` for a change by hand, `roll-back`. */
  readonly by: string;
  readonly note: string;
  /** The path in GRAPH. */
  readonly file: string;
  readonly document: GraphDocument;
  /** Its subgraphs; undefined if an older version of the program stored it without them. */
  readonly subgraphs?: readonly GraphDocument[];
  /** Sentences on the differences from the previous revision of the same file. */
  readonly changes: readonly string[];
  /** The reason if it was rolled back. */
  readonly rolledBack?: string;
}

/** A revision without its graph. */
export type RevisionHead = Omit<RevisionRecord, 'document' | 'subgraphs'>;

/** The graph of a revision, with its subgraphs. */
export type RevisionGraph = Pick<RevisionRecord, 'document' | 'subgraphs'>;

/** A revision to store. */
export interface NewRevision extends RevisionGraph {
  readonly by: string;
  readonly note: string;
  /** Its wanted number; the next free one if undefined or taken. */
  readonly number?: number;
}

const MAX_REVISIONS = 1000;
/** Limit of all stored revisions, in bytes. */
const MAX_BYTES = 64 * 1024 * 1024;
const FILE_NAME = /^(\d{4,15})\.json$/;

/** Stores revisions as readable files in one folder; they survive the server, even if it is killed. */
export class RevisionStore {
  readonly #folder: string;
  readonly #skipped: (sentence: string) => void;
  readonly #heads = new Map<number, RevisionHead>();
  readonly #warned = new Set<string>();

  /** Calls `skipped` once for each file in the folder that is no revision. */
  constructor(folder: string, skipped: (sentence: string) => void = () => {}) {
    this.#folder = folder;
    this.#skipped = skipped;
  }

  /**
   * Stores a revision, and deletes the oldest beyond 1,000 or 64 MiB. One equal to the previous revision of its file is
   * stored only if its number is higher, since then a component or subgraph has changed. Writes asynchronously. Rejects
   * with a sentence if the folder can't be written.
   */
  async add(given: NewRevision): Promise<RevisionRecord> {
    const record = this.next(given);
    if (this.get(record.number)) return record;
    try {
      this.#makeFolder();
      await replacePrivateLater(this.#path(record.number), printRevision(record));
    } catch (error) {
      throw this.#unwritable(error as Error);
    }
    this.#heads.set(record.number, headOf(record));
    this.#forget(this.#numbers());
    return record;
  }

  /** The record that `add` would store. */
  next({ number = 0, by, note, ...graph }: NewRevision): RevisionRecord {
    const { document } = graph;
    const newest = this.#numbers().at(-1) ?? 0;
    const before = this.#last(document);
    if (before && number <= newest && isAgain(before, document)) return before;
    const changes = before ? differences(before, graph) : [];
    const at = new Date().toISOString();
    const { file } = document;
    return { number: Math.max(number, newest + 1), at, by, note, file, ...graph, changes };
  }

  /**
   * Stores a record unchanged, and deletes the oldest as `add` does. Throws a sentence if the folder can't be written.
   */
  copy(record: RevisionRecord): void {
    this.#write(record);
    this.#forget(this.#numbers());
  }

  /** The number for a graph at startup: its last one if it is unchanged, else a new one. */
  first(document: GraphDocument): number {
    const last = this.#last(document);
    const newest = this.#numbers().at(-1) ?? 0;
    return last?.number === newest && isAgain(last, document) ? newest : newest + 1;
  }

  /**
   * The newest good revision of a failed graph's file that differs from it, also in subgraphs; undefined if there is
   * none.
   */
  lastGood(failed: RevisionGraph): RevisionRecord | undefined {
    const text = allText(failed);
    return this.good(failed.document.file).find(revision => {
      if (failed.subgraphs && revision.subgraphs) return allText(revision) !== text;
      return revision.document.text !== failed.document.text;
    });
  }

  /** The revisions of a graph's file that were not rolled back, newest first, read lazily. */
  good(file: string): IteratorObject<RevisionRecord, undefined> {
    return this.#of(file).filter(({ rolledBack }) => rolledBack === undefined);
  }

  /** All stored revisions, oldest first. */
  list(): readonly RevisionHead[] {
    const numbers = this.#numbers();
    const here = new Set(numbers);
    for (const number of this.#heads.keys()) if (!here.has(number)) this.#heads.delete(number);
    return numbers.flatMap(number => {
      if (!this.#heads.has(number)) this.get(number);
      return this.#heads.get(number) ?? [];
    });
  }

  get(number: number): RevisionRecord | undefined {
    const path = this.#path(number);
    let record: RevisionRecord;
    try {
      record = parseRevision(readTextFile(path, MAX_OWN_BYTES), number);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#skip(path, (error as Error).message);
      return;
    }
    this.#heads.set(number, headOf(record));
    return record;
  }

  /**
   * Records the reason of a roll-back; does nothing for an unknown revision. Throws a sentence if the folder can't be
   * written.
   */
  markRolledBack(number: number, rolledBack: string): void {
    const record = this.get(number);
    if (record) this.#write({ ...record, rolledBack });
  }

  #path(number: number): string {
    return join(this.#folder, `${String(number).padStart(4, '0')}.json`);
  }

  /** Numbers of all revision files, even damaged ones, so that no number is reused. */
  #numbers(): number[] {
    return names(this.#folder)
      .flatMap(name => {
        const number = Number(FILE_NAME.exec(name)?.[1]);
        if (number > 0 && this.#path(number) === join(this.#folder, name)) return [number];
        if (!name.startsWith('.')) this.#skip(join(this.#folder, name), 'its name is not like 0007.json');
        return [];
      })
      .sort((a, b) => a - b);
  }

  #last({ file }: GraphDocument): RevisionRecord | undefined {
    return this.#of(file).next().value;
  }

  /** The revisions of a graph's file, newest first, read lazily. */
  *#of(file: string): Generator<RevisionRecord, undefined> {
    for (const number of this.#numbers().toReversed()) {
      const head = this.#heads.get(number);
      const record = head && head.file !== file ? undefined : this.get(number);
      if (record?.file === file) yield record;
    }
  }

  #write(record: RevisionRecord): void {
    try {
      this.#makeFolder();
      replacePrivate(this.#path(record.number), printRevision(record));
    } catch (error) {
      throw this.#unwritable(error as Error);
    }
    this.#heads.set(record.number, headOf(record));
  }

  #makeFolder(): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  #unwritable({ message }: Error): Error {
    return new Error(`${this.#folder} can't be written: ${message}; make room, or choose another DATA`);
  }

  /** The newest is always kept. */
  #forget(numbers: readonly number[]): void {
    let count = 0;
    let bytes = 0;
    for (const number of numbers.toReversed()) {
      count += 1;
      bytes += statSync(this.#path(number), { throwIfNoEntry: false })?.size ?? 0;
      if (count === 1 || (count <= MAX_REVISIONS && bytes <= MAX_BYTES)) continue;
      rmSync(this.#path(number), { force: true, recursive: true });
      this.#heads.delete(number);
    }
  }

  #skip(path: string, why: string): void {
    if (this.#warned.has(path)) return;
    this.#warned.add(path);
    this.#skipped(`${path} is no revision and is left out: ${why}`);
  }
}

/** The text of a graph and its subgraphs, for comparison. */
export const allText = ({ document, subgraphs = [] }: RevisionGraph): string =>
  JSON.stringify([document.text, ...subgraphs.map(({ file, text }) => [file, text]).toSorted()]);

/** Whether a graph equals the last stored one, and that one was not rolled back. */
function isAgain(last: RevisionRecord, document: GraphDocument): boolean {
  return last.rolledBack === undefined && last.document.isSame(document);
}

/** The differences between two revisions, including subgraphs that both records have. */
export function comparison(from: RevisionGraph, to: RevisionGraph): readonly DifferenceItem[] {
  const { graph } = to.document;
  const inside = subgraphPairs(from, to).flatMap(([before, after]) => {
    const { name } = parse(after.file);
    const component = `${NAMESPACE}/${name}`;
    const nodes = nodesOf(graph, component);
    const sentences = subgraphDifference(name, before.graph, after.graph);
    return sentences.map(sentence => itemOf('component', 'changed', component, nodes, sentence));
  });
  return [...difference(from.document.graph, graph), ...inside];
}

/** The differences between two revisions, in sentences. */
export function differences(from: RevisionGraph, to: RevisionGraph): readonly string[] {
  return comparison(from, to).map(({ sentence }) => sentence);
}

/** The subgraphs that both records have. */
export function subgraphPairs(
  from: RevisionGraph,
  to: RevisionGraph,
): readonly (readonly [GraphDocument, GraphDocument])[] {
  return (to.subgraphs ?? []).flatMap(after => {
    const before = from.subgraphs?.find(({ file }) => file === after.file);
    return before ? [[before, after] as const] : [];
  });
}

function headOf({ document: _, subgraphs: __, ...head }: RevisionRecord): RevisionHead {
  return head;
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
