import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { GraphDocument } from '../fbp/document.ts';
import { sidecar } from '../fbp/layout.ts';
import type { GraphTexts } from '../fbp/print.ts';
import { isJson } from '../fbp/read.ts';
import { contents, prepareFile, readTextFile, removeFile, replace } from './contents.ts';

/** A file is much shorter if it has less than this fraction of its previous length. */
const WHOLE = 0.9;

/** A graph's file with its sidecar, and what the server knows of their contents. */
export class GraphFile {
  readonly path: string;
  readonly #heard: (known: GraphDocument) => void;
  #known: GraphDocument;
  #origin: GraphDocument;

  /** Calls `heard` whenever the known contents change. */
  constructor(path: string, heard: (known: GraphDocument) => void = () => {}) {
    this.path = path;
    this.#heard = heard;
    this.#known = new GraphDocument(path, '');
    this.#origin = this.#known;
  }

  /** The contents last read or written, so that the server's own save is no change by hand; empty at first. */
  get known(): GraphDocument {
    return this.#known;
  }

  /** The file's contents before the server first wrote to it, or a later revision that was restored. */
  get origin(): GraphDocument {
    return this.#origin;
  }

  /** Call when an earlier document is restored. Ignores one in another language, whose text can't be compared. */
  goOnFrom(document: GraphDocument): void {
    if (isJson(document.file) === isJson(this.path)) this.#origin = document;
  }

  get exists(): boolean {
    return existsSync(this.path);
  }

  /** Reads both files. Throws a sentence if one can't be read; a missing sidecar is empty. */
  read(): GraphDocument {
    this.take(this.peek());
    return this.#known;
  }

  /** As `read`, without changing `known`; returns that if nothing has changed. */
  peek(): GraphDocument {
    const { path: file } = this;
    let text: string;
    try {
      text = readTextFile(file);
    } catch (error) {
      throw new Error(`${file} can't be read: ${(error as Error).message}; choose another with GRAPH`);
    }
    return this.#document({ text, layout: readLayout(place(file)) });
  }

  /** Makes peeked contents the known ones, after they were merged. */
  take(found: GraphTexts): void {
    const document = this.#document(found);
    if (document !== this.#known) this.#origin = document;
    this.#learn(document);
  }

  /** Marks known contents as not live, so that the next start treats them as a change of `before`. */
  postpone(before: GraphDocument): void {
    this.#heard(before);
  }

  /** Whether the contents differ from the known ones, ignoring timestamps. */
  changedByHand(): boolean {
    try {
      return this.peek() !== this.#known;
    } catch {
      return true;
    }
  }

  /** Whether the file is much shorter than known, as if it were being written. */
  get hasShrunk(): boolean {
    const size = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
    return size < Buffer.byteLength(this.#known.text) * WHOLE;
  }

  /**
   * Writes both files, following symlinks and keeping their mode; unchanged ones are skipped. Throws a sentence, and
   * changes nothing, if that fails or if the file was changed by hand.
   */
  write(next: GraphTexts): void {
    const before = this.#beforeWriting();
    try {
      put(place(this.path), before, next);
    } catch (error) {
      throw new Error(`${this.path} can't be written: ${reason(error)}`);
    }
    this.#learn(this.#document(next));
  }

  /** The known document if the texts are its own. */
  #document(texts: GraphTexts): GraphDocument {
    if (this.#known.isSame(texts)) return this.#known;
    const isOwn = texts instanceof GraphDocument && texts.file === this.path;
    return isOwn ? texts : new GraphDocument(this.path, texts.text, texts.layout);
  }

  #learn(document: GraphDocument): void {
    this.#known = document;
    this.#heard(document);
  }

  /** The contents on disk; empty if the file was deleted, as nothing can be overwritten then. */
  #beforeWriting(): Partial<GraphTexts> {
    if (!existsSync(this.path)) return {};
    if (this.peek() === this.#known) return this.#known;
    throw new Error(`${this.path} was changed by hand since it was read; it stays as it is until that is taken in`);
  }
}

/** Resolves a file's path. Throws on a dangling link instead of replacing it. */
function place(file: string): string {
  return lstatSync(file, { throwIfNoEntry: false }) ? realpathSync(file) : file;
}

/** The sidecar's resolved path; undefined for JSON, which needs none: a sidecar beside it belongs to another file. */
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
 * Writes the sidecar first and the text, which decides what runs, last: after a crash in between, the old graph has a
 * sidecar that may mention nodes it lacks. An obsolete sidecar is deleted afterwards, as the old text may need it. Both
 * texts are on disk before either replaces its target, so that a full disk changes nothing.
 */
function put(file: string, before: Partial<GraphTexts>, { text, layout }: GraphTexts): void {
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
