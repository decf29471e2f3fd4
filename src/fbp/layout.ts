import { TextCache } from '../memoize.ts';
import { equal, type Fault, type Graph, type Group } from '../model/graph.ts';
import { type Json, type Metadata, memberOf, memberValue, readShapes, Shapes } from './json.ts';
import { type Names, reworded } from './names.ts';
import { placedFaults, placer } from './place.ts';
import { edgeWords, initialWords } from './print-text.ts';

/** A packet that .fbp can't express, and its stand-in in the text; ignored once the text differs. */
interface Packet {
  readonly text: unknown;
  readonly data: unknown;
}

/** The parts of a layout in the order of writing, with parsers of their values. */
const PARTS = {
  nodeNames: graphNameOf,
  componentNames: graphNameOf,
  portNames: graphNameOf,
  outerNames: graphNameOf,
  nodes: metadataOf,
  edges: metadataOf,
  initials: metadataOf,
  packets: packetOf,
  inports: metadataOf,
  outports: metadataOf,
  properties: (json: Json, shapes: Shapes) => shapes.plain(json),
};

type Part = keyof typeof PARTS;

/**
 * What .fbp can't express, keyed by text: true names by their stand-ins; metadata; packets. Equal keys are numbered:
 * the second one ends with `#2`.
 */
export type Layout = {
  readonly [Name in Part]: ReadonlyMap<string, Exclude<ReturnType<(typeof PARTS)[Name]>, undefined>>;
} & { readonly groups: readonly Group[] };

/** The file of a graph's layout: `chat.layout` for `chat.fbp`. */
export function sidecar(file: string): string {
  return `${file.replace(/\.(?:fbp|json)$/i, '')}.layout`;
}

/** The true names by their stand-ins in the text. */
export function trueNames({ nodeNames, componentNames, portNames, outerNames }: Layout): Names {
  return { nodes: nodeNames, components: componentNames, ports: portNames, outers: outerNames };
}

/** Combines the graph of a text with its layout. Parts of the layout for missing things are ignored. */
export function whole(said: Graph, layout: Layout): Graph {
  const graph = reworded(said, trueNames(layout));
  const keys = keysOf(said);
  const given = <Item>(items: readonly Item[], part: keyof typeof keys): Item[] =>
    items.map((item, at) => {
      const metadata = layout[part].get(keys[part][at]!);
      return metadata ? { ...item, metadata } : item;
    });
  return {
    ...graph,
    nodes: graph.nodes.map((node, at) => ({
      ...node,
      metadata: { ...layout.nodes.get(keys.nodes[at]!), ...node.metadata },
    })),
    edges: given(graph.edges, 'edges'),
    initials: given(graph.initials, 'initials').map((initial, at) => {
      const packet = layout.packets.get(keys.initials[at]!);
      return packet && equal(packet.text, initial.data) ? { ...initial, data: packet.data } : initial;
    }),
    inports: given(graph.inports, 'inports'),
    outports: given(graph.outports, 'outports'),
    groups: layout.groups,
    properties: { ...Object.fromEntries(layout.properties), ...said.properties },
  };
}

/** The layout that, combined with a text's graph `said`, gives `graph`; `meant` is `graph` with the text's names. */
export function layoutOf(graph: Graph, meant: Graph, names: Names, said: Graph): Layout {
  const keys = keysOf(meant);
  const before = keysOf(said);
  const held = new Map(said.nodes.map(({ metadata }, at) => [before.nodes[at]!, metadata]));
  const texts = new Map(said.initials.map(({ data }, at) => [before.initials[at]!, data]));
  const packets = graph.initials.map(({ data }, at): [string, Packet] => {
    const key = keys.initials[at]!;
    return [key, { text: texts.get(key), data }];
  });
  const nodes = graph.nodes.map(({ metadata }, at) => {
    const inText = held.get(keys.nodes[at]!) ?? {};
    return { metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => !Object.hasOwn(inText, name))) };
  });
  return {
    nodeNames: standIns(names.nodes),
    componentNames: standIns(names.components),
    portNames: standIns(names.ports),
    outerNames: standIns(names.outers),
    nodes: metadataBy(keys.nodes, nodes),
    edges: metadataBy(keys.edges, graph.edges),
    initials: metadataBy(keys.initials, graph.initials),
    inports: metadataBy(keys.inports, graph.inports),
    outports: metadataBy(keys.outports, graph.outports),
    packets: new Map(packets.filter(([, { text, data }]) => !equal(text, data))),
    properties: new Map(Object.entries(graph.properties).filter(([key]) => !Object.hasOwn(said.properties, key))),
    groups: graph.groups,
  };
}

