import { type EditableGraph, toBare, toEditable } from '../../../src/model/editable-graph.ts';
import type {
  BareEdge,
  BareGraph,
  BareInitial,
  BareNode,
  BareOuterPort,
  Group,
  PortRef,
} from '../../../src/model/graph.ts';
import { called, portName } from '../../../src/model/words.ts';

/** A point of the canvas, in canvas pixels. */
export interface CanvasPoint {
  readonly x: number;
  readonly y: number;
}

/** An immutable graph, indexed by name; edges by `edgeKey`. */
export interface EditorGraph {
  readonly nodes: ReadonlyMap<string, BareNode>;
  readonly edges: ReadonlyMap<string, BareEdge>;
  readonly initials: readonly BareInitial[];
  readonly inports: ReadonlyMap<string, BareOuterPort>;
  readonly outports: ReadonlyMap<string, BareOuterPort>;
  readonly groups: ReadonlyMap<string, Group>;
}

/** An empty graph. */
export const EMPTY_GRAPH: EditorGraph = {
  nodes: new Map(),
  edges: new Map(),
  initials: [],
  inports: new Map(),
  outports: new Map(),
  groups: new Map(),
};

/** The path of a node in subgraphs, as the server names it: `outer/inner`. */
export const nodePath = (within: readonly string[], name: string): string => [...within, name].join('/');

/** A key that is unique among a graph's edges. */
export const edgeKey = ({ from, to }: Pick<BareEdge, 'from' | 'to'>): string =>
  JSON.stringify([from.node, from.port, from.index ?? null, to.node, to.port, to.index ?? null]);

/** The canvas key of an edge in a subgraph, whose nodes' paths begin with `within`. */
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

/** Indexes a graph by name. An unchanged list keeps its index. */
export const indexed = ({ nodes, edges, initials, inports, outports, groups }: BareGraph): EditorGraph => ({
  nodes: keyed(nodes, nameOf),
  edges: keyed(edges, keptKey),
  initials,
  inports: keyed(inports, nameOf),
  outports: keyed(outports, nameOf),
  groups: keyed(groups, nameOf),
});

/** An edited graph, indexed by name. */
export function edited(editable: EditableGraph): EditorGraph {
  const graph = indexed(toBare(editable));
  tables.set(graph, editable);
  return graph;
}

/** Converts a graph for edits. */
export function editableOf(graph: EditorGraph): EditableGraph {
  const { nodes, edges, initials, inports, outports, groups } = graph;
  const made =
    tables.get(graph) ??
    toEditable({
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

/** Whether two ends are the same port, also by its index. */
export const isSamePort = (a: PortRef, b: PortRef): boolean =>
  a.node === b.node && a.port === b.port && a.index === b.index;

/** An edge for people: `check OUT → IN limit`. */
export const edgeName = ({ from, to }: Pick<BareEdge, 'from' | 'to'>): string =>
  `${called(from)} → ${portName(to)} ${to.node}`;

/** A wire from the view of one end: `IN from check OUT`, or `OUT to limit IN`. */
export function wireWords(edge: BareEdge, end: 'from' | 'to', nameOf = (node: string) => node): string {
  const [here, there] = end === 'to' ? [edge.to, edge.from] : [edge.from, edge.to];
  return `${portName(here)} ${end === 'to' ? 'from' : 'to'} ${nameOf(there.node)} ${portName(there)}`;
}

/** The initial packets of a port, in order. */
export const initialsAt = (graph: EditorGraph, port: PortRef): readonly BareInitial[] =>
  graph.initials.filter(({ to }) => isSamePort(to, port));

export const edgesOf = (graph: EditorGraph, node: string): readonly BareEdge[] =>
  [...graph.edges.values()].filter(({ from, to }) => from.node === node || to.node === node);

/** The stored position of a node; undefined without one. */
export function placeOf({ metadata: { x, y } }: BareNode): { x: number; y: number } | undefined {
  return Number.isFinite(x) && Number.isFinite(y) ? { x: Number(x), y: Number(y) } : undefined;
}

/** The nodes of these names, with edges between them and their initial packets. */
export function partialGraph(graph: EditorGraph, names: ReadonlySet<string>): EditorGraph {
  return {
    ...EMPTY_GRAPH,
    nodes: new Map([...graph.nodes].filter(([name]) => names.has(name))),
    edges: new Map([...graph.edges].filter(([, { from, to }]) => names.has(from.node) && names.has(to.node))),
    initials: graph.initials.filter(({ to }) => names.has(to.node)),
  };
}
