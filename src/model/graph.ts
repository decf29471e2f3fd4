import type { Diagnostic } from './diagnostic.ts';
import { atOnce, type Steps } from './steps.ts';

/** A place in a file; both count from 1, columns in UTF-16 units as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A port of a node. */
export interface PortRef {
  readonly node: string;
  /** In lower case, as NoFlo has it, unless the graph is JSON with `caseSensitive`. */
  readonly port: string;
  /** Index in an array port. */
  readonly index?: number;
}

export type GraphMetadata = Readonly<Record<string, unknown>>;

/**
 * One declaration of a node. A node that is declared twice appears twice, unless .fbp repeats the same component; later
 * declarations override.
 */
export interface BareNode {
  readonly name: string;
  /** Empty if the text gives none, as in `router()`, which only mentions the node or sets its metadata. */
  readonly component: string;
  readonly metadata: GraphMetadata;
}

export interface BareEdge {
  readonly from: PortRef;
  readonly to: PortRef;
  /** How editors show it, such as `route`. */
  readonly metadata?: GraphMetadata;
}

export interface BareInitial {
  readonly data: unknown;
  readonly to: PortRef;
  readonly metadata?: GraphMetadata;
}

/** A port of the graph itself, from `INPORT=` or `OUTPORT=`. */
export interface BareOuterPort {
  readonly name: string;
  readonly node: string;
  readonly port: string;
  readonly metadata?: GraphMetadata;
}

/** A group of nodes, for display. */
export interface Group {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly metadata: GraphMetadata;
}

/** A graph without places in a file: what edits change. */
export interface BareGraph {
  readonly nodes: readonly BareNode[];
  readonly edges: readonly BareEdge[];
  readonly initials: readonly BareInitial[];
  readonly inports: readonly BareOuterPort[];
  readonly outports: readonly BareOuterPort[];
  readonly groups: readonly Group[];
  readonly properties: GraphMetadata;
}

interface Located {
  readonly place: Place;
}

/** One end of an edge; its place is the port's, or the node's if the port is implicit. */
export interface End extends PortRef, Located {}

export interface Node extends BareNode, Located {}

export interface Edge extends BareEdge {
  readonly from: End;
  readonly to: End;
}

/** An initial packet; its place is the data's. */
export interface InitialPacket extends BareInitial, Located {
  readonly to: End;
}

/** An outer port; its place is that of the node's port. */
export interface OuterPort extends BareOuterPort, Located {}

/** A graph as its file has it, in the order of the text and with nothing merged. */
export interface Graph extends BareGraph {
  readonly file: string;
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
  readonly initials: readonly InitialPacket[];
  readonly inports: readonly OuterPort[];
  readonly outports: readonly OuterPort[];
}

/** A diagnostic with its place. */
export interface Fault extends Diagnostic, Place {
  readonly file: string;
  /** Set for a warning: the graph runs, but probably not as intended. */
  readonly warning?: true;
}

