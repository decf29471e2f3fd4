import type { ComponentSpec } from '../model/component-spec.ts';
import { diagnostic } from '../model/diagnostic.ts';
import type { Edge, End, Graph, OuterPort } from '../model/graph.ts';
import { isFailure } from '../model/ports.ts';
import { called } from '../model/words.ts';
import { type Finding, type GraphIndex, isAside, portAt } from './graph-index.ts';

/** Where a packet goes from an outport: to a node, or out of the graph. */
type Branch = Edge | OuterPort;

/** How a node is reached first from a branch; of an exit there is none. */
type Reached = ReadonlyMap<string, End | undefined>;

/** What no node can be called: where answers leave. */
const EXIT = '';

/** The ways that packets take in a graph without subgraphs. */
interface PacketPaths {
  readonly graphIndex: GraphIndex;
  readonly onward: ReadonlyMap<string, readonly Branch[]>;
  /** Where questions get to. */
  readonly asked: ReadonlySet<string>;
}

/**
 * Warns of outports from which a question goes on by two ways that meet again, or are both answered, so that what is
 * done there is done twice. Different outports of one node are no such ways, as it chooses between them.
 */
export function duplicatePaths(paths: PacketPaths): Finding[] {
  const { graphIndex } = paths;
  return [...paths.asked].flatMap(node => {
    const ports = Map.groupBy(paths.onward.get(node) ?? [], branch => called(fromOf(branch)));
    return [...ports.values()].flatMap(branches =>
      branches.length > 1 && isAsked(graphIndex, fromOf(branches[0]!)) ? meeting(paths, branches) : [],
    );
  });
}

/** The ways of questions that come in by `entry`. */
export function packetPaths(graphIndex: GraphIndex, entry: string): PacketPaths {
  const { edges, inports, outports } = graphIndex.graph;
  const leading = edges.filter(({ to }) => !portAt(graphIndex, to, 'inports')?.control);
  const leaving = outports.filter(outer => isAsked(graphIndex, outer));
  const onward = Map.groupBy<string, Branch>([...leading, ...leaving], branch => fromOf(branch).node);
  const asked = new Set(inports.filter(({ name }) => name === entry).map(({ node }) => node));
  for (const node of asked)
    for (const branch of onward.get(node) ?? [])
      if ('to' in branch && isAsked(graphIndex, branch.from)) asked.add(branch.to.node);
  return { graphIndex, onward, asked };
}

function meeting(paths: PacketPaths, branches: readonly Branch[]): Finding[] {
  const [first, ...others] = branches.map(branch => reachedFrom(paths, branch)) as [Reached, ...Reached[]];
  for (const [at, reached] of others.entries()) {
    for (const [node, end] of reached) {
      const before = [first, ...others.slice(0, at)].find(earlier => earlier.has(node));
      if (!before || (node !== EXIT && !paths.asked.has(node))) continue;
      const count = [first, ...others].filter(each => each.has(node)).length;
      return [warning(paths, branches, { second: branches[at + 1]!, count, node, ends: [before.get(node), end] })];
    }
  }
  return [];
}

/** All that packets get to, the nearest first: what is done comes before what is refused. */
function reachedFrom({ graphIndex, onward }: PacketPaths, branch: Branch): Reached {
  const reached = new Map<string, End | undefined>();
  const take = (next: Branch) => {
    // What a bot says is another post.
    if (portAt(graphIndex, fromOf(next), 'outports')?.aside) return;
    if ('to' in next) {
      if (!reached.has(next.to.node)) reached.set(next.to.node, next.to);
    } else if (isAsked(graphIndex, next)) reached.set(EXIT, undefined);
  };
  take(branch);
  // What a bot says is nothing that was asked.
  const isOwn = (next: Branch) => portAt(graphIndex, fromOf(next), 'outports')?.aside === true;
  const onwards = (node: string) => (onward.get(node) ?? []).filter(next => !isOwn(next));
  for (const [node] of reached) for (const next of onwards(node)) if (!fails(graphIndex, fromOf(next))) take(next);
  for (const [node] of reached) for (const next of onwards(node)) take(next);
  return reached;
}

