import { toEditable } from './editable-graph.ts';
import {
  type BareEdge,
  type BareGraph,
  type BareNode,
  type BareOuterPort,
  emptyGraph,
  type GraphMetadata,
  type GraphSide,
  type Group,
  type PortRef,
  renamed,
} from './graph.ts';
import type { Change } from './graph-commands.ts';
import { inverseEdit } from './graph-edits.ts';
import { edgeIdentity, isAt, nodesByName, plainPort, portIdentity } from './graph-lookup.ts';
import { optionalMetadata } from './metadata.ts';
import { Refused } from './refused.ts';
import { freeName, portName } from './words.ts';

/** A new subgraph, and the changes of the surrounding graph that replace nodes by one node of it. */
interface MadeSubgraph {
  readonly subgraph: BareGraph;
  readonly changes: readonly Change[];
}

/** Names of a subgraph and of its node. */
interface SubgraphNames {
  /** Its component name, such as `chat/Gates`. */
  readonly component: string;
  readonly node: string;
}

const SIDES: readonly GraphSide[] = ['inports', 'outports'];

/**
 * Makes a subgraph of some nodes, with the wires between them, their initial packets and positions. Each of their ports
 * that a wire or an outer port of the graph leads to becomes an outer port of the subgraph; the graph's own outer ports
 * keep their names. Throws Refused if a node doesn't exist or the new node's name is taken.
 */
export function makeSubgraph(graph: BareGraph, chosen: ReadonlySet<string>, names: SubgraphNames): MadeSubgraph {
  const nodes = nodesByName(graph);
  if (chosen.size === 0) throw new Refused('a subgraph is made of nodes; choose some first');
  for (const name of chosen) if (!nodes.has(name)) throw new Refused(`there is no node ${name} in this graph`);
  if (nodes.has(names.node) && !chosen.has(names.node))
    throw new Refused(`there is a node ${names.node} already; choose another name`);
  const isIn = ({ node }: { readonly node: string }) => chosen.has(node);
  const ports = exported(graph, chosen);
  const inner = [...nodes.values()].filter(({ name }) => chosen.has(name));
  const groups = graph.groups.filter(({ nodes }) => nodes.every(name => chosen.has(name)));
  const subgraph: BareGraph = {
    ...emptyGraph(),
    nodes: inner,
    edges: graph.edges.filter(({ from, to }) => isIn(from) && isIn(to)),
    initials: graph.initials.filter(({ to }) => isIn(to)),
    inports: ports.inports,
    outports: ports.outports,
    groups,
  };
  const outside = (end: PortRef, side: GraphSide): PortRef => {
    const outer = isIn(end) ? ports[side].find(({ node, port }) => isAt({ node, port }, bare(end))) : undefined;
    return outer ? { ...plainPort(end), node: names.node, port: outer.name } : plainPort(end);
  };
  const crossing = graph.edges.filter(({ from, to }) => isIn(from) !== isIn(to));
  return {
    subgraph,
    changes: [
      ...[...chosen].map((id): Change => ({ command: 'removenode', payload: { id } })),
      addNode({ name: names.node, component: names.component, metadata: middle(inner) ?? {} }),
      ...rewired(crossing, outside),
      ...SIDES.flatMap(side =>
        graph[side].filter(isIn).map(outer => addOuter(side, { ...outer, ...outside(portOf(outer), side) })),
      ),
      ...regrouped(
        graph.groups.filter(group => !groups.includes(group)),
        chosen,
        [names.node],
      ),
    ],
  };
}

/**
 * The changes that replace a node by the contents of its subgraph. Inner nodes keep their names if these are free.
 * Throws Refused if an edge uses a port that the subgraph lacks, as the edge would be lost.
 */
export function inlineSubgraph(graph: BareGraph, id: string, subgraph: BareGraph): readonly Change[] {
  const nodes = nodesByName(graph);
  const node = nodes.get(id);
  if (!node) throw new Refused(`there is no node ${id} in this graph`);
  const taken = new Set([...nodes.keys()].filter(name => name !== id));
  const groupNames = new Set(graph.groups.map(({ name }) => name));
  const own = [...nodesByName(subgraph).keys()];
  const free = (name: string) => freshIn(taken, taken.has(name) ? `${id}_${name}` : name);
  const inner = renamed(subgraph, new Map(own.map(name => [name, free(name)])));
  const inside = (end: PortRef, side: GraphSide): PortRef => {
    if (end.node !== id) return plainPort(end);
    const outer = inner[side].find(({ name }) => name.toLowerCase() === end.port.toLowerCase());
    if (outer) return { ...plainPort(end), node: outer.node, port: outer.port };
    throw new Refused(
      `${id} has no port ${portName(end)} inside, and what leads there would be lost; take it away first`,
    );
  };
  const isAtNode = ({ node: at }: { readonly node: string }) => at === id;
  const out = graph.edges.filter(({ from }) => isAtNode(from));
  const into = graph.edges.filter(({ from, to }) => isAtNode(to) && !isAtNode(from));
  const placed = [...nodesByName(inner).values()];
  const by = offset(middle(placed), middle([node]));
  return [
    { command: 'removenode', payload: { id } },
    ...placed.map(each => addNode({ ...each, metadata: movedBy(each.metadata, by) })),
    // Keeps the order in which packets left the node: inner edges first.
    ...rewired([...into, ...inner.edges, ...out], inside),
    ...[...inner.initials, ...graph.initials.filter(({ to }) => isAtNode(to))].map(
      ({ data, to, metadata = {} }): Change => ({
        command: 'addinitial',
        payload: { src: { data }, tgt: inside(to, 'inports'), metadata },
      }),
    ),
    ...SIDES.flatMap(side =>
      graph[side].filter(isAtNode).map(outer => addOuter(side, { ...outer, ...inside(portOf(outer), side) })),
    ),
    ...regrouped(
      graph.groups,
      new Set([id]),
      placed.map(({ name }) => name),
    ),
    ...inner.groups.map(
      ({ name, nodes, metadata }): Change => ({
        command: 'addgroup',
        payload: { name: freshIn(groupNames, name), nodes, metadata },
      }),
    ),
  ];
}

