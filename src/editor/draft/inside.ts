import type { Graph } from '../../fbp.ts';
import type { Library } from '../../library.ts';

/** A subgraph where it is placed. */
export interface Inside {
  /** The path of its node, `outer/inner`. */
  readonly path: string;
  /** Its name as a component, with the library's. */
  readonly name: string;
  readonly graph: Graph;
}

/** The subgraphs in a graph for which the library is prepared, and those in them, each wherever it is placed. */
export function* insides(
  { nodes }: Graph,
  library: Library,
  within: readonly Inside[] = [],
): Generator<Inside, void, undefined> {
  for (const { name, component } of nodes) {
    const graph = library.subgraph(component);
    // What contains itself has no end.
    if (!graph || within.some(({ graph: { file } }) => file === graph.file)) continue;
    const outer = within.at(-1)?.path;
    const path = outer === undefined ? name : `${outer}/${name}`;
    const inside = { path, name: library.find(component)?.name ?? component, graph };
    yield inside;
    yield* insides(graph, library, [...within, inside]);
  }
}
