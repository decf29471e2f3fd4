import type { Edge, Graph, Initial, Node, Outer } from '../fbp.ts';
import { endKey, equal, portKey } from './same.ts';

/** What of a graph stays, as what, and what is new; what is in neither goes. */
export interface Plan {
  readonly nodes: Matches<Node>;
  readonly edges: Matches<Edge>;
  readonly initials: Matches<Initial>;
  readonly inports: Matches<Outer>;
  readonly outports: Matches<Outer>;
}

export interface Matches<Item> {
  /** What each item that stays becomes. */
  readonly kept: ReadonlyMap<Item, Item>;
  /** In their order. */
  readonly added: readonly Item[];
}

/** Plans how a graph becomes another with few changes. What is added to a port comes after all that stays there. */
export function planOf(from: Graph, to: Graph): Plan {
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
function outers(from: readonly Outer[], to: readonly Outer[]): Matches<Outer> {
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
