import type { Graph } from '../model/graph.ts';

/** Where the nodes of a graph keep messages: the URL at port STORE, by the node's name. */
export type Stores = Readonly<Record<string, string>>;

/** The stores of a graph without subgraphs. */
export function storesOf({ initials }: Pick<Graph, 'initials'>): Stores {
  return Object.fromEntries(
    initials.flatMap(({ to, data }) => (to.port === 'store' && typeof data === 'string' ? [[to.node, data]] : [])),
  );
}

/**
 * Says that a graph with the stores `next` would keep messages elsewhere than one with the stores `live`; undefined where
 * every store that is live stays, at the nodes that stay too.
 */
export function movedStores(live: Stores, next: Stores): string | undefined {
  const [before, after] = [live, next].map(names) as [readonly string[], readonly string[]];
  const gone = before.filter(store => !after.includes(store));
  const moved = Object.keys(live).filter(node => node in next && nameOf(live[node]!) !== nameOf(next[node]!));
  if (gone.length === 0 && moved.length === 0) return;
  const from = [...new Set([...gone, ...moved.map(node => nameOf(live[node]!))])].join(', ');
  const to = after.filter(store => !gone.includes(store) && !from.split(', ').includes(store));
  if (to.length === 0) return `messages would not be kept in ${from} any more, and nowhere else`;
  return `messages would be kept in ${to.join(', ')}, not in ${from} any more`;
}

/** Says that a graph keeps messages in memory; undefined where it doesn't. */
export function memoryNotice(stores: Stores): string | undefined {
  const nodes = Object.keys(stores).filter(node => stores[node]!.startsWith('memory:'));
  if (nodes.length === 0) return;
  return `messages are in memory, as ${nodes.join(' and ')} have it at STORE, and are lost when the server ends`;
}

function names(stores: Stores): readonly string[] {
  return [...new Set(Object.values(stores).map(nameOf))];
}

/** What the search part says is a setting of the store, not another one. */
function nameOf(url: string): string {
  return url.replace(/\?.*$/s, '');
}
