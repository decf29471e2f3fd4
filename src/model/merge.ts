import { dataOf, type GraphParts, type Property, partsOf, renamedNodes, valuesOf } from './difference.ts';
import {
  type BareEdge,
  type BareGraph,
  type BareInitial,
  type BareNode,
  type BareOuterPort,
  equal,
  type Graph,
  type GraphMetadata,
  type Group,
  renamed,
} from './graph.ts';
import { nodesByName, wireText } from './graph-lookup.ts';
import { optionalMetadata } from './metadata.ts';
import { called, shown } from './words.ts';

/** The base, ours and theirs of a three-way merge. */
interface Versions<T> {
  readonly base: T;
  readonly ours: T;
  readonly theirs: T;
}

function of<T, U>({ base, ours, theirs }: Versions<T>, what: (version: T) => U): Versions<U> {
  return { base: what(base), ours: what(ours), theirs: what(theirs) };
}

/** How parts of one kind are merged. */
interface MergeRules<Part> {
  /** The value by which changes are detected: both changed a part if it differs from the base in both. */
  essence(part: Part): unknown;
  /** The part's value in the sentence about a conflict. */
  value?(part: Part): string;
  /** The part's name in sentences. */
  what(part: Part): string;
  /** The nodes that the part refers to. */
  nodes?(part: Part): readonly string[];
  /** Combines a part that both have; `chosen` is used if nothing is combined. Without a base, base is ours. */
  mix?(chosen: Part, versions: Versions<Part>): Part;
}

const NODES: MergeRules<BareNode> = {
  essence: ({ component }) => component,
  value: ({ component }) => component,
  what: ({ name }) => `node ${name}`,
  mix: (node, versions) => ({ ...node, metadata: mixedMetadata(versions) }),
};

const EDGES: MergeRules<BareEdge> = {
  essence: () => '',
  what: edge => `wire ${wireText(edge)}`,
  nodes: ({ from, to }) => [from.node, to.node],
  mix: ({ from, to }, versions) => ({ from, to, ...optionalMetadata(mixedMetadata(versions)) }),
};

const INITIALS: MergeRules<readonly BareInitial[]> = {
  essence: dataOf,
  value: valuesOf,
  what: initials => called(initials[0]!.to),
  nodes: initials => [initials[0]!.to.node],
};

const outers = (kind: 'inport' | 'outport'): MergeRules<BareOuterPort> => ({
  essence: called,
  value: called,
  what: ({ name }) => `outer ${kind} ${name.toUpperCase()}`,
  nodes: ({ node }) => [node],
});

const GROUPS: MergeRules<Group> = {
  essence: () => '',
  what: ({ name }) => `group ${name}`,
  mix: ({ name }, versions) => ({
    name,
    nodes: [
      ...mergeParts(
        of(versions, ({ nodes }) => new Map(nodes.map(node => [node, node]))),
        VALUES,
      ).keys(),
    ],
    metadata: mixedMetadata(versions),
  }),
};

const PROPERTIES: MergeRules<Property> = {
  essence: ({ value }) => value,
  value: ({ value }) => shown(value),
  what: ({ name }) => `property ${name}`,
};

const VALUES: MergeRules<unknown> = { essence: value => value, what: String };

/** Merged metadata; ours wins if both changed the same key. */
function mixedMetadata(versions: Versions<{ readonly metadata?: GraphMetadata }>): GraphMetadata {
  const entries = of(versions, ({ metadata = {} }) => new Map(Object.entries(metadata)));
  return Object.fromEntries(mergeParts(entries, VALUES));
}

/** Parts by key with the changes of both: ours in our order, then their additions. */
function mergeParts<Part>(
  { base, ours, theirs }: Versions<ReadonlyMap<string, Part>>,
  rules: MergeRules<Part>,
  conflicts: string[] = [],
): Map<string, Part> {
  const { mix } = rules;
  const isSame = (a: Part | undefined, b: Part | undefined) =>
    a === undefined || b === undefined ? a === b : equal(rules.essence(a), rules.essence(b));
  const merged = new Map<string, Part>();
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const [before, mine, their] = [base.get(key), ours.get(key), theirs.get(key)];
    const isTheirs = isSame(mine, before);
    if (!isTheirs && !isSame(their, before) && !isSame(mine, their)) conflicts.push(...conflict(rules, mine, their));
    const chosen = isTheirs ? their : mine;
    if (chosen === undefined) continue;
    const isMixed = mix && mine !== undefined && their !== undefined;
    merged.set(key, isMixed ? mix(chosen, { base: before ?? mine, ours: mine, theirs: their }) : chosen);
  }
  return merged;
}

