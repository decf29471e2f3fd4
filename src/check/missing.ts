import type { PortSpec, RequiredPorts } from '../model/component-spec.ts';
import { diagnostic } from '../model/diagnostic.ts';
import type { OuterPort, Place } from '../model/graph.ts';
import { isFailure } from '../model/ports.ts';
import { type Finding, type GraphIndex, portAt, type Side } from './graph-index.ts';

const START: Place = { line: 1, column: 1 };

/** A port without an edge, an initial packet or an outer port. */
interface OpenPort {
  readonly node: string;
  readonly place: Place;
  readonly side: Side;
  readonly port: PortSpec;
}

interface Requirements {
  readonly outerPorts: RequiredPorts | undefined;
  /** Nodes that another fault reports as unreachable already. */
  readonly goals: readonly string[];
}

/** Missing connections and ports of a graph. */
export function missingParts(graphIndex: GraphIndex, { outerPorts, goals }: Requirements): Finding[] {
  const open = openPorts(graphIndex, outerPorts);
  const required = open.filter(
    ({ node, side, port: { required, preset, control } }) =>
      side === 'inports' && required && !preset && (control || !goals.includes(node)),
  );
  const failures = open.filter(({ side, port }) => side === 'outports' && isFailure(port) && port.open === undefined);
  const unheard = open.filter(
    ({ side, port }) => side === 'outports' && port.aside === true && port.open === undefined && !isFailure(port),
  );
  const [lacksEntry, lacksExit] = [
    lacks(graphIndex, 'inports', outerPorts?.entry),
    lacks(graphIndex, 'outports', outerPorts?.exit),
  ];
  const entry = lacksEntry ? only(required.filter(({ port }) => !port.control)) : undefined;
  const exit = lacksExit
    ? only(unwiredOutports(graphIndex, open).filter(found => !failures.includes(found)))
    : undefined;
  const fed = fedNodes(graphIndex);
  // In a server's graph an unfed node is only a warning: its feature is off, and the rest works.
  const isIdle = ({ node, port }: OpenPort) =>
    outerPorts !== undefined && !lacksEntry && !port.control && !fed.has(node);
  return [
    ...undeclared(graphIndex),
    ...withoutComponent(graphIndex),
    ...required.filter(found => found !== entry).map(found => empty(found, isIdle(found))),
    ...failures.map(lost),
    ...unheard.map(silent),
    ...unfed(graphIndex, outerPorts),
    ...(lacksEntry ? [lacking(graphIndex, 'inport', outerPorts?.entry, entry)] : []),
    ...(lacksExit ? [lacking(graphIndex, 'outport', outerPorts?.exit, exit)] : []),
  ];
}

/** Each undeclared node once. */
function undeclared({ undeclared, nearNodes }: GraphIndex): Finding[] {
  return Array.from(undeclared, ([node, { end }]) => ({
    place: end.place,
    ...diagnostic('unknown-node', { node, near: nearNodes(node) }),
  }));
}

function withoutComponent({ graph }: GraphIndex): Finding[] {
  return graph.nodes
    .filter(({ component }) => !component)
    .map(({ name, place }) => ({ place, ...diagnostic('no-component', { node: name }) }));
}

function openPorts(graphIndex: GraphIndex, outerPorts: RequiredPorts | undefined): OpenPort[] {
  const { nodes, specs, mentions, unknownPorts } = graphIndex;
  // A server's graph gets no packets by any other outer inport.
  const unfed = new Set(
    outerPorts ? graphIndex.graph.inports.filter(({ name }) => name !== outerPorts.entry).map(end => end) : [],
  );
  const leading = mentions.filter(({ end }) => !unfed.has(end as OuterPort));
  const wired = new Set(leading.map(({ end, side }) => key(side, end.node, end.port)));
  // A port that seems open may be meant by a misspelt name that another fault reports.
  const nodesInDoubt = new Set([...graphIndex.undeclared.keys()].flatMap(name => graphIndex.nearNodes(name)));
  const sidesInDoubt = new Set(unknownPorts.map(({ end, side }) => key(side, end.node)));
  return Array.from(specs).flatMap(([node, spec]) =>
    (['inports', 'outports'] as const).flatMap(side => {
      if (nodesInDoubt.has(node) || sidesInDoubt.has(key(side, node))) return [];
      const place = nodes.get(node)?.place ?? START;
      const open = spec[side].filter(port => !wired.has(key(side, node, port.name)));
      return open.map(port => ({ node, place, side, port }));
    }),
  );
}

/** Outports of nodes without any wired outport: one of them may be meant to lead out of the graph. */
function unwiredOutports({ mentions }: GraphIndex, open: readonly OpenPort[]): OpenPort[] {
  const speaking = new Set(mentions.filter(({ side }) => side === 'outports').map(({ end }) => end.node));
  return open.filter(({ node, side }) => side === 'outports' && !speaking.has(node));
}

