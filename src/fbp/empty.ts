import type { Graph } from '../fbp.ts';

/** A graph with nothing in it. */
export function empty(file = ''): Graph {
  return { file, nodes: [], edges: [], initials: [], inports: [], outports: [], groups: [], properties: {} };
}
