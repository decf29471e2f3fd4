import {
  type BareEdge,
  type BareGraph,
  type BareInitial,
  type BareNode,
  type BareOuterPort,
  equal,
  type GraphMetadata,
  type Group,
  renamed,
} from './graph.ts';
import { edgeIdentity, initialsByPort, nodesByName, wireText } from './graph-lookup.ts';
import type { ServerPayloads } from './server-messages.ts';
import { called, listInWords, portName, shown } from './words.ts';

/** A part that differs between two graphs. */
type PartChange<Part> =
  | { readonly change: 'added'; readonly before?: undefined; readonly after: Part }
  | { readonly change: 'removed'; readonly before: Part; readonly after?: undefined }
  | { readonly change: 'changed'; readonly before: Part; readonly after: Part };

export interface Property {
  readonly name: string;
  readonly value: unknown;
}

const knownParts = new WeakMap<BareGraph, ReturnType<typeof findParts>>();

/**
 * The comparable parts of a graph by keys that are equal in both graphs; all packets of a port are one part. Cached, as
 * a graph is immutable.
 */
export function partsOf(graph: BareGraph): ReturnType<typeof findParts> {
  let parts = knownParts.get(graph);
  if (!parts) {
    parts = findParts(graph);
    knownParts.set(graph, parts);
  }
  return parts;
}

function findParts(graph: BareGraph) {
  const properties = Object.entries(graph.properties).map(([name, value]): Property => ({ name, value }));
  return {
    nodes: nodesByName(graph),
    edges: new Map(graph.edges.map(edge => [edgeIdentity(edge), edge])),
    initials: initialsByPort(graph),
    inports: byName(graph.inports),
    outports: byName(graph.outports),
    groups: byName(graph.groups),
    properties: byName(properties),
  };
}

export type GraphParts = ReturnType<typeof partsOf>;

function byName<Part extends { readonly name: string }>(parts: readonly Part[]): Map<string, Part> {
  return new Map(parts.map(part => [part.name, part]));
}

/** The data of initial packets. */
export function dataOf(initials: readonly BareInitial[]): readonly unknown[] {
  return initials.map(({ data }) => data);
}

/** Compares two graphs part by part, in time in proportion to their size. A renamed node is compared under its new name. */
export function compare(from: BareGraph, to: BareGraph) {
  const names = renamedNodes(from, to);
  const before = partsOf(renamed(from, names));
  const after = partsOf(to);
  const isSameLook = (a: Looking, b: Looking) => equal(a.metadata ?? {}, b.metadata ?? {});
  const isSameInner = (a: BareOuterPort, b: BareOuterPort) => called(a) === called(b);
  const hasSame = (a: Group, b: Group) => equal(a.nodes.toSorted(), b.nodes.toSorted());
  return {
    names,
    nodes: changes(before.nodes, after.nodes, (a, b) => a.component === b.component && isSameLook(a, b)),
    edges: changes(before.edges, after.edges, isSameLook),
    initials: changes(before.initials, after.initials, (a, b) => equal(dataOf(a), dataOf(b))),
    inports: changes(before.inports, after.inports, isSameInner),
    outports: changes(before.outports, after.outports, isSameInner),
    groups: changes(before.groups, after.groups, (a, b) => hasSame(a, b) && isSameLook(a, b)),
    properties: changes(before.properties, after.properties, (a, b) => equal(a.value, b.value)),
  };
}

interface Looking {
  readonly metadata?: GraphMetadata;
}

/** Added parts, then removed ones, then changed ones. */
function changes<Part>(
  before: ReadonlyMap<string, Part>,
  after: ReadonlyMap<string, Part>,
  isSame: (before: Part, after: Part) => boolean,
): readonly PartChange<Part>[] {
  return [
    ...[...after].flatMap(([key, after]) => (before.has(key) ? [] : [{ change: 'added', after } as const])),
    ...[...before].flatMap(([key, before]) => (after.has(key) ? [] : [{ change: 'removed', before } as const])),
    ...[...after].flatMap(([key, after]) => {
      const part = before.get(key);
      if (part === undefined || part === after || isSame(part, after)) return [];
      return [{ change: 'changed', before: part, after } as const];
    }),
  ];
}

/** Nodes that were only renamed, old name to new. A node with more changes than its name and settings counts as new. */
export function renamedNodes(from: BareGraph, to: BareGraph): ReadonlyMap<string, string> {
  const [before, after] = [nodesByName(from), nodesByName(to)];
  const isShared = (name: string) => before.has(name) && after.has(name);
  const removed = bySignature(from, before, isShared);
  const added = bySignature(to, after, isShared);
  return new Map(
    [...removed].flatMap(([signature, [name, ...others]]): [string, string][] => {
      const [newName, ...more] = added.get(signature) ?? [];
      const isCertain = others.length === 0 && more.length === 0;
      return name !== undefined && newName !== undefined && isCertain ? [[name, newName]] : [];
    }),
  );
}

