import type { Change } from './change.ts';

/** One edit of a person: what it does, and what takes it back. */
export interface Entry {
  readonly id: string;
  readonly label: string;
  readonly forth: readonly Change[];
  readonly back: readonly Change[];
}

/** What can be undone and redone, without limit. */
export interface History {
  readonly past: readonly Entry[];
  readonly future: readonly Entry[];
}

/** What is to be undone or redone, and the history after it. */
export interface Step {
  readonly entry: Entry;
  readonly history: History;
}

export const fresh: History = { past: [], future: [] };

/** After a new edit; what was undone before it can't be redone. */
export const recorded = ({ past }: History, entry: Entry): History => ({ past: [...past, entry], future: [] });

/** What is to be undone, and the history after it; nothing at the beginning. */
export function undone({ past, future }: History): Step | undefined {
  const entry = past.at(-1);
  return entry && { entry, history: { past: past.slice(0, -1), future: [entry, ...future] } };
}

/** What is to be redone, and the history after it; nothing at the end. */
export function redone({ past, future }: History): Step | undefined {
  const [entry, ...rest] = future;
  return entry && { entry, history: { past: [...past, entry], future: rest } };
}

/** Without an edit that could not be done, undone or redone, so that it does not stand in the way of the others. */
export function without({ past, future }: History, id: string): History {
  const others = (entries: readonly Entry[]) => entries.filter(entry => entry.id !== id);
  return { past: others(past), future: others(future) };
}
