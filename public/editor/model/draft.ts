import { apply, applyAll } from './apply.ts';
import type { Change } from './change.ts';
import { type Addressable, areApplied, conflictWith, rebase } from './conflict.ts';
import type { EditorGraph } from './graph.ts';

/** An edit of ours that the server has not acknowledged yet. It is done wholly or not at all. */
export interface Pending {
  readonly id: string;
  /** The entry of the history that it does or takes back. */
  readonly entry: string;
  /** What it does, for a sentence: `set limit RATE to 5`. */
  readonly label: string;
  readonly changes: readonly Change[];
  /** What would take the changes back. */
  readonly inverse: readonly Change[];
  /** Whether it was sent, so that the server may have it. */
  readonly sent: boolean;
}

/** The shared draft: what the server is known to have, what is on its way there, and what one sees, which is both together. */
export interface Draft {
  readonly confirmed: EditorGraph;
  readonly pending: readonly Pending[];
  readonly view: EditorGraph;
}

function draft(confirmed: EditorGraph, pending: readonly Pending[]): Draft {
  const view = applyAll(
    confirmed,
    pending.flatMap(({ changes }) => changes),
  );
  return { confirmed, pending, view };
}

/** Takes in an edit of ours, to be seen at once. */
export const withEdit = (before: Draft, more: Pending): Draft => ({
  ...before,
  pending: [...before.pending, more],
  view: applyAll(before.view, more.changes),
});

/** An edit of ours is on its way. */
export const withSentEdit = (before: Draft, id: string): Draft => ({
  ...before,
  pending: before.pending.map(each => (each.id === id ? { ...each, sent: true } : each)),
});

/** The server has taken an edit of ours. */
export function acknowledged(before: Draft, id: string): Draft {
  const index = before.pending.findIndex(pending => pending.id === id);
  const taken = before.pending[index];
  if (!taken) return before;
  const confirmed = applyAll(before.confirmed, taken.changes);
  const pending = before.pending.toSpliced(index, 1);
  // The order in which the server took them is the order in which they were made, so the view stays.
  return index === 0 ? { ...before, confirmed, pending } : draft(confirmed, pending);
}

/** An edit of ours is not to be: the server has turned it down, or it was undone before it was sent. */
export const withoutEdit = (before: Draft, id: string): Draft =>
  draft(
    before.confirmed,
    before.pending.filter(pending => pending.id !== id),
  );

/** Somebody else has changed the draft. */
export const withOthersChange = (before: Draft, change: Change): Draft =>
  draft(apply(before.confirmed, change), before.pending);

/** The server's draft is another one now. What is on its way stays on top of it. */
export const replaced = (before: Draft, confirmed: EditorGraph): Draft => draft(confirmed, before.pending);

/** An edit that can't be brought in any more, and why. */
export interface LostEdit {
  readonly entry: string;
  readonly sentence: string;
}

/**
 * What is to be brought in again after a lost connection, on top of the draft as it is now: what came through before is
 * dropped, and what is impossible by now is told in sentences.
 */
export function resumed(
  { pending }: Pick<Draft, 'pending'>,
  confirmed: EditorGraph,
  addressable: Addressable,
): { draft: Draft; lost: readonly LostEdit[] } {
  const lost: LostEdit[] = [];
  const kept: Pending[] = [];
  let graph = confirmed;
  for (const each of pending) {
    const { entry, label } = each;
    const changes = rebase(graph, each.changes, each.inverse);
    if (areApplied(graph, changes)) continue;
    const reason = conflictWith(graph, changes, addressable);
    if (reason) {
      lost.push({ entry, sentence: `could not ${label}: ${reason}` });
      continue;
    }
    kept.push({ ...each, changes, sent: false });
    graph = applyAll(graph, changes);
  }
  return { draft: draft(confirmed, kept), lost };
}