/** Describes a conflict over a part; undefined means removed. */
function conflict<Part>({ what, value }: MergeRules<Part>, ours: Part | undefined, theirs: Part | undefined): string[] {
  if (!value) return [];
  const stays = ours === undefined ? 'removed' : value(ours);
  const elsewhere = theirs === undefined ? 'removed' : `changed to ${value(theirs)}`;
  return [`${what((ours ?? theirs)!)} stays ${stays}, though it was ${elsewhere} elsewhere`];
}

/** Gives each node the same name in all three, so that one side's rename combines with the other's changes. */
function sameNames({ base, ours, theirs }: Versions<Graph>, conflicts: string[]): Versions<Graph> {
  const mine = free(renamedNodes(base, ours), theirs);
  const their = free(renamedNodes(base, theirs), ours);
  const back = new Map<string, string>();
  for (const [name, called] of their) {
    const kept = mine.get(name);
    if (kept === undefined || kept === called) continue;
    back.set(called, kept);
    conflicts.push(`node ${name} is called ${kept} now, though it was called ${called} elsewhere`);
  }
  return {
    base: renamed(base, new Map([...their, ...mine])),
    ours: renamed(ours, new Map([...their].filter(([name]) => !mine.has(name)))),
    theirs: renamed(theirs, new Map([...mine, ...back])),
  };
}

/** Renames whose new name isn't another node's in the other graph. */
function free(names: ReadonlyMap<string, string>, other: Graph): Map<string, string> {
  const taken = nodesByName(other);
  return new Map([...names].filter(([old, name]) => !taken.has(name) || !taken.has(old)));
}

interface Merge {
  readonly graph: Graph;
  /** One sentence per conflict. */
  readonly conflicts: readonly string[];
}

/**
 * Three-way merge of a graph. If both changed the same thing, ours wins; without a conflict if it is only appearance.
 * If one removed a node to which the other connects something, the node comes back if ours needs it; otherwise their
 * connections are dropped. Ends that were dangling before stay.
 */
export function merge(base: Graph, ours: Graph, theirs: Graph): Merge {
  const conflicts: string[] = [];
  const parts = of(sameNames({ base, ours, theirs }, conflicts), partsOf);
  const merged = <Part>(pick: (parts: GraphParts) => ReadonlyMap<string, Part>, rules: MergeRules<Part>) =>
    mergeParts(of(parts, pick), rules, conflicts);
  const nodes = merged(({ nodes }) => nodes, NODES);
  const restored = new Map<string, BareNode>();
  const attached: typeof merged = (pick, rules) => {
    const all = merged(pick, rules);
    for (const [key, part] of all)
      for (const name of (rules.nodes?.(part) ?? []).filter(name => !nodes.has(name))) {
        const node = parts.ours.nodes.get(name);
        if (node && pick(parts.ours).has(key)) {
          const sentence = `node ${name} stays for ${rules.what(part)}, though it was removed elsewhere`;
          if (!restored.has(name)) conflicts.push(sentence);
          restored.set(name, node);
        } else if (!node && parts.theirs.nodes.has(name) && all.delete(key))
          conflicts.push(`${rules.what(part)} is left out, as node ${name} was removed`);
      }
    return all;
  };
  const graph: BareGraph = {
    edges: [...attached(({ edges }) => edges, EDGES).values()],
    initials: [...attached(({ initials }) => initials, INITIALS).values()].flat(),
    inports: [...attached(({ inports }) => inports, outers('inport')).values()],
    outports: [...attached(({ outports }) => outports, outers('outport')).values()],
    groups: [...merged(({ groups }) => groups, GROUPS).values()].flatMap(group =>
      without(group, name => !nodes.has(name) && !restored.has(name)),
    ),
    properties: Object.fromEntries(
      [...merged(({ properties }) => properties, PROPERTIES).values()].map(({ name, value }) => [name, value]),
    ),
    nodes: [...nodes.values(), ...restored.values()],
  };
  // The merged parts come from files, so they have places.
  return { graph: { ...graph, file: ours.file } as Graph, conflicts };
}

/** A group without some nodes; empty if none is left. */
function without(group: Group, isGone: (node: string) => boolean): Group[] {
  const nodes = group.nodes.filter(node => !isGone(node));
  if (nodes.length === group.nodes.length) return [group];
  return nodes.length > 0 ? [{ ...group, nodes }] : [];
}
