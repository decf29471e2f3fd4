/** One end of a wire; the port in lower case, the index of an array port. */
export interface Port {
  readonly node: string;
  readonly port: string;
  readonly index?: number;
}

export type Metadata = Readonly<Record<string, unknown>>;

export interface Node {
  readonly name: string;
  readonly component: string;
  readonly metadata: Metadata;
}

export interface Edge {
  readonly from: Port;
  readonly to: Port;
  readonly metadata: Metadata;
}

/** An initial packet. */
export interface Initial {
  readonly data: unknown;
  readonly to: Port;
  readonly metadata: Metadata;
}

/** A port of the graph itself. */
export interface Outer {
  readonly name: string;
  readonly node: string;
  readonly port: string;
  readonly metadata: Metadata;
}

export interface Group {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly metadata: Metadata;
}

/** A graph as the page sees it; never changed, only replaced. Edges are there by `edgeKey`. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly edges: ReadonlyMap<string, Edge>;
  readonly initials: readonly Initial[];
  readonly inports: ReadonlyMap<string, Outer>;
  readonly outports: ReadonlyMap<string, Outer>;
  readonly groups: ReadonlyMap<string, Group>;
}

/** A graph in which there is nothing. */
export const empty: Graph = {
  nodes: new Map(),
  edges: new Map(),
  initials: [],
  inports: new Map(),
  outports: new Map(),
  groups: new Map(),
};

/** The name of what lies in subgraphs, as the server says it: `outer/inner`. */
export const pathOf = (within: readonly string[], name: string): string => [...within, name].join('/');

/** Names an edge among all edges of a graph. */
export const edgeKey = ({ from, to }: Pick<Edge, 'from' | 'to'>): string =>
  JSON.stringify([from.node, from.port, from.index ?? null, to.node, to.port, to.index ?? null]);

/** The key of an edge in a subgraph as the picture has it, where its nodes are named by paths that begin with `within`. */
export function keyWithin(within: string, key: string): string {
  const [from, out, index, to, into, other] = JSON.parse(key);
  return JSON.stringify([within + from, out, index, within + to, into, other]);
}

export const samePort = (a: Port, b: Port): boolean => a.node === b.node && a.port === b.port && a.index === b.index;

/** A port's name as graphs write it: `ROUTE[2]`. */
export const portName = ({ port, index }: Pick<Port, 'port' | 'index'>): string =>
  index === undefined ? port.toUpperCase() : `${port.toUpperCase()}[${index}]`;

/** An edge as a person reads it: `check OUT → IN limit`. */
export const edgeName = ({ from, to }: Pick<Edge, 'from' | 'to'>): string =>
  `${from.node} ${portName(from)} → ${portName(to)} ${to.node}`;

/** The initial packets of a port, in order. */
export const initialsAt = (graph: Graph, port: Port): readonly Initial[] =>
  graph.initials.filter(({ to }) => samePort(to, port));

export const edgesOf = (graph: Graph, node: string): readonly Edge[] =>
  [...graph.edges.values()].filter(({ from, to }) => from.node === node || to.node === node);

/** Where a hand has put a node; nothing where none has. */
export function placeOf({ metadata: { x, y } }: Node): { x: number; y: number } | undefined {
  return Number.isFinite(x) && Number.isFinite(y) ? { x: Number(x), y: Number(y) } : undefined;
}

/** The nodes of these names, with what is between them and their initial packets. */
export function part(graph: Graph, names: ReadonlySet<string>): Graph {
  return {
    ...empty,
    nodes: new Map([...graph.nodes].filter(([name]) => names.has(name))),
    edges: new Map([...graph.edges].filter(([, { from, to }]) => names.has(from.node) && names.has(to.node))),
    initials: graph.initials.filter(({ to }) => names.has(to.node)),
  };
}
