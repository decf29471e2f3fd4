import type { ComponentSpec } from '../model/component-spec.ts';
import { diagnostic } from '../model/diagnostic.ts';
import type { Edge, End, Graph, OuterPort } from '../model/graph.ts';
import { isFailure } from '../model/ports.ts';
import { called } from '../model/words.ts';
import { type Finding, type GraphIndex, portAt } from './graph-index.ts';
import { carriesQuestions, reachable } from './reachability.ts';

/** A way on from an outport: an edge, or an outer outport. */
type Hop = Edge | OuterPort;

/** The port by which each node is first reached from a hop; undefined for an exit. */
type Reached = ReadonlyMap<string, End | undefined>;

/** A key for the graph's exit; not a valid node name. */
const EXIT = '';

/** The paths of packets in a graph without subgraphs. */
interface PacketPaths {
  readonly graphIndex: GraphIndex;
  /** By the node that they leave. */
  readonly hops: ReadonlyMap<string, readonly Hop[]>;
  /** Nodes that questions reach. */
  readonly asked: ReadonlySet<string>;
}

/**
 * Warns of outports from which a question takes two paths that meet again, or are both answered, so that work is done
 * twice. Different outports of one node are no such paths, as the node chooses one of them.
 */
export function duplicatePaths(paths: PacketPaths): Finding[] {
  const { graphIndex } = paths;
  return [...paths.asked].flatMap(node => {
    const ports = Map.groupBy(paths.hops.get(node) ?? [], hop => called(fromOf(hop)));
    return [...ports.values()].flatMap(fork =>
      fork.length > 1 && carriesQuestions(graphIndex, fromOf(fork[0]!)) ? meeting(paths, fork) : [],
    );
  });
}

/** The paths of questions that enter by `entry`. */
export function packetPaths(graphIndex: GraphIndex, entry: string): PacketPaths {
  const { edges, outports } = graphIndex.graph;
  const leading = edges.filter(({ to }) => !portAt(graphIndex, to, 'inports')?.control);
  const answers = outports.filter(outer => carriesQuestions(graphIndex, outer));
  const hops = Map.groupBy<string, Hop>([...leading, ...answers], hop => fromOf(hop).node);
  const asked = reachable(enteredAt(graphIndex, entry), node => targetsOf({ graphIndex, hops }, node));
  return { graphIndex, hops, asked };
}

/** The nodes that questions enter first. */
const enteredAt = ({ graph }: GraphIndex, entry: string): readonly string[] =>
  graph.inports.filter(({ name }) => name === entry).map(({ node }) => node);

/** The nodes to which a question can go from a node. */
const targetsOf = ({ graphIndex, hops }: Omit<PacketPaths, 'asked'>, node: string): readonly string[] =>
  (hops.get(node) ?? []).flatMap(hop => ('to' in hop && carriesQuestions(graphIndex, hop.from) ? [hop.to.node] : []));

function meeting(paths: PacketPaths, fork: readonly Hop[]): Finding[] {
  const [first, ...others] = fork.map(hop => reachedFrom(paths, hop)) as [Reached, ...Reached[]];
  for (const [at, reached] of others.entries()) {
    for (const [node, end] of reached) {
      const before = [first, ...others.slice(0, at)].find(earlier => earlier.has(node));
      if (!before || (node !== EXIT && !paths.asked.has(node))) continue;
      const count = [first, ...others].filter(each => each.has(node)).length;
      return [warning(paths, fork, { second: fork[at + 1]!, count, node, ends: [before.get(node), end] })];
    }
  }
  return [];
}

/** Everything that packets reach, nearest first: normal processing comes before refusals. */
function reachedFrom({ graphIndex, hops }: PacketPaths, hop: Hop): Reached {
  const reached = new Map<string, End | undefined>();
  const take = (next: Hop) => {
    // A bot's message is a new post.
    if (portAt(graphIndex, fromOf(next), 'outports')?.aside) return;
    if ('to' in next) {
      if (!reached.has(next.to.node)) reached.set(next.to.node, next.to);
    } else if (carriesQuestions(graphIndex, next)) reached.set(EXIT, undefined);
  };
  take(hop);
  const hopsFrom = (node: string) => hops.get(node) ?? [];
  for (const [node] of reached) for (const next of hopsFrom(node)) if (!fails(graphIndex, fromOf(next))) take(next);
  for (const [node] of reached) for (const next of hopsFrom(node)) take(next);
  return reached;
}

