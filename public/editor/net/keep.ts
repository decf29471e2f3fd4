import { changeOf } from '../model/change.ts';
import type { Pending } from '../model/draft.ts';
import { type Entry, fresh, type History } from '../model/history.ts';
import { fields, list, text } from '../model/json.ts';

const KEY = 'flowchat:editor:kept';
/** Characters that are kept at most; what waits counts more than what can be undone. */
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

/** Where edits are kept for this window, for one server; gone with the window. */
export class Keep {
  readonly #key: string;

  constructor(url: string) {
    this.#key = `${KEY}:${url}`;
  }

  /** What was kept of a graph. */
  get(graph: string): Kept {
    const kept = this.#read();
    const { past, future } = fields(kept.history);
    if (kept.graph !== graph) return { pending: [], history: fresh };
    return {
      pending: list(kept.pending).map(pendingOf),
      history: { past: list(past).map(entryOf), future: list(future).map(entryOf) },
    };
  }

  /** How many edits wait to be brought in, of whatever graph. */
  get waiting(): number {
    return list(this.#read().pending).length;
  }

  /** Keeps what there is room for. */
  set(graph: string, { pending, history }: Kept): void {
    const recent = { past: history.past.slice(-MOST_UNDONE), future: history.future.slice(0, MOST_UNDONE) };
    const kept = [recent, fresh].some(history => this.#write(JSON.stringify({ graph, pending, history })));
    // What is not so any more must not come back.
    if (!kept) this.clear();
  }

  clear(): void {
    sessionStorage.removeItem(this.#key);
  }

  #read() {
    try {
      return fields(JSON.parse(sessionStorage.getItem(this.#key) ?? ''));
    } catch {
      return {};
    }
  }

  /** Says whether there was room for it. */
  #write(value: string): boolean {
    if (value.length > MOST) return false;
    try {
      sessionStorage.setItem(this.#key, value);
      return true;
    } catch {
      return false;
    }
  }
}
