import { portName } from '../../../src/model/words.ts';
import { brief } from './card.ts';
import { type Component, isBroken, libraryOf, shortName } from './component.ts';
import type { Components } from './fits.ts';
import { type EditorGraph, edgeKey, edgeName } from './graph.ts';

/** A search result. */
export interface Found {
  readonly key: string;
  readonly kind: 'node' | 'wire' | 'port' | 'setting' | 'component';
  readonly title: string;
  readonly detail: string;
  /** The node, the wire's key, or the component to add. */
  readonly target: string;
  /** A heading for results of the same kind. */
  readonly group?: string;
}

/** Fuzzy match score; 0 if there is no match. Letters may have gaps, but must be in order. */
export function score(text: string, wanted: string): number {
  const [where, what] = [text.toLowerCase(), wanted.toLowerCase()];
  const at = where.indexOf(what);
  if (at >= 0) return 1000 - at * 2 - (where.length - what.length) / 10 + (at === 0 ? 100 : 0);
  let from = 0;
  let gaps = 0;
  for (const letter of what) {
    const next = where.indexOf(letter, from);
    if (next < 0) return 0;
    gaps += next - from;
    from = next + 1;
  }
  return Math.max(1, 300 - gaps * 10);
}

/** Words without meaning of their own, as in "post to storage". */
const JOINING = new Set(['to', 'from', 'is', '->', '→']);

/** Match score of a title and its detail: as a whole, or by all words in any order. */
function rating(title: string, detail: string, wanted: string): number {
  const best = Math.max(score(title, wanted), score(detail, wanted) * 0.6);
  const words = wanted.toLowerCase().split(/\s+/);
  const telling = words.filter(word => !JOINING.has(word));
  if (words.length < 2 || telling.length === 0) return best;
  const [within, beside] = [title.toLowerCase(), detail.toLowerCase()];
  if (telling.every(word => within.includes(word))) return Math.max(best, 700 - title.length / 10);
  const found = telling.every(word => within.includes(word) || beside.includes(word));
  return found ? Math.max(best, 500 - title.length / 10) : best;
}

function everything(graph: EditorGraph, components: Components, mayAdd: boolean): readonly Found[] {
  const nodes = [...graph.nodes.values()].map(
    ({ name, component }): Found => ({
      key: `node ${name}`,
      kind: 'node',
      title: name,
      detail: component,
      target: name,
    }),
  );
  const settings = graph.initials.map(
    ({ to, data }, index): Found => ({
      key: `setting ${index}`,
      kind: 'setting',
      title: `${portName(to)} ${brief(data)}`,
      detail: to.node,
      target: to.node,
    }),
  );
  const wires = [...graph.edges.values()].map(
    (edge): Found => ({ key: edgeKey(edge), kind: 'wire', title: edgeName(edge), detail: '', target: edgeKey(edge) }),
  );
  const ports = [...graph.nodes.values()].flatMap(({ name, component }) =>
    (['inports', 'outports'] as const).flatMap(side =>
      (components.get(component)?.[side] ?? []).map(
        ({ name: port, description }): Found => ({
          key: `${side} ${name} ${port}`,
          kind: 'port',
          title: `${name} ${port.toUpperCase()}`,
          detail: description,
          target: name,
        }),
      ),
    ),
  );
  const open = [...components.values()].filter(({ locked }) => !locked);
  const addable = open.map(
    ({ name, description }): Found => ({
      key: `component ${name}`,
      kind: 'component',
      title: `Add ${shortName(name)}`,
      detail: description || name,
      target: name,
    }),
  );
  return [...nodes, ...settings, ...wires, ...ports, ...(mayAdd ? addable : [])];
}

const WEIGHT = { node: 60, setting: 40, wire: 0, port: -20, component: 20 };

/** The best matches first; without search words, the nodes. */
export function search(
  graph: EditorGraph,
  components: Components,
  wanted: string,
  mayAdd: boolean,
  most = 12,
): readonly Found[] {
  const words = wanted.trim();
  const all = everything(graph, components, mayAdd);
  if (!words) return all.filter(({ kind }) => kind === 'node').slice(0, most);
  return all
    .map(found => {
      const best = rating(found.title, found.detail, words);
      return { found, rank: best > 0 ? best + WEIGHT[found.kind] : 0 };
    })
    .filter(({ rank }) => rank > 0)
    .toSorted((a, b) => b.rank - a.rank)
    .slice(0, most)
    .map(({ found }) => found);
}

/** Matching components, best first; without search words, those of our own library first. */
export function findComponents(components: readonly Component[], own: string, wanted: string): readonly Found[] {
  const words = wanted.trim();
  const rank = ({ name, description }: Component) =>
    words ? rating(shortName(name), description, words) : Number(libraryOf(name) === own);
  return components
    .filter(component => !words || rank(component) > 0)
    .toSorted((a, b) => rank(b) - rank(a))
    .map(({ name, description }) => ({
      key: name,
      kind: 'component',
      title: shortName(name),
      detail: description,
      target: name,
      group: libraryOf(name),
    }));
}

/** A section of the library. */
interface LibrarySection {
  readonly title: string;
  readonly names: readonly string[];
  /** Whether it is collapsed at first. */
  readonly folded: boolean;
}

/** Components of other libraries that a chat may need. */
const USUAL: ReadonlySet<string> = new Set(['core/Drop', 'core/Split']);

/** Matching components in sections: those of the library `own` and the usual ones, then others, then unusable ones. */
export function librarySections(components: Components, own: string, wanted: string): readonly LibrarySection[] {
  const words = wanted.trim();
  const rank = (name: string) =>
    Math.max(score(shortName(name), words), score(components.get(name)?.description ?? '', words) >= 800 ? 500 : 0);
  const names = [...components.keys()].filter(name => !words || rank(name) > 0);
  const sorted = names.toSorted((a, b) => (words ? rank(b) - rank(a) : 0) || (a < b ? -1 : 1));
  const titleOf = (name: string) => {
    const component = components.get(name)!;
    if (component.locked || isBroken(component)) return CLOSED;
    const library = libraryOf(name);
    return library === own || USUAL.has(name) ? library : MORE;
  };
  const sections = Map.groupBy(sorted, titleOf);
  const order = [own, ...[...sections.keys()].filter(title => ![own, MORE, CLOSED].includes(title)), MORE, CLOSED];
  return order.flatMap(title => {
    const found = sections.get(title);
    return found ? [{ title, names: found, folded: !words && (title === MORE || title === CLOSED) }] : [];
  });
}

const MORE = 'More';
const CLOSED = "Can't be used";
