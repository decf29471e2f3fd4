import type { Component, Declared } from './component.ts';
import { edgeKey, type Graph, type Port, portName } from './graph.ts';

/** The components of the library by name. */
export type Components = ReadonlyMap<string, Component>;

/** What a port is declared as; nothing where its node's component does not declare it. */
export function declaredAt(
  graph: Graph,
  components: Components,
  { node, port }: Pick<Port, 'node' | 'port'>,
  side: 'inports' | 'outports',
): Declared | undefined {
  const component = components.get(graph.nodes.get(node)?.component ?? '');
  return component?.[side].find(({ name }) => name === port);
}

function differing(from: Declared, to: Declared): readonly [string, string] | undefined {
  if (from.schema && to.schema) return from.schema === to.schema ? undefined : [from.schema, to.schema];
  const fits =
    from.datatype === to.datatype ||
    from.datatype === 'all' ||
    to.datatype === 'all' ||
    to.datatype === 'bang' ||
    (from.datatype === 'int' && to.datatype === 'number');
  return fits ? undefined : [from.datatype, to.datatype];
}

const named = (port: Port): string => `${port.node} ${portName(port)}`;

/** Why a wire can't lead from an outport to an inport, in a sentence; nothing where it can. */
export function misfit(graph: Graph, components: Components, from: Port, to: Port): string | undefined {
  if (graph.edges.has(edgeKey({ from, to }))) return `${named(from)} and ${named(to)} are connected already`;
  const sent = declaredAt(graph, components, from, 'outports');
  const taken = declaredAt(graph, components, to, 'inports');
  if (!sent || !taken) return;
  const kinds = differing(sent, taken);
  return kinds && `${named(from)} sends ${kinds[0]}, but ${named(to)} takes ${kinds[1]}; put a node between them`;
}

/** The index for one more wire at a port: none unless it is an array port. */
export function freeIndex(graph: Graph, port: Pick<Port, 'node' | 'port'>, addressable: boolean): number | undefined {
  if (!addressable) return undefined;
  const ends = [...graph.edges.values()].flatMap(({ from, to }) => [from, to]);
  const taken = [...ends, ...graph.initials.map(({ to }) => to)]
    .filter(end => end.node === port.node && end.port === port.port)
    .map(({ index }) => index ?? -1);
  return Math.max(-1, ...taken) + 1;
}

/** A port that something could be connected to, and why not where it can't. */
export interface Candidate {
  readonly port: Port;
  readonly reason: string | undefined;
}

/** Every inport that an outport could lead to, those that fit first. */
export function targets(graph: Graph, components: Components, from: Port): readonly Candidate[] {
  const all = [...graph.nodes.values()].flatMap(({ name, component }) =>
    (components.get(component)?.inports ?? []).map(({ name: port, addressable }): Candidate => {
      const index = freeIndex(graph, { node: name, port }, addressable);
      const to = { node: name, port, ...(index !== undefined && { index }) };
      return { port: to, reason: misfit(graph, components, from, to) };
    }),
  );
  return [...all.filter(({ reason }) => !reason), ...all.filter(({ reason }) => reason)];
}
