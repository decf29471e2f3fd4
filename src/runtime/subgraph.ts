import {
  type Edge,
  type End,
  type Graph,
  type InitialPacket,
  lowerCasePorts,
  type Node,
  type OuterPort,
} from '../model/graph.ts';

/**
 * The same graph with its subgraphs' nodes in place of them, named `outer/inner`, so that one network runs it all.
 * Throws a sentence where a subgraph contains itself.
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
