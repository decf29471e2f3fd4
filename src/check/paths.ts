import type { Doors } from '../check.ts';
import type { End, Outer } from '../fbp.ts';
import { called, portAt, type Said, type Survey, together } from './survey.ts';

/** Schemas of what a node tells beside its answer: no question travels with it. */
const BESIDE: ReadonlySet<string> = new Set(['chat/event', 'chat/added']);

/** One outport of a node, and where its packets go. */
interface Branch {
  readonly from: End;
  readonly targets: string[];
}

/** The ways that questions take, node by node. */
interface Ways {
  readonly survey: Survey;
  readonly exit: string;
  readonly branches: ReadonlyMap<string, readonly Branch[]>;
  /** Where a question can get to. */
  readonly asked: ReadonlySet<string>;
  /** From where something can leave the graph. */
  readonly leaving: ReadonlySet<string>;
  /** From where something can get to the exit. */
  readonly answering: ReadonlySet<string>;
}

/**
 * The turns that a question can take from which it never leaves, in graphs that have both doors; or that it never gets
 * to the exit at all, and then `goals` are the nodes that it ought to get to.
 */
export function dead(survey: Survey, { entry, exit }: Doors): { said: Said[]; goals: string[] } {
  const { graph, undeclared } = survey;
  const entries = graph.inports.filter(({ name }) => name === entry);
  const exits = graph.outports.filter(({ name }) => name === exit);
  const [door] = entries;
  if (!door || exits.length === 0 || undeclared.size > 0) return { said: [], goals: [] };
  const ways = waysOf(survey, entries, exits, exit);
  if (exits.some(({ node }) => ways.asked.has(node))) {
    const leaving = [...ways.asked].filter(node => ways.leaving.has(node));
    return { said: leaving.flatMap(node => wrongTurns(ways, node)), goals: [] };
  }
  const goals = [...new Set(exits.map(({ node }) => node))];
  const led = `from ${entry.toUpperCase()} the edges lead only to ${together([...ways.asked], 'and')}`;
  const sentence = `no question reaches ${exit.toUpperCase()}: ${led}; lead one on to ${together(goals, 'or')}`;
  return { said: [{ place: door.place, sentence }], goals };
}

function waysOf(survey: Survey, entries: readonly Outer[], exits: readonly Outer[], exit: string): Ways {
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
    exit,
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
  const name = ways.exit.toUpperCase();
  return (ways.branches.get(node) ?? [])
    .filter(branch => asks(ways.survey, branch.from) && !goesOn(ways, branch))
    .map(({ from, targets }) => {
      const sentence = `a question that takes ${called(from)} never reaches ${name}: ${fate(ways, targets)}`;
      return { place: from.place, sentence };
    });
}

/** Whether a question on this branch leaves the graph; where part of it ends, it has to be at the exit. */
function goesOn({ survey, exit, branches, leaving, answering }: Ways, { from, targets }: Branch): boolean {
  const { outports } = survey.graph;
  const outers = outports.filter(({ node, port }) => node === from.node && port === from.port);
  if (outers.some(({ name }) => name === exit) || targets.some(target => answering.has(target))) return true;
  const ends = (target: string) => !branches.has(target) && !outports.some(({ node }) => node === target);
  return (outers.length > 0 || targets.some(target => leaving.has(target))) && !targets.some(ends);
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
