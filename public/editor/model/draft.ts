import { apply, applyAll } from './apply.ts';
import type { Change } from './change.ts';
import type { Graph } from './graph.ts';
import { called, isDone, obstacle } from './obstacle.ts';

/** A change of ours that the server has not acknowledged yet. */
export interface Pending {
  readonly id: string;
  readonly change: Change;
}

/** The shared draft: what the server is known to have, what is on its way there, and what one sees, which is both together. */
export interface Draft {
  readonly confirmed: Graph;
  readonly pending: readonly Pending[];
  readonly view: Graph;
}

function draft(confirmed: Graph, pending: readonly Pending[]): Draft {
  const view = applyAll(
    confirmed,
    pending.map(({ change }) => change),
  );
  return { confirmed, pending, view };
}

/** A draft as the server tells it, with nothing of ours on the way. */
export const begun = (confirmed: Graph): Draft => draft(confirmed, []);

/** Takes in changes of ours, to be seen at once. */
export const edited = (before: Draft, more: readonly Pending[]): Draft => ({
  ...before,
  pending: [...before.pending, ...more],
  view: applyAll(
    before.view,
    more.map(({ change }) => change),
  ),
});

/** The server has taken a change of ours. */
export function acknowledged(before: Draft, id: string): Draft {
  const index = before.pending.findIndex(pending => pending.id === id);
  const taken = before.pending[index];
  if (!taken) return before;
  const confirmed = apply(before.confirmed, taken.change);
  const pending = before.pending.toSpliced(index, 1);
  // The order in which the server took them is the order in which they were made, so the view stays.
  return index === 0 ? { ...before, confirmed, pending } : draft(confirmed, pending);
}

/** The server has turned a change of ours down: it is seen no more. */
export const refused = (before: Draft, id: string): Draft =>
  draft(
    before.confirmed,
    before.pending.filter(pending => pending.id !== id),
  );

/** Somebody else has changed the draft. */
export const heard = (before: Draft, change: Change): Draft => draft(apply(before.confirmed, change), before.pending);

/** The server's draft is another one now. What is on its way stays on top of it. */
export const replaced = (before: Draft, confirmed: Graph): Draft => draft(confirmed, before.pending);

/**
 * What is to be brought in again after a lost connection, on top of the draft as it is now: what came through before is
 * dropped, and what is impossible by now is told in sentences.
 */
export function resumed(before: Draft, confirmed: Graph): { draft: Draft; lost: readonly string[] } {
  const lost: string[] = [];
  const kept: Pending[] = [];
  let graph = confirmed;
  for (const pending of before.pending) {
    if (isDone(graph, pending.change)) continue;
    const reason = obstacle(graph, pending.change);
    if (reason) {
      lost.push(`could not ${called(pending.change)}: ${reason}`);
      continue;
    }
    kept.push(pending);
    graph = apply(graph, pending.change);
  }
  return { draft: draft(confirmed, kept), lost };
}
