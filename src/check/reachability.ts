import type { End } from '../model/graph.ts';
import { type GraphIndex, isAside, portAt } from './graph-index.ts';

/** The nodes that are reached from some nodes, these included; `next` gives the nodes that one leads to. */
export function reachable(starts: Iterable<string>, next: (node: string) => readonly string[]): Set<string> {
  const reached = new Set(starts);
  for (const node of reached) for (const other of next(node)) reached.add(other);
  return reached;
}

/** Whether a question can leave a node by an outport, as nothing says that only side output does. */
export function carriesQuestions(graphIndex: GraphIndex, from: Pick<End, 'node' | 'port'>): boolean {
  return !isAside(portAt(graphIndex, from, 'outports'));
}
