import type { Edge, Graph, Outer } from '../fbp.ts';
import { declared, edgeKey, isSame } from './draft-graph.ts';

/** Whether two graphs do the same, whatever they look like, and in whatever order they are written where it does nothing. */
export function sameBehaviour(a: Graph, b: Graph): boolean {
  return isSame(behaviour(a), behaviour(b));
}

/**
 * What a graph does, as JSON. The edges from a port deliver in their order, those to an array port find their places in
 * it, and a node gets its initial packets in theirs.
 */
function behaviour(graph: Graph) {
  const edges = [...new Map(graph.edges.map(edge => [edgeKey(edge), edge])).values()];
  const inner = (outers: readonly Outer[]) =>
    Object.fromEntries(outers.map(({ name, node, port }) => [name, { node, port }]));
  return {
    nodes: Object.fromEntries([...declared(graph)].map(([name, { component }]) => [name, component])),
    from: byPort(edges, 'from'),
    to: byPort(edges, 'to'),
    initials: grouped(
      graph.initials,
      ({ to }) => to.node,
      ({ data, to: { port, index } }) => ({ data, port, index }),
    ),
    inports: inner(graph.inports),
    outports: inner(graph.outports),
  };
}

function byPort(edges: readonly Edge[], end: 'from' | 'to') {
  return grouped(edges, edge => JSON.stringify([edge[end].node, edge[end].port]), edgeKey);
}

function grouped<T>(all: readonly T[], key: (one: T) => string, what: (one: T) => unknown) {
  const groups = Map.groupBy(all, key);
  return Object.fromEntries([...groups].map(([key, members]) => [key, members.map(what)]));
}
