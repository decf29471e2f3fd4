import type { Fault, Group } from '../fbp.ts';
import { type Layout, type Packet, sidecar } from './layout.ts';
import { faultsOf, placer } from './place.ts';
import { find, type Json, type Metadata, memberOf, readShapes, Shapes } from './shape.ts';

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
  const { said, mistakes } = readShapes(bare === '' ? '{}' : bare, layoutOf);
  return { layout: said ?? layoutOf(NOTHING, new Shapes()), faults: faultsOf(sidecar(file), mistakes, placer(bare)) };
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

function layoutOf(root: Json | undefined, shapes: Shapes): Layout {
  if (root?.type !== 'object') {
    shapes.wrong(
      root ?? { offset: 0 },
      'a layout is a JSON object such as {"nodes": {}}; remove the file to do without',
    );
    return layoutOf(NOTHING, shapes);
  }
  for (const { name, key } of (root.children ?? []).flatMap(memberOf)) {
    if (name !== 'groups' && !PARTS.includes(name as Part)) {
      shapes.wrong(key, `"${name}" is no part of a layout; remove it, or make it one of ${PARTS.join(', ')}, groups`);
    }
  }
  const part = <Value>(name: Part, value: (json: Json, shapes: Shapes) => Value | undefined) => {
    const read = shapes.members(root, name).map(member => [member.name, value(member.value, shapes)] as const);
    return new Map(read.filter((entry): entry is readonly [string, Value] => entry[1] !== undefined));
  };
  return {
    nodeNames: part('nodeNames', nameOf),
    componentNames: part('componentNames', nameOf),
    portNames: part('portNames', nameOf),
    outerNames: part('outerNames', nameOf),
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

function nameOf(value: Json, shapes: Shapes): string | undefined {
  if (value.type === 'string') return value.value;
  shapes.wrong(value, 'a true name stands in double quotes');
}

function metadataOf(value: Json, shapes: Shapes): Metadata | undefined {
  if (value.type === 'object') return shapes.plain(value) as Metadata;
  shapes.wrong(value, 'metadata is a JSON object such as {"x": 10, "y": 20}');
}

function packetOf(value: Json, shapes: Shapes): Packet | undefined {
  const text = find(value, 'text');
  const data = find(value, 'data');
  if (text && data) return { text: shapes.plain(text), data: shapes.plain(data) };
  shapes.wrong(value, 'a packet is written {"text": WHAT THE GRAPH\'S TEXT SAYS, "data": WHAT IS MEANT}');
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
