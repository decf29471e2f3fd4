import type { RequiredPorts } from '../model/component-spec.ts';
import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import type { End, OuterPort } from '../model/graph.ts';
import { isFailure } from '../model/ports.ts';
import { called } from '../model/words.ts';
import { type Finding, type GraphIndex, isAside, portAt } from './graph-index.ts';

/** One outport of a node, and where its packets go. */
interface Branch {
  readonly from: End;
  readonly targets: string[];
}

/** The ways that questions take, node by node. */
interface Paths {
  readonly graphIndex: GraphIndex;
  /** The name of what a question has to get to; undefined where any outer outport will do. */
  readonly exit: string | undefined;
  readonly exits: readonly OuterPort[];
  readonly branches: ReadonlyMap<string, readonly Branch[]>;
  /** Where a question can get to. */
  readonly asked: ReadonlySet<string>;
  /** From where something can leave the graph. */
  readonly leaving: ReadonlySet<string>;
  /** From where something can get to an exit. */
  readonly answering: ReadonlySet<string>;
}

/**
 * The turns that a question can take from which it never leaves; or that it never gets to the exit of a server's graph at
 * all, and then `goals` are the nodes that it ought to get to. In a subgraph, each outer inport may be where questions come in.
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
    const leaving = [...paths.asked].filter(node => paths.leaving.has(node));
    const diagnostics = leaving.flatMap(node => [...wrongTurns(paths, node), ...openEnds(paths, node)]);
    return { diagnostics, goals: [] };
  }
  const goals = [...new Set(exits.map(({ node }) => node))];
  const said = { exit: outerPorts.exit, entry: outerPorts.entry, reached: [...paths.asked], goals };
  return { diagnostics: [{ place: outerPort.place, ...diagnostic('exit-unreached', said) }], goals };
}

/** Whether questions may come in by an outer inport of a subgraph. */
function takes(graphIndex: GraphIndex, outer: OuterPort): boolean {
  const port = portAt(graphIndex, outer, 'inports');
  return port !== undefined && !port.control && !isAside(port);
}

function pathsOf(
  graphIndex: GraphIndex,
  entries: readonly OuterPort[],
  exits: readonly OuterPort[],
  exit: string | undefined,
): Paths {
  const { edges, outports } = graphIndex.graph;
  const branches = new Map<string, Branch[]>();
  for (const { from, to } of edges) {
    const known = branches.get(from.node) ?? [];
    branches.set(from.node, known);
    const same = known.find(branch => called(branch.from) === called(from));
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
    branches,
    asked: closure(entries, node => onward(graphIndex, branches, node)),
    leaving: closure(outports, back),
    answering: closure(exits, back),
  };
}

function closure(starts: readonly Pick<OuterPort, 'node'>[], next: (node: string) => readonly string[]): Set<string> {
  const met = new Set(starts.map(({ node }) => node));
  for (const node of met) for (const other of next(node)) met.add(other);
  return met;
}

function onward(graphIndex: GraphIndex, branches: Paths['branches'], node: string): string[] {
  return (branches.get(node) ?? []).filter(({ from }) => asks(graphIndex, from)).flatMap(({ targets }) => targets);
}

function asks(graphIndex: GraphIndex, from: End): boolean {
  return !isAside(portAt(graphIndex, from, 'outports'));
}

/** The outports of a node, itself on a way out, that no question should take. */
function wrongTurns(paths: Paths, node: string): Finding[] {
  if (!paths.graphIndex.specs.has(node)) return [];
  const unknown = new Set(paths.graphIndex.unknownPorts.map(({ end }) => end));
  return (paths.branches.get(node) ?? [])
    .filter(({ from }) => !unknown.has(from))
    .filter(branch => asks(paths.graphIndex, branch.from) && !goesOn(paths, branch) && !isDropped(paths, branch))
    .map(branch => ({ place: branch.from.place, ...outcomeOf(paths, branch) }));
}

/** Whether a question on this branch leaves the graph; where part of it ends, it has to be at the exit. */
function goesOn({ graphIndex, exits, branches, leaving, answering }: Paths, { from, targets }: Branch): boolean {
  const { outports } = graphIndex.graph;
  const outers = outports.filter(({ node, port }) => node === from.node && port === from.port);
  if (outers.some(outer => exits.includes(outer)) || targets.some(target => answering.has(target))) return true;
  const ends = (target: string) => !branches.has(target) && !outports.some(({ node }) => node === target);
  return (outers.length > 0 || targets.some(target => leaving.has(target))) && !targets.some(ends);
}

/**
 * Whether a branch ends on purpose: at nodes that send nothing on, from a port that says nothing of what its packets are,
 * beside another one that goes on.
 */
function isDropped(paths: Paths, { from, targets }: Branch): boolean {
  const { graphIndex, branches } = paths;
  if (portAt(graphIndex, from, 'outports')?.schema !== undefined) return false;
  const isSink = (target: string) => graphIndex.specs.get(target)?.outports.length === 0;
  const others = (branches.get(from.node) ?? []).filter(branch => branch.from.port !== from.port);
  const leaves = graphIndex.graph.outports.some(({ node, port }) => node === from.node && port !== from.port);
  return targets.every(isSink) && (leaves || others.some(branch => goesOn(paths, branch)));
}

/** The outports of a node that lead nowhere, though a question may take them; those of failures are told by others. */
function openEnds({ graphIndex, branches }: Paths, node: string): Finding[] {
  const wired = new Set([
    ...(branches.get(node) ?? []).map(({ from }) => from.port),
    ...graphIndex.graph.outports.filter(outer => outer.node === node).map(({ port }) => port),
  ]);
  const isInDoubt = graphIndex.unknownPorts.some(({ end, side }) => side === 'outports' && end.node === node);
  const open = (graphIndex.specs.get(node)?.outports ?? []).filter(
    port => port.open === undefined && !wired.has(port.name) && !isAside(port) && !isFailure(port),
  );
  return (isInDoubt ? [] : open).map(({ name: port, schema }) => ({
    place: graphIndex.nodes.get(node)!.place,
    ...diagnostic('unanswered-port', { node, port, isTyped: schema !== undefined }),
  }));
}

function outcomeOf({ graphIndex, exit, branches, leaving }: Paths, { from, targets }: Branch): Diagnostic {
  const next = (node: string) => onward(graphIndex, branches, node);
  const met = closure(
    targets.map(node => ({ node })),
    next,
  );
  const ends = [...met].filter(node => !leaving.has(node) && next(node).length === 0);
  if (ends.length > 0) return diagnostic('question-ends', { from: called(from), exit, nodes: ends });
  return diagnostic('question-loops', { from: called(from), exit, nodes: [...met] });
}
