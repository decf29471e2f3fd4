import {
  type Edge,
  type End,
  endKey,
  equal,
  type Graph,
  type InitialPacket,
  type Node,
  type OuterPort,
  portKey,
} from '../model/graph.ts';
import { portWords } from './print-text.ts';

/** Which items of a graph are kept, as what, and which are new; all others are removed. */
export interface ChangePlan {
  readonly nodes: Matches<Node>;
  readonly edges: Matches<Edge>;
  readonly initials: Matches<InitialPacket>;
  readonly inports: Matches<OuterPort>;
  readonly outports: Matches<OuterPort>;
}

export interface Matches<Item> {
  /** The new version of each kept item. */
  readonly kept: ReadonlyMap<Item, Item>;
  /** In order. */
  readonly added: readonly Item[];
}

/** Plans a change with few differences from one graph to another. Additions at a port come after the kept items. */
export function planOf(from: Graph, to: Graph): ChangePlan {
  return {
    nodes: matches(
      from.nodes,
      to.nodes,
      ({ name }) => name,
      aligned((a, b) => a.component === b.component),
    ),
    edges: matches(from.edges, to.edges, edge => portKey(edge.from), prefixOf),
    initials: matches(
      from.initials,
      to.initials,
      initial => endKey(initial.to),
      aligned((a, b) => equal(a.data, b.data)),
    ),
    inports: outers(from.inports, to.inports),
    outports: outers(from.outports, to.outports),
  };
}

type Pair<Item> = readonly [Item, Item];
type Pairing<Item> = (from: readonly Item[], to: readonly Item[]) => Pair<Item>[];

function matches<Item>(
  from: readonly Item[],
  to: readonly Item[],
  key: (item: Item) => string,
  pairing: Pairing<Item>,
): Matches<Item> {
  const before = Map.groupBy(from, key);
  const after = Map.groupBy(to, key);
  const kept = new Map([...after].flatMap(([name, items]) => pairing(before.get(name) ?? [], items)));
  const met = new Set(kept.values());
  return { kept, added: to.filter(item => !met.has(item)) };
}

/** The longest prefix of `to` that occurs in `from` in this order. */
function prefixOf(from: readonly Edge[], to: readonly Edge[]): Pair<Edge>[] {
  const pairs: Pair<Edge>[] = [];
  for (const edge of from) {
    const next = to[pairs.length];
    if (next && edgeKey(edge) === edgeKey(next)) pairs.push([edge, next]);
  }
  return pairs;
}

/** Pairs items in order; if some were removed, a common prefix from the start and the others from the end. */
function aligned<Item>(isSame: (a: Item, b: Item) => boolean): Pairing<Item> {
  return (from, to) => {
    const surplus = Math.max(0, from.length - to.length);
    const differs = to.findIndex((item, at) => at < from.length && !isSame(from[at] as Item, item));
    const start = differs === -1 ? to.length : differs;
    return to.slice(0, from.length).map((item, at) => [from[at < start ? at : at + surplus] as Item, item]);
  };
}

/** Pairs outer ports by name, then by the node's port. */
function outers(from: readonly OuterPort[], to: readonly OuterPort[]): Matches<OuterPort> {
  const named = matches(
    from,
    to,
    ({ name }) => name,
    aligned((a, b) => portKey(a) === portKey(b)),
  );
  const rest = from.filter(outer => !named.kept.has(outer));
  const renamed = matches(
    rest,
    named.added,
    portKey,
    aligned((a, b) => a.name === b.name),
  );
  return { kept: new Map([...named.kept, ...renamed.kept]), added: renamed.added };
}

function edgeKey({ from, to }: Edge): string {
  return endKey(from) + endKey(to);
}

/** Limit of comparisons in the search for renamed nodes. */
const MAX_COMPARISONS = 100_000;

