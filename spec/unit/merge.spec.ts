import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GraphDraft } from '../../src/editor/draft/graph-draft.ts';
import { readGraph } from '../../src/fbp/read.ts';
import { difference } from '../../src/model/difference.ts';
import type { Graph } from '../../src/model/graph.ts';
import { merge } from '../../src/model/merge.ts';
import type { Payload } from '../../src/model/payload.ts';
import { numRuns } from '../support/random.ts';

const base = readGraph(
  'test.fbp',
  [
    'INPORT=router.IN:REQUEST',
    'OUTPORT=storage.OUT:REPLY',
    'router(chat/Router) SEND -> IN check(chat/CheckPost) OUT -> POST storage(chat/Storage)',
    "'4000' -> MAXTEXT check",
    "'50' -> MAXLEN storage",
  ].join('\n'),
).graph;

type Command = readonly [command: string, payload: Payload];

const after = (...commands: readonly Command[]): Graph => {
  const draft = new GraphDraft('chat/test', base);
  for (const [command, payload] of commands) draft.apply(command, payload);
  return draft.graph;
};

const set = (node: string, port: string, data: string): readonly Command[] => [
  ['removeinitial', { tgt: { node, port } }],
  ['addinitial', { src: { data }, tgt: { node, port } }],
];
const wire = (from: string, out: string, to: string): Command => [
  'addedge',
  { src: { node: from, port: out }, tgt: { node: to, port: 'in' } },
];
const rename = (from: string, to: string): Command => ['renamenode', { from, to }];
const remove = (id: string): Command => ['removenode', { id }];
const add = (id: string): Command => ['addnode', { id, component: 'A' }];

/** What differs between what both began with and what became of it. */
function merged(ours: Graph, theirs: Graph) {
  const { graph, conflicts } = merge(base, ours, theirs);
  return { made: difference(base, graph).map(({ sentence }) => sentence), conflicts };
}

describe('merge', () => {
  it('takes the changes of both', () => {
    const ours = after(...set('check', 'maxtext', '40'), add('a'), ['changenode', { id: 'check', metadata: { x: 1 } }]);
    const theirs = after(
      ...set('storage', 'maxlen', '5'),
      add('b'),
      wire('storage', 'all', 'b'),
      ['changenode', { id: 'check', metadata: { label: 'Gate' } }],
      ['addgroup', { name: 'all', nodes: ['b'] }],
      ['addoutport', { public: 'more', node: 'b', port: 'out' }],
    );
    expect(merged(ours, theirs)).toEqual({
      conflicts: [],
      made: [
        'node a (A) is new',
        'node b (A) is new',
        'wire storage ALL -> IN b is new',
        "storage: MAXLEN is '5', was '50'",
        "check: MAXTEXT is '40', was '4000'",
        'outer outport MORE is new, at b OUT',
        'check was moved',
        "label of check is 'Gate' now",
        'group all is new, of b',
      ],
    });
  });

  it('keeps ours where both set the same, and says so', () => {
    const ours = after(...set('check', 'maxtext', '40'));
    expect(merged(ours, after(...set('check', 'maxtext', '60')))).toEqual({
      made: ["check: MAXTEXT is '40', was '4000'"],
      conflicts: ["check MAXTEXT stays '40', though it was changed to '60' elsewhere"],
    });
    expect(merged(ours, after(['removeinitial', { tgt: { node: 'check', port: 'maxtext' } }])).conflicts).toEqual([
      "check MAXTEXT stays '40', though it was removed elsewhere",
    ]);
    expect(merged(ours, ours).conflicts).toEqual([]);
  });

  it('leads the changes of one to what the other has renamed', () => {
    const ours = after(rename('check', 'gate'));
    const theirs = after(...set('check', 'maxtext', '60'), rename('storage', 'shelf'));
    expect(merged(ours, theirs)).toEqual({
      conflicts: [],
      made: expect.arrayContaining(['storage is called shelf now', "gate: MAXTEXT is '60', was '4000'"]),
    });
    expect(merge(base, ours, theirs).graph.nodes.map(({ name }) => name)).toEqual(['router', 'gate', 'shelf']);
  });

  it('keeps our name where both renamed a node', () => {
    expect(merged(after(rename('check', 'gate')), after(rename('check', 'wall')))).toEqual({
      made: ['check is called gate now'],
      conflicts: ['node check is called gate now, though it was called wall elsewhere'],
    });
  });

  it('leaves out what they lead to a node that we removed', () => {
    const theirs = after(add('a'), wire('a', 'out', 'check'), ['addgroup', { name: 'g', nodes: ['check'] }]);
    const { graph, conflicts } = merge(base, after(remove('check')), theirs);
    expect(conflicts).toEqual(['wire a OUT -> IN check is left out, as node check was removed']);
    expect(graph.edges).toEqual([]);
    expect(graph.groups).toEqual([]);
  });

  it('brings back what they removed where we lead something to it', () => {
    const { graph, conflicts } = merge(base, after(add('a'), wire('a', 'out', 'check')), after(remove('check')));
    expect(conflicts).toEqual(['node check stays for wire a OUT -> IN check, though it was removed elsewhere']);
    expect(graph.nodes.map(({ name }) => name)).toEqual(['router', 'storage', 'a', 'check']);
  });

  const name = fc.constantFrom('router', 'check', 'storage', 'a', 'b');
  const port = fc.constantFrom('in', 'out', 'maxlen');
  const end = fc.record({ node: name, port });
  const payload = fc.record({
    id: name,
    component: fc.constantFrom('A', 'B'),
    from: name,
    to: name,
    src: end,
    tgt: end,
  });
  const edit = fc.oneof(
    fc.tuple(fc.constantFrom('addnode', 'removenode', 'renamenode', 'addedge', 'removeedge', 'removeinitial'), payload),
    fc.tuple(fc.constant('addinitial'), fc.record({ src: fc.record({ data: fc.nat(3) }), tgt: end })),
    fc.tuple(fc.constantFrom('addinport'), fc.record({ public: fc.constantFrom('x', 'y'), node: name, port })),
  );
  /** Whatever somebody may make of the graph; what is refused is left out. */
  const some = fc.array(edit, { maxLength: 12, size: 'max' }).map(edits => {
    const draft = new GraphDraft('chat/test', base);
    for (const [command, payload] of edits) {
      try {
        draft.apply(command, payload);
      } catch {}
    }
    return draft.graph;
  });
  const same = (a: Graph, b: Graph) => expect(difference(a, b)).toEqual([]);

  it('is what one made where the other made nothing, or the same', () => {
    fc.assert(
      fc.property(some, made => {
        same(merge(base, made, base).graph, made);
        same(merge(base, base, made).graph, made);
        same(merge(base, made, made).graph, made);
        expect(merge(base, made, made).conflicts).toEqual([]);
        expect(merge(base, base, made).conflicts).toEqual([]);
      }),
      numRuns(50),
    );
  });

  it('never leads anywhere that is not there, and has no name twice', () => {
    fc.assert(
      fc.property(some, some, (ours, theirs) => {
        const { nodes, edges, initials, inports } = merge(base, ours, theirs).graph;
        const names = nodes.map(({ name }) => name);
        expect(names).toEqual([...new Set(names)]);
        const ends = [...edges.flatMap(({ from, to }) => [from, to]), ...initials.map(({ to }) => to), ...inports];
        expect(ends.filter(({ node }) => !names.includes(node))).toEqual([]);
      }),
      numRuns(100),
    );
  });
});