interface Meeting {
  readonly second: Hop;
  readonly count: number;
  readonly node: string;
  readonly ends: readonly [End | undefined, End | undefined];
}

function warning({ graphIndex }: PacketPaths, fork: readonly Hop[], { second, count, node, ends }: Meeting): Finding {
  const from = fromOf(second);
  const kind = portAt(graphIndex, from, 'outports')?.schema?.split('/')[1] ?? 'packet';
  const targets = fork.map(hop => ('to' in hop ? called(hop.to) : hop.name.toUpperCase()));
  const [one, other] = ends;
  const where = one && other && one.port === other.port ? called({ node, port: one.port }) : node;
  const ways = { kind, count, from: called(from), targets };
  const said = node === EXIT ? diagnostic('answered-twice', ways) : diagnostic('done-twice', { ...ways, node, where });
  return { place: 'to' in second ? second.from.place : second.place, ...said, warning: true };
}

function fromOf(hop: Hop): Pick<End, 'node' | 'port' | 'index'> {
  return 'to' in hop ? hop.from : hop;
}

function fails(graphIndex: GraphIndex, from: Pick<End, 'node' | 'port'>): boolean {
  return isFailure(portAt(graphIndex, from, 'outports') ?? { name: from.port });
}

/** The type of a newly stored entry. */
const ADDED = 'chat/added';

/** Warns of each node between a question and its answer that delays packets. */
export function slowPaths(paths: PacketPaths): Finding[] {
  const { graphIndex, hops, asked } = paths;
  return [...asked].flatMap(node => {
    const hop = (hops.get(node) ?? []).find(
      each => portAt(graphIndex, fromOf(each), 'outports')?.slow && reachedFrom(paths, each).has(EXIT),
    );
    if (!hop) return [];
    const [from, place] = [called(fromOf(hop)), 'to' in hop ? hop.from.place : hop.place];
    return [{ place, ...diagnostic('slow-path', { from, node, asides: asidesOf(paths) }), warning: true as const }];
  });
}

/** The outports that send newly stored entries. */
function asidesOf({ graphIndex, hops }: PacketPaths): readonly string[] {
  const all = [...hops.values()].flat().map(fromOf);
  return [...new Set(all.filter(from => portAt(graphIndex, from, 'outports')?.schema === ADDED).map(called))];
}

/** The type of a store setting. */
const STORE = 'chat/store';

/** The guard node of a graph, which passes only permitted actions; undefined if everybody may do everything. */
export function guardOf({ nodes }: Graph, specs: ReadonlyMap<string, ComponentSpec>): string | undefined {
  return nodes.find(({ name }) => isGuard(specs.get(name)))?.name;
}

const isGuard = (spec: ComponentSpec | undefined): boolean => spec?.outports.some(({ guards }) => guards) === true;

/** Warns of each node with a store that questions reach without passing the guard. */
export function unguarded({ graphIndex, hops }: PacketPaths, entry: string): Finding[] {
  const { graph, specs } = graphIndex;
  const guard = guardOf(graph, specs);
  if (guard === undefined) return [];
  const reached = reachable(enteredAt(graphIndex, entry), node =>
    isGuard(specs.get(node)) ? [] : targetsOf({ graphIndex, hops }, node),
  );
  const keeps = (node: string) => specs.get(node)?.inports.some(({ schema }) => schema === STORE) === true;
  return [...reached]
    .filter(node => keeps(node) && !isGuard(specs.get(node)))
    .map(node => {
      const place = graphIndex.nodes.get(node)!.place;
      return { place, ...diagnostic('unguarded', { node, guard }), warning: true as const };
    });
}
