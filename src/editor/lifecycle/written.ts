import { rewrite } from '../../fbp/rewrite.ts';
import type { Graph } from '../../fbp.ts';
import type { Source } from '../../flow.ts';

/** A graph as it would be written to a file; `origin` is what the server has not written there itself. */
export function written(graph: Graph, { file, text, layout = '' }: Source, origin: Source): Source {
  const from = { text: origin.text, layout: origin.layout ?? '' };
  return { file, ...rewrite({ ...graph, file }, { text, layout }, from) };
}
