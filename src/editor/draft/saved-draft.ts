import { existsSync } from 'node:fs';
import { GraphDocument } from '../../fbp/document.ts';
import { MAX_OWN_BYTES, readOrSetAside, readTextFile, removeFile, replacePrivate } from '../../files/contents.ts';
import { isRecord, type Payload } from '../../model/payload.ts';
import type { DraftedComponent } from './code-draft.ts';

/** The file in DATA with the saved draft. */
export const DRAFT = 'draft.json';

/** A draft whose changes are not in the graph's file. */
export interface UnsavedDraft {
  readonly draft: GraphDocument;
  /** The file's contents that the draft is based on. */
  readonly base: GraphDocument;
  readonly code: readonly DraftedComponent[];
}

/** Files that drafted code may have. */
const FILE = /^(?:components|graphs|spec)\/[A-Z][\w-]*\.(?:ts|js|fbp|json|layout|yaml)$/;

/** Saves an unpublished draft, so that it survives a restart. */
export class SavedDraft {
  readonly #file: string;
  #kept: string | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Saves a draft, or removes the saved one if undefined; restores a removed file. Throws errors of the file system.
   */
  save(unfinished: UnsavedDraft | undefined): void {
    const text = unfinished && printed(unfinished);
    if (text === this.#kept && (text === undefined || existsSync(this.#file))) return;
    if (text === undefined) removeFile(this.#file);
    else replacePrivate(this.#file, text);
    this.#kept = text;
  }

  /**
   * Loads the last saved draft of a graph's file; undefined if there is none. An unreadable one is set aside, and
   * `warn` is called.
   */
  load(file: string, warn: (sentence: string) => void): UnsavedDraft | undefined {
    return readOrSetAside(this.#file, () => this.#read(file), warn);
  }

  #read(file: string): UnsavedDraft | undefined {
    const kept: unknown = JSON.parse(readTextFile(this.#file, MAX_OWN_BYTES));
    if (!isRecord(kept) || typeof kept.file !== 'string') throw new Error('it is no draft');
    if (kept.file !== file) return;
    const draft = documentIn(file, kept);
    const base = documentIn(file, kept.base);
    if (!draft || !base) throw new Error('it has no "text" of the draft, or of the file that it was made from');
    // Never equal to a printed draft, so the next save is written.
    this.#kept = '';
    return { draft, base, code: codeIn(kept.code) };
  }
}

function printed({ draft, base, code }: UnsavedDraft): string {
  // JSON has null for undefined.
  const files = code.map(({ name, files }) => ({
    name,
    files: files.map(({ path, text = null, before = null }) => ({ path, text, before })),
  }));
  return `${JSON.stringify({ ...draft, base, ...(files.length > 0 && { code: files }) }, null, 2)}\n`;
}

function codeIn(kept: unknown): readonly DraftedComponent[] {
  return items(kept).flatMap(({ name, files }) => {
    const found = items(files).flatMap(({ path, text, before }) =>
      typeof path === 'string' && FILE.test(path) ? [{ path, text: textIn(text), before: textIn(before) }] : [],
    );
    return typeof name === 'string' && found.length > 0 ? [{ name, files: found }] : [];
  });
}

function items(value: unknown): readonly Payload[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The document of `file` that a file in DATA contains; undefined if it has none. */
export function documentIn(file: string, kept: unknown): GraphDocument | undefined {
  if (!isRecord(kept) || typeof kept.text !== 'string') return;
  return new GraphDocument(file, kept.text, typeof kept.layout === 'string' ? kept.layout : '');
}
