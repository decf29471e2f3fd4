import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GraphDraft } from '../../src/editor/draft/graph-draft.ts';
import { readGraph } from '../../src/fbp/read.ts';
import { difference } from '../../src/model/difference.ts';
import type { Graph } from '../../src/model/graph.ts';
import type { Payload } from '../../src/model/payload.ts';
import { fingerprintOf } from '../../src/runtime/runtime.ts';
import { graphs } from '../support/fbp-graphs.ts';
import { numRuns } from '../support/random.ts';

const TEXT = [
  'INPORT=router.IN:REQUEST',
  'OUTPORT=storage.OUT:REPLY',
  'router(chat/Router) SEND -> IN check(chat/CheckPost) OUT -> POST storage(chat/Storage)',
  'check REFUSED -> IN storage',
  "'4000' -> MAXTEXT check",
  "'50' -> MAXLEN storage",
].join('\n');

const graph = (text: string): Graph => readGraph('test.fbp', text).graph;
const before = graph(TEXT);

/** The graph after some commands. */
function after(...commands: readonly (readonly [command: string, payload: Payload])[]): Graph {
  const draft = new GraphDraft('chat/test', before);
  for (const [command, payload] of commands) draft.apply(command, payload);
  return draft.graph;
}

const sentences = (to: Graph, from = before) => difference(from, to).map(({ sentence }) => sentence);
const edge = { src: { node: 'check', port: 'refused' }, tgt: { node: 'storage', port: 'in' } };

describe('the difference', () => {
  it('is nothing between a graph and itself, wherever its lines stand', () => {
    expect(difference(before, graph(`# said\n\n${TEXT.replaceAll(', ', ',\n')}`))).toEqual([]);
  });

  it('says which setting has which value', () => {
    const to = graph(TEXT.replace("'50'", "'100'").replace("'4000' -> MAXTEXT check", '[5] -> LIST check'));
    expect(difference(before, to)).toEqual([
      { kind: 'initial', change: 'added', name: 'check LIST', nodes: ['check'], sentence: 'check: LIST is [5] now' },
      {
        kind: 'initial',
        change: 'removed',
        name: 'check MAXTEXT',
        nodes: ['check'],
        sentence: "check: MAXTEXT is not set any more, was '4000'",
      },
      {
        kind: 'initial',
        change: 'changed',
        name: 'storage MAXLEN',
        nodes: ['storage'],
        sentence: "storage: MAXLEN is '100', was '50'",
      },
    ]);
  });

  it('tells a text from a number, and shows each of several values', () => {
    expect(sentences(after(['addinitial', { src: { data: 50 }, tgt: { node: 'storage', port: 'maxlen' } }]))).toEqual([
      "storage: MAXLEN is '50' and 50, was '50'",
    ]);
  });

  it('says which nodes and wires are new or gone', () => {
    const to = after(['removeedge', edge], ['addnode', { id: 'slow', component: 'chat/Route' }]);
    expect(difference(before, to)).toEqual([
      { kind: 'node', change: 'added', name: 'slow', nodes: ['slow'], sentence: 'node slow (chat/Route) is new' },
      {
        kind: 'edge',
        change: 'removed',
        name: 'check REFUSED -> IN storage',
        nodes: ['check', 'storage'],
        sentence: 'wire check REFUSED -> IN storage is gone',
      },
    ]);
    expect(sentences(before, to)).toEqual([
      'node slow (chat/Route) is gone',
      'wire check REFUSED -> IN storage is new',
    ]);
  });

  it('says which node is another component now', () => {
    const to = graph(TEXT.replace('chat/CheckPost', 'chat/LimitRate'));
    expect(sentences(to)).toEqual(['check is a chat/LimitRate now, was a chat/CheckPost']);
  });

  it('recognises nodes that are only called otherwise, neighbours too', () => {
    const to = after(['renamenode', { from: 'check', to: 'gate' }], ['renamenode', { from: 'storage', to: 'shelf' }]);
    expect(sentences(to)).toEqual(['check is called gate now', 'storage is called shelf now']);
    expect(difference(before, to)[0]?.nodes).toEqual(['check', 'gate']);
  });

  it('takes a node for another one that differs in its name and its wires', () => {
    const to = graph(TEXT.replaceAll('check', 'gate').replace('gate REFUSED', 'router REFUSED'));
    expect(sentences(to)).toContain('node gate (chat/CheckPost) is new');
    expect(sentences(to)).toContain('node check (chat/CheckPost) is gone');
  });

  it('sums moved nodes up', () => {
    const move = (id: string) => ['changenode', { id, metadata: { x: 5, y: 6 } }] as const;
    expect(sentences(after(move('check')))).toEqual(['check was moved']);
    const to = after(move('check'), move('router'), move('storage'));
    expect(sentences(to)).toEqual(['3 nodes were moved']);
    expect(difference(before, to)[0]?.nodes).toEqual(['router', 'check', 'storage']);
  });

  it('tells nodes that only stay where they were seen from those that were moved', () => {
    const stay = (id: string) => ['changenode', { id, metadata: { x: 5, y: 6, pinned: true } }] as const;
    const move = ['changenode', { id: 'check', metadata: { x: 5, y: 6 } }] as const;
    const to = after(stay('router'), move, stay('storage'));
    expect(sentences(to)).toEqual(['check was moved', '2 nodes stay where the layout has put them']);
    expect(difference(before, to).map(({ nodes }) => nodes)).toEqual([['check'], []]);
    expect(sentences(after(stay('router')))).toEqual(['router stays where the layout has put it']);
  });

  it('says what else looks otherwise', () => {
    const to = after(
      ['changenode', { id: 'check', metadata: { label: 'Gate' } }],
      ['changeedge', { ...edge, metadata: { route: 3 } }],
      ['addgroup', { name: 'all', nodes: ['check', 'storage'] }],
    );
    expect(sentences(to)).toEqual([
      'wire check REFUSED -> IN storage looks otherwise',
      "label of check is 'Gate' now",
      'group all is new, of check and storage',
    ]);
    expect(sentences(before, to)).toContain("label of check is gone, was 'Gate'");
    expect(
      sentences({ ...to, groups: [{ name: 'all', nodes: ['check'], metadata: { description: 'd' } }] }, to),
    ).toEqual(['group all has check now', 'group all is described otherwise']);
  });

  it('says where outer ports lead, and which properties there are', () => {
    const to = graph(`# @name Test\n${TEXT.replace('storage.OUT:REPLY', 'check.OUT:REPLY').replace('REQUEST', 'ASK')}`);
    expect(sentences(to)).toEqual([
      'outer inport ASK is new, at router IN',
      'outer inport REQUEST is gone, was at router IN',
      'outer outport REPLY is at check OUT now, was at storage OUT',
      "property name is 'Test' now",
    ]);
  });

  it('is something between any two graphs, and nothing between one and itself', () => {
    fc.assert(
      fc.property(graphs('test.json'), graphs('test.json'), (a, b) => {
        expect(difference(a, structuredClone(a))).toEqual([]);
        const found = difference(a, b);
        expect(found.map(({ sentence }) => sentence)).not.toContain('');
        if (found.length === 0) expect(fingerprintOf(a)).toBe(fingerprintOf(b));
      }),
      numRuns(100),
    );
  });
});

