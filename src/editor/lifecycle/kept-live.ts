import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { replacePrivate } from '../../files/atomic.ts';
import { MOST_OF_OWN, readText } from '../../files/contents.ts';
import { readOrSetAside } from '../../files/set-aside.ts';
import type { Stores } from '../../flow/stores.ts';
import type { Source } from '../../flow.ts';
import { isRecord } from '../protocol/payload.ts';

/** The file in DATA that says what was live last. */
export const LIVE = 'live.json';

/** What was live last. */
export interface LastLive {
  readonly revision: number;
  readonly source: Source;
  readonly stores: Stores;
}

/** What a start needs to know of the server before it. */
export interface LastEnd extends LastLive {
  /** What the graph's file said, as far as that server knew. */
  readonly base: Source;
  /** Whether that server was asked to end, and was not killed. */
  readonly ended: boolean;
}

/** Keeps what is live, and what the graph's file says, so that a start begins where the last server ended. */
export class KeptLive {
  readonly #path: string;
  readonly #graph: string;
  #live: LastLive | undefined;
  #base: Source | undefined;
  #ended = false;
  #kept: string | undefined;

  /** `graph` is the graph's file as GRAPH names it. */
  constructor(path: string, graph: string) {
    this.#path = path;
    this.#graph = graph;
  }

  /**
   * What the last server with this graph's file has kept; undefined where there was none. What can't be read is set aside,
   * and `told` hears of it.
   */
  load(told: (sentence: string) => void): LastEnd | undefined {
    return readOrSetAside(this.#path, () => this.#read(), told);
  }

  #read(): LastEnd | undefined {
    const kept: unknown = JSON.parse(readText(this.#path, MOST_OF_OWN));
    if (!isRecord(kept) || typeof kept.file !== 'string') throw new Error('it does not say of which graph it is');
    if (kept.file !== this.#graph && kept.path !== resolve(this.#graph)) return;
    const [source, base] = [kept.live, kept.base].map(one => sourceIn(this.#graph, one));
    const { revision, ended } = kept;
    if (!source || !base) throw new Error('it has no "text" of what was live, or of the file');
    if (typeof revision !== 'number') throw new Error('"revision" is not a number');
    return { revision, source, base, stores: storesIn(kept.stores), ended: ended === true };
  }

  /**
   * Lets the next start begin with another graph, which is in the file; where a start begins with the file, nothing is to be
   * done. What can't be read is set aside, and `told` hears of it.
   */
  replace(source: Source, told: (sentence: string) => void): void {
    const last = this.load(told);
    if (!last) return;
    this.#base = source;
    this.#ended = last.ended;
    // It was asked for, also where it has failed once.
    this.live({ ...last, revision: 0, source });
  }

  /** Keeps what is live. Throws what the file system does. */
  live(live: LastLive): void {
    this.#live = live;
    this.#keep();
  }

  /** Keeps what the graph's file says. Throws what the file system does. */
  base(base: Source): void {
    this.#base = base;
    this.#keep();
  }

  /** Keeps that the server was asked to end. Throws what the file system does. */
  end(): void {
    this.#ended = true;
    this.#keep();
  }

  /** Writes again what somebody has removed. Throws what the file system does. */
  restore(): void {
    this.#keep();
  }

  #keep(): void {
    if (!this.#live || !this.#base) return;
    const { revision, stores, source } = this.#live;
    const kept = {
      file: this.#graph,
      path: resolve(this.#graph),
      revision,
      stores,
      live: textsOf(source),
      base: textsOf(this.#base),
      ended: this.#ended,
    };
    const text = `${JSON.stringify(kept, null, 2)}\n`;
    if (text === this.#kept && existsSync(this.#path)) return;
    replacePrivate(this.#path, text);
    this.#kept = text;
  }
}

function textsOf({ text, layout = '' }: Source) {
  return { text, layout };
}

function sourceIn(file: string, kept: unknown): Source | undefined {
  if (!isRecord(kept) || typeof kept.text !== 'string') return;
  return { file, text: kept.text, layout: typeof kept.layout === 'string' ? kept.layout : '' };
}

function storesIn(kept: unknown): Stores {
  if (!isRecord(kept)) return {};
  return Object.fromEntries(
    Object.entries(kept).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
