import {
  equal,
  type Graph,
  type Group,
  type InitialPacket,
  type Node,
  type OuterPort,
  renamed,
} from '../../model/graph.ts';
import { declared, edgeIdentity, initialsByPort, shown, wire } from '../../model/graph-lookup.ts';
import type { Payload } from '../../model/payload.ts';
import { looking } from '../../model/payload.ts';
import { called } from '../../model/words.ts';
import { renamedNodes } from './difference.ts';

/** What two began with, and what each made of it. */
interface Versions<T> {
  readonly base: T;
  readonly ours: T;
  readonly theirs: T;
}

interface MergeRules<T> {
  same(a: T, b: T): boolean;
  /** Hears of what both changed, and not to the same; ours stays. What is undefined was removed. */
  conflict?(key: string, ours: T | undefined, theirs: T | undefined): void;
  /** Makes one of what both have; `chosen` where there is nothing to mix. Base is ours where it had nothing. */
  mix?(chosen: T, versions: Versions<T>): T;
}

/** Things by their keys, as they are when both have made their changes: ours in our order, then what they added. */
function mergeMaps<T>(
  { base, ours, theirs }: Versions<ReadonlyMap<string, T>>,
  { same, conflict, mix }: MergeRules<T>,
): T[] {
  const equal = (a: T | undefined, b: T | undefined) => (a === undefined || b === undefined ? a === b : same(a, b));
  return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap(key => {
    const [before, mine, their] = [base.get(key), ours.get(key), theirs.get(key)];
    const isTheirs = equal(mine, before);
    if (!isTheirs && !equal(their, before) && !equal(mine, their)) conflict?.(key, mine, their);
    const chosen = isTheirs ? their : mine;
    if (chosen === undefined) return [];
    const both = mix && mine !== undefined && their !== undefined;
    return both ? [mix(chosen, { base: before ?? mine, ours: mine, theirs: their })] : [chosen];
  });
}

/** What became of something that both changed; what is undefined was removed. */
function conflictSentence(what: string, ours: string | undefined, theirs: string | undefined): string {
  if (ours === undefined) return `${what} stays removed, though it was changed to ${theirs} elsewhere`;
  if (theirs === undefined) return `${what} stays ${ours}, though it was removed elsewhere`;
  return `${what} stays ${ours}, though it was changed to ${theirs} elsewhere`;
}

/** What leads to nodes: a wire, an initial packet, an outer port. */
interface Attachment {
  readonly key: string;
  readonly called: string;
  readonly nodes: readonly string[];
}

/**
 * Makes good where one removed a node to which the other leads something: what ours needs comes back, what only theirs
 * needs goes. What leads nowhere in one's own graph already, stays as it is.
 */
function restoreAttachments(graph: Graph, { ours, theirs }: Versions<Graph>, say: (sentence: string) => void): Graph {
  const mine = declared(ours);
  const their = declared(theirs);
  const there = declared(graph);
  const myTies = new Set(attachments(ours).map(({ key }) => key));
  const back = new Map<string, Node>();
  const gone = new Set<string>();
  for (const { key, called, nodes } of attachments(graph)) {
    for (const name of nodes.filter(name => !there.has(name))) {
      const node = mine.get(name);
      if (node && myTies.has(key)) {
        if (!back.has(name)) say(`node ${name} stays for ${called}, though it was removed elsewhere`);
        back.set(name, node);
      } else if (!node && their.has(name) && !gone.has(key)) {
        say(`${called} is left out, as node ${name} was removed`);
        gone.add(key);
      }
    }
  }
  const stays = (key: string) => !gone.has(key);
  return {
    ...graph,
    nodes: [...graph.nodes, ...back.values()],
    edges: graph.edges.filter(edge => stays(edgeIdentity(edge))),
    initials: graph.initials.filter(({ to }) => stays(`initial ${called(to)}`)),
    inports: graph.inports.filter(({ name }) => stays(`inport ${name}`)),
    outports: graph.outports.filter(({ name }) => stays(`outport ${name}`)),
    groups: graph.groups.flatMap(group => without(group, name => !there.has(name) && !back.has(name))),
  };
}

function attachments({ edges, initials, inports, outports }: Graph): Attachment[] {
  return [
    ...edges.map(edge => ({
      key: edgeIdentity(edge),
      called: `wire ${wire(edge)}`,
      nodes: [edge.from.node, edge.to.node],
    })),
    ...initials.map(({ to }) => ({ key: `initial ${called(to)}`, called: called(to), nodes: [to.node] })),
    ...inports.map(({ name, node }) => ({ key: `inport ${name}`, called: outer('inport', name), nodes: [node] })),
    ...outports.map(({ name, node }) => ({ key: `outport ${name}`, called: outer('outport', name), nodes: [node] })),
  ];
}

function outer(kind: string, name: string): string {
  return `outer ${kind} ${name.toUpperCase()}`;
}

/** A group without some nodes; nothing where it has none left. */
function without(group: Group, isGone: (node: string) => boolean): Group[] {
  const nodes = group.nodes.filter(node => !isGone(node));
  if (nodes.length === group.nodes.length) return [group];
  return nodes.length > 0 ? [{ ...group, nodes }] : [];
}