/** The changes that build a graph from an empty one. */
export function changesToBuild(graph: BareGraph): readonly Change[] {
  return inverseEdit(toEditable(graph), { command: 'clear', payload: {} });
}

/** The outer ports of a subgraph of some nodes: one for each of their ports that is connected to the outside. */
function exported(
  graph: BareGraph,
  chosen: ReadonlySet<string>,
): { readonly [Side in GraphSide]: readonly BareOuterPort[] } {
  const found = (side: GraphSide): readonly BareOuterPort[] => {
    const [here, there] = side === 'inports' ? (['to', 'from'] as const) : (['from', 'to'] as const);
    const wired = graph.edges
      .filter(edge => chosen.has(edge[here].node) && !chosen.has(edge[there].node))
      .map(edge => bare(edge[here]));
    const outers = new Map(graph[side].map(({ name, node, port }) => [portIdentity({ node, port }), name]));
    const ends = [...graph[side].filter(({ node }) => chosen.has(node)).map(portOf), ...wired];
    const distinct = [...new Map(ends.map(end => [portIdentity(end), end])).values()];
    const taken = new Set<string>();
    return distinct.map(({ node, port }) => {
      const isOnly = distinct.every(other => other.node === node || other.port.toLowerCase() !== port.toLowerCase());
      const wanted = outers.get(portIdentity({ node, port })) ?? (isOnly ? port : `${node}_${port}`);
      return { name: freshIn(taken, wanted.toLowerCase().replaceAll(/\W/g, '_')), node, port };
    });
  };
  return { inports: found('inports'), outports: found('outports') };
}

function portOf({ node, port }: BareOuterPort): PortRef {
  return { node, port };
}

/** A port without its index: an outer port stands for all of an array port. */
function bare({ node, port }: PortRef): PortRef {
  return { node, port };
}

/** Wires with other ends, without duplicates. */
function rewired(edges: readonly BareEdge[], moved: (end: PortRef, side: GraphSide) => PortRef): readonly Change[] {
  const wires = edges.map(({ from, to, ...edge }) => ({
    ...edge,
    from: moved(from, 'outports'),
    to: moved(to, 'inports'),
  }));
  return [...new Map(wires.map(edge => [edgeIdentity(edge), edge])).values()].map(({ from, to, metadata = {} }) => ({
    command: 'addedge',
    payload: { src: from, tgt: to, metadata },
  }));
}

function addNode({ name, component, metadata }: BareNode): Change {
  return { command: 'addnode', payload: { id: name, component, metadata } };
}

function addOuter(side: GraphSide, { name, node, port, metadata = {} }: BareOuterPort): Change {
  const payload = { public: name, node, port, ...optionalMetadata(metadata) };
  return side === 'inports' ? { command: 'addinport', payload } : { command: 'addoutport', payload };
}

/** Removes nodes from groups, and puts others in their place. */
function regrouped(groups: readonly Group[], gone: ReadonlySet<string>, instead: readonly string[]): readonly Change[] {
  return groups.flatMap(({ name, nodes, metadata }): Change[] => {
    const left = nodes.filter(node => !gone.has(node));
    if (left.length === nodes.length) return [];
    const again: Change = { command: 'addgroup', payload: { name, nodes: [...left, ...instead], metadata } };
    // A group without nodes left is removed with its last node.
    return left.length === 0 ? [again] : [{ command: 'removegroup', payload: { name } }, again];
  });
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The mean position of the placed nodes. */
function middle(nodes: readonly BareNode[]): { x: number; y: number } | undefined {
  const points = nodes.flatMap(({ metadata: { x, y } }) =>
    Number.isFinite(x) && Number.isFinite(y) ? [{ x: Number(x), y: Number(y) }] : [],
  );
  if (points.length === 0) return;
  const mean = (axis: 'x' | 'y') => Math.round(points.reduce((sum, point) => sum + point[axis], 0) / points.length);
  return { x: mean('x'), y: mean('y') };
}

function offset(from: Point | undefined, to: Point | undefined): Point {
  return from && to ? { x: to.x - from.x, y: to.y - from.y } : { x: 0, y: 0 };
}

function movedBy(metadata: GraphMetadata, by: Point): GraphMetadata {
  const { x, y } = metadata;
  return Number.isFinite(x) && Number.isFinite(y)
    ? { ...metadata, x: Number(x) + by.x, y: Number(y) + by.y }
    : metadata;
}

/** A free name, which is then marked as taken. */
function freshIn(taken: Set<string>, wanted: string): string {
  const name = freeName(wanted, taken);
  taken.add(name);
  return name;
}
