import type { PortSpec, RequiredPorts } from '../model/component-spec.ts';
import type { OuterPort, Place } from '../model/graph.ts';
import { isFailure } from '../model/ports.ts';
import { listInWords } from '../model/words.ts';
import type { Diagnostic, GraphIndex, Side } from './graph-index.ts';

const START: Place = { line: 1, column: 1 };

/** A port that neither an edge, an initial packet nor an outer port is at. */
interface OpenPort {
  readonly node: string;
  readonly place: Place;
  readonly side: Side;
  readonly port: PortSpec;
}

interface Requirements {
  readonly outerPorts: RequiredPorts | undefined;
  /** Nodes of which another fault says already that nothing leads to them. */
  readonly goals: readonly string[];
}

/** What a graph lacks. */
export function missingParts(graphIndex: GraphIndex, { outerPorts, goals }: Requirements): Diagnostic[] {
  const open = openPorts(graphIndex, outerPorts);
  const required = open.filter(
    ({ node, side, port: { required, preset, control } }) =>
      side === 'inports' && required && !preset && (control || !goals.includes(node)),
  );
  const failures = open.filter(({ side, port }) => side === 'outports' && isFailure(port) && port.open === undefined);
  const { inports, outports } = missing(graphIndex, outerPorts);
  const entry = inports === undefined ? undefined : only(required.filter(({ port }) => !port.control));
  const exit =
    outports === undefined
      ? undefined
      : only(unwiredOutports(graphIndex, open).filter(found => !failures.includes(found)));
  return [
    ...undeclared(graphIndex),
    ...withoutComponent(graphIndex),
    ...required.filter(found => found !== entry).map(empty),
    ...failures.map(lost),
    ...unfed(graphIndex, outerPorts),
    ...(inports ? [lacking(graphIndex, 'inports', inports, entry)] : []),
    ...(outports ? [lacking(graphIndex, 'outports', outports, exit)] : []),
  ];
}

/** Each node once, however often it is named. */
function undeclared({ undeclared, nearNodes }: GraphIndex): Diagnostic[] {
  return Array.from(undeclared, ([name, { end }]) => {
    const near = nearNodes(name);
    const cure = near.length > 0 ? `did you mean ${listInWords(near, 'or')}?` : 'declare it with its component';
    return { place: end.place, sentence: `there is no node ${name}; ${cure}` };
  });
}

function withoutComponent({ graph }: GraphIndex): Diagnostic[] {
  return graph.nodes
    .filter(({ component }) => !component)
    .map(({ name, place }) => ({ place, sentence: `${name} has no component; write ${name}(COMPONENT)` }));
}

function openPorts(graphIndex: GraphIndex, outerPorts: RequiredPorts | undefined): OpenPort[] {
  const { nodes, specs: blueprints, mentions, unknownPorts } = graphIndex;
  // By any other outer inport nothing comes into a server's graph.
  const unfed = new Set(
    outerPorts ? graphIndex.graph.inports.filter(({ name }) => name !== outerPorts.entry).map(end => end) : [],
  );
  const leading = mentions.filter(({ end }) => !unfed.has(end as OuterPort));
  const wired = new Set(leading.map(({ end, side }) => key(side, end.node, end.port)));
  // A port that seems open may be the one that another fault is about.
  const nodesInDoubt = new Set([...graphIndex.undeclared.keys()].flatMap(name => graphIndex.nearNodes(name)));
  const sidesInDoubt = new Set(unknownPorts.map(({ end, side }) => key(side, end.node)));
  return Array.from(blueprints).flatMap(([node, spec]) =>
    (['inports', 'outports'] as const).flatMap(side => {
      if (nodesInDoubt.has(node) || sidesInDoubt.has(key(side, node))) return [];
      const place = nodes.get(node)?.place ?? START;
      const open = spec[side].filter(port => !wired.has(key(side, node, port.name)));
      return open.map(port => ({ node, place, side, port }));
    }),
  );
}

/** The outports of nodes that have none wired: one of them may be meant to lead out of the graph. */
function unwiredOutports({ mentions }: GraphIndex, open: readonly OpenPort[]): OpenPort[] {
  const speaking = new Set(mentions.filter(({ side }) => side === 'outports').map(({ end }) => end.node));
  return open.filter(({ node, side }) => side === 'outports' && !speaking.has(node));
}

/** The names of the outer ports that have to be there and are not. */
function missing({ graph }: GraphIndex, outerPorts: RequiredPorts | undefined): Partial<Record<Side, string>> {
  const lacks = (side: Side, outerPort: string | undefined) =>
    outerPort ? !graph[side].some(({ name }) => name === outerPort) : graph[side].length === 0;
  return {
    ...(lacks('inports', outerPorts?.entry) && { inports: outerPorts?.entry ?? 'NAME' }),
    ...(lacks('outports', outerPorts?.exit) && { outports: outerPorts?.exit ?? 'NAME' }),
  };
}

