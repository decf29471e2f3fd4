import { type Edge, type End, equal, type Fault, type Graph, type Group, type OuterPort } from '../model/graph.ts';
import { placedFaults, placer } from './place.ts';
import { edgeWords, initialWords } from './print-text.ts';
import { type Json, type Metadata, memberOf, memberValue, readShapes, Shapes } from './shape.ts';

/** A packet that .fbp can't hold, and what the text says in its place; it counts only while the text says so. */
interface Packet {
  readonly text: unknown;
  readonly data: unknown;
}

/** What .fbp can't hold, by the words of the text that it belongs to; the second of the same words has `#2` behind them. */
export interface Layout {
  /** The true names, by the names that stand in the text for them. */
  readonly nodeNames: ReadonlyMap<string, string>;
  readonly componentNames: ReadonlyMap<string, string>;
  readonly portNames: ReadonlyMap<string, string>;
  readonly outerNames: ReadonlyMap<string, string>;
  /** Metadata. */
  readonly nodes: ReadonlyMap<string, Metadata>;
  readonly edges: ReadonlyMap<string, Metadata>;
  readonly initials: ReadonlyMap<string, Metadata>;
  readonly inports: ReadonlyMap<string, Metadata>;
  readonly outports: ReadonlyMap<string, Metadata>;
  readonly packets: ReadonlyMap<string, Packet>;
  readonly properties: ReadonlyMap<string, unknown>;
  readonly groups: readonly Group[];
}

/** Where a graph's layout is kept, beside it: `chat.layout` for `chat.fbp`. */
export function sidecar(file: string): string {
  return `${file.replace(/\.(?:fbp|json)$/i, '')}.layout`;
}

/** The whole graph, of what a text says and its layout. What the layout says of something that isn't there is ignored. */
export function whole(said: Graph, layout: Layout): Graph {
  const node = (name: string) => layout.nodeNames.get(name) ?? name;
  const port = (name: string) => layout.portNames.get(name) ?? name;
  const end = (of: End): End => ({ ...of, node: node(of.node), port: port(of.port) });
  const outers = (all: readonly OuterPort[], metadata: ReadonlyMap<string, Metadata>) =>
    keyed(all, nameOf).map(([key, outer]) => ({
      ...outer,
      name: layout.outerNames.get(outer.name) ?? outer.name,
      node: node(outer.node),
      port: port(outer.port),
      ...given(metadata.get(key)),
    }));
  return {
    ...said,
    nodes: keyed(said.nodes, nameOf).map(([key, { name, component, metadata, place }]) => ({
      name: node(name),
      component: layout.componentNames.get(component) ?? component,
      metadata: { ...layout.nodes.get(key), ...metadata },
      place,
    })),
    edges: keyed(said.edges, edgeKey).map(([key, { from, to }]) => ({
      from: end(from),
      to: end(to),
      ...given(layout.edges.get(key)),
    })),
    initials: keyed(said.initials, initialWords).map(([key, { data, to, place }]) => {
      const packet = layout.packets.get(key);
      const meant = packet && equal(packet.text, data) ? packet.data : data;
      return { data: meant, to: end(to), ...given(layout.initials.get(key)), place };
    }),
    inports: outers(said.inports, layout.inports),
    outports: outers(said.outports, layout.outports),
    groups: layout.groups,
    properties: { ...Object.fromEntries(layout.properties), ...said.properties },
  };
}

/** The layout that makes the whole `graph` of what a text `said`; `meant` is `graph` in the words of that text. */
export function layoutOf(graph: Graph, meant: Graph, names: Names, said: Graph): Layout {
  const held = new Map(keyed(said.nodes, nameOf).map(([key, { metadata }]) => [key, metadata]));
  const texts = new Map(keyed(said.initials, initialWords).map(([key, { data }]) => [key, data]));
  const packets = keyed(meant.initials, initialWords).flatMap(([key], at): [string, Packet][] => {
    const data = graph.initials[at]?.data;
    return equal(texts.get(key), data) ? [] : [[key, { text: texts.get(key), data }]];
  });
  return {
    nodeNames: odd(names.nodes),
    componentNames: odd(names.components),
    portNames: odd(names.ports),
    outerNames: odd(names.outers),
    nodes: unheld(graph.nodes, keyed(meant.nodes, nameOf), held),
    edges: unheld(graph.edges, keyed(meant.edges, edgeKey)),
    initials: unheld(graph.initials, keyed(meant.initials, initialWords)),
    inports: unheld(graph.inports, keyed(meant.inports, nameOf)),
    outports: unheld(graph.outports, keyed(meant.outports, nameOf)),
    packets: new Map(packets),
    properties: new Map(Object.entries(graph.properties).filter(([key]) => !Object.hasOwn(said.properties, key))),
    groups: graph.groups,
  };
}

