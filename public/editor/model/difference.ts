import { type EditorGraph, portName } from './graph.ts';
import { arrayOf, fields, textOf } from './json.ts';

export type ChangeKind = 'added' | 'removed' | 'changed';

/** One difference, as a sentence. */
export interface DiffItem {
  readonly kind: string;
  readonly change: ChangeKind;
  readonly name: string;
  readonly nodes: readonly string[];
  readonly sentence: string;
}

/** A text before and after. */
export interface Altered {
  /** File name. */
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** The differences between two graphs, both graphs as text, and the changed component files. */
export interface Difference {
  readonly items: readonly DiffItem[];
  readonly before: string;
  readonly after: string;
  readonly code: readonly Altered[];
}

/** Reads the payload of `flowchat:difference`. */
export function differenceOf(payload: unknown): Difference {
  const { items, before, after, code } = fields(payload);
  return {
    items: arrayOf(items).map(value => {
      const { kind, change, name, nodes, sentence } = fields(value);
      return {
        kind: textOf(kind),
        change: change as ChangeKind,
        name: textOf(name),
        nodes: arrayOf(nodes).map(textOf),
        sentence: textOf(sentence),
      };
    }),
    before: textOf(before),
    after: textOf(after),
    code: arrayOf(code).map(value => {
      const { name, before, after } = fields(value);
      return { name: textOf(name), before: textOf(before), after: textOf(after) };
    }),
  };
}

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
