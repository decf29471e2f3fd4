import type { BareOuterPort, PortRef } from '../../../src/model/graph.ts';
import { differing, sentOn, type TypedPort } from '../../../src/model/ports.ts';
import { called } from '../../../src/model/words.ts';
import { type Component, type DeclaredPort, isSetting } from './component.ts';
import { type EditorGraph, edgeKey, edgeName, edgesOf } from './graph.ts';

/** The library, by component name. */
export type Components = ReadonlyMap<string, Component>;

/** The declaration of a port; undefined if its component does not declare it. */
export function declaredAt(
  graph: EditorGraph,
  components: Components,
  { node, port }: Pick<PortRef, 'node' | 'port'>,
  side: 'inports' | 'outports',
): DeclaredPort | undefined {
  const component = components.get(graph.nodes.get(node)?.component ?? '');
  return component?.[side].find(({ name }) => name === port);
}

/** The declaration of an outport, with the known types of forwarded packets. */
export function sentAt(graph: EditorGraph, components: Components, from: PortRef): Sent | undefined {
  const declared = declaredAt(graph, components, from, 'outports');
  if (declared?.sameAs === undefined) return declared;
  const { schemas, outers, isKnown } = sentOn(
    { node: from.node, port: declared.sameAs },
    {
      outport: at => declaredAt(graph, components, at, 'outports'),
      into: ({ node, port }) =>
        edgesOf(graph, node).flatMap(({ from, to }) => (to.node === node && to.port === port ? [from] : [])),
      outer: ({ node, port }) =>
        [...graph.inports.values()]
          .filter(outer => outer.node === node && outer.port === port)
          .map(({ name }) => ({ name, schema: outerType({ name }).schema })),
    },
  );
  const isOne = isKnown && outers.length === 0 && schemas.length === 1;
  return { ...declared, schemas, ...(isOne && { schema: schemas[0]! }) };
}

/** The type of packets at an inport of the main graph. */
export const outerType = ({ name }: Pick<BareOuterPort, 'name'>): TypedPort =>
  name === 'request' ? { datatype: 'object', schema: 'chat/question' } : { datatype: 'all' };

type Sent = DeclaredPort & { readonly schemas?: readonly string[] };

/** Why an outport can't be wired to an inport; undefined if it can. */
export function connectionFault(
  graph: EditorGraph,
  components: Components,
  from: PortRef,
  to: PortRef,
): string | undefined {
  if (graph.edges.has(edgeKey({ from, to }))) return `there is a wire ${edgeName({ from, to })} already`;
  const sent = sentAt(graph, components, from);
  const taken = declaredAt(graph, components, to, 'inports');
  if (!sent || !taken) return;
  const kinds = differing(sent, taken);
  return (
    kinds &&
    `${called(from)} sends ${kinds[0]}, but ${called(to)} takes ${kinds[1]}; put a node between them that makes ${kinds[1]} of ${kinds[0]}`
  );
}

/** The next free index of an array port; undefined for other ports. */
export function freeIndex(
  graph: EditorGraph,
  port: Pick<PortRef, 'node' | 'port'>,
  addressable: boolean,
): number | undefined {
  if (!addressable) return undefined;
  const ends = [...graph.edges.values()].flatMap(({ from, to }) => [from, to]);
  const taken = [...ends, ...graph.initials.map(({ to }) => to)]
    .filter(end => end.node === port.node && end.port === port.port)
    .map(({ index }) => index ?? -1);
  return Math.max(-1, ...taken) + 1;
}

/** A port offered for connecting; `connected` if the wire exists. */
interface Candidate {
  readonly port: PortRef;
  readonly connected: boolean;
}

/** The inports that an outport fits, without settings. Connected ones and those of its own node come last. */
export const targets = (graph: EditorGraph, components: Components, from: PortRef): readonly Candidate[] =>
  candidates(graph, components, 'inports', from, to => [from, to]);

/** The outports that fit an inport. Connected ones and those of its own node come last. */
export const sources = (graph: EditorGraph, components: Components, to: PortRef): readonly Candidate[] =>
  candidates(graph, components, 'outports', to, from => [from, to]);

function candidates(
  graph: EditorGraph,
  components: Components,
  side: 'inports' | 'outports',
  end: PortRef,
  wire: (other: PortRef) => readonly [from: PortRef, to: PortRef],
): readonly Candidate[] {
  const all = [...graph.nodes.values()].flatMap(({ name, component }) =>
    (components.get(component)?.[side] ?? []).flatMap((declared): Candidate[] => {
      if (side === 'inports' && isSetting(declared)) return [];
      const at = { node: name, port: declared.name };
      const others = [...graph.edges.values()].map(({ from, to }) => (side === 'inports' ? [to, from] : [from, to]));
      const connected = others.some(([there, here]) => isPort(there!, at) && isPort(here!, end));
      if (connected) return [{ port: at, connected }];
      const index = freeIndex(graph, at, declared.addressable);
      const port = { ...at, ...(index !== undefined && { index }) };
      return connectionFault(graph, components, ...wire(port)) ? [] : [{ port, connected }];
    }),
  );
  const rank = ({ port, connected }: Candidate) => (connected ? 2 : port.node === end.node ? 1 : 0);
  return all.toSorted((a, b) => rank(a) - rank(b));
}

/** Whether two ends are the same port, regardless of the index. */
const isPort = (one: PortRef, other: PortRef): boolean => one.node === other.node && one.port === other.port;
