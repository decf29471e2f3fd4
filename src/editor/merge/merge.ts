import { called } from '../../check/survey.ts';
import { equal } from '../../fbp/same.ts';
import type { Graph, Initial, Outer } from '../../fbp.ts';
import { declared, edgeKey, looking, settings, shown } from '../draft/graph.ts';
import type { Payload } from '../protocol/message.ts';
import { attached } from './attached.ts';
import { sameNames } from './names.ts';
import { clash, type Three, united } from './united.ts';

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
  const { three, conflicts } = sameNames({ base, ours, theirs });
  const say = (sentence: string) => conflicts.push(sentence);
  const graph: Graph = {
    file: ours.file,
    nodes: nodes(three, say),
    edges: edges(three),
    initials: initials(three, say),
    inports: outers(three, 'inports', say),
    outports: outers(three, 'outports', say),
    groups: groups(three),
    properties: properties(three, say),
  };
  return { graph: attached(graph, three, say), conflicts };
}

type Entry = readonly [key: string, value: unknown];
type Say = (sentence: string) => void;

const always = () => true;

function nodes(three: Three<Graph>, say: Say) {
  return united(of(three, declared), {
    same: (a, b) => a.component === b.component,
    clash: (name, ours, theirs) => say(clash(`node ${name}`, ours?.component, theirs?.component)),
    mix: (node, versions) => ({ ...node, metadata: look(of(versions, ({ metadata }) => metadata)) }),
  });
}

function edges(three: Three<Graph>) {
  return united(
    of(three, ({ edges }) => new Map(edges.map(edge => [edgeKey(edge), edge]))),
    {
      same: always,
      mix: ({ from, to }, versions) => ({ from, to, ...looking(look(of(versions, ({ metadata = {} }) => metadata))) }),
    },
  );
}

function initials(three: Three<Graph>, say: Say) {
  const data = (initials: readonly Initial[]) => initials.map(({ data }) => data);
  const values = (initials: readonly Initial[] | undefined) => initials && data(initials).map(shown).join(' and ');
  return united(of(three, settings), {
    same: (a, b) => equal(data(a), data(b)),
    clash: (_, ours, theirs) => say(clash(called((ours ?? theirs)![0]!.to), values(ours), values(theirs))),
  }).flat();
}

function outers(three: Three<Graph>, side: 'inports' | 'outports', say: Say) {
  const inner = (outer: Outer | undefined) => outer && called(outer);
  const named = (graph: Graph) => new Map(graph[side].map(outer => [outer.name, outer]));
  return united(of(three, named), {
    same: (a, b) => inner(a) === inner(b),
    clash: (name, ours, theirs) =>
      say(clash(`outer ${side.slice(0, -1)} ${name.toUpperCase()}`, inner(ours), inner(theirs))),
  });
}

function groups(three: Three<Graph>) {
  const members = (nodes: readonly string[]) => new Map(nodes.map(node => [node, node]));
  return united(
    of(three, ({ groups }) => new Map(groups.map(group => [group.name, group]))),
    {
      same: always,
      mix: ({ name }, versions) => ({
        name,
        nodes: united(
          of(versions, ({ nodes }) => members(nodes)),
          { same: always },
        ),
        metadata: look(of(versions, ({ metadata }) => metadata)),
      }),
    },
  );
}

function properties(three: Three<Graph>, say: Say): Payload {
  const value = (entry: Entry | undefined) => entry && shown(entry[1]);
  return Object.fromEntries(
    united<Entry>(
      of(three, ({ properties }) => entries(properties)),
      { same: equal, clash: (key, ours, theirs) => say(clash(`property ${key}`, value(ours), value(theirs))) },
    ),
  );
}

/** Metadata of three; ours stays where both changed the same. */
function look(three: Three<Payload>): Payload {
  return Object.fromEntries(united<Entry>(of(three, entries), { same: equal }));
}

function entries(object: Payload): Map<string, Entry> {
  return new Map(Object.entries(object).map(entry => [entry[0], entry]));
}

function of<T, U>({ base, ours, theirs }: Three<T>, what: (version: T) => U): Three<U> {
  return { base: what(base), ours: what(ours), theirs: what(theirs) };
}
