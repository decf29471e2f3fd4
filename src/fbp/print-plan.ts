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

/** What of a graph stays, as what, and what is new; what is in neither goes. */
export interface ChangePlan {
  readonly nodes: Matches<Node>;
  readonly edges: Matches<Edge>;
  readonly initials: Matches<InitialPacket>;
  readonly inports: Matches<OuterPort>;
  readonly outports: Matches<OuterPort>;
}

export interface Matches<Item> {
  /** What each item that stays becomes. */
  readonly kept: ReadonlyMap<Item, Item>;
  /** In their order. */
  readonly added: readonly Item[];
}

/** Plans how a graph becomes another with few changes. What is added to a port comes after all that stays there. */
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

/** As many of `to` from its first on as are there in this order. */
function prefixOf(from: readonly Edge[], to: readonly Edge[]): Pair<Edge>[] {
  const pairs: Pair<Edge>[] = [];
  for (const edge of from) {
    const next = to[pairs.length];
    if (next && edgeKey(edge) === edgeKey(next)) pairs.push([edge, next]);
  }
  return pairs;
}

/** One for another; where some go, the others are those that are the same as far as they are from the first on. */
function aligned<Item>(isSame: (a: Item, b: Item) => boolean): Pairing<Item> {
  return (from, to) => {
    const surplus = Math.max(0, from.length - to.length);
    const differs = to.findIndex((item, at) => at < from.length && !isSame(from[at] as Item, item));
    const start = differs === -1 ? to.length : differs;
    return to.slice(0, from.length).map((item, at) => [from[at < start ? at : at + surplus] as Item, item]);
  };
}

/** Outer ports of the same name, and else of the same port. */
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

/** Comparisons beyond which no renamed node is looked for. */
const MAX_COMPARISONS = 100_000;

/**
 * The new names of nodes that seem to have been renamed: those that are gone, where a new one has the same component and
 * at least half of the wires.
 */
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

/** What leads to and from each node, where it is from or to a node that both graphs have; without the node's own name. */
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
