import fc from 'fast-check';
import type { Edge, End, Graph, Group, InitialPacket, Node, OuterPort } from '../../src/model/graph.ts';
import { anyCharacter } from './random.ts';

const place = { line: 1, column: 1 };

const odd = fc.oneof(
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    'chat/Router_x4f2a',
    'a.b',
    'a_b',
    'a b',
    'a-',
    'ä',
    '9',
    'true',
    '#',
    "'",
  ),
  fc.string({ unit: anyCharacter, maxLength: 5 }),
  fc.constant('x'.repeat(150)),
);
const plain = fc.constantFrom('a', 'b', 'c', 'd', 'router', 'INPORT', '_A_1', 'a_2', 'my-node');
const name = fc.oneof({ weight: 3, arbitrary: plain }, odd);
const port = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('in', 'out', 'error', 'a.b') }, odd, fc.constant('OUT'));
const component = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('chat/Router', 'A', 'B-1') }, odd);
const index = fc.option(fc.nat(12), { nil: undefined, freq: 3 });

/** JSON data as packets and metadata have it. */
export const data = fc.oneof(
  fc.constantFrom(true, false, null, '', 0, "it's", '\\', "\\'", 'a\nb', '\r\n', '# no', '->', '50'),
  fc.string({ unit: anyCharacter, maxLength: 8 }),
  fc.jsonValue({ maxDepth: 3, stringUnit: anyCharacter }).map(value => JSON.parse(JSON.stringify(value)) as unknown),
);
const key = fc.oneof(fc.constantFrom('x', 'y', 'label', 'name', 'runtime', 'environment', '__proto__'), odd);
const record = fc
  .array(
    fc.tuple(
      key,
      fc.oneof(fc.integer({ min: -300, max: 300 }), fc.double({ noNaN: true, noDefaultInfinity: true }), data),
    ),
    { maxLength: 3 },
  )
  .map(entries => JSON.parse(JSON.stringify(Object.fromEntries(entries))) as Record<string, unknown>);
const metadata = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  fc.record({ x: fc.integer(), y: fc.nat() }),
  record,
);

const given = fc
  .option(metadata, { nil: {}, freq: 2 })
  .map(some => (Object.keys(some).length > 0 ? { metadata: some } : {}));
const end: fc.Arbitrary<End> = fc
  .tuple(name, port, index)
  .map(([node, called, at]) => ({ node, port: called, ...(at !== undefined && { index: at }), place }));
const node: fc.Arbitrary<Node> = fc.record({ name, component, metadata, place: fc.constant(place) });
/** A .fbp that declares a node again with the same component says nothing new. */
const declarations = fc.uniqueArray(node, {
  maxLength: 3,
  selector: ({ name, component }) => JSON.stringify([name, component]),
});
const edge: fc.Arbitrary<Edge> = fc.tuple(end, end, given).map(([from, to, more]) => ({ from, to, ...more }));
const initial: fc.Arbitrary<InitialPacket> = fc
  .tuple(data, end, given)
  .map(([said, to, more]) => ({ data: said, to, ...more, place }));
const outer: fc.Arbitrary<OuterPort> = fc
  .tuple(port, name, port, given)
  .map(([called, inner, at, more]) => ({ name: called, node: inner, port: at, ...more, place }));
const group: fc.Arbitrary<Group> = fc.record({ name, nodes: fc.array(name, { maxLength: 3 }), metadata });

/** Graphs with all that a graph can hold: odd names, repeated and missing declarations, any data, metadata and groups. */
export const graphs = (file: string): fc.Arbitrary<Graph> =>
  fc.record({
    file: fc.constant(file),
    nodes: file.endsWith('.json') ? fc.array(node, { maxLength: 3 }) : declarations,
    edges: fc.array(edge, { maxLength: 3 }),
    initials: fc.array(initial, { maxLength: 3 }),
    inports: fc.array(outer, { maxLength: 2 }),
    outports: fc.array(outer, { maxLength: 2 }),
    groups: fc.array(group, { maxLength: 2 }),
    properties: record,
  });