/** The metadata of each item that the text doesn't hold, by the item's words. */
function unheld(
  items: readonly { readonly metadata?: Metadata }[],
  words: readonly [string, unknown][],
  held: ReadonlyMap<string, Metadata> = new Map(),
): Map<string, Metadata> {
  const all = words.map(([key], at): [string, [string, unknown][]] => {
    const entries = Object.entries(items[at]?.metadata ?? {});
    return [key, entries.filter(([name]) => !Object.hasOwn(held.get(key) ?? {}, name))];
  });
  return new Map(
    all.filter(([, entries]) => entries.length > 0).map(([key, entries]) => [key, Object.fromEntries(entries)]),
  );
}

/** Those names that the text can't hold, by what stands for them. */
function odd(texts: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...texts].filter(([name, text]) => name !== text).map(([name, text]) => [text, name]));
}

/** Each item with its words, `#2` behind those that are there for the second time. */
function keyed<Item>(items: readonly Item[], words: (item: Item) => string): [string, Item][] {
  const counts = new Map<string, number>();
  return items.map(item => {
    const said = words(item);
    const count = (counts.get(said) ?? 0) + 1;
    counts.set(said, count);
    return [count === 1 ? said : `${said}#${count}`, item];
  });
}

function given(metadata: Metadata | undefined): { metadata?: Metadata } {
  return metadata && Object.keys(metadata).length > 0 ? { metadata } : {};
}

function nameOf({ name }: { readonly name: string }): string {
  return name;
}

function edgeKey(edge: Edge): string {
  return edgeWords(edge);
}

const NOTHING: Json = { type: 'object', offset: 0, length: 0 };

type Part = Exclude<keyof Layout, 'groups'>;

/** In the order in which they are written. */
const PARTS: readonly Part[] = [
  'nodeNames',
  'componentNames',
  'portNames',
  'outerNames',
  'nodes',
  'edges',
  'initials',
  'packets',
  'inports',
  'outports',
  'properties',
];

/** Reads the text of a graph's sidecar; of an empty one too. What is wrong is a fault of the sidecar, never an error. */
export function readLayout(file: string, text: string): { layout: Layout; faults: Fault[] } {
  const bare = text.replace(/^\uFEFF/, '');
  const { said, mistakes } = readShapes(bare === '' ? '{}' : bare, layoutIn);
  return {
    layout: said ?? layoutIn(NOTHING, new Shapes()),
    faults: placedFaults(sidecar(file), mistakes, placer(bare)),
  };
}

/** The text of a sidecar, one line for each of its entries, sorted, so that its differences can be read; '' for nothing. */
export function printLayout(layout: Layout): string {
  const parts = PARTS.flatMap(part => {
    const entries = [...layout[part]].sort(([a], [b]) => (a < b ? -1 : 1));
    const lines = entries.map(([key, value]) => `${JSON.stringify(key)}: ${line(value)}`);
    return lines.length > 0 ? [`  "${part}": {\n    ${lines.join(',\n    ')}\n  }`] : [];
  });
  const groups = layout.groups.map(groupLine).join(',\n    ');
  if (groups) parts.push(`  "groups": [\n    ${groups}\n  ]`);
  return parts.length > 0 ? `{\n${parts.join(',\n')}\n}\n` : '';
}

function layoutIn(root: Json | undefined, shapes: Shapes): Layout {
  if (root?.type !== 'object') {
    shapes.wrong(root ?? { offset: 0 }, 'layout-form');
    return layoutIn(NOTHING, shapes);
  }
  for (const { name, key } of (root.children ?? []).flatMap(memberOf)) {
    if (name !== 'groups' && !PARTS.includes(name as Part)) {
      shapes.wrong(key, 'layout-part', { part: name, parts: PARTS });
    }
  }
  const part = <Value>(name: Part, value: (json: Json, shapes: Shapes) => Value | undefined) => {
    const read = shapes.members(root, name).map(member => [member.name, value(member.value, shapes)] as const);
    return new Map(read.filter((entry): entry is readonly [string, Value] => entry[1] !== undefined));
  };
  return {
    nodeNames: part('nodeNames', graphNameOf),
    componentNames: part('componentNames', graphNameOf),
    portNames: part('portNames', graphNameOf),
    outerNames: part('outerNames', graphNameOf),
    nodes: part('nodes', metadataOf),
    edges: part('edges', metadataOf),
    initials: part('initials', metadataOf),
    packets: part('packets', packetOf),
    inports: part('inports', metadataOf),
    outports: part('outports', metadataOf),
    properties: part('properties', (json, of) => of.plain(json)),
    groups: shapes.groups(root),
  };
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

/** JSON on one line, the names of an object sorted. */
function line(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}: ${JSON.stringify(inner)}`).join(', ')}}`;
}

/** What stands in the text, by the true names. */
export interface Names {
  readonly nodes: ReadonlyMap<string, string>;
  readonly components: ReadonlyMap<string, string>;
  readonly ports: ReadonlyMap<string, string>;
  readonly outers: ReadonlyMap<string, string>;
}
