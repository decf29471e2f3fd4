import { type EditableGraph, editable, listed } from '../../../src/model/editable-graph.ts';
import type {
  BareEdge,
  BareGraph,
  BareInitial,
  BareNode,
  BareOuterPort,
  Group,
  PortRef,
} from '../../../src/model/graph.ts';

/** A place on the canvas, in its own pixels. */
export interface CanvasPoint {
  readonly x: number;
  readonly y: number;
}

/** A graph by the names of what is in it; never changed, only replaced. Edges are there by `edgeKey`. */
export interface EditorGraph {
  readonly nodes: ReadonlyMap<string, BareNode>;
  readonly edges: ReadonlyMap<string, BareEdge>;
  readonly initials: readonly BareInitial[];
  readonly inports: ReadonlyMap<string, BareOuterPort>;
  readonly outports: ReadonlyMap<string, BareOuterPort>;
  readonly groups: ReadonlyMap<string, Group>;
}

/** A graph in which there is nothing. */
export const EMPTY_GRAPH: EditorGraph = {
  nodes: new Map(),
  edges: new Map(),
  initials: [],
  inports: new Map(),
  outports: new Map(),
  groups: new Map(),
};

/** The name of what lies in subgraphs, as the server says it: `outer/inner`. */
export const nodePath = (within: readonly string[], name: string): string => [...within, name].join('/');

/** Names an edge among all edges of a graph. */
export const edgeKey = ({ from, to }: Pick<BareEdge, 'from' | 'to'>): string =>
  JSON.stringify([from.node, from.port, from.index ?? null, to.node, to.port, to.index ?? null]);

/** The key of an edge in a subgraph as the picture has it, where its nodes are named by paths that begin with `within`. */
export function keyWithin(within: string, key: string): string {
  const [from, out, index, to, into, other] = JSON.parse(key);
  return JSON.stringify([within + from, out, index, within + to, into, other]);
}

const indexes = new WeakMap<readonly unknown[], ReadonlyMap<string, unknown>>();
const tables = new WeakMap<EditorGraph, EditableGraph>();
const keys = new WeakMap<BareEdge, string>();

function keyed<Thing>(list: readonly Thing[], keyOf: (thing: Thing) => string): ReadonlyMap<string, Thing> {
  const known = indexes.get(list) as ReadonlyMap<string, Thing> | undefined;
  if (known) return known;
  const index = new Map(list.map(thing => [keyOf(thing), thing]));
  indexes.set(list, index);
  return index;
}

function keptKey(edge: BareEdge): string {
  const key = keys.get(edge) ?? edgeKey(edge);
  keys.set(edge, key);
  return key;
}

const nameOf = ({ name }: { readonly name: string }): string => name;

/** A graph by names. What is the same list as before is the same index. */
export const indexed = ({ nodes, edges, initials, inports, outports, groups }: BareGraph): EditorGraph => ({
  nodes: keyed(nodes, nameOf),
  edges: keyed(edges, keptKey),
  initials,
  inports: keyed(inports, nameOf),
  outports: keyed(outports, nameOf),
  groups: keyed(groups, nameOf),
});

/** What edits made of a graph, by names. */
export function edited(editable: EditableGraph): EditorGraph {
  const graph = indexed(listed(editable));
  tables.set(graph, editable);
  return graph;
}

/** A graph as edits change it. */
export function editableOf(graph: EditorGraph): EditableGraph {
  const { nodes, edges, initials, inports, outports, groups } = graph;
  const made =
    tables.get(graph) ??
    editable({
      nodes: [...nodes.values()],
      edges: [...edges.values()],
      initials,
      inports: [...inports.values()],
      outports: [...outports.values()],
      groups: [...groups.values()],
      properties: {},
    });
  tables.set(graph, made);
  return made;
}

const samePort = (a: PortRef, b: PortRef): boolean => a.node === b.node && a.port === b.port && a.index === b.index;

/** A port's name as graphs write it: `ROUTE[2]`. */
export const portName = ({ port, index }: Pick<PortRef, 'port' | 'index'>): string =>
  index === undefined ? port.toUpperCase() : `${port.toUpperCase()}[${index}]`;

/** An edge as a person reads it: `check OUT → IN limit`. */
export const edgeName = ({ from, to }: Pick<BareEdge, 'from' | 'to'>): string =>
  `${from.node} ${portName(from)} → ${portName(to)} ${to.node}`;

/** A wire as one of its ends has it: `IN from check OUT`, or `OUT to limit IN`. */
export function wireWords(edge: BareEdge, end: 'from' | 'to', nameOf = (node: string) => node): string {
  const [here, there] = end === 'to' ? [edge.to, edge.from] : [edge.from, edge.to];
  return `${portName(here)} ${end === 'to' ? 'from' : 'to'} ${nameOf(there.node)} ${portName(there)}`;
}

/** The initial packets of a port, in order. */
export const initialsAt = (graph: EditorGraph, port: PortRef): readonly BareInitial[] =>
  graph.initials.filter(({ to }) => samePort(to, port));

export const edgesOf = (graph: EditorGraph, node: string): readonly BareEdge[] =>
  [...graph.edges.values()].filter(({ from, to }) => from.node === node || to.node === node);

/** Where a hand has put a node; nothing where none has. */
export function placeOf({ metadata: { x, y } }: BareNode): { x: number; y: number } | undefined {
  return Number.isFinite(x) && Number.isFinite(y) ? { x: Number(x), y: Number(y) } : undefined;
}

/** The nodes of these names, with what is between them and their initial packets. */
export function partialGraph(graph: EditorGraph, names: ReadonlySet<string>): EditorGraph {
  return {
    ...EMPTY_GRAPH,
    nodes: new Map([...graph.nodes].filter(([name]) => names.has(name))),
    edges: new Map([...graph.edges].filter(([, { from, to }]) => names.has(from.node) && names.has(to.node))),
    initials: graph.initials.filter(({ to }) => names.has(to.node)),
  };
}
