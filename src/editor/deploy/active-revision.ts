import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { replacePrivate } from '../../files/atomic.ts';
import { MAX_OWN_BYTES, readOrSetAside, readTextFile } from '../../files/contents.ts';
import type { Graph, GraphSource } from '../../model/graph.ts';
import { isRecord } from '../../model/payload.ts';
import type { Stores } from '../../runtime/stores.ts';

/** What runs, and whose doing it is. */
export interface ActiveRevision {
  readonly revision: number;
  /** When it went live, as ISO says it. */
  readonly since: string;
  readonly by: string;
  readonly source: GraphSource;
  readonly graph: Graph;
  /** The number under which its graph was live first, where a roll-back has brought it back. */
  readonly origin?: number;
}

/** A revision that failed, and what is live in its place. */
export interface RollBack {
  readonly failed: number;
  readonly why: string;
  readonly node?: string;
  /** The revision whose graph is live again, and the number under which it is. */
  readonly to: number;
  readonly revision: number;
  /** Tells all of that, and how to get the failed one back. */
  readonly sentence: string;
}

/** Why something goes live, and what else there is to undo where it fails. */
export interface Reason {
  readonly by: string;
  readonly note?: string;
  /** Whether somebody has confirmed that messages may be kept elsewhere. */
  readonly mayMove?: boolean;
  /** Whether it is among the kept revisions already. */
  readonly isKept?: boolean;
  undo?(): void;
}

/** The number under which a graph was live first. */
export function numberOf({ origin, revision }: ActiveRevision): number {
  return origin ?? revision;
}

/** Tells of a roll-back. */
export function rollBackOf(
  failed: ActiveRevision,
  live: ActiveRevision,
  why: string,
  node: string | undefined,
): RollBack {
  const to = numberOf(live);
  const { revision } = live;
  const cure = `npm run revisions -- back ${numberOf(failed)} brings it back`;
  const sentence = `revision ${failed.revision} was rolled back: ${why}; the graph of revision ${to} is live again as revision ${revision}; ${cure}`;
  return { failed: numberOf(failed), why, to, revision, sentence, ...(node !== undefined && { node }) };
}

/** The file in DATA that says what was live last. */
export const ACTIVE_REVISION_FILE = 'live.json';

/** What was live last. */
export interface LastActive {
  readonly revision: number;
  readonly source: GraphSource;
  readonly stores: Stores;
}

/** What a start needs to know of the server before it. */
export interface LastEnd extends LastActive {
  /** What the graph's file said, as far as that server knew. */
  readonly base: GraphSource;
  /** Whether that server was asked to end, and was not killed. */
  readonly ended: boolean;
}

/** Keeps what is live, and what the graph's file says, so that a start begins where the last server ended. */
export class ActiveRevisionFile {
  readonly #path: string;
  readonly #graph: string;
  #live: LastActive | undefined;
  #base: GraphSource | undefined;
  #ended = false;
  #saved: string | undefined;

  /** `graph` is the graph's file as GRAPH names it. */
  constructor(path: string, graph: string) {
    this.#path = path;
    this.#graph = graph;
  }

  /**
   * What the last server with this graph's file has kept; undefined where there was none. What can't be read is set aside,
   * and `warn` hears of it.
   */
  load(warn: (sentence: string) => void): LastEnd | undefined {
    return readOrSetAside(this.#path, () => this.#read(), warn);
  }

  #read(): LastEnd | undefined {
    const saved: unknown = JSON.parse(readTextFile(this.#path, MAX_OWN_BYTES));
    if (!isRecord(saved) || typeof saved.file !== 'string') throw new Error('it does not say of which graph it is');
    if (saved.file !== this.#graph && saved.path !== resolve(this.#graph)) return;
    const [source, base] = [saved.live, saved.base].map(one => sourceIn(this.#graph, one));
    const { revision, ended } = saved;
    if (!source || !base) throw new Error('it has no "text" of what was live, or of the file');
    if (typeof revision !== 'number') throw new Error('"revision" is not a number');
    return { revision, source, base, stores: storesIn(saved.stores), ended: ended === true };
  }

  /**
   * Lets the next start begin with another graph, which is in the file; where a start begins with the file, nothing is to be
   * done. What can't be read is set aside, and `warn` hears of it.
   */
  replace(source: GraphSource, warn: (sentence: string) => void): void {
    const last = this.load(warn);
    if (!last) return;
    this.#base = source;
    this.#ended = last.ended;
    // It was asked for, also where it has failed once.
    this.live({ ...last, revision: 0, source });
  }

  /** Keeps what is live. Throws what the file system does. */
  live(live: LastActive): void {
    this.#live = live;
    this.#save();
  }

  /** Keeps what the graph's file says. Throws what the file system does. */
  base(base: GraphSource): void {
    this.#base = base;
    this.#save();
  }

  /** Keeps that the server was asked to end. Throws what the file system does. */
  end(): void {
    this.#ended = true;
    this.#save();
  }

  /** Writes again what somebody has removed. Throws what the file system does. */
  restore(): void {
    this.#save();
  }

  #save(): void {
    if (!this.#live || !this.#base) return;
    const { revision, stores, source } = this.#live;
    const saved = {
      file: this.#graph,
      path: resolve(this.#graph),
      revision,
      stores,
      live: textsOf(source),
      base: textsOf(this.#base),
      ended: this.#ended,
    };
    const text = `${JSON.stringify(saved, null, 2)}\n`;
    if (text === this.#saved && existsSync(this.#path)) return;
    replacePrivate(this.#path, text);
    this.#saved = text;
  }
}

function textsOf({ text, layout = '' }: GraphSource) {
  return { text, layout };
}

function sourceIn(file: string, saved: unknown): GraphSource | undefined {
  if (!isRecord(saved) || typeof saved.text !== 'string') return;
  return { file, text: saved.text, layout: typeof saved.layout === 'string' ? saved.layout : '' };
}

function storesIn(saved: unknown): Stores {
  if (!isRecord(saved)) return {};
  return Object.fromEntries(
    Object.entries(saved).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
