import { changeOf } from '../model/change.ts';
import type { Pending } from '../model/draft.ts';
import { type Entry, fresh, type History } from '../model/history.ts';
import { fields, list, text } from '../model/json.ts';
import { componentName, type Source, sourceOf } from '../model/source.ts';

const KEY = 'flowchat:editor:kept';
/** Characters that are kept at most, of edits and of source each; what waits counts more than what can be undone. */
const MOST = 1_000_000;
/** Edits that can be undone after a reload. */
const MOST_UNDONE = 100;

/** What outlives a reload: the edits that the server has not taken yet, and what can be undone. */
export interface Kept {
  readonly pending: readonly Pending[];
  readonly history: History;
}

const changesOf = (value: unknown) =>
  list(value)
    .map(fields)
    .flatMap(({ command, payload }) => changeOf(text(command), payload) ?? []);

const pendingOf = (value: unknown): Pending => {
  const { id, entry, label, changes, inverse, sent } = fields(value);
  const both = { changes: changesOf(changes), inverse: changesOf(inverse) };
  return { id: text(id), entry: text(entry), label: text(label), ...both, sent: sent === true };
};

const entryOf = (value: unknown): Entry => {
  const { id, label, forth, back } = fields(value);
  return { id: text(id), label: text(label), forth: changesOf(forth), back: changesOf(back) };
};

/** Where edits, and source that is not saved, are kept for this window, for one server; gone with the window. */
export class Keep {
  readonly #edits: string;
  readonly #source: string;

  constructor(url: string) {
    this.#edits = `${KEY}:${url}`;
    this.#source = `${KEY}:source:${url}`;
  }

  /** What was kept of a graph. */
  get(graph: string): Kept {
    const kept = fields(this.#read(this.#edits));
    const { past, future } = fields(kept.history);
    if (kept.graph !== graph) return { pending: [], history: fresh };
    return {
      pending: list(kept.pending).map(pendingOf),
      history: { past: list(past).map(entryOf), future: list(future).map(entryOf) },
    };
  }

  /** How many edits wait to be brought in, of whatever graph. */
  get waiting(): number {
    return list(fields(this.#read(this.#edits)).pending).length;
  }

  /** Keeps what there is room for. */
  set(graph: string, { pending, history }: Kept): void {
    const recent = { past: history.past.slice(-MOST_UNDONE), future: history.future.slice(0, MOST_UNDONE) };
    const kept = [recent, fresh].some(history => this.#write(this.#edits, { graph, pending, history }));
    // What is not so any more must not come back.
    if (!kept) sessionStorage.removeItem(this.#edits);
  }

  /** Source that was changed and is not saved, by component. */
  getSource(): ReadonlyMap<string, Source> {
    return new Map(
      list(this.#read(this.#source))
        .map(sourceOf)
        .map(source => [componentName(source), source]),
    );
  }

  /** Keeps source where there is room for all of it. */
  setSource(unsaved: ReadonlyMap<string, Source>): void {
    const kept = unsaved.size > 0 && this.#write(this.#source, [...unsaved.values()]);
    if (!kept) sessionStorage.removeItem(this.#source);
  }

  clear(): void {
    for (const key of [this.#edits, this.#source]) sessionStorage.removeItem(key);
  }

  #read(key: string): unknown {
    try {
      return JSON.parse(sessionStorage.getItem(key) ?? '');
    } catch {
      return undefined;
    }
  }

  /** Says whether there was room for it. */
  #write(key: string, kept: unknown): boolean {
    const value = JSON.stringify(kept);
    if (value.length > MOST) return false;
    try {
      sessionStorage.setItem(key, value);
      return true;
    } catch {
      return false;
    }
  }
}
