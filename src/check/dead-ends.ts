import type { RequiredPorts } from '../model/component-spec.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import type { End, OuterPort } from '../model/graph.ts';
import { isFailure } from '../model/ports.ts';
import { called } from '../model/words.ts';
import { type Finding, type GraphIndex, isAside, portAt } from './graph-index.ts';
import { carriesQuestions, reachable } from './reachability.ts';

/** An outport of a node, with the nodes that its edges lead to. */
interface WiredOutport {
  readonly from: End;
  readonly targets: string[];
}

/** The paths of questions through a graph. */
interface QuestionPaths {
  readonly graphIndex: GraphIndex;
  /** The exit that a question has to reach; undefined if any outer outport will do. */
  readonly exit: string | undefined;
  readonly exits: readonly OuterPort[];
  /** By node. */
  readonly wired: ReadonlyMap<string, readonly WiredOutport[]>;
  /** Nodes that questions reach. */
  readonly asked: ReadonlySet<string>;
  /** Nodes from which packets can leave the graph; wires of ports marked `aside` don't count. */
  readonly leadOut: ReadonlySet<string>;
  /** Nodes from which packets can reach the exit; wires of ports marked `aside` don't count. */
  readonly leadToExit: ReadonlySet<string>;
}

/**
 * Faults where a question never leaves the graph; or, if none can reach the exit of a server's graph, that one fault,
 * with the nodes in `goals` that a question should reach. In a subgraph, questions may enter by each outer inport that
 * is no setting and no side input.
 */
export function deadEnds(
  graphIndex: GraphIndex,
  outerPorts: RequiredPorts | undefined,
): { diagnostics: Finding[]; goals: string[] } {
  const { graph, undeclared } = graphIndex;
  const entries = graph.inports.filter(outer =>
    outerPorts ? outer.name === outerPorts.entry : takes(graphIndex, outer),
  );
  const exits = graph.outports.filter(({ name }) => !outerPorts || name === outerPorts.exit);
  const [outerPort] = entries;
  if (!outerPort || exits.length === 0 || undeclared.size > 0) return { diagnostics: [], goals: [] };
  const paths = pathsOf(graphIndex, entries, exits, outerPorts?.exit);
  if (!outerPorts || exits.some(({ node }) => paths.asked.has(node))) {
    const onTheWay = [...paths.asked].filter(node => paths.leadOut.has(node));
    const diagnostics = onTheWay.flatMap(node => [...wrongTurns(paths, node), ...openEnds(paths, node)]);
    return { diagnostics, goals: [] };
  }
  const goals = [...new Set(exits.map(({ node }) => node))];
  const said = { exit: outerPorts.exit, entry: outerPorts.entry, reached: [...paths.asked], goals };
  return { diagnostics: [{ place: outerPort.place, ...diagnostic('exit-unreached', said) }], goals };
}

/** Whether an outer inport of a subgraph may receive questions. */
function takes(graphIndex: GraphIndex, outer: OuterPort): boolean {
  const port = portAt(graphIndex, outer, 'inports');
  return port !== undefined && !port.control && !isAside(port);
}

function pathsOf(
  graphIndex: GraphIndex,
  entries: readonly OuterPort[],
  exits: readonly OuterPort[],
  exit: string | undefined,
): QuestionPaths {
  const { edges, outports } = graphIndex.graph;
  const wired = new Map<string, WiredOutport[]>();
  for (const { from, to } of edges) {
    const known = wired.get(from.node) ?? [];
    wired.set(from.node, known);
    const same = known.find(outport => called(outport.from) === called(from));
    if (same) same.targets.push(to.node);
    else known.push({ from, targets: [to.node] });
  }
  const sources = new Map<string, string[]>();
  for (const { from, to } of edges) {
    if (portAt(graphIndex, from, 'outports')?.aside) continue;
    const known = sources.get(to.node);
    if (known) known.push(from.node);
    else sources.set(to.node, [from.node]);
  }
  const back = (node: string) => sources.get(node) ?? [];
  return {
    graphIndex,
    exit,
    exits,
    wired,
    asked: reachable(nodesOf(entries), node => targetsOf(graphIndex, wired, node)),
    leadOut: reachable(nodesOf(outports), back),
    leadToExit: reachable(nodesOf(exits), back),
  };
}

