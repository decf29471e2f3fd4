import { type Edge, endKey, type Graph, portKey } from '../model/graph.ts';
import type { ChangePlan } from './print-plan.ts';

/** Edges that are tried at most for one detour, so that a graph with many new nodes is printed in time. */
const MOST = 100;

/**
 * Edges that go, and the new ones in whose way each of them stood: `a -> b` became `a -> x -> b`, through nodes that had no
 * edge before. Only those that can stand where the old edge does, as edges from one port have to keep their order.
 */
export function detoursOf(
  { edges: before }: Graph,
  { edges: { kept, added } }: ChangePlan,
): Map<Edge, readonly Edge[]> {
  const detours = new Map<Edge, readonly Edge[]>();
  if (added.length === 0) return detours;
  const search = new Search(before, added);
  for (const [port, edges] of Map.groupBy(before, ({ from }) => portKey(from))) {
    let gone = edges.slice(edges.findLastIndex(edge => kept.has(edge)) + 1);
    for (const first of search.from(port)) {
      const found = search.detour(first, gone);
      if (!found) break;
      detours.set(found.edge, found.way);
      gone = gone.slice(gone.indexOf(found.edge) + 1);
    }
  }
  return detours;
}

class Search {
  readonly #wired: ReadonlySet<string>;
  readonly #byPort: ReadonlyMap<string, readonly Edge[]>;
  /** The first edge from each port, by node: another one can't come before it in a text. */
  readonly #firsts: ReadonlyMap<string, readonly Edge[]>;
  readonly #used = new Set<Edge>();

  constructor(before: readonly Edge[], added: readonly Edge[]) {
    this.#wired = new Set(before.flatMap(({ from, to }) => [from.node, to.node]));
    this.#byPort = Map.groupBy(added, ({ from }) => portKey(from));
    this.#firsts = Map.groupBy(
      [...this.#byPort.values()].map(edges => edges[0]!),
      ({ from }) => from.node,
    );
  }

  from(port: string): readonly Edge[] {
    return this.#byPort.get(port) ?? [];
  }

  /** The first edge that goes with a way in its place that begins with `first`. */
  detour(first: Edge, gone: readonly Edge[]): { readonly edge: Edge; readonly way: readonly Edge[] } | undefined {
    for (const edge of gone) {
      const way = endKey(edge.from) === endKey(first.from) && this.#way(first, endKey(edge.to));
      if (!way) continue;
      for (const step of way) this.#used.add(step);
      return { edge, way };
    }
    return;
  }

  /** The shortest way from an edge on to an end. */
  #way(first: Edge, end: string): readonly Edge[] | undefined {
    const ways: Edge[][] = [[first]];
    const seen = new Set<Edge>();
    for (const way of ways) {
      const last = way.at(-1)!;
      if (endKey(last.to) === end) return way;
      if (this.#wired.has(last.to.node)) continue;
      for (const next of this.#firsts.get(last.to.node) ?? []) {
        if (seen.size >= MOST || seen.has(next) || this.#used.has(next)) continue;
        seen.add(next);
        ways.push([...way, next]);
      }
    }
    return;
  }
}