/** Nodes that only one graph has, by signature: all properties but the name. */
function bySignature(
  graph: BareGraph,
  nodes: ReadonlyMap<string, BareNode>,
  isShared: (name: string) => boolean,
): ReadonlyMap<string, readonly string[]> {
  const lines = new Map([...nodes.keys()].filter(name => !isShared(name)).map(name => [name, [] as string[]]));
  const add = (node: string, ...line: readonly unknown[]) => lines.get(node)?.push(JSON.stringify(line));
  // A neighbour may have been renamed as well.
  const neighbour = (name: string, of: string) => (name === of ? 'itself' : isShared(name) ? ['node', name] : '?');
  for (const { from, to } of lines.size > 0 ? graph.edges : []) {
    add(from.node, 'to', from.port, from.index, neighbour(to.node, from.node), to.port, to.index);
    add(to.node, 'from', to.port, to.index, neighbour(from.node, to.node), from.port, from.index);
  }
  for (const { to } of graph.initials) add(to.node, 'gets', to.port, to.index);
  for (const { name, node, port } of graph.inports) add(node, 'inport', name, port);
  for (const { name, node, port } of graph.outports) add(node, 'outport', name, port);
  const signature = (name: string) => [nodes.get(name)?.component, ...(lines.get(name) ?? []).sort()].join('\n');
  return Map.groupBy(lines.keys(), signature);
}

/** One difference between two graphs, as clients get it. */
export type DifferenceItem = ServerPayloads['flowchat:difference']['items'][number];

type ChangeKind = DifferenceItem['change'];

/** Marks in a drawing: nodes by name, wires by `wireText`. */
export interface Marks {
  readonly nodes: ReadonlyMap<string, ChangeKind>;
  readonly wires: ReadonlyMap<string, ChangeKind>;
}

/** The kind of change of each node and wire; that of a node is `changed` if only something at it differs. */
export function marksOf(items: readonly DifferenceItem[]): Marks {
  const marks = { nodes: new Map<string, ChangeKind>(), wires: new Map<string, ChangeKind>() };
  for (const { kind, change, name, nodes } of items) {
    if (kind === 'edge') marks.wires.set(name, change);
    for (const node of nodes)
      if (kind === 'node' || !marks.nodes.has(node)) marks.nodes.set(node, kind === 'node' ? change : 'changed');
  }
  return marks;
}

/** The differences between two graphs as sentences: behaviour first, appearance last. */
export function difference(from: BareGraph, to: BareGraph): readonly DifferenceItem[] {
  const { names, nodes, edges, initials, inports, outports, groups, properties } = compare(from, to);
  return [
    ...[...names].map(([old, name]) => itemOf('node', 'changed', name, [old, name], `${old} is called ${name} now`)),
    ...nodes.flatMap(nodeItems),
    ...edges.map(edgeItem),
    ...initials.map(initialItem),
    ...inports.map(outerItem('inport')),
    ...outports.map(outerItem('outport')),
    ...moveItems(nodes),
    ...nodes.flatMap(labelItems),
    ...groups.flatMap(groupItems),
    ...properties.map(propertyItem),
  ];
}

/** The differences between two versions of a subgraph as sentences; without an earlier one it is new. */
export function subgraphDifference(name: string, before: BareGraph | undefined, after: BareGraph): readonly string[] {
  if (!before) return [`subgraph ${name} is new, of ${listInWords([...nodesByName(after).keys()], 'and')}`];
  return difference(before, after).map(({ sentence }) => `in ${name}: ${sentence}`);
}

export function itemOf(
  kind: DifferenceItem['kind'],
  change: DifferenceItem['change'],
  name: string,
  nodes: readonly string[],
  sentence: string,
): DifferenceItem {
  return { kind, change, name, nodes, sentence };
}

function nodeItems({ change, before, after }: PartChange<BareNode>): DifferenceItem[] {
  const { name, component } = after ?? before;
  if (change !== 'changed') {
    const node = component ? `${name} (${component})` : name;
    return [itemOf('node', change, name, [name], `node ${node} is ${change === 'added' ? 'new' : 'gone'}`)];
  }
  if (before.component === after.component) return [];
  const what = ({ component }: BareNode) => (component ? `a ${component}` : 'without a component');
  return [itemOf('node', change, name, [name], `${name} is ${what(after)} now, was ${what(before)}`)];
}

