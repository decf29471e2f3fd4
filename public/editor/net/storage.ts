import { changeOf, type Pending } from '../model/draft.ts';
import { type EditHistory, fresh, type HistoryEntry } from '../model/history.ts';
import { arrayOf, fields, textOf } from '../model/json.ts';
import { type ComponentSource, componentName, sourceOf } from '../model/source.ts';

const KEY = 'flowchat:editor:kept';
/** Storage limit in characters, for edits and for source each. Pending edits matter more than the undo history. */
const MAX_CHARACTERS = 1_000_000;
/** Undo steps kept across a reload. */
const MAX_UNDONE = 100;

/** What survives a reload: pending edits and the undo history. */
interface StoredEdits {
  readonly pending: readonly Pending[];
  readonly history: EditHistory;
}

const changesOf = (value: unknown) =>
  arrayOf(value)
    .map(fields)
    .flatMap(({ command, payload }) => changeOf(textOf(command), payload) ?? []);

const pendingOf = (value: unknown): Pending => {
  const { id, entry, label, changes, inverse, sent } = fields(value);
  const both = { changes: changesOf(changes), inverse: changesOf(inverse) };
  return { id: textOf(id), entry: textOf(entry), label: textOf(label), ...both, sent: sent === true };
};

const entryOf = (value: unknown): HistoryEntry => {
  const { id, label, forth, back } = fields(value);
  return { id: textOf(id), label: textOf(label), forth: changesOf(forth), back: changesOf(back) };
};

/** Stores edits and unsaved source in this window's session storage, for one server. */
export class EditStorage {
  readonly #edits: string;
  readonly #source: string;

  constructor(url: string) {
    this.#edits = `${KEY}:${url}`;
    this.#source = `${KEY}:source:${url}`;
  }

  /** The stored edits of a graph. */
  get(graph: string): StoredEdits {
    const kept = fields(this.#read(this.#edits));
    const { past, future } = fields(kept.history);
    if (kept.graph !== graph) return { pending: [], history: fresh };
    return {
      pending: arrayOf(kept.pending).map(pendingOf),
      history: { past: arrayOf(past).map(entryOf), future: arrayOf(future).map(entryOf) },
    };
  }

  /** How many stored edits are pending, of any graph. */
  get waiting(): number {
    return arrayOf(fields(this.#read(this.#edits)).pending).length;
  }

  /** Stores edits; without the history if there is no room for it. */
  set(graph: string, { pending, history }: StoredEdits): void {
    const recent = { past: history.past.slice(-MAX_UNDONE), future: history.future.slice(0, MAX_UNDONE) };
    const kept = [recent, fresh].some(history => this.#write(this.#edits, { graph, pending, history }));
    // Stale edits must not come back.
    if (!kept) sessionStorage.removeItem(this.#edits);
  }

  /** Unsaved source, by component. */
  getSource(): ReadonlyMap<string, ComponentSource> {
    return new Map(
      arrayOf(this.#read(this.#source))
        .map(sourceOf)
        .map(source => [componentName(source), source]),
    );
  }

  /** Stores unsaved source if there is room for all of it. */
  setSource(unsaved: ReadonlyMap<string, ComponentSource>): void {
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

  /** Returns whether there was room. */
  #write(key: string, kept: unknown): boolean {
    const value = JSON.stringify(kept);
    if (value.length > MAX_CHARACTERS) return false;
    try {
      sessionStorage.setItem(key, value);
      return true;
    } catch {
      return false;
    }
  }
}
