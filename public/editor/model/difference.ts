import { type Graph, portName } from './graph.ts';
import { fields, list, text } from './json.ts';

export type Mark = 'added' | 'removed' | 'changed';

/** One thing that differs, as a sentence. */
export interface Item {
  readonly kind: string;
  readonly change: Mark;
  readonly name: string;
  readonly nodes: readonly string[];
  readonly sentence: string;
}

/** What differs between two graphs, and both as text. */
export interface Difference {
  readonly items: readonly Item[];
  readonly before: string;
  readonly after: string;
}

/** Reads the payload of `flowchat:difference`. */
export function differenceOf(payload: unknown): Difference {
  const { items, before, after } = fields(payload);
  return {
    items: list(items).map(value => {
      const { kind, change, name, nodes, sentence } = fields(value);
      return {
        kind: text(kind),
        change: change as Mark,
        name: text(name),
        nodes: list(nodes).map(text),
        sentence: text(sentence),
      };
    }),
    before: text(before),
    after: text(after),
  };
}

/** How each node that is concerned is marked on the picture. */
export function marks(items: readonly Item[]): ReadonlyMap<string, Mark> {
  const marked = new Map<string, Mark>();
  for (const { kind, change, nodes } of items)
    for (const node of nodes)
      if (kind === 'node' || !marked.has(node)) marked.set(node, kind === 'node' ? change : 'changed');
  return marked;
}

/** How each wire that is concerned is marked on the picture, by its key. */
export function edgeMarks(items: readonly Item[], graph: Graph): ReadonlyMap<string, Mark> {
  const named = new Map(items.filter(({ kind }) => kind === 'edge').map(({ name, change }) => [name, change]));
  return new Map(
    [...graph.edges].flatMap(([key, { from, to }]) => {
      const mark = named.get(`${from.node} ${portName(from)} -> ${portName(to)} ${to.node}`);
      return mark ? [[key, mark] as const] : [];
    }),
  );
}

/** A line of a text difference; a fold stands for lines that are the same. */
export interface Line {
  readonly sign: ' ' | '+' | '-' | '…';
  readonly text: string;
}

/** The longest common lines' lengths, from the end. */
function lengths(a: readonly string[], b: readonly string[]): readonly Uint32Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i]![j] = a[i] === b[j] ? table[i + 1]![j + 1]! + 1 : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
  return table;
}

function compared(a: readonly string[], b: readonly string[]): readonly Line[] {
  const table = lengths(a, b);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ sign: ' ', text: a[i++]! });
      j++;
    } else if (j >= b.length || (i < a.length && table[i + 1]![j]! >= table[i]![j + 1]!)) {
      lines.push({ sign: '-', text: a[i++]! });
    } else lines.push({ sign: '+', text: b[j++]! });
  }
  return lines;
}

/** The difference of two texts by line, with `around` lines that are the same beside each that differs. */
export function textDifference(before: string, after: string, around = 2): readonly Line[] {
  const all = compared(before.trimEnd().split('\n'), after.trimEnd().split('\n'));
  const near = all.map((_, index) =>
    all.slice(Math.max(0, index - around), index + around + 1).some(({ sign }) => sign !== ' '),
  );
  return all.flatMap((line, index): Line[] => {
    if (near[index]) return [line];
    return index === 0 || near[index - 1] ? [{ sign: '…', text: '' }] : [];
  });
}
