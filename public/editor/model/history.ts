import type { Change } from '../../../src/model/graph-commands.ts';

/** One edit of a person: what it does, and what takes it back. */
export interface HistoryEntry {
  readonly id: string;
  readonly label: string;
  readonly forth: readonly Change[];
  readonly back: readonly Change[];
}

/** What can be undone and redone, without limit. */
export interface EditHistory {
  readonly past: readonly HistoryEntry[];
  readonly future: readonly HistoryEntry[];
}

/** What is to be undone or redone, and the history after it. */
export interface HistoryStep {
  readonly entry: HistoryEntry;
  readonly history: EditHistory;
}

export const fresh: EditHistory = { past: [], future: [] };

/** After a new edit; what was undone before it can't be redone. */
export const recorded = ({ past }: EditHistory, entry: HistoryEntry): EditHistory => ({
  past: [...past, entry],
  future: [],
});

/** What is to be undone, and the history after it; nothing at the beginning. */
export function undone({ past, future }: EditHistory): HistoryStep | undefined {
  const entry = past.at(-1);
  return entry && { entry, history: { past: past.slice(0, -1), future: [entry, ...future] } };
}

/** What is to be redone, and the history after it; nothing at the end. */
export function redone({ past, future }: EditHistory): HistoryStep | undefined {
  const [entry, ...rest] = future;
  return entry && { entry, history: { past: [...past, entry], future: rest } };
}

/** Without an edit that could not be done, undone or redone, so that it does not stand in the way of the others. */
export function without({ past, future }: EditHistory, id: string): EditHistory {
  const others = (entries: readonly HistoryEntry[]) => entries.filter(entry => entry.id !== id);
  return { past: others(past), future: others(future) };
}