const nodesOf = (outers: readonly OuterPort[]): readonly string[] => outers.map(({ node }) => node);

/** The nodes that a question can reach from a node directly. */
function targetsOf(graphIndex: GraphIndex, wired: QuestionPaths['wired'], node: string): string[] {
  return (wired.get(node) ?? [])
    .filter(({ from }) => carriesQuestions(graphIndex, from))
    .flatMap(({ targets }) => targets);
}

/** Outports, of a node from which packets can leave the graph, that no question should take. */
function wrongTurns(paths: QuestionPaths, node: string): Finding[] {
  if (!paths.graphIndex.specs.has(node)) return [];
  const unknown = new Set(paths.graphIndex.unknownPorts.map(({ end }) => end));
  return (paths.wired.get(node) ?? [])
    .filter(({ from }) => !unknown.has(from))
    .filter(
      outport =>
        carriesQuestions(paths.graphIndex, outport.from) && !goesOn(paths, outport) && !isDropped(paths, outport),
    )
    .map(outport => ({ place: outport.from.place, ...outcomeOf(paths, outport) }));
}

/**
 * Whether a question that leaves by this outport leaves the graph; if one of its targets is an end, another must reach
 * the exit.
 */
function goesOn(
  { graphIndex, exits, wired, leadOut, leadToExit }: QuestionPaths,
  { from, targets }: WiredOutport,
): boolean {
  const { outports } = graphIndex.graph;
  const outers = outports.filter(({ node, port }) => node === from.node && port === from.port);
  if (outers.some(outer => exits.includes(outer)) || targets.some(target => leadToExit.has(target))) return true;
  const ends = (target: string) => !wired.has(target) && !outports.some(({ node }) => node === target);
  return (outers.length > 0 || targets.some(target => leadOut.has(target))) && !targets.some(ends);
}

/**
 * Whether packets of an outport end on purpose: at nodes without outputs, from a port without a declared type, beside
 * another outport that continues.
 */
function isDropped(paths: QuestionPaths, { from, targets }: WiredOutport): boolean {
  const { graphIndex, wired } = paths;
  if (portAt(graphIndex, from, 'outports')?.schema !== undefined) return false;
  const isSink = (target: string) => graphIndex.specs.get(target)?.outports.length === 0;
  const others = (wired.get(from.node) ?? []).filter(outport => outport.from.port !== from.port);
  const leaves = graphIndex.graph.outports.some(({ node, port }) => node === from.node && port !== from.port);
  return targets.every(isSink) && (leaves || others.some(outport => goesOn(paths, outport)));
}

/** Unwired outports of a node that a question may take; those for failures are reported elsewhere. */
function openEnds({ graphIndex, wired }: QuestionPaths, node: string): Finding[] {
  const inUse = new Set([
    ...(wired.get(node) ?? []).map(({ from }) => from.port),
    ...graphIndex.graph.outports.filter(outer => outer.node === node).map(({ port }) => port),
  ]);
  const isInDoubt = graphIndex.unknownPorts.some(({ end, side }) => side === 'outports' && end.node === node);
  const open = (graphIndex.specs.get(node)?.outports ?? []).filter(
    port => port.open === undefined && !inUse.has(port.name) && !isAside(port) && !isFailure(port),
  );
  return (isInDoubt ? [] : open).map(({ name: port, schema }) => ({
    place: graphIndex.nodes.get(node)!.place,
    ...diagnostic('unanswered-port', { node, port, isTyped: schema !== undefined }),
  }));
}

function outcomeOf({ graphIndex, exit, wired, leadOut }: QuestionPaths, { from, targets }: WiredOutport): Diagnostic {
  const next = (node: string) => targetsOf(graphIndex, wired, node);
  const met = reachable(targets, next);
  const ends = [...met].filter(node => !leadOut.has(node) && next(node).length === 0);
  if (ends.length > 0) return diagnostic('question-ends', { from: called(from), exit, nodes: ends });
  return diagnostic('question-loops', { from: called(from), exit, nodes: [...met] });
}
