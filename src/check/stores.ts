import { diagnostic } from '../model/diagnostic.ts';
import type { Place } from '../model/graph.ts';
import { called } from '../model/words.ts';
import { storeFault } from '../store/url.ts';
import { type Finding, type GraphIndex, portAt } from './graph-index.ts';

/** The schema of ports that name the store of a node. */
const STORE = 'chat/store';

interface Named {
  readonly url: string;
  /** What names it, and where. */
  readonly at: string;
  readonly place: Place;
}

/** Stores that can't be opened by what names them, and a graph that keeps its messages in more than one. */
export function stores(graphIndex: GraphIndex): Finding[] {
  const packets = graphIndex.graph.initials.filter(({ to }) => portAt(graphIndex, to, 'inports')?.schema === STORE);
  const wrong = packets.flatMap(({ data, to, place }) => {
    const reason = storeFault(data);
    return reason === undefined ? [] : [{ place, ...diagnostic('wrong-store', { to: called(to), reason }) }];
  });
  const good = packets.filter(({ data }) => storeFault(data) === undefined);
  const [first, ...others] = [
    ...good.map(({ data, to, place }): Named => ({ url: String(data), at: called(to), place })),
    ...inner(graphIndex),
  ];
  const differing = others.flatMap(({ url, at, place }) => {
    if (!first || nameOf(url) === nameOf(first.url)) return [];
    return [{ place, ...diagnostic('stores-differ', { at, url, other: first.at, otherUrl: first.url }) }];
  });
  return [...wrong, ...differing];
}

/** What the subgraphs name, at their nodes. */
function inner({ nodes, specs: blueprints }: GraphIndex): Named[] {
  return Array.from(nodes.values()).flatMap(({ name, place }) =>
    (blueprints.get(name)?.stores ?? []).map(url => ({ url, at: name, place })),
  );
}

/** What the initial packets of a graph, and of those in it, name as stores. */
export function storesIn(graphIndex: GraphIndex): readonly string[] {
  const own = graphIndex.graph.initials.filter(({ to }) => portAt(graphIndex, to, 'inports')?.schema === STORE);
  return [...new Set([...own.map(({ data }) => String(data)), ...inner(graphIndex).map(({ url }) => url)])];
}

/** Without its settings. */
function nameOf(url: string): string {
  return url.replace(/\?.*$/s, '');
}
