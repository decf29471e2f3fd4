import type { End, Graph } from '../model/graph.ts';
import type { Opening, Wire } from './tap.ts';

/** An end of a wire as it is drawn. */
export type EndLocation = Omit<End, 'place'>;

/** Where a wire of a running network is drawn: in a graph, or in one of the subgraphs in it. */
export interface WireLocation {
  readonly src?: EndLocation;
  /** Missing where packets leave by an outer port. */
  readonly tgt?: EndLocation;
  /** The nodes that are subgraphs, from the outermost on; none where it is in the graph itself. */
  readonly subgraph: readonly string[];
  /** The component of the innermost of them. */
  readonly component?: string;
}

/** The openings of a graph: where packets come in and leave by its outer ports. */
export function openings({ inports, outports }: Graph): {
  readonly ins: readonly Opening[];
  readonly outs: readonly Opening[];
} {
  return { ins: inports.map(to => ({ to })), outs: outports.map(from => ({ from })) };
}

/** Where each wire of `flat` is drawn, which is `graph` with its subgraphs' nodes in place of them, as `expand` makes it. */
export function wireLocations(
  graph: Graph,
  flat: Graph,
  subgraph: (component: string) => Graph | undefined,
): ReadonlyMap<Wire, WireLocation> {
  const edges: WireLocation[] = [];
  const initials: WireLocation[] = [];
  // In the order of `expand`: what is in subgraphs comes before what is beside them.
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
