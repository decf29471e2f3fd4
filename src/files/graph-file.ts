import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { sidecar } from '../fbp/layout.ts';
import { isJson } from '../fbp/read.ts';
import type { GraphSource } from '../model/graph.ts';
import { prepareFile, removeFile, replace } from './atomic.ts';
import { contents, readTextFile } from './contents.ts';

/** What a graph's file and its sidecar hold. */
export type Contents = Pick<GraphSource, 'text' | 'layout'>;

/** A file with less than this part of what it was is much shorter. */
const WHOLE = 0.9;

/** The file of a graph with its sidecar, and what the server knows of them. */
export class GraphFile {
  readonly path: string;
  readonly #heard: (known: GraphSource) => void;
  #known: GraphSource;
  #origin: GraphSource;

  /** `heard` is told what is known whenever that changes. */
  constructor(path: string, heard: (known: GraphSource) => void = () => {}) {
    this.path = path;
    this.#heard = heard;
    this.#known = { file: path, text: '', layout: '' };
    this.#origin = this.#known;
  }

  /** What was read or written last, so that an own save is not taken for a change by hand; empty before that. */
  get known(): GraphSource {
    return this.#known;
  }

  /** What the file held before the server has written to it; or what it went back to, if that was later. */
  get origin(): GraphSource {
    return this.#origin;
  }

  /** Has to hear that the graph goes back to what the file held once. */
  goOnFrom(contents: Contents): void {
    this.#origin = { file: this.path, ...contents };
  }

  get exists(): boolean {
    return existsSync(this.path);
  }

  /** Reads both. Throws a sentence where one of them can't be read; no sidecar is an empty one. */
  read(): GraphSource {
    const source = this.peek();
    this.take(source);
    return source;
  }

  /** As `read`, but what is known stays as it is. */
  peek(): GraphSource {
    const { path: file } = this;
    let text: string;
    try {
      text = readTextFile(file);
    } catch (error) {
      throw new Error(`${file} can't be read: ${(error as Error).message}; choose another with GRAPH`);
    }
    return { file, text, layout: readLayout(place(file)) };
  }

  /** Makes known what was peeked at: it has been taken in. */
  take(contents: Contents): void {
    if (!isSame(contents, this.#known)) this.#origin = { file: this.path, ...contents };
    this.#learn(contents);
  }

  /** Tells that what was taken in is not live, so that a start has to look at it as a change of `before`. */
  postpone(before: GraphSource): void {
    this.#heard(before);
  }

  /** Whether the contents are others than those that are known; times say nothing. */
  changedByHand(): boolean {
    try {
      return !isSame(this.peek(), this.#known);
    } catch {
      return true;
    }
  }

  /** Whether the file is much shorter than it was known, as one is that somebody is still writing. */
  get hasShrunk(): boolean {
    const size = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
    return size < Buffer.byteLength(this.#known.text) * WHOLE;
  }

  /**
   * Writes both, to where a symlink leads, with the mode that they have; what is there already is left alone. Throws a
   * sentence, and changes nothing, where that can't be or where somebody has changed the file since it was known.
   */
  write(contents: Contents): void {
    const next = { text: contents.text, layout: contents.layout ?? '' };
    const before = this.#beforeWriting();
    try {
      put(place(this.path), before, next);
    } catch (error) {
      throw new Error(`${this.path} can't be written: ${reason(error)}`);
    }
    this.#learn(next);
  }

  #learn({ text, layout = '' }: Contents): void {
    this.#known = { file: this.path, text, layout };
    this.#heard(this.#known);
  }

  /** What is on the disk; nothing where the file was deleted, because then there is nothing to lose. */
  #beforeWriting(): Partial<Contents> {
    if (!existsSync(this.path)) return {};
    const before = this.peek();
    if (isSame(before, this.#known)) return before;
    throw new Error(`${this.path} was changed by hand since it was read; it stays as it is until that is taken in`);
  }
}

function isSame(one: Contents, other: Contents): boolean {
  return one.text === other.text && one.layout === other.layout;
}

/** Where a file really is. A link to nothing is told, not replaced. */
function place(file: string): string {
  return lstatSync(file, { throwIfNoEntry: false }) ? realpathSync(file) : file;
}

/** Where the sidecar really is. JSON holds all by itself, and a sidecar beside it belongs to another file. */
function besides(file: string): string | undefined {
  return isJson(file) ? undefined : place(sidecar(file));
}

function readLayout(file: string): string {
  const beside = besides(file);
  if (beside === undefined) return '';
  try {
    return contents(beside) ?? '';
  } catch (error) {
    throw new Error(`${beside} can't be read: ${(error as Error).message}; it says where the nodes of ${file} stand`);
  }
}

/**
 * The text decides what runs, so it changes last: a crash before leaves the old graph, whose sidecar may say something
 * of nodes that are not there yet, and a crash after leaves the new one with all that belongs to it. A sidecar that is
 * needed no more goes after it, because the old text may need it. Both texts are on the disk before either takes its
 * place, so a full disk changes nothing.
 */
function put(file: string, before: Partial<Contents>, { text, layout }: Required<Contents>): void {
  const beside = layout === before.layout ? undefined : besides(file);
  const prepared = text === before.text ? undefined : prepareFile(file, text);
  try {
    if (beside !== undefined && layout !== '') replace(beside, layout);
    try {
      prepared?.place();
    } catch (error) {
      if (beside !== undefined && layout !== '') putBack(beside, before.layout);
      throw error;
    }
    if (beside !== undefined && layout === '') removeFile(beside);
  } finally {
    prepared?.discard();
  }
}

function putBack(beside: string, layout: string | undefined): void {
  if (layout) replace(beside, layout);
  else removeFile(beside);
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EBUSY') return `${message}; where it is mounted by itself, mount its folder instead`;
  return `${message}; make room, or let the server write to its folder`;
}
