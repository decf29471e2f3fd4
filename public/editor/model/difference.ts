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

/** A line of a text diff; `…` stands for unchanged lines. */
export interface DiffLine {
  readonly sign: ' ' | '+' | '-' | '…';
  readonly text: string;
}

/** Table of longest common subsequence lengths, from the end. */
function lengths(a: readonly string[], b: readonly string[]): readonly Uint32Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i]![j] = a[i] === b[j] ? table[i + 1]![j + 1]! + 1 : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
  return table;
}

const signed = (sign: DiffLine['sign'], lines: readonly string[]): readonly DiffLine[] =>
  lines.map(text => ({ sign, text }));

/** The largest table; beyond it, all lines count as removed and added. */
const MAX_CELLS = 4_000_000;

function compared(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const least = Math.min(a.length, b.length);
  let [head, tail] = [0, 0];
  while (head < least && a[head] === b[head]) head++;
  while (tail < least - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const [old, fresh] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  const between =
    old.length * fresh.length > MAX_CELLS ? [...signed('-', old), ...signed('+', fresh)] : matched(old, fresh);
  return [...signed(' ', a.slice(0, head)), ...between, ...signed(' ', a.slice(a.length - tail))];
}

function matched(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const table = lengths(a, b);
  const lines: DiffLine[] = [];
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

/** Line diff of two texts, with `around` unchanged lines of context. */
export function textDifference(before: string, after: string, around = 2): readonly DiffLine[] {
  const all = compared(before.trimEnd().split('\n'), after.trimEnd().split('\n'));
  const near = all.map((_, index) =>
    all.slice(Math.max(0, index - around), index + around + 1).some(({ sign }) => sign !== ' '),
  );
  return all.flatMap((line, index): DiffLine[] => {
    if (near[index]) return [line];
    return index === 0 || near[index - 1] ? [{ sign: '…', text: '' }] : [];
  });
}