interface Meeting {
  readonly second: Branch;
  readonly count: number;
  readonly node: string;
  readonly ends: readonly [End | undefined, End | undefined];
}

function warning(
  { graphIndex }: PacketPaths,
  branches: readonly Branch[],
  { second, count, node, ends }: Meeting,
): Finding {
  const from = fromOf(second);
  const kind = portAt(graphIndex, from, 'outports')?.schema?.split('/')[1] ?? 'packet';
  const targets = branches.map(branch => ('to' in branch ? called(branch.to) : branch.name.toUpperCase()));
  const [one, other] = ends;
  const where = one && other && one.port === other.port ? called({ node, port: one.port }) : node;
  const ways = { kind, count, from: called(from), targets };
  const said = node === EXIT ? diagnostic('answered-twice', ways) : diagnostic('done-twice', { ...ways, node, where });
  return { place: 'to' in second ? second.from.place : second.place, ...said, warning: true };
}

function fromOf(branch: Branch): Pick<End, 'node' | 'port' | 'index'> {
  return 'to' in branch ? branch.from : branch;
}

function isAsked(graphIndex: GraphIndex, from: Pick<End, 'node' | 'port'>): boolean {
  return !isAside(portAt(graphIndex, from, 'outports'));
}

function fails(graphIndex: GraphIndex, from: Pick<End, 'node' | 'port'>): boolean {
  return isFailure(portAt(graphIndex, from, 'outports') ?? { name: from.port });
}

/** The type of what is told of as it is kept. */
const ADDED = 'chat/added';

/** Warns of each node between a question and its answer that sends packets on only after a while. */
export function slowPaths(paths: PacketPaths): Finding[] {
  const { graphIndex, onward, asked } = paths;
  return [...asked].flatMap(node => {
    const branch = (onward.get(node) ?? []).find(
      each => portAt(graphIndex, fromOf(each), 'outports')?.slow && reachedFrom(paths, each).has(EXIT),
    );
    if (!branch) return [];
    const [from, place] = [called(fromOf(branch)), 'to' in branch ? branch.from.place : branch.place];
    return [{ place, ...diagnostic('slow-path', { from, node, asides: asidesOf(paths) }), warning: true as const }];
  });
}

/** The outports that tell of it beside the answer. */
function asidesOf({ graphIndex, onward }: PacketPaths): readonly string[] {
  const all = [...onward.values()].flat().map(fromOf);
  return [...new Set(all.filter(from => portAt(graphIndex, from, 'outports')?.schema === ADDED).map(called))];
}

/** The type of what names a store. */
const STORE = 'chat/store';

/** The node of a graph that lets pass only what somebody may do; undefined if everybody may do everything. */
export function guardOf({ nodes }: Graph, specs: ReadonlyMap<string, ComponentSpec>): string | undefined {
  return nodes.find(({ name }) => isGuard(specs.get(name)))?.name;
}

const isGuard = (spec: ComponentSpec | undefined): boolean => spec?.outports.some(({ guards }) => guards) === true;

/** Warns of each node with a store that questions get to by a way round the node that lets pass only what somebody may do. */
export function unguarded({ graphIndex, onward }: PacketPaths, entry: string): Finding[] {
  const { graph, specs } = graphIndex;
  const guard = guardOf(graph, specs);
  if (guard === undefined) return [];
  const reached = new Set(graph.inports.filter(({ name }) => name === entry).map(({ node }) => node));
  for (const node of reached) {
    if (isGuard(specs.get(node))) continue;
    for (const branch of onward.get(node) ?? [])
      if ('to' in branch && isAsked(graphIndex, branch.from)) reached.add(branch.to.node);
  }
  const keeps = (node: string) => specs.get(node)?.inports.some(({ schema }) => schema === STORE) === true;
  return [...reached]
    .filter(node => keeps(node) && !isGuard(specs.get(node)))
    .map(node => {
      const place = graphIndex.nodes.get(node)!.place;
      return { place, ...diagnostic('unguarded', { node, guard }), warning: true as const };
    });
}