function empty({ node, place, port: { name, control } }: OpenPort): Diagnostic {
  const port = name.toUpperCase();
  const cure = control ? `write 'VALUE' -> ${port} ${node}` : `write NODE OUT -> ${port} ${node}`;
  return { place, sentence: `nothing leads into ${node} ${port}, which is required; ${cure}` };
}

function lost({ node, place, port: { name, schema } }: OpenPort): Diagnostic {
  const port = `${node} ${name.toUpperCase()}`;
  const cure = `write ${port} -> IN NODE${schema === undefined ? ', or -> IN drop(core/Drop) where that is no matter' : ''}`;
  return { place, sentence: `${port} leads nowhere, so its failures would be lost; ${cure}` };
}

/** Outer inports that nothing comes in by: a server asks at one alone. */
function unfed({ graph }: GraphIndex, outerPorts: RequiredPorts | undefined): Diagnostic[] {
  if (!outerPorts) return [];
  return graph.inports
    .filter(({ name }) => name !== outerPorts.entry)
    .map(({ name, place }) => {
      const sentence = `nothing comes in by outer inport ${name.toUpperCase()}, as questions come by ${outerPorts.entry.toUpperCase()}; remove it`;
      return { place, sentence, warning: true };
    });
}

/** With the one port that may be meant, where there is one. */
function lacking({ graph }: GraphIndex, side: Side, outerPort: string, meant: OpenPort | undefined): Diagnostic {
  const direction = side === 'inports' ? 'INPORT' : 'OUTPORT';
  const name = outerPort.toUpperCase();
  const example = outerText(graph.file, side, name, meant && { node: meant.node, port: meant.port.name });
  const what = name === 'NAME' ? `no outer ${direction.toLowerCase()}` : `no outer ${direction.toLowerCase()} ${name}`;
  return { place: START, sentence: `there is ${what}; write ${example}` };
}

/** How an outer port is written in a graph's file; with words that stand for its node and port where they are not known. */
function outerText(file: string, side: Side, name: string, inner = { node: 'NODE', port: 'PORT' }): string {
  const [node, port] = [inner.node, inner.port.toUpperCase()];
  if (/\.json$/i.test(file)) return `"${side}": {"${name}": {"process": "${node}", "port": "${port}"}}`;
  return `${side === 'inports' ? 'INPORT' : 'OUTPORT'}=${node}.${port}:${name}`;
}

function only<Item>(items: readonly Item[]): Item | undefined {
  return items.length === 1 ? items[0] : undefined;
}

function key(...parts: readonly string[]): string {
  return parts.join('\n');
}

const EVENT = 'chat/event';

/** An outport by which events leave a node. */
interface EventOutport {
  readonly node: string;
  readonly port: string;
  readonly place: Place;
}

/**
 * Warns where live delivery is lost without a word: nothing leaves a server's graph at its `push` port, though a node makes
 * events that lead nowhere, or answers questions itself, as one does that lets callers subscribe.
 */
export function unheard(graphIndex: GraphIndex, outerPorts: RequiredPorts | undefined): Diagnostic[] {
  const push = outerPorts?.push;
  const { inports, outports } = graphIndex.graph;
  if (push === undefined || outports.some(({ name }) => name === push)) return [];
  // Without its way in nothing works, and that is told.
  if (!inports.some(({ name }) => name === outerPorts?.entry)) return [];
  const source = openSource(graphIndex);
  const place = source?.place ?? subscribing(graphIndex);
  if (!place) return [];
  const cure = source
    ? `write ${outerText(graphIndex.graph.file, 'outports', push.toUpperCase(), source)}`
    : `lead events to an outer outport ${push.toUpperCase()}`;
  const sentence = `nothing leaves at ${push.toUpperCase()}, so nobody hears new messages live; ${cure}`;
  return [{ place, sentence, warning: true }];
}

/** The first outport of events that nothing is wired to. */
function openSource({ graph, nodes, specs: blueprints }: GraphIndex): EventOutport | undefined {
  for (const { name: node, place } of nodes.values())
    for (const { name: port, schema } of blueprints.get(node)?.outports ?? []) {
      const isWired =
        graph.edges.some(({ from }) => from.node === node && from.port === port) ||
        graph.outports.some(outer => outer.node === node && outer.port === port);
      if (schema === EVENT && !isWired) return { node, port, place };
    }
  return;
}

/** Where the first node is declared that takes questions and answers them itself, while another tells what was kept. */
function subscribing({ nodes, specs: blueprints }: GraphIndex): Place | undefined {
  const has = (node: string, side: 'inports' | 'outports', schema: string) =>
    blueprints.get(node)?.[side].some(port => port.schema === schema) ?? false;
  const all = [...nodes.values()];
  if (!all.some(({ name }) => has(name, 'outports', 'chat/added'))) return;
  return all.find(({ name }) => has(name, 'inports', 'chat/question') && has(name, 'outports', 'chat/reply'))?.place;
}
