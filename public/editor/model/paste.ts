import type { Change } from './change.ts';
import type { Edit } from './edits.ts';
import { type CanvasPoint, type EditorGraph, type PortRef, partialGraph } from './graph.ts';
import { freeName } from './names.ts';

/** The nodes that a text brings, with what is between them; those without a component it only names. */
export const pastedNodes = (pasted: EditorGraph): EditorGraph =>
  partialGraph(pasted, new Set([...pasted.nodes.values()].flatMap(({ name, component }) => (component ? [name] : []))));

/** The ends of all wires and settings of a text. */
const ends = ({ edges, initials }: EditorGraph): readonly PortRef[] => [
  ...[...edges.values()].flatMap(({ from, to }) => [from, to]),
  ...initials.map(({ to }) => to),
];

/** Why a text can't be pasted, in a sentence; nothing where it can. What it only names has to be in the graph. */
export function pasteFault(graph: EditorGraph, pasted: EditorGraph): string | undefined {
  const { nodes } = pastedNodes(pasted);
  const named = [...ends(pasted).map(({ node }) => node), ...pasted.nodes.keys()];
  const missing = named.find(name => !nodes.has(name) && !graph.nodes.has(name));
  return missing === undefined
    ? undefined
    : `there is no node ${missing}; give it a component, as in ${missing}(core/Drop)`;
}

/** Brings in the nodes of another graph, under names that are free, each at its place, and connects them to those that it only names. */
export function paste(graph: EditorGraph, pasted: EditorGraph, placed: ReadonlyMap<string, CanvasPoint>): Edit {
  const { nodes } = pastedNodes(pasted);
  const taken = new Set(graph.nodes.keys());
  const names = new Map<string, string>();
  for (const name of nodes.keys()) {
    const free = freeName(name, taken);
    taken.add(free);
    names.set(name, free);
  }
  const end = (port: PortRef): PortRef => ({ ...port, node: names.get(port.node) ?? port.node });
  const added = [...nodes.values()].map(({ name, component, metadata }): Change => {
    const id = names.get(name)!;
    return { command: 'addnode', payload: { id, component, metadata: { ...metadata, ...placed.get(name) } } };
  });
  const edges = [...pasted.edges.values()].map(({ from, to, metadata }): Change => {
    return { command: 'addedge', payload: { src: end(from), tgt: end(to), metadata } };
  });
  const initials = pasted.initials.map(({ data, to, metadata }): Change => {
    return { command: 'addinitial', payload: { src: { data }, tgt: end(to), metadata } };
  });
  const what = names.size === 1 ? '1 node' : names.size > 1 ? `${names.size} nodes` : 'wires';
  return { label: `paste ${what}`, changes: [...added, ...edges, ...initials] };
}