function edgeItem({ change, before, after }: PartChange<BareEdge>): DifferenceItem {
  const edge = after ?? before;
  const words = { added: 'is new', removed: 'is gone', changed: 'looks otherwise' }[change];
  return itemOf(
    'edge',
    change,
    wireText(edge),
    [...new Set([edge.from.node, edge.to.node])],
    `wire ${wireText(edge)} ${words}`,
  );
}

function initialItem({ change, before, after }: PartChange<readonly BareInitial[]>): DifferenceItem {
  const { to } = (after ?? before)[0]!;
  const values = (initials: readonly BareInitial[] | undefined) => initials && valuesOf(initials);
  const words = became(values(before), values(after), 'is not set any more');
  return itemOf('initial', change, called(to), [to.node], `${to.node}: ${portName(to)} ${words}`);
}

/** The data of initial packets, formatted for a sentence. */
export function valuesOf(initials: readonly BareInitial[]): string {
  return dataOf(initials).map(shown).join(' and ');
}

/** Describes the change of a value. */
function became(before: string | undefined, after: string | undefined, gone = 'is gone'): string {
  if (before === undefined) return `is ${after} now`;
  return after === undefined ? `${gone}, was ${before}` : `is ${after}, was ${before}`;
}

const outerItem =
  (kind: 'inport' | 'outport') =>
  ({ change, before, after }: PartChange<BareOuterPort>): DifferenceItem => {
    const { name, node } = after ?? before;
    const at = { before: before && called(before), after: after && called(after) };
    const words = {
      added: `is new, at ${at.after}`,
      removed: `is gone, was at ${at.before}`,
      changed: `is at ${at.after} now, was at ${at.before}`,
    }[change];
    return itemOf(kind, change, name.toUpperCase(), [node], `outer ${kind} ${name.toUpperCase()} ${words}`);
  };

/** Metadata keys of a node's position and size, and whether the layout engine chose the position. */
const PLACING: ReadonlySet<string> = new Set(['x', 'y', 'width', 'height', 'pinned']);

/** One sentence for all moved nodes, and one without names for pinned nodes, which look the same. */
function moveItems(nodes: readonly PartChange<BareNode>[]): DifferenceItem[] {
  const place = ({ metadata }: BareNode) =>
    Object.fromEntries(Object.entries(metadata).filter(([key]) => PLACING.has(key)));
  const moved = nodes.flatMap(({ before, after }) =>
    before && after && !equal(place(before), place(after)) ? [after] : [],
  );
  return [false, true].flatMap(isPinned => {
    const names = moved.filter(({ metadata }) => (metadata.pinned === true) === isPinned).map(({ name }) => name);
    if (names.length === 0) return [];
    const isOne = names.length === 1;
    const what = isOne ? names[0]! : `${names.length} nodes`;
    if (!isPinned) return [itemOf('node', 'changed', what, names, `${what} ${isOne ? 'was' : 'were'} moved`)];
    const stay = isOne ? 'stays where the layout has put it' : 'stay where the layout has put them';
    return [itemOf('node', 'changed', `place of ${what}`, [], `${what} ${stay}`)];
  });
}

function labelItems({ before, after }: PartChange<BareNode>): DifferenceItem[] {
  if (!before || !after) return [];
  const { name } = after;
  // A label equal to the node's name is noise: some editors add it to each node they move.
  const isTold = (key: string, value: unknown) => !PLACING.has(key) && !(key === 'label' && value === name);
  const told = ({ metadata }: BareNode) => new Map(Object.entries(metadata).filter(entry => isTold(...entry)));
  const [was, now] = [told(before), told(after)];
  return [...new Set([...was.keys(), ...now.keys()])]
    .filter(key => !equal(was.get(key), now.get(key)))
    .map(key => {
      const text = (values: ReadonlyMap<string, unknown>) => (values.has(key) ? shown(values.get(key)) : undefined);
      return itemOf('node', 'changed', name, [name], `${key} of ${name} ${became(text(was), text(now))}`);
    });
}

function groupItems({ change, before, after }: PartChange<Group>): DifferenceItem[] {
  const { name, nodes } = after ?? before;
  const listed = nodes.length > 0 ? listInWords(nodes, 'and') : 'no nodes';
  const words = { added: [`is new, of ${listed}`], removed: ['is gone'], changed: [] as string[] }[change];
  if (change === 'changed' && !equal(before.nodes.toSorted(), after.nodes.toSorted())) words.push(`has ${listed} now`);
  if (change === 'changed' && !equal(before.metadata, after.metadata)) words.push('is described otherwise');
  return words.map(words => itemOf('group', change, name, nodes, `group ${name} ${words}`));
}

function propertyItem({ change, before, after }: PartChange<Property>): DifferenceItem {
  const { name } = after ?? before;
  const words = became(before && shown(before.value), after && shown(after.value));
  return itemOf('property', change, name, [], `property ${name} ${words}`);
}