function metadataBy(
  keys: readonly string[],
  items: readonly { readonly metadata?: Metadata }[],
): Map<string, Metadata> {
  const all = items.map(({ metadata = {} }, at): [string, Metadata] => [keys[at]!, metadata]);
  return new Map(all.filter(([, metadata]) => Object.keys(metadata).length > 0));
}

/** Names that the text can't express, by their stand-ins. */
function standIns(texts: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...texts].filter(([name, text]) => name !== text).map(([name, text]) => [text, name]));
}

/** The layout's keys of the items of a graph that has the text's names. */
function keysOf({ nodes, edges, initials, inports, outports }: Graph) {
  return {
    nodes: numbered(nodes.map(({ name }) => name)),
    edges: numbered(edges.map(edge => edgeWords(edge))),
    initials: numbered(initials.map(initialWords)),
    inports: numbered(inports.map(({ name }) => name)),
    outports: numbered(outports.map(({ name }) => name)),
  };
}

/** Adds `#2` and so on to repeated keys. */
function numbered(words: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return words.map(said => {
    const count = (counts.get(said) ?? 0) + 1;
    counts.set(said, count);
    return count === 1 ? said : `${said}#${count}`;
  });
}

/** Parses a sidecar's text, which may be empty. Errors are returned as faults of the sidecar. */
export function readLayout(file: string, text: string): ReadLayout {
  return layouts.of(`${file}\n${text}`, () => freshly(file, text));
}

interface ReadLayout {
  readonly layout: Layout;
  readonly faults: readonly Fault[];
}

const layouts = new TextCache<ReadLayout>();

function freshly(file: string, text: string): ReadLayout {
  const bare = text.replace(/^\uFEFF/, '');
  const { said, mistakes } = readShapes(bare === '' ? '{}' : bare, layoutIn);
  return {
    layout: said ?? layoutIn(NOTHING, new Shapes()),
    faults: placedFaults(sidecar(file), mistakes, placer(bare)),
  };
}

/** The text of a sidecar: one line per entry, sorted for readable differences; empty for an empty layout. */
export function printLayout(layout: Layout): string {
  const parts = (Object.keys(PARTS) as Part[]).flatMap(part => {
    const entries = [...layout[part]].sort(([a], [b]) => (a < b ? -1 : 1));
    const lines = entries.map(([key, value]) => `${JSON.stringify(key)}: ${line(value)}`);
    return lines.length > 0 ? [`  "${part}": {\n    ${lines.join(',\n    ')}\n  }`] : [];
  });
  const groups = layout.groups.map(groupLine).join(',\n    ');
  if (groups) parts.push(`  "groups": [\n    ${groups}\n  ]`);
  return parts.length > 0 ? `{\n${parts.join(',\n')}\n}\n` : '';
}

const NOTHING: Json = { type: 'object', offset: 0, length: 0 };

function layoutIn(root: Json | undefined, shapes: Shapes): Layout {
  if (root?.type !== 'object') {
    shapes.wrong(root ?? { offset: 0 }, 'layout-form');
    return layoutIn(NOTHING, shapes);
  }
  for (const { name, key } of (root.children ?? []).flatMap(memberOf)) {
    if (name !== 'groups' && !Object.hasOwn(PARTS, name)) {
      shapes.wrong(key, 'layout-part', { part: name, parts: Object.keys(PARTS) });
    }
  }
  const parts = Object.entries(PARTS).map(([part, read]) => {
    const members = shapes.members(root, part).map(({ name, value }) => [name, read(value, shapes)] as const);
    return [part, new Map(members.filter(([, value]) => value !== undefined))];
  });
  return { ...Object.fromEntries(parts), groups: shapes.groups(root) };
}

function graphNameOf(value: Json, shapes: Shapes): string | undefined {
  if (value.type === 'string') return value.value;
  shapes.wrong(value, 'layout-name');
}

function metadataOf(value: Json, shapes: Shapes): Metadata | undefined {
  if (value.type === 'object') return shapes.plain(value) as Metadata;
  shapes.wrong(value, 'layout-metadata');
}

function packetOf(value: Json, shapes: Shapes): Packet | undefined {
  const text = memberValue(value, 'text');
  const data = memberValue(value, 'data');
  if (text && data) return { text: shapes.plain(text), data: shapes.plain(data) };
  shapes.wrong(value, 'layout-packet');
}

function groupLine({ name, nodes, metadata }: Group): string {
  const more = Object.keys(metadata).length > 0 ? `, "metadata": ${line(metadata)}` : '';
  return `{"name": ${JSON.stringify(name)}, "nodes": [${nodes.map(node => JSON.stringify(node)).join(', ')}]${more}}`;
}

/** JSON on one line, with sorted member names. */
function line(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}: ${JSON.stringify(inner)}`).join(', ')}}`;
}