/** The result of reading a file: every fault of its text in order, and the parts that could be read. */
export interface Reading {
  readonly graph: Graph;
  /** Faults without warnings. */
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/** An empty graph. */
export function emptyGraph(file = ''): Graph {
  return { file, nodes: [], edges: [], initials: [], inports: [], outports: [], groups: [], properties: {} };
}

/**
 * Whether two graphs are equal, ignoring places. The order of nodes is ignored; kept is the order of one node's
 * declarations, of edges from one outport, of packets at one inport or index, and of outer ports of one name.
 */
export function isSameGraph(a: Graph, b: Graph): boolean {
  return atOnce(comparing(a, b));
}

/** As `isSameGraph`, in steps. */
export function* comparing(a: Graph, b: Graph): Steps<boolean> {
  const one = essence(a);
  yield;
  const other = essence(b);
  yield;
  return equal(one, other);
}

/** Whether two values are the same JSON, ignoring the order of members; NaN is null. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  // Printing long texts would be slow.
  if (typeof a === 'string' && typeof b === 'string') return false;
  if (!isObject(a) || !isObject(b)) return JSON.stringify(a) === JSON.stringify(b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && equal(a[key], b[key]));
}

/** A key of the port without its index: the order of its edges and packets matters. */
export function portKey({ node, port }: Pick<End, 'node' | 'port'>): string {
  return JSON.stringify([node, port]);
}

/** A key of the port with its index. */
export function endKey({ node, port, index }: Omit<End, 'place'>): string {
  return JSON.stringify([node, port, index]);
}

function essence({ nodes, edges, initials, inports, outports, groups, properties }: Graph): object {
  return {
    nodes: listed(nodes, ({ name, component, metadata }) => [name, [component, metadata]]),
    edges: listed(edges, ({ from, to, metadata = {} }) => [portKey(from), [from.index, endKey(to), metadata]]),
    initials: listed(initials, ({ data, to, metadata = {} }) => [endKey(to), [data, metadata]]),
    inports: listed(inports, outer),
    outports: listed(outports, outer),
    groups: groups.map(({ name, nodes, metadata }) => [name, nodes, metadata]),
    properties,
  };
}

/** Values with their order, by key. */
function listed<Item>(items: readonly Item[], entry: (item: Item) => [string, unknown]): object {
  const lists = new Map<string, unknown[]>();
  for (const item of items) {
    const [key, value] = entry(item);
    const list = lists.get(key);
    if (list) list.push(value);
    else lists.set(key, [value]);
  }
  return Object.fromEntries(lists);
}

function outer({ name, node, port, metadata = {} }: OuterPort): [string, unknown] {
  return [name, [node, port, metadata]];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The graph with some nodes renamed. */
export function renamed<Any extends BareGraph>(graph: Any, names: ReadonlyMap<string, string>): Any {
  if (names.size === 0) return graph;
  const to = (name: string) => names.get(name) ?? name;
  const moved = <T extends { readonly node: string }>(end: T): T =>
    names.has(end.node) ? { ...end, node: to(end.node) } : end;
  const isAt = ({ node }: { readonly node: string }) => names.has(node);
  return {
    ...graph,
    nodes: graph.nodes.map(node => (names.has(node.name) ? { ...node, name: to(node.name) } : node)),
    edges: graph.edges.map(edge =>
      isAt(edge.from) || isAt(edge.to) ? { ...edge, from: moved(edge.from), to: moved(edge.to) } : edge,
    ),
    initials: graph.initials.map(initial => (isAt(initial.to) ? { ...initial, to: moved(initial.to) } : initial)),
    inports: graph.inports.map(moved),
    outports: graph.outports.map(moved),
    groups: graph.groups.map(group =>
      group.nodes.some(name => names.has(name)) ? { ...group, nodes: group.nodes.map(to) } : group,
    ),
  };
}

/**
 * The graph with all port names in lower case, as NoFlo has them; FBP JSON with `caseSensitive` may have capitals.
 * Returns the same graph if nothing changes.
 */
export function lowerCasePorts(graph: Graph): Graph {
  const { edges, initials, inports, outports } = graph;
  const ends = [...edges.flatMap(({ from, to }) => [from, to]), ...initials.map(({ to }) => to)];
  const outers = [...inports, ...outports];
  if (ends.every(({ port }) => isLower(port)) && outers.every(({ name, port }) => isLower(name) && isLower(port)))
    return graph;
  return {
    ...graph,
    edges: edges.map(edge => ({ ...edge, from: lowerEnd(edge.from), to: lowerEnd(edge.to) })),
    initials: initials.map(initial => ({ ...initial, to: lowerEnd(initial.to) })),
    inports: inports.map(lowerOuter),
    outports: outports.map(lowerOuter),
  };
}

function isLower(name: string): boolean {
  return name === name.toLowerCase();
}

function lowerEnd(end: End): End {
  return { ...end, port: end.port.toLowerCase() };
}

function lowerOuter(outer: OuterPort): OuterPort {
  return { ...outer, name: outer.name.toLowerCase(), port: outer.port.toLowerCase() };
}

export type GraphSide = 'inports' | 'outports';
