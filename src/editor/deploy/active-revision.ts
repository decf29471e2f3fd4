import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { GraphDocument } from '../../fbp/document.ts';
import {
  MAX_OWN_BYTES,
  readOrSetAside,
  readTextFile,
  replacePrivate,
  replacePrivateLater,
} from '../../files/contents.ts';
import { isRecord } from '../../model/payload.ts';
import type { Stores } from '../../runtime/stores.ts';
import { documentIn } from '../draft/saved-draft.ts';

/** The live graph and its publisher. */
export interface ActiveRevision {
  readonly revision: number;
  /** ISO time at which it went live. */
  readonly since: string;
  readonly by: string;
  readonly document: GraphDocument;
  /** The number under which its graph first went live, if a roll-back restored it. */
  readonly origin?: number;
}

/** A failed revision, and the one that replaced it. */
export interface RollBack {
  readonly failed: number;
  readonly why: string;
  readonly node?: string;
  /** The revision whose graph is live again, and its new number. */
  readonly to: number;
  readonly revision: number;
  /** Describes the roll-back, and how to get the failed revision back. */
  readonly sentence: string;
}

/** Why a graph is published, and what else to undo if it fails. */
export interface Reason {
  readonly by: string;
  readonly note?: string;
  /** Whether somebody confirmed that messages may be stored elsewhere. */
  readonly mayMove?: boolean;
  /** Set for a revision that several processes share: its number, and whether this process tries it as a canary. */
  readonly followed?: { readonly number: number; readonly isCanary: boolean } | undefined;
  undo?(): void;
}

/** The number under which a graph first went live. */
export function numberOf({ origin, revision }: ActiveRevision): number {
  return origin ?? revision;
}

/** Describes a roll-back; `running` is the failed revision's own number, if a roll-back had restored it. */
export function rollBackOf(rollBack: Omit<RollBack, 'sentence'>, running = rollBack.failed): RollBack {
  const { failed, why, to, revision } = rollBack;
  const cure = `npm run revisions -- back ${failed} brings it back`;
  const sentence = `revision ${running} was rolled back: ${why}; the graph of revision ${to} is live again as revision ${revision}; ${cure}`;
  return { ...rollBack, sentence };
}

/** The file in DATA that records what was live last. */
export const ACTIVE_REVISION_FILE = 'live.json';

/** The last live revision. */
export interface LastActive {
  readonly revision: number;
  readonly document: GraphDocument;
  readonly stores: Stores;
}

/** The state that the previous server saved. */
export interface LastEnd extends LastActive {
  /** The graph file's contents when that server last read or wrote it. */
  readonly base: GraphDocument;
  /** Whether that server was stopped rather than killed. */
  readonly ended: boolean;
}

/** Saves what is live and what the graph's file holds, so that a start resumes where the last server ended. */
export class ActiveRevisionFile {
  readonly #path: string;
  readonly #graph: string;
  #live: LastActive | undefined;
  #base: GraphDocument | undefined;
  #ended = false;
  #saved: string | undefined;
  /** Numbers of the last started save, and of the save that the file has. */
  #begun = 0;
  #placed = 0;

  /** `graph` is the path in GRAPH. */
  constructor(path: string, graph: string) {
    this.#path = path;
    this.#graph = graph;
  }

  /**
   * Loads what the last server with this graph's file saved; undefined if there is nothing. An unreadable file is set
   * aside, and `warn` is called.
   */
  load(warn: (sentence: string) => void): LastEnd | undefined {
    return readOrSetAside(this.#path, () => this.#read(), warn);
  }

  #read(): LastEnd | undefined {
    const saved: unknown = JSON.parse(readTextFile(this.#path, MAX_OWN_BYTES));
    if (!isRecord(saved) || typeof saved.file !== 'string') throw new Error('it does not say of which graph it is');
    if (saved.file !== this.#graph && saved.path !== resolve(this.#graph)) return;
    const [document, base] = [saved.live, saved.base].map(one => documentIn(this.#graph, one));
    const { revision, ended } = saved;
    if (!document || !base) throw new Error('it has no "text" of what was live, or of the file');
    if (typeof revision !== 'number') throw new Error('"revision" is not a number');
    return { revision, document, base, stores: storesIn(saved.stores), ended: ended === true };
  }

  /**
   * Makes the next start begin with a different graph, which is in the file already; does nothing if the start would
   * use the file anyway. An unreadable file is set aside, and `warn` is called.
   */
  replace(document: GraphDocument, warn: (sentence: string) => void): void {
    const last = this.load(warn);
    if (!last) return;
    this.#base = document;
    this.#ended = last.ended;
    // The operator requested this graph, even if it failed before.
    this.#live = { ...last, revision: 0, document };
    this.#save();
  }

  /** Saves the live revision without blocking the event loop. Rejects with errors of the file system. */
  async live(live: LastActive): Promise<void> {
    this.#live = live;
    const text = this.#unsaved();
    if (text === undefined) return;
    const turn = ++this.#begun;
    await replacePrivateLater(this.#path, text, put => this.#place(turn, put));
    if (turn === this.#placed) this.#saved = text;
  }

  /** Saves the contents of the graph's file. Throws errors of the file system. */
  base(base: GraphDocument): void {
    this.#base = base;
    this.#save();
  }

  /** Saves that the server was stopped. Throws errors of the file system. */
  end(): void {
    this.#ended = true;
    this.#save();
  }

  /** Writes the file again after it was removed. Throws errors of the file system. */
  restore(): void {
    this.#save();
  }

  #save(): void {
    const text = this.#unsaved();
    if (text === undefined) return;
    const turn = ++this.#begun;
    this.#place(turn, () => replacePrivate(this.#path, text));
    this.#saved = text;
  }

  /** Replaces the file by a save, unless a later save, which includes this one, has done so. */
  #place(turn: number, put: () => void): void {
    if (turn < this.#placed) return;
    put();
    this.#placed = turn;
  }

  /** The contents still to be written; undefined if there are none. */
  #unsaved(): string | undefined {
    if (!this.#live || !this.#base) return;
    const { revision, stores, document } = this.#live;
    const saved = {
      file: this.#graph,
      path: resolve(this.#graph),
      revision,
      stores,
      live: textsOf(document),
      base: textsOf(this.#base),
      ended: this.#ended,
    };
    const text = `${JSON.stringify(saved, null, 2)}\n`;
    return text === this.#saved && existsSync(this.#path) ? undefined : text;
  }
}

function textsOf({ text, layout }: GraphDocument) {
  return { text, layout };
}

function storesIn(saved: unknown): Stores {
  if (!isRecord(saved)) return {};
  return Object.fromEntries(
    Object.entries(saved).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
