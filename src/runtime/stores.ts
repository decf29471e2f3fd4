import type { Graph } from '../model/graph.ts';
import { listInWords } from '../model/words.ts';

/** A graph's stores: the URL at port STORE, by the node's name. */
export type Stores = Readonly<Record<string, string>>;

/**
 * The stores of an expanded graph. Nodes such as Keep have a name without a kind of store at STORE, which is ignored.
 */
export function storesOf({ initials }: Pick<Graph, 'initials'>): Stores {
  const isUrl = (data: unknown): data is string => typeof data === 'string' && data.includes(':');
  return Object.fromEntries(
    initials.flatMap(({ to, data }) => (to.port === 'store' && isUrl(data) ? [[to.node, data]] : [])),
  );
}

/**
 * A sentence if a graph with the stores `next` would use a different message store than one with `live`; undefined if
 * every node keeps its store.
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

/** A sentence if a graph stores messages in memory only; undefined if it doesn't. */
export function memoryNotice(stores: Stores): string | undefined {
  const nodes = Object.keys(stores).filter(node => stores[node]!.startsWith('memory:'));
  if (nodes.length === 0) return;
  return `messages are in memory, as ${listInWords(nodes, 'and')} have it at STORE, and are lost when the server ends`;
}

/** The URLs of all stores, without duplicates. */
export function distinctStores(stores: Stores): readonly string[] {
  return [...new Map(Object.values(stores).map(url => [nameOf(url), url] as const)).values()];
}

function names(stores: Stores): readonly string[] {
  return [...new Set(Object.values(stores).map(nameOf))];
}

/** A store's URL without its search part, which contains settings only. */
function nameOf(url: string): string {
  return url.replace(/\?.*$/s, '');
}