/** Guesses renamed nodes: removed ones with a new node of the same component and at least half of the wires. */
export function guessedRenames(from: Graph, to: Graph): Map<string, string> {
  const before = new Map(from.nodes.map(({ name, component }) => [name, component]));
  const after = new Map(to.nodes.map(({ name, component }) => [name, component]));
  const gone = [...before].filter(([name]) => !after.has(name));
  const fresh = new Map([...after].filter(([name]) => !before.has(name)));
  const found = new Map<string, string>();
  if (gone.length === 0 || fresh.size === 0 || gone.length * fresh.size > MAX_COMPARISONS) return found;
  const shared = (name: string) => before.has(name) && after.has(name);
  const wiresBefore = wires(from, shared);
  const wiresAfter = wires(to, shared);
  for (const [name, component] of gone) {
    const mine = wiresBefore.get(name) ?? new Set();
    const rated = [...fresh].flatMap(([other, its]) => {
      const common = mine.intersection(wiresAfter.get(other) ?? new Set()).size;
      return its === component && common * 2 >= mine.size ? [{ other, common }] : [];
    });
    const best = rated.sort((a, b) => b.common - a.common)[0]?.other;
    if (best === undefined) continue;
    found.set(name, best);
    fresh.delete(best);
  }
  return found;
}

/**
 * All edges, packets and outer ports of each node, as texts without its own name; a far node is named only if both
 * graphs have it.
 */
function wires(graph: Graph, shared: (name: string) => boolean): Map<string, Set<string>> {
  const far = (end: End) => (shared(end.node) ? `${end.node} ${portWords(end)}` : '');
  const all: [string, string][] = [
    ...graph.edges.map(({ from, to }): [string, string] => [from.node, `${portWords(from)} -> ${far(to)}`]),
    ...graph.edges.map(({ from, to }): [string, string] => [to.node, `${far(from)} -> ${portWords(to)}`]),
    ...graph.initials.map(({ data, to }): [string, string] => [to.node, `${JSON.stringify(data)} -> ${portWords(to)}`]),
    ...graph.inports.map(({ node, port, name }): [string, string] => [node, `IN ${port} ${name}`]),
    ...graph.outports.map(({ node, port, name }): [string, string] => [node, `OUT ${port} ${name}`]),
  ];
  const byNode = Map.groupBy(all, ([node]) => node);
  return new Map(byNode.entries().map(([node, wires]) => [node, new Set(wires.map(([, wire]) => wire))]));
}

/** Limit of edges tried per detour, so that a graph with many new nodes is printed in time. */
const MOST_TRIED = 100;

/**
 * Removed edges, each with the new edges that replace it: `a -> b` became `a -> x -> b`, through nodes that had no
 * edges before. Only edges whose position in the text allows it, as edges of one port must keep their order.
 */
export function detoursOf(
  { edges: before }: Graph,
  { edges: { kept, added } }: ChangePlan,
): Map<Edge, readonly Edge[]> {
  const detours = new Map<Edge, readonly Edge[]>();
  const used = new Set<Edge>();
  const wired = new Set(before.flatMap(({ from, to }) => [from.node, to.node]));
  const byPort = Map.groupBy(added, ({ from }) => portKey(from));
  // Only the first added edge of a port can be moved to the front in a text.
  const firsts = Map.groupBy(
    byPort.values().flatMap(edges => edges.slice(0, 1)),
    ({ from }) => from.node,
  );
  /** Edges from one edge to an end. */
  const chain = (edge: Edge, end: string, tried: Set<Edge>): readonly Edge[] | undefined => {
    if (endKey(edge.to) === end) return [edge];
    for (const next of wired.has(edge.to.node) ? [] : (firsts.get(edge.to.node) ?? [])) {
      if (used.has(next) || tried.has(next) || tried.size >= MOST_TRIED) continue;
      const rest = chain(next, end, tried.add(next));
      if (rest) return [edge, ...rest];
    }
    return;
  };
  for (const [port, edges] of Map.groupBy(before, ({ from }) => portKey(from))) {
    const gone = edges.slice(edges.findLastIndex(edge => kept.has(edge)) + 1);
    const [...fresh] = byPort.get(port) ?? [];
    for (const edge of gone) {
      const [first] = fresh;
      const found = first && endKey(first.from) === endKey(edge.from) && chain(first, endKey(edge.to), new Set());
      if (!found) continue;
      detours.set(edge, found);
      for (const step of found) used.add(step);
      fresh.shift();
    }
  }
  return detours;
}
