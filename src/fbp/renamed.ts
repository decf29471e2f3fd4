import type { Graph } from '../fbp.ts';

/** The same graph with other names for some nodes. */
export function renamed(graph: Graph, names: ReadonlyMap<string, string>): Graph {
  if (names.size === 0) return graph;
  const to = (name: string) => names.get(name) ?? name;
  const moved = <T extends { readonly node: string }>(end: T): T =>
    names.has(end.node) ? { ...end, node: to(end.node) } : end;
  return {
    ...graph,
    nodes: graph.nodes.map(node => (names.has(node.name) ? { ...node, name: to(node.name) } : node)),
    edges: graph.edges.map(edge => ({ ...edge, from: moved(edge.from), to: moved(edge.to) })),
    initials: graph.initials.map(initial => ({ ...initial, to: moved(initial.to) })),
    inports: graph.inports.map(moved),
    outports: graph.outports.map(moved),
    groups: graph.groups.map(group => ({ ...group, nodes: group.nodes.map(to) })),
  };
}
