import { readFileSync } from 'node:fs';
import { remove, replace } from '../../files/atomic.ts';
import type { Source } from '../../flow.ts';
import { isRecord } from '../protocol/payload.ts';

/** A draft that is not in its file yet. */
export interface Unfinished {
  readonly draft: Source;
  /** What the file said that it was made from. */
  readonly base: Source;
}

/** Keeps a draft that is not in its file yet, so that it outlives the server. */
export class KeptDraft {
  readonly #file: string;
  #kept: string | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Keeps a draft, or forgets it where there is none. Throws what the file system does. */
  keep(unfinished: Unfinished | undefined): void {
    const text = unfinished && `${JSON.stringify({ ...unfinished.draft, base: unfinished.base }, null, 2)}\n`;
    if (text === this.#kept) return;
    if (text === undefined) remove(this.#file);
    else replace(this.#file, text);
    this.#kept = text;
  }

  /** The draft of a graph's file that was kept last; nothing where there is none that can be read. */
  load(file: string): Unfinished | undefined {
    try {
      const kept: unknown = JSON.parse(readFileSync(this.#file, 'utf8'));
      if (!isRecord(kept) || kept.file !== file) return;
      const draft = sourceIn(file, kept);
      const base = sourceIn(file, kept.base);
      this.#kept = '';
      return draft && base && { draft, base };
    } catch {
      return;
    }
  }
}

function sourceIn(file: string, kept: unknown): Source | undefined {
  if (!isRecord(kept) || typeof kept.text !== 'string') return;
  return { file, text: kept.text, layout: typeof kept.layout === 'string' ? kept.layout : '' };
}
