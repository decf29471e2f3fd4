import { write } from '../../fbp/print.ts';
import type { Graph } from '../../fbp.ts';
import type { Source } from '../../flow.ts';

/** A graph as it would be written to a file. */
export function written(graph: Graph, { file, text, layout = '' }: Source): Source {
  return { file, ...write({ ...graph, file }, { text, layout }) };
}
