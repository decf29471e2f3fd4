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

/** A text as it was, and as it is to be. */
export interface Altered {
  /** Of its file. */
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** What differs between two graphs, both as text, and the files of components that differ. */
export interface Difference {
  readonly items: readonly Item[];
  readonly before: string;
  readonly after: string;
  readonly code: readonly Altered[];
}

/** Reads the payload of `flowchat:difference`. */
export function differenceOf(payload: unknown): Difference {
  const { items, before, after, code } = fields(payload);
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
    code: list(code).map(value => {
      const { name, before, after } = fields(value);
      return { name: text(name), before: text(before), after: text(after) };
    }),
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

const signed = (sign: Line['sign'], lines: readonly string[]): readonly Line[] => lines.map(text => ({ sign, text }));

/** The most cells of a table; beyond it all is old or new. */
const MOST_CELLS = 4_000_000;

function compared(a: readonly string[], b: readonly string[]): readonly Line[] {
  const least = Math.min(a.length, b.length);
  let [head, tail] = [0, 0];
  while (head < least && a[head] === b[head]) head++;
  while (tail < least - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const [old, fresh] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  const between =
    old.length * fresh.length > MOST_CELLS ? [...signed('-', old), ...signed('+', fresh)] : matched(old, fresh);
  return [...signed(' ', a.slice(0, head)), ...between, ...signed(' ', a.slice(a.length - tail))];
}

function matched(a: readonly string[], b: readonly string[]): readonly Line[] {
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