/** The three with the same names for the same nodes, so that what one renamed takes the other's changes along. */
function sameNames({ base, ours, theirs }: Versions<Graph>): { versions: Versions<Graph>; conflicts: string[] } {
  const mine = free(renamedNodes(base, ours), theirs);
  const their = free(renamedNodes(base, theirs), ours);
  const conflicts: string[] = [];
  const back = new Map<string, string>();
  for (const [name, called] of their) {
    const kept = mine.get(name);
    if (kept === undefined || kept === called) continue;
    back.set(called, kept);
    conflicts.push(`node ${name} is called ${kept} now, though it was called ${called} elsewhere`);
  }
  const versions = {
    base: renamed(base, new Map([...their, ...mine])),
    ours: renamed(ours, new Map([...their].filter(([name]) => !mine.has(name)))),
    theirs: renamed(theirs, new Map([...mine, ...back])),
  };
  return { versions, conflicts };
}

/** Renames whose new name is not another node's in the other graph, or the same one's. */
function free(names: ReadonlyMap<string, string>, other: Graph): Map<string, string> {
  const taken = declared(other);
  return new Map([...names].filter(([old, name]) => !taken.has(name) || !taken.has(old)));
}

export interface Merge {
  readonly graph: Graph;
  /** What became of that which both changed, in sentences. */
  readonly conflicts: readonly string[];
}

/**
 * Puts together what two made of the same graph. Where both changed the same thing, ours stays; so it does without a word
 * where this is only how something looks.
 */
export function merge(base: Graph, ours: Graph, theirs: Graph): Merge {
  const { versions, conflicts } = sameNames({ base, ours, theirs });
  const say = (sentence: string) => conflicts.push(sentence);
  const graph: Graph = {
    file: ours.file,
    nodes: nodes(versions, say),
    edges: edges(versions),
    initials: initials(versions, say),
    inports: outers(versions, 'inports', say),
    outports: outers(versions, 'outports', say),
    groups: groups(versions),
    properties: properties(versions, say),
  };
  return { graph: restoreAttachments(graph, versions, say), conflicts };
}

type KeyValue = readonly [key: string, value: unknown];
type Say = (sentence: string) => void;

const always = () => true;

function nodes(versions: Versions<Graph>, say: Say) {
  return mergeMaps(of(versions, declared), {
    same: (a, b) => a.component === b.component,
    conflict: (name, ours, theirs) => say(conflictSentence(`node ${name}`, ours?.component, theirs?.component)),
    mix: (node, versions) => ({ ...node, metadata: look(of(versions, ({ metadata }) => metadata)) }),
  });
}

function edges(versions: Versions<Graph>) {
  return mergeMaps(
    of(versions, ({ edges }) => new Map(edges.map(edge => [edgeIdentity(edge), edge]))),
    {
      same: always,
      mix: ({ from, to }, versions) => ({ from, to, ...looking(look(of(versions, ({ metadata = {} }) => metadata))) }),
    },
  );
}

function initials(versions: Versions<Graph>, say: Say) {
  const data = (initials: readonly InitialPacket[]) => initials.map(({ data }) => data);
  const values = (initials: readonly InitialPacket[] | undefined) =>
    initials && data(initials).map(shown).join(' and ');
  return mergeMaps(of(versions, initialsByPort), {
    same: (a, b) => equal(data(a), data(b)),
    conflict: (_, ours, theirs) =>
      say(conflictSentence(called((ours ?? theirs)![0]!.to), values(ours), values(theirs))),
  }).flat();
}

function outers(versions: Versions<Graph>, side: 'inports' | 'outports', say: Say) {
  const inner = (outer: OuterPort | undefined) => outer && called(outer);
  const named = (graph: Graph) => new Map(graph[side].map(outer => [outer.name, outer]));
  return mergeMaps(of(versions, named), {
    same: (a, b) => inner(a) === inner(b),
    conflict: (name, ours, theirs) =>
      say(conflictSentence(`outer ${side.slice(0, -1)} ${name.toUpperCase()}`, inner(ours), inner(theirs))),
  });
}

function groups(versions: Versions<Graph>) {
  const members = (nodes: readonly string[]) => new Map(nodes.map(node => [node, node]));
  return mergeMaps(
    of(versions, ({ groups }) => new Map(groups.map(group => [group.name, group]))),
    {
      same: always,
      mix: ({ name }, versions) => ({
        name,
        nodes: mergeMaps(
          of(versions, ({ nodes }) => members(nodes)),
          { same: always },
        ),
        metadata: look(of(versions, ({ metadata }) => metadata)),
      }),
    },
  );
}

function properties(versions: Versions<Graph>, say: Say): Payload {
  const value = (entry: KeyValue | undefined) => entry && shown(entry[1]);
  return Object.fromEntries(
    mergeMaps<KeyValue>(
      of(versions, ({ properties }) => entries(properties)),
      {
        same: equal,
        conflict: (key, ours, theirs) => say(conflictSentence(`property ${key}`, value(ours), value(theirs))),
      },
    ),
  );
}

/** Metadata of three; ours stays where both changed the same. */
function look(versions: Versions<Payload>): Payload {
  return Object.fromEntries(mergeMaps<KeyValue>(of(versions, entries), { same: equal }));
}

function entries(object: Payload): Map<string, KeyValue> {
  return new Map(Object.entries(object).map(entry => [entry[0], entry]));
}

function of<T, U>({ base, ours, theirs }: Versions<T>, what: (version: T) => U): Versions<U> {
  return { base: what(base), ours: what(ours), theirs: what(theirs) };
}
