import type { EditorChange } from './draft.ts';

/** An edit and its inverse. */
interface HistoryEntry {
  readonly id: string;
  readonly label: string;
  readonly forth: readonly EditorChange[];
  readonly back: readonly EditorChange[];
}

/** The undo and redo stacks, unlimited. */
export interface EditHistory {
  readonly past: readonly HistoryEntry[];
  readonly future: readonly HistoryEntry[];
}

/** The entry to undo or redo, and the history after it. */
export interface HistoryStep {
  readonly entry: HistoryEntry;
  readonly history: EditHistory;
}

export const emptyHistory: EditHistory = { past: [], future: [] };

/** The history after a new edit, which clears the redo stack. */
export const recorded = ({ past }: EditHistory, entry: HistoryEntry): EditHistory => ({
  past: [...past, entry],
  future: [],
});

/** The entry to undo; undefined if there is none. */
export function undone({ past, future }: EditHistory): HistoryStep | undefined {
  const entry = past.at(-1);
  return entry && { entry, history: { past: past.slice(0, -1), future: [entry, ...future] } };
}

/** The entry to redo; undefined if there is none. */
export function redone({ past, future }: EditHistory): HistoryStep | undefined {
  const [entry, ...rest] = future;
  return entry && { entry, history: { past: [...past, entry], future: rest } };
}

/** Removes an edit that could not be applied, so that it does not block the others. */
export function without({ past, future }: EditHistory, id: string): EditHistory {
  const others = (entries: readonly HistoryEntry[]) => entries.filter(entry => entry.id !== id);
  return { past: others(past), future: others(future) };
}