describe('the stamp of a graph', () => {
  const same = (to: Graph) => fingerprintOf(before) === fingerprintOf(to);

  it('is that of a graph whose looks and names of groups differ', () => {
    const looks = after(
      ['changenode', { id: 'check', metadata: { x: 5, label: 'Gate' } }],
      ['changeedge', { ...edge, metadata: { route: 3 } }],
      ['addgroup', { name: 'all', nodes: ['check'] }],
    );
    expect(same({ ...looks, file: 'other.json', properties: { name: 'Test' } })).toBe(true);
  });

  it('is that of a graph whose lines stand in another order, where it says nothing', () => {
    const { nodes, edges, initials } = before;
    const shuffled = { nodes: nodes.toReversed(), edges: edges.toReversed(), initials: initials.toReversed() };
    expect(same({ ...before, ...shuffled })).toBe(true);
  });

  it('is another where a port sends in another order, or a node is told in another one', () => {
    const sends = (...to: readonly string[]) =>
      graph(['a(A)', 'b(A)', 'c(A)', ...to.map(to => `a OUT -> IN ${to}`)].join('\n'));
    expect(fingerprintOf(sends('b', 'c'))).not.toBe(fingerprintOf(sends('c', 'b')));
    const tells = (...data: readonly string[]) => graph(['a(A)', ...data.map(data => `'${data}' -> IN a`)].join('\n'));
    expect(fingerprintOf(tells('1', '2'))).not.toBe(fingerprintOf(tells('2', '1')));
  });

  it.each<[string, Graph]>([
    ['a setting', graph(TEXT.replace("'50'", "'51'"))],
    ['a component', graph(TEXT.replace('chat/CheckPost', 'chat/LimitRate'))],
    ['a name', graph(TEXT.replaceAll('check', 'gate'))],
    ['a wire', after(['removeedge', edge])],
    ['a node', after(['addnode', { id: 'a', component: 'A' }])],
    ['an outer port', graph(TEXT.replace('REQUEST', 'ASK'))],
  ])('is another where %s differs', (_, to) => {
    expect(same(to)).toBe(false);
  });
});
