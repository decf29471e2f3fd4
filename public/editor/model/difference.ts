import type { ServerPayloads } from '../../../src/model/server-messages.ts';
import { type EditorGraph, portName } from './graph.ts';

/** The differences between two graphs, both graphs as text, and the changed component files. */
export type Difference = ServerPayloads['flowchat:difference'];

/** One difference, as a sentence. */
export type DiffItem = Difference['items'][number];

type ChangeKind = DiffItem['change'];

/** The change mark of each concerned node. */
export function nodeChanges(items: readonly DiffItem[]): ReadonlyMap<string, ChangeKind> {
  const marked = new Map<string, ChangeKind>();
  for (const { kind, change, nodes } of items)
    for (const node of nodes)
      if (kind === 'node' || !marked.has(node)) marked.set(node, kind === 'node' ? change : 'changed');
  return marked;
}

/** The change mark of each concerned wire, by its key. */
export function edgeChanges(items: readonly DiffItem[], graph: EditorGraph): ReadonlyMap<string, ChangeKind> {
  const named = new Map(items.filter(({ kind }) => kind === 'edge').map(({ name, change }) => [name, change]));
  return new Map(
    [...graph.edges].flatMap(([key, { from, to }]) => {
      const mark = named.get(`${from.node} ${portName(from)} -> ${portName(to)} ${to.node}`);
      return mark ? [[key, mark] as const] : [];
    }),
  );
}
