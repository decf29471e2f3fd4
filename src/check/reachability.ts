import type { End } from '../model/graph.ts';
import { type GraphIndex, isAside, portAt } from './graph-index.ts';

/** The nodes reachable from some nodes, including these; `next` gives a node's successors. */
export function reachable(starts: Iterable<string>, next: (node: string) => readonly string[]): Set<string> {
  const reached = new Set(starts);
  for (const node of reached) for (const other of next(node)) reached.add(other);
  return reached;
}

/** Whether questions can leave a node by an outport, i.e. it isn't only a side output. */
export function carriesQuestions(graphIndex: GraphIndex, from: Pick<End, 'node' | 'port'>): boolean {
  return !isAside(portAt(graphIndex, from, 'outports'));
}