/** Whether a required outer port is missing; without a name, any will do. */
function lacks({ graph }: GraphIndex, side: Side, outer: string | undefined): boolean {
  return outer === undefined ? graph[side].length === 0 : !graph[side].some(({ name }) => name === outer);
}

function empty({ node, place, port: { name, control } }: OpenPort, isIdle: boolean): Finding {
  return { place, ...diagnostic('required-port', { node, port: name, control }), ...(isIdle && { warning: true }) };
}

/** Nodes with an incoming edge besides their settings. */
function fedNodes(graphIndex: GraphIndex): ReadonlySet<string> {
  const fed = graphIndex.mentions.filter(
    ({ end, side }) => side === 'inports' && portAt(graphIndex, end, side)?.control !== true,
  );
  return new Set(fed.map(({ end }) => end.node));
}

function lost({ node, place, port: { name, schema } }: OpenPort): Finding {
  return { place, ...diagnostic('lost-failures', { node, port: name, isTyped: schema !== undefined }) };
}

function silent({ node, place, port: { name } }: OpenPort): Finding {
  return { place, ...diagnostic('unheard-port', { node, port: name }), warning: true };
}

/** Outer inports that get no packets: a server sends questions to one only. */
function unfed({ graph }: GraphIndex, outerPorts: RequiredPorts | undefined): Finding[] {
  if (!outerPorts) return [];
  return graph.inports
    .filter(({ name }) => name !== outerPorts.entry)
    .map(({ name, place }) => ({
      place,
      ...diagnostic('unfed-outer-port', { outer: name, entry: outerPorts.entry }),
      warning: true,
    }));
}

/** A required outer port that is missing, with the port it probably stands for, if there is only one candidate. */
function lacking(
  { graph }: GraphIndex,
  side: 'inport' | 'outport',
  outer: string | undefined,
  meant: OpenPort | undefined,
): Finding {
  const inner = meant && { node: meant.node, port: meant.port.name };
  return { place: START, ...diagnostic('missing-outer-port', { side, outer, ...inner, isJson: isJson(graph.file) }) };
}

function isJson(file: string): boolean {
  return /\.json$/i.test(file);
}

function only<Item>(items: readonly Item[]): Item | undefined {
  return items.length === 1 ? items[0] : undefined;
}

function key(...parts: readonly string[]): string {
  return parts.join('\n');
}

const EVENT = 'chat/event';

/** An outport of events. */
interface EventOutport {
  readonly node: string;
  readonly port: string;
  readonly place: Place;
}

/**
 * Warns if live delivery is silently off: no packets leave a server's graph at its `push` port, although a node's
 * events are unwired, or a node answers questions itself, as one for subscriptions does.
 */
export function unheard(graphIndex: GraphIndex, outerPorts: RequiredPorts | undefined): Finding[] {
  const push = outerPorts?.push;
  const { inports, outports } = graphIndex.graph;
  if (push === undefined || outports.some(({ name }) => name === push)) return [];
  // Without an entry nothing works, which is another fault.
  if (!inports.some(({ name }) => name === outerPorts?.entry)) return [];
  const source = openSource(graphIndex);
  const place = source?.place ?? subscribing(graphIndex);
  if (!place) return [];
  const inner = source && { node: source.node, port: source.port };
  const said = { side: 'outport', outer: push, ...inner, isJson: isJson(graphIndex.graph.file) } as const;
  return [{ place, ...diagnostic('no-live-delivery', said), warning: true }];
}

/** The first unwired outport of events. */
function openSource({ graph, nodes, specs }: GraphIndex): EventOutport | undefined {
  for (const { name: node, place } of nodes.values())
    for (const { name: port, schema } of specs.get(node)?.outports ?? []) {
      const isWired =
        graph.edges.some(({ from }) => from.node === node && from.port === port) ||
        graph.outports.some(outer => outer.node === node && outer.port === port);
      if (schema === EVENT && !isWired) return { node, port, place };
    }
  return;
}

/** The place of the first node that takes questions and answers them itself, if another node emits stored entries. */
function subscribing({ nodes, specs }: GraphIndex): Place | undefined {
  const has = (node: string, side: 'inports' | 'outports', schema: string) =>
    specs.get(node)?.[side].some(port => port.schema === schema) ?? false;
  const all = [...nodes.values()];
  if (!all.some(({ name }) => has(name, 'outports', 'chat/added'))) return;
  return all.find(({ name }) => has(name, 'inports', 'chat/question') && has(name, 'outports', 'chat/reply'))?.place;
}
