import type { End, Graph, Outer } from '../fbp.ts';

/**
 * The graph with all names of ports in lower case, as no port that NoFlo runs has another. FBP JSON with `caseSensitive`
 * may have them in capitals. The same graph where there is nothing to change.
 */
export function lowerCasePorts(graph: Graph): Graph {
  const { edges, initials, inports, outports } = graph;
  const ends = [...edges.flatMap(({ from, to }) => [from, to]), ...initials.map(({ to }) => to)];
  const outers = [...inports, ...outports];
  if (ends.every(({ port }) => isLower(port)) && outers.every(({ name, port }) => isLower(name) && isLower(port)))
    return graph;
  return {
    ...graph,
    edges: edges.map(edge => ({ ...edge, from: lowerEnd(edge.from), to: lowerEnd(edge.to) })),
    initials: initials.map(initial => ({ ...initial, to: lowerEnd(initial.to) })),
    inports: inports.map(lowerOuter),
    outports: outports.map(lowerOuter),
  };
}

function isLower(name: string): boolean {
  return name === name.toLowerCase();
}

function lowerEnd(end: End): End {
  return { ...end, port: end.port.toLowerCase() };
}

function lowerOuter(outer: Outer): Outer {
  return { ...outer, name: outer.name.toLowerCase(), port: outer.port.toLowerCase() };
}
