import { distance } from 'fastest-levenshtein';
import type { Blueprint, Catalogue, Port } from '../check.ts';
import { byPlace } from '../fbp/place.ts';
import { lowerCasePorts } from '../fbp/port-case.ts';
import type { End, Graph, Node, Outer, Place } from '../fbp.ts';

/** A fault that doesn't know its file. */
export interface Said {
  readonly place: Place;
  readonly sentence: string;
  readonly warning?: true;
}

export type Side = 'inports' | 'outports';

/** A port of a node, as an edge, an initial packet or an outer port names it. */
export interface Mention {
  readonly end: End;
  readonly side: Side;
  readonly outer: boolean;
}

/** A graph beside what is known of its nodes. */
export interface Survey {
  /** With its ports in lower case. */
  readonly graph: Graph;
  readonly catalogue: Catalogue;
  /** By name; the first declaration of each. */
  readonly nodes: ReadonlyMap<string, Node>;
  /** By node; only of those whose component is beyond doubt. */
  readonly blueprints: ReadonlyMap<string, Blueprint>;
  readonly mentions: readonly Mention[];
  /** The first mention of each node that is not declared. */
  readonly undeclared: ReadonlyMap<string, Mention>;
  /** What names a port that its node doesn't have. */
  readonly strays: readonly Mention[];
  /** The nearest names of components that there are. */
  nearComponents(component: string): readonly string[];
  /** The nearest names of nodes to that of an undeclared one. */
  nearNodes(undeclared: string): readonly string[];
}

/** Looks up what the checks need to know of a graph. */
export function survey(read: Graph, catalogue: Catalogue): Survey {
  const graph = lowerCasePorts(read);
  const nodes = new Map<string, Node>();
  for (const node of graph.nodes) if (!nodes.has(node.name)) nodes.set(node.name, node);
  const blueprints = blueprintsOf(graph, catalogue);
  const mentions = mentionsIn(graph);
  const undeclared = new Map<string, Mention>();
  for (const mention of mentions) {
    const { node } = mention.end;
    if (!nodes.has(node) && !undeclared.has(node)) undeclared.set(node, mention);
  }
  const strays = mentions.filter(({ end, side }) => {
    const blueprint = blueprints.get(end.node);
    return blueprint && !portOf(blueprint, side, end.port);
  });
  let mended = 0;
  const nearComponents = (name: string) => (++mended > MOST_MENDED ? [] : nearest(name, catalogue.names, bare));
  const names = [...nodes.keys()];
  const near = new Map<string, readonly string[]>();
  for (const name of [...undeclared.keys()].slice(0, MOST_MENDED))
    near.set(
      name,
      nearest(name, names, same => same),
    );
  const nearNodes = (name: string) => near.get(name) ?? [];
  return { graph, catalogue, nodes, blueprints, mentions, undeclared, strays, nearComponents, nearNodes };
}

/** A node's port as its component describes it; undefined where that is in doubt. */
export function portAt(
  { blueprints }: Survey,
  { node, port }: Pick<End, 'node' | 'port'>,
  side: Side,
): Port | undefined {
  const blueprint = blueprints.get(node);
  return blueprint && portOf(blueprint, side, port);
}

/** `router OUT[1]`, as an edge would name it. */
export function called({ node, port, index }: Pick<End, 'node' | 'port' | 'index'>): string {
  return `${node} ${port.toUpperCase()}${index === undefined ? '' : `[${index}]`}`;
}

/** `a, b or c`. */
export function together(names: readonly string[], word: 'and' | 'or'): string {
  const [last = ''] = names.slice(-1);
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} ${word} ${last}` : last;
}

function portOf(blueprint: Blueprint, side: Side, name: string): Port | undefined {
  return blueprint[side].find(port => port.name === name);
}

function blueprintsOf({ nodes }: Graph, catalogue: Catalogue): Map<string, Blueprint> {
  const components = new Map<string, Set<string>>();
  for (const { name, component } of nodes) components.set(name, (components.get(name) ?? new Set()).add(component));
  const blueprints = new Map<string, Blueprint>();
  for (const [name, [component = '', other]] of components) {
    const found = component && other === undefined ? catalogue.find(component) : undefined;
    if (found && found.broken === undefined && !found.vague) blueprints.set(name, found);
  }
  return blueprints;
}

function mentionsIn({ edges, initials, inports, outports }: Graph): Mention[] {
  const inner = (outers: readonly Outer[], side: Side): Mention[] => outers.map(end => ({ end, side, outer: true }));
  return [
    ...edges.flatMap<Mention>(({ from, to }) => [
      { end: from, side: 'outports', outer: false },
      { end: to, side: 'inports', outer: false },
    ]),
    ...initials.map<Mention>(({ to }) => ({ end: to, side: 'inports', outer: false })),
    ...inner(inports, 'inports'),
    ...inner(outports, 'outports'),
  ].sort((a, b) => byPlace(a.end.place, b.end.place));
}

/** Longer names are not compared, as that takes the product of their lengths; nor is anything after so many others. */
const LONGEST_MENDED = 100;
const MOST_MENDED = 20;

/** At most three names that are a third of their letters away or less, the nearest first. */
export function nearest(name: string, names: readonly string[], key: (name: string) => string): string[] {
  const wanted = key(name).toLowerCase();
  const most = Math.ceil(wanted.length / 3);
  if (wanted.length > LONGEST_MENDED) return [];
  return names
    .filter(found => Math.abs(key(found).length - wanted.length) <= most)
    .map(found => ({ found, far: distance(wanted, key(found).toLowerCase()) }))
    .filter(({ far }) => far <= most)
    .sort((a, b) => a.far - b.far || (a.found < b.found ? -1 : 1))
    .slice(0, 3)
    .map(({ found }) => found);
}

/** The component's own name, without its module's. */
function bare(component: string): string {
  return component.slice(component.lastIndexOf('/') + 1);
}
