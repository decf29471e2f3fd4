import type { Doors } from '../check.ts';
import type { End, Outer } from '../fbp.ts';
import { isFailure } from '../model/failure.ts';
import { BESIDE } from './beside.ts';
import { called, portAt, type Said, type Survey, together } from './survey.ts';

/** One outport of a node, and where its packets go. */
interface Branch {
  readonly from: End;
  readonly targets: string[];
}

/** The ways that questions take, node by node. */
interface Ways {
  readonly survey: Survey;
  /** What a question has to get to, in a sentence. */
  readonly goal: string;
  readonly exits: readonly Outer[];
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
export function dead(survey: Survey, doors: Doors | undefined): { said: Said[]; goals: string[] } {
  const { graph, undeclared } = survey;
  const entries = graph.inports.filter(outer => (doors ? outer.name === doors.entry : takes(survey, outer)));
  const exits = graph.outports.filter(({ name }) => !doors || name === doors.exit);
  const [door] = entries;
  if (!door || exits.length === 0 || undeclared.size > 0) return { said: [], goals: [] };
  const ways = waysOf(survey, entries, exits, doors ? doors.exit.toUpperCase() : 'an outer outport');
  if (!doors || exits.some(({ node }) => ways.asked.has(node))) {
    const leaving = [...ways.asked].filter(node => ways.leaving.has(node));
    const said = leaving.flatMap(node => [...wrongTurns(ways, node), ...openEnds(ways, node)]);
    return { said, goals: [] };
  }
  const goals = [...new Set(exits.map(({ node }) => node))];
  const led = `from ${doors.entry.toUpperCase()} the edges lead only to ${together([...ways.asked], 'and')}`;
  const sentence = `no question reaches ${ways.goal}: ${led}; lead one on to ${together(goals, 'or')}`;
  return { said: [{ place: door.place, sentence }], goals };
}

/** Whether questions may come in by an outer inport of a subgraph. */
function takes(survey: Survey, outer: Outer): boolean {
  const port = portAt(survey, outer, 'inports');
  return port !== undefined && !port.control && !BESIDE.has(port.schema ?? '');
}

function waysOf(survey: Survey, entries: readonly Outer[], exits: readonly Outer[], goal: string): Ways {
  const { edges, outports } = survey.graph;
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
    const known = sources.get(to.node);
    if (known) known.push(from.node);
    else sources.set(to.node, [from.node]);
  }
  const back = (node: string) => sources.get(node) ?? [];
  return {
    survey,
    goal,
    exits,
    branches,
    asked: closure(entries, node => onward(survey, branches, node)),
    leaving: closure(outports, back),
    answering: closure(exits, back),
  };
}

function closure(starts: readonly Pick<Outer, 'node'>[], next: (node: string) => readonly string[]): Set<string> {
  const met = new Set(starts.map(({ node }) => node));
  for (const node of met) for (const other of next(node)) met.add(other);
  return met;
}

function onward(survey: Survey, branches: Ways['branches'], node: string): string[] {
  return (branches.get(node) ?? []).filter(({ from }) => asks(survey, from)).flatMap(({ targets }) => targets);
}

function asks(survey: Survey, from: End): boolean {
  return !BESIDE.has(portAt(survey, from, 'outports')?.schema ?? '');
}

/** The outports of a node, itself on a way out, that no question should take. */
function wrongTurns(ways: Ways, node: string): Said[] {
  if (!ways.survey.blueprints.has(node)) return [];
  const unknown = new Set(ways.survey.strays.map(({ end }) => end));
  return (ways.branches.get(node) ?? [])
    .filter(({ from }) => !unknown.has(from))
    .filter(branch => asks(ways.survey, branch.from) && !goesOn(ways, branch) && !isDropped(ways, branch))
    .map(({ from, targets }) => {
      const sentence = `a question that takes ${called(from)} never reaches ${ways.goal}: ${fate(ways, targets)}`;
      return { place: from.place, sentence };
    });
}

/** Whether a question on this branch leaves the graph; where part of it ends, it has to be at the exit. */
function goesOn({ survey, exits, branches, leaving, answering }: Ways, { from, targets }: Branch): boolean {
  const { outports } = survey.graph;
  const outers = outports.filter(({ node, port }) => node === from.node && port === from.port);
  if (outers.some(outer => exits.includes(outer)) || targets.some(target => answering.has(target))) return true;
  const ends = (target: string) => !branches.has(target) && !outports.some(({ node }) => node === target);
  return (outers.length > 0 || targets.some(target => leaving.has(target))) && !targets.some(ends);
}

/**
 * Whether a branch ends on purpose: at nodes that send nothing on, from a port that says nothing of what its packets are,
 * beside another one that goes on.
 */
function isDropped(ways: Ways, { from, targets }: Branch): boolean {
  const { survey, branches } = ways;
  if (portAt(survey, from, 'outports')?.schema !== undefined) return false;
  const isSink = (target: string) => survey.blueprints.get(target)?.outports.length === 0;
  const others = (branches.get(from.node) ?? []).filter(branch => branch.from.port !== from.port);
  const leaves = survey.graph.outports.some(({ node, port }) => node === from.node && port !== from.port);
  return targets.every(isSink) && (leaves || others.some(branch => goesOn(ways, branch)));
}

/** The outports of a node that lead nowhere, though a question may take them; those of failures are told by others. */
function openEnds({ survey, branches }: Ways, node: string): Said[] {
  const wired = new Set([
    ...(branches.get(node) ?? []).map(({ from }) => from.port),
    ...survey.graph.outports.filter(outer => outer.node === node).map(({ port }) => port),
  ]);
  const isInDoubt = survey.strays.some(({ end, side }) => side === 'outports' && end.node === node);
  const open = (survey.blueprints.get(node)?.outports ?? []).filter(
    port => port.open === undefined && !wired.has(port.name) && !BESIDE.has(port.schema ?? '') && !isFailure(port),
  );
  return (isInDoubt ? [] : open).map(({ name, schema }) => {
    const port = `${node} ${name.toUpperCase()}`;
    const drop = schema === undefined ? ', or -> IN drop(core/Drop) where it is no matter' : '';
    const sentence = `${port} leads nowhere, so a question that takes it gets no answer; write ${port} -> IN NODE${drop}`;
    return { place: survey.nodes.get(node)!.place, sentence };
  });
}

function fate({ survey, branches, leaving }: Ways, targets: readonly string[]): string {
  const next = (node: string) => onward(survey, branches, node);
  const met = closure(
    targets.map(node => ({ node })),
    next,
  );
  const ends = [...met].filter(node => !leaving.has(node) && next(node).length === 0);
  if (ends.length > 0) return `it ends at ${together(ends, 'and')}; lead an edge on from there`;
  return `it goes round through ${together([...met], 'and')}; lead an edge out of there`;
}
