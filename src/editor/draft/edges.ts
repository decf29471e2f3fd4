import type { Edge, Graph } from '../../fbp.ts';
import { MOST_EDGES } from '../../model/limits.ts';
import { type Payload, Refused } from '../protocol/message.ts';
import { port } from '../protocol/payload.ts';
import { edgeKey, isAround, isAt, looking, NOWHERE, site, wire } from './graph.ts';
import { given, merged, sent } from './metadata.ts';
import { type Change, type Edit, hint, limit, present, told } from './step.ts';

export const addEdge: Edit = (graph, payload) => {
  const edge = read(payload);
  present(graph, edge.from.node);
  present(graph, edge.to.node);
  if (graph.edges.some(other => isThis(other, edge))) throw new Refused(`there is a wire ${wire(edge)} already`);
  limit(graph.edges.length, MOST_EDGES, 'wires');
  const metadata = merged({}, given(payload));
  const after = { ...graph, edges: [...graph.edges, { ...edge, ...looking(metadata) }] };
  return { graph: after, told: [told('addedge', { ...ends(edge), metadata })] };
};

export const removeEdge: Edit = (graph, payload) => {
  const edge = find(graph, read(payload));
  const edges = graph.edges.filter(other => !isThis(other, edge));
  return { graph: { ...graph, edges }, told: edgesGone([edge]) };
};

export const changeEdge: Edit = (graph, payload) => {
  const edge = find(graph, read(payload));
  const change = given(payload);
  const metadata = merged(edge.metadata ?? {}, change);
  const changed = ({ from, to }: Edge): Edge => ({ from, to, ...looking(metadata) });
  const edges = graph.edges.map(other => (isThis(other, edge) ? changed(other) : other));
  const after = Object.keys(change).length > 0 ? { ...graph, edges } : graph;
  return { graph: after, told: [told('changeedge', { ...ends(edge), metadata: sent(metadata) })] };
};

/** Tells that edges are gone; one that a file has twice is told once, as both go. */
export function edgesGone(edges: readonly Edge[]): Change[] {
  const distinct = new Map(edges.map(edge => [edgeKey(edge), edge]));
  return [...distinct.values()].map(edge => told('removeedge', ends(edge)));
}

function read(payload: Payload): Edge {
  return { from: { ...port(payload, 'src'), place: NOWHERE }, to: { ...port(payload, 'tgt'), place: NOWHERE } };
}

function ends({ from, to }: Edge): Payload {
  return { src: site(from), tgt: site(to) };
}

function isThis(edge: Edge, wanted: Edge): boolean {
  return isAt(edge.from, wanted.from) && isAt(edge.to, wanted.to);
}

/** The edge that a message means: some editors leave the places of array ports out. */
function find(graph: Graph, wanted: Edge): Edge {
  const exact = graph.edges.find(edge => isThis(edge, wanted));
  if (exact) return exact;
  const near = graph.edges.filter(({ from, to }) => isAround(from, wanted.from) && isAround(to, wanted.to));
  const [first, second] = near;
  if (first && second && !isThis(first, second)) {
    throw new Refused(`there is more than one wire ${wire(wanted)}; give the "index" of the one that you mean`);
  }
  if (first) return first;
  present(graph, wanted.from.node);
  present(graph, wanted.to.node);
  const between = graph.edges.filter(({ from, to }) => from.node === wanted.from.node && to.node === wanted.to.node);
  throw new Refused(`there is no wire ${wire(wanted)}; ${hint(wire(wanted), between.map(wire))}`);
}
