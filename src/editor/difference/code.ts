import type { Graph } from '../../fbp.ts';
import type { Drafted, DraftedFile } from '../draft/code.ts';
import { type Item, item } from './item.ts';

/** Says of each component whose code is drafted what is another one; `graph` is the draft that may have nodes of it. */
export function codeItems(drafted: readonly Drafted[], graph: Graph): readonly Item[] {
  return drafted.map(({ name, files }) => {
    const told = files.filter(({ path, text, before }) => text !== before && !path.endsWith('.layout'));
    const parts = told.length > 0 ? told.map(sentence) : ['its places are other ones'];
    const change = files.every(({ before }) => before === undefined) ? 'added' : 'changed';
    const nodes = nodesOf(graph, name);
    return item('component', change, name, nodes, `${name.split('/')[1]}: ${parts.toReversed().join(', ')}`);
  });
}

/** The nodes of a component, by its full or its bare name. */
export function nodesOf({ nodes }: Graph, component: string): readonly string[] {
  const bare = component.split('/')[1];
  return nodes.filter(node => node.component === component || node.component === bare).map(({ name }) => name);
}

function sentence({ path, before }: DraftedFile): string {
  const isNew = before === undefined;
  if (path.startsWith('spec/')) return isNew ? 'its tests are new' : 'its tests are other ones';
  return isNew ? 'its code is new' : 'its code is another one';
}
