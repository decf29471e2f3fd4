/** A place on the canvas, in its own pixels. */
export interface CanvasPoint {
  readonly x: number;
  readonly y: number;
}

/** One end of a wire; the port in lower case, the index of an array port. */
export interface PortRef {
  readonly node: string;
  readonly port: string;
  readonly index?: number;
}

export type GraphMetadata = Readonly<Record<string, unknown>>;

export interface EditorNode {
  readonly name: string;
  readonly component: string;
  readonly metadata: GraphMetadata;
}

export interface EditorEdge {
  readonly from: PortRef;
  readonly to: PortRef;
  readonly metadata: GraphMetadata;
}

/** An initial packet. */
export interface EditorInitial {
  readonly data: unknown;
  readonly to: PortRef;
  readonly metadata: GraphMetadata;
}

/** A port of the graph itself. */
export interface EditorOuterPort {
  readonly name: string;
  readonly node: string;
  readonly port: string;
  readonly metadata: GraphMetadata;
}

export interface EditorGroup {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly metadata: GraphMetadata;
}

/** A graph as the page sees it; never changed, only replaced. Edges are there by `edgeKey`. */
export interface EditorGraph {
  readonly nodes: ReadonlyMap<string, EditorNode>;
  readonly edges: ReadonlyMap<string, EditorEdge>;
  readonly initials: readonly EditorInitial[];
  readonly inports: ReadonlyMap<string, EditorOuterPort>;
  readonly outports: ReadonlyMap<string, EditorOuterPort>;
  readonly groups: ReadonlyMap<string, EditorGroup>;
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
export const edgeKey = ({ from, to }: Pick<EditorEdge, 'from' | 'to'>): string =>
  JSON.stringify([from.node, from.port, from.index ?? null, to.node, to.port, to.index ?? null]);

/** The key of an edge in a subgraph as the picture has it, where its nodes are named by paths that begin with `within`. */
export function keyWithin(within: string, key: string): string {
  const [from, out, index, to, into, other] = JSON.parse(key);
  return JSON.stringify([within + from, out, index, within + to, into, other]);
}

export const samePort = (a: PortRef, b: PortRef): boolean =>
  a.node === b.node && a.port === b.port && a.index === b.index;

/** A port's name as graphs write it: `ROUTE[2]`. */
export const portName = ({ port, index }: Pick<PortRef, 'port' | 'index'>): string =>
  index === undefined ? port.toUpperCase() : `${port.toUpperCase()}[${index}]`;

/** An edge as a person reads it: `check OUT → IN limit`. */
export const edgeName = ({ from, to }: Pick<EditorEdge, 'from' | 'to'>): string =>
  `${from.node} ${portName(from)} → ${portName(to)} ${to.node}`;

/** The initial packets of a port, in order. */
export const initialsAt = (graph: EditorGraph, port: PortRef): readonly EditorInitial[] =>
  graph.initials.filter(({ to }) => samePort(to, port));

export const edgesOf = (graph: EditorGraph, node: string): readonly EditorEdge[] =>
  [...graph.edges.values()].filter(({ from, to }) => from.node === node || to.node === node);

/** Where a hand has put a node; nothing where none has. */
export function placeOf({ metadata: { x, y } }: EditorNode): { x: number; y: number } | undefined {
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
