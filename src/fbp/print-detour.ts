import { type Edge, endKey, type Graph, portKey } from '../model/graph.ts';
import type { ChangePlan } from './print-plan.ts';

/** Edges that are tried at most for one detour, so that a graph with many new nodes is printed in time. */
const MOST_TRIED = 100;

/**
 * Edges that go, and the new ones in whose way each of them stood: `a -> b` became `a -> x -> b`, through nodes that had no
 * edge before. Only those that can stand where the old edge does, as edges from one port have to keep their order.
 */
export function detoursOf(
  { edges: before }: Graph,
  { edges: { kept, added } }: ChangePlan,
): Map<Edge, readonly Edge[]> {
  const detours = new Map<Edge, readonly Edge[]>();
  const used = new Set<Edge>();
  const wired = new Set(before.flatMap(({ from, to }) => [from.node, to.node]));
  const byPort = Map.groupBy(added, ({ from }) => portKey(from));
  // Another one than the first edge of a port can't come before it in a text.
  const firsts = Map.groupBy(
    byPort.values().flatMap(edges => edges.slice(0, 1)),
    ({ from }) => from.node,
  );
  /** Edges from one on to an end. */
  const way = (edge: Edge, end: string, tried: Set<Edge>): readonly Edge[] | undefined => {
    if (endKey(edge.to) === end) return [edge];
    for (const next of wired.has(edge.to.node) ? [] : (firsts.get(edge.to.node) ?? [])) {
      if (used.has(next) || tried.has(next) || tried.size >= MOST_TRIED) continue;
      const rest = way(next, end, tried.add(next));
      if (rest) return [edge, ...rest];
    }
    return;
  };
  for (const [port, edges] of Map.groupBy(before, ({ from }) => portKey(from))) {
    const gone = edges.slice(edges.findLastIndex(edge => kept.has(edge)) + 1);
    const [...fresh] = byPort.get(port) ?? [];
    for (const edge of gone) {
      const [first] = fresh;
      const found = first && endKey(first.from) === endKey(edge.from) && way(first, endKey(edge.to), new Set());
      if (!found) continue;
      detours.set(edge, found);
      for (const step of found) used.add(step);
      fresh.shift();
    }
  }
  return detours;
}
