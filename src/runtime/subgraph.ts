import {
  type Edge,
  type End,
  type Graph,
  type InitialPacket,
  lowerCasePorts,
  type Node,
  type OuterPort,
} from '../model/graph.ts';
import type { Opening, Wire } from './tap.ts';

/**
 * Expands subgraphs: replaces their nodes by the inner ones, named `outer/inner`, so that one network runs them all.
 * Throws a sentence if a subgraph contains itself.
 */
export function expand(
  read: Graph,
  subgraph: (component: string) => Graph | undefined,
  within: readonly string[] = [],
): Graph {
  const graph = lowerCasePorts(read);
  const inner = new Map<string, Graph>();
  const nodes: Node[] = [];
  const edges: Edge[] = [];
  const initials: InitialPacket[] = [];
  for (const node of graph.nodes) {
    const found = subgraph(node.component);
    if (!found) {
      nodes.push(node);
      continue;
    }
    if (within.includes(found.file)) throw new Error(`${found.file} contains itself; take ${node.name} out`);
    const expanded = prefix(expand(found, subgraph, [...within, found.file]), node.name);
    inner.set(node.name, expanded);
    nodes.push(...expanded.nodes);
    edges.push(...expanded.edges);
    initials.push(...expanded.initials);
  }

  const through = <T extends End | OuterPort>(end: T, side: 'inports' | 'outports'): T => {
    const outer = inner.get(end.node)?.[side].find(({ name }) => name === end.port);
    return outer ? { ...end, node: outer.node, port: outer.port } : end;
  };
  edges.push(...graph.edges.map(({ from, to }) => ({ from: through(from, 'outports'), to: through(to, 'inports') })));
  initials.push(...graph.initials.map(initial => ({ ...initial, to: through(initial.to, 'inports') })));
  return {
    ...graph,
    nodes,
    edges,
    initials,
    inports: graph.inports.map(outer => through(outer, 'inports')),
    outports: graph.outports.map(outer => through(outer, 'outports')),
  };
}

function prefix(graph: Graph, name: string): Graph {
  const named = <T extends { node: string }>(end: T): T => ({ ...end, node: `${name}/${end.node}` });
  return {
    ...graph,
    nodes: graph.nodes.map(node => ({ ...node, name: `${name}/${node.name}` })),
    edges: graph.edges.map(({ from, to }) => ({ from: named(from), to: named(to) })),
    initials: graph.initials.map(initial => ({ ...initial, to: named(initial.to) })),
    inports: graph.inports.map(named),
    outports: graph.outports.map(named),
  };
}

/** An end of a wire as drawn. */
export type EndLocation = Omit<End, 'place'>;

/** Where a wire of a running network is drawn: in the graph or in one of its subgraphs. */
export interface WireLocation {
  readonly src?: EndLocation;
  /** Undefined if packets leave by an outer port. */
  readonly tgt?: EndLocation;
  /** Names of the nested subgraph nodes, outermost first; empty in the graph itself. */
  readonly subgraph: readonly string[];
  /** Component of the innermost subgraph. */
  readonly component?: string;
}

/** The entries and exits of a graph's outer ports. */
export function openings({ inports, outports }: Graph): {
  readonly ins: readonly Opening[];
  readonly outs: readonly Opening[];
} {
  return { ins: inports.map(to => ({ to })), outs: outports.map(from => ({ from })) };
}

/** The drawn location of each wire of `flat`, the expansion of `graph`. */
export function wireLocations(
  graph: Graph,
  flat: Graph,
  subgraph: (component: string) => Graph | undefined,
): ReadonlyMap<Wire, WireLocation> {
  const edges: WireLocation[] = [];
  const initials: WireLocation[] = [];
  // In the order of `expand`: wires within subgraphs first.
  const visit = (
    { nodes, edges: outer, initials: packets }: Graph,
    within: Omit<WireLocation, 'src' | 'tgt'>,
  ): void => {
    for (const { name, component } of nodes) {
      const inner = subgraph(component);
      if (inner) visit(inner, { subgraph: [...within.subgraph, name], component });
    }
    edges.push(...outer.map(({ from, to }) => ({ src: drawn(from), tgt: drawn(to), ...within })));
    initials.push(...packets.map(({ to }) => ({ tgt: drawn(to), ...within })));
  };
  visit(graph, { subgraph: [] });
  return new Map<Wire, WireLocation>([
    ...flat.edges.map((edge, i) => [edge, edges[i]!] as const),
    ...flat.initials.map((initial, i) => [initial, initials[i]!] as const),
  ]);
}

function drawn({ node, port, index }: EndLocation): EndLocation {
  return index === undefined ? { node, port } : { node, port, index };
}
