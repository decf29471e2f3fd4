import type { Pending } from '../model/draft.ts';
import { type EditHistory, emptyHistory } from '../model/history.ts';
import { type ComponentSource, componentName } from '../model/source.ts';

/** Stored values are not checked: use another key when their shape changes. */
const KEY = 'flowchat:editor:kept';
/** Storage limits in characters, for edits and for source each; undo steps are dropped before pending edits. */
const MAX_CHARACTERS = 1_000_000;
/** Limit of undo steps kept across a reload. */
const MAX_UNDONE = 100;

/** State that survives a reload: pending edits and the undo history. */
interface StoredEdits {
  readonly pending: readonly Pending[];
  readonly history: EditHistory;
}

interface KeptEdits extends StoredEdits {
  readonly graph: string;
}

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
    const kept = this.#read<KeptEdits>(this.#edits);
    return kept?.graph === graph ? kept : { pending: [], history: emptyHistory };
  }

  /** The number of stored pending edits, of any graph. */
  get waiting(): number {
    return this.#read<KeptEdits>(this.#edits)?.pending.length ?? 0;
  }

  /** Stores edits; without the history if storage is full. */
  set(graph: string, { pending, history }: StoredEdits): void {
    const recent = { past: history.past.slice(-MAX_UNDONE), future: history.future.slice(0, MAX_UNDONE) };
    const kept = [recent, emptyHistory].some(history => this.#write(this.#edits, { graph, pending, history }));
    // Stale edits must not come back.
    if (!kept) sessionStorage.removeItem(this.#edits);
  }

  /** Unsaved source, by component. */
  getSource(): ReadonlyMap<string, ComponentSource> {
    const kept = this.#read<readonly ComponentSource[]>(this.#source) ?? [];
    return new Map(kept.map(source => [componentName(source), source]));
  }

  /** Stores unsaved source; all or nothing. */
  setSource(unsaved: ReadonlyMap<string, ComponentSource>): void {
    const kept = unsaved.size > 0 && this.#write(this.#source, [...unsaved.values()]);
    if (!kept) sessionStorage.removeItem(this.#source);
  }

  clear(): void {
    for (const key of [this.#edits, this.#source]) sessionStorage.removeItem(key);
  }

  #read<Kept>(key: string): Kept | undefined {
    const kept = sessionStorage.getItem(key);
    return kept === null ? undefined : JSON.parse(kept);
  }

  /** Returns whether there was enough space. */
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
