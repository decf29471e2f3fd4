import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { write } from '../../src/fbp/print.ts';
import { readGraph } from '../../src/fbp/read.ts';
import { toBare, toEditable } from '../../src/model/editable-graph.ts';
import {
  type BareEdge,
  type BareGraph,
  emptyGraph,
  type Graph,
  type GraphMetadata,
  type PortRef,
} from '../../src/model/graph.ts';
import type { Change } from '../../src/model/graph-commands.ts';
import { applyEdit, inverseEdit } from '../../src/model/graph-edits.ts';
import { edgeIdentity, NOWHERE } from '../../src/model/graph-lookup.ts';
import { changesToBuild, inlineSubgraph, makeSubgraph } from '../../src/model/subgraph.ts';
import { expand } from '../../src/runtime/subgraph.ts';
import { CHAT, GOCHAT } from '../support/graphs.ts';
import { numRuns } from '../support/random.ts';

const AS = { component: 'chat/Gates', node: 'gates' };

const read = (text: string): Graph => readGraph('main.fbp', text).graph;
const after = (graph: BareGraph, changes: readonly Change[]): Graph =>
  ({
    ...toBare(changes.reduce((now, change) => applyEdit(now, change).graph, toEditable(graph))),
    file: 'main.fbp',
  }) as Graph;
const text = (graph: BareGraph, before = ''): string =>
  write({ ...graph, file: 'main.fbp' } as Graph, { text: before, layout: '' }).text;

/** Makes a subgraph; the graph around it, and what it is in text. */
function made(graph: BareGraph, names: readonly string[], as = AS) {
  const { subgraph, changes } = makeSubgraph(graph, new Set(names), as);
  return { around: after(graph, changes), subgraph: after(emptyGraph(), changesToBuild(subgraph)) };
}

/** All that a graph says, in any order, with each node under the name that `called` gives. */
function lines({ nodes, edges, initials, inports, outports, groups }: BareGraph, called = (name: string) => name) {
  return [
    ...nodes.map(({ name, component, metadata }) => [called(name), component, metadata]),
    ...edges.map(({ from, to, metadata = {} }) => [
      { ...from, node: called(from.node), place: 0 },
      { ...to, node: called(to.node), place: 0 },
      metadata,
    ]),
    ...initials.map(({ data, to, metadata = {} }) => [data, { ...to, node: called(to.node), place: 0 }, metadata]),
    ...[...inports, ...outports].map(outer => ({ metadata: {}, ...outer, node: called(outer.node), place: 0 })),
    ...groups.map(({ name, nodes, metadata }) => [name, nodes.map(called).sort(), metadata]),
  ]
    .map(line => JSON.stringify(line))
    .sort();
}

const NAMES = ['a', 'b', 'c', 'd', 'e'] as const;
const name = fc.constantFrom(...NAMES);
const end = (...ports: readonly string[]): fc.Arbitrary<PortRef> =>
  fc.record({ node: name, port: fc.constantFrom(...ports), index: fc.nat(1) }, { requiredKeys: ['node', 'port'] });
const metadata = fc.constantFrom<GraphMetadata>({}, { route: 3 });
const graphs: fc.Arbitrary<BareGraph> = fc.record({
  nodes: fc
    .array(fc.record({ x: fc.integer({ min: -500, max: 500 }), y: fc.nat(500) }), { minLength: 5, maxLength: 5 })
    .map(places => NAMES.map((name, i) => ({ name, component: `chat/${name.toUpperCase()}`, metadata: places[i]! }))),
  edges: fc.uniqueArray<BareEdge, string>(
    fc.record({ from: end('out', 'refused'), to: end('in', 'setting'), metadata }),
    {
      maxLength: 12,
      selector: edgeIdentity,
    },
  ),
  initials: fc.array(fc.record({ data: fc.constantFrom('1', 2), to: end('in', 'setting'), metadata }), {
    maxLength: 4,
  }),
  inports: fc
    .uniqueArray<PortRef, string>(end('in', 'setting'), { maxLength: 3, selector: ({ node, port }) => node + port })
    .map(ends => ends.map(({ node, port }, i) => ({ name: `request${i}`, node, port }))),
  outports: fc
    .uniqueArray<PortRef, string>(end('out', 'refused'), { maxLength: 3, selector: ({ node, port }) => node + port })
    .map(ends => ends.map(({ node, port }, i) => ({ name: `reply${i}`, node, port }))),
  groups: fc.constant([]),
  properties: fc.constant({}),
});
const choice = fc.subarray([...NAMES], { minLength: 1 });

describe('makeSubgraph', () => {
  it("makes a small, readable file of the chat's checks, and leaves a small difference", () => {
    const before = CHAT;
    const { around, subgraph } = made(read(before), ['check', 'limit', 'change']);
    expect(text(subgraph)).toBe(
      [
        'INPORT=check.IN:CHECK_IN',
        'INPORT=change.IN:CHANGE_IN',
        'OUTPORT=limit.OUT:OUT',
        'OUTPORT=change.REFUSED:CHANGE_REFUSED',
        'OUTPORT=check.REFUSED:CHECK_REFUSED',
        'OUTPORT=limit.REFUSED:LIMIT_REFUSED',
        '',
        'check(chat/CheckPost) OUT -> IN limit(chat/LimitRate)',
        'change(chat/Change) OUT -> IN check',
        '',
        "'4000' -> MAXTEXT check",
        "'100' -> BURST limit",
        "'20' -> RATE limit",
        '',
      ].join('\n'),
    );
    const rows = before.split('\n');
    const now = text(around, before).split('\n');
    expect(now.filter(row => !rows.includes(row))).toEqual([
      'router SEND -> IN sender(chat/SendController)',
      'sender OUT -> CHECK_IN gates(chat/Gates) OUT -> POST storage',
      'gates CHANGE_REFUSED -> IN responder',
      'gates CHECK_REFUSED -> IN responder',
      'gates LIMIT_REFUSED -> IN responder',
      'router EDIT -> CHANGE_IN gates',
      'router DELETE -> CHANGE_IN gates',
      'router REACT -> CHANGE_IN gates',
    ]);
  });

  it("keeps the names of the graph's own ports", () => {
    const { around, subgraph } = made(read(GOCHAT), ['router', 'controller'], { component: 'chat/In', node: 'in' });
    expect(subgraph.inports).toMatchObject([{ name: 'request', node: 'router', port: 'in' }]);
    expect(around.inports).toMatchObject([{ name: 'request', node: 'in', port: 'request' }]);
    expect(around.outports).toContainEqual(expect.objectContaining({ name: 'missing', node: 'in', port: 'missing' }));
  });

  it('takes groups along, and puts its node in those that it takes nodes from', () => {
    const graph = {
      ...read('a(A) OUT -> IN b(B) OUT -> IN c(C)'),
      groups: [
        { name: 'both', nodes: ['a', 'b'], metadata: { color: 1 } },
        { name: 'some', nodes: ['b', 'c'], metadata: {} },
      ],
    };
    const { around, subgraph } = made(graph, ['a', 'b']);
    expect(subgraph.groups).toEqual([graph.groups[0]]);
    expect(around.groups).toEqual([{ name: 'some', nodes: ['c', 'gates'], metadata: {} }]);
  });

  it('makes nothing of no nodes, of nodes that are not there, or under a name that another node has', () => {
    const graph = read('a(A) OUT -> IN b(B)');
    const make =
      (names: readonly string[], as = AS) =>
      () =>
        makeSubgraph(graph, new Set(names), as);
    expect(make([])).toThrow('a subgraph is made of nodes; choose some first');
    expect(make(['a', 'gates/check'])).toThrow('there is no node gates/check in this graph');
    expect(make(['a'], { ...AS, node: 'b' })).toThrow('there is a node b already; choose another name');
    expect(made(graph, ['a'], { ...AS, node: 'a' }).around.nodes).toMatchObject([{ name: 'b' }, { name: 'a' }]);
  });

  it('runs as before, whatever is chosen of whatever graph', () => {
    fc.assert(
      fc.property(graphs, choice, (graph, names) => {
        const { around, subgraph } = made(graph, names);
        const flat = expand(around, component => (component === AS.component ? subgraph : undefined));
        // How wires look is not told of what runs.
        const bare = { ...graph, edges: graph.edges.map(({ from, to }) => ({ from, to })) };
        expect(lines(flat, name => name.replace('gates/', ''))).toEqual(lines(bare));
      }),
      numRuns(100),
    );
  });
});

describe('inlineSubgraph', () => {
  it('gives back the graph of which the subgraph was made', () => {
    fc.assert(
      fc.property(graphs, choice, (graph, names) => {
        const { around, subgraph } = made(graph, names);
        expect(lines(after(around, inlineSubgraph(around, 'gates', subgraph)))).toEqual(lines(graph));
      }),
      numRuns(100),
    );
  });

  it('is taken back by one undo, as all edits are', () => {
    fc.assert(
      fc.property(graphs, choice, (graph, names) => {
        const { changes } = makeSubgraph(graph, new Set(names), AS);
        const back: Change[] = [];
        let now = toEditable(graph);
        for (const change of changes) {
          back.unshift(...inverseEdit(now, change));
          now = applyEdit(now, change).graph;
        }
        expect(lines(after(toBare(now), back))).toEqual(lines(graph));
      }),
      numRuns(50),
    );
  });

  it('gives nodes another name where theirs is taken, and keeps groups', () => {
    const graph = {
      ...read('x(X) OUT -> IN gates(chat/Gates) OUT -> IN a(A)'),
      groups: [{ name: 'g', nodes: ['gates'], metadata: {} }],
    };
    const subgraph = {
      ...read('INPORT=a.IN:IN\nOUTPORT=b.OUT:OUT\na(A) OUT -> IN b(B)'),
      groups: [{ name: 'g', nodes: ['a'], metadata: {} }],
    };
    const inlined = after(graph, inlineSubgraph(graph, 'gates', subgraph));
    expect(text(inlined)).toBe('x(X) OUT -> IN gates_a(A) OUT -> IN b(B) OUT -> IN a(A)\n');
    expect(inlined.groups).toEqual([
      { name: 'g', nodes: ['gates_a', 'b'], metadata: {} },
      { name: 'g2', nodes: ['gates_a'], metadata: {} },
    ]);
  });

  it('puts the nodes where the node was', () => {
    const node = (name: string, x?: number, y?: number) => ({
      name,
      component: 'A',
      metadata: x === undefined ? {} : { x, y },
      place: NOWHERE,
    });
    const graph = { ...emptyGraph(), nodes: [node('gates', 500, 100)] };
    const subgraph = { ...emptyGraph(), nodes: [node('a', 0, 0), node('b', 200, 20), node('c')] };
    expect(after(graph, inlineSubgraph(graph, 'gates', subgraph)).nodes.map(({ metadata }) => metadata)).toEqual([
      { x: 400, y: 90 },
      { x: 600, y: 110 },
      {},
    ]);
  });

  it('refuses where something leads to a port that is not inside, as it would be lost', () => {
    const graph = read("x(X) OUT -> GONE gates(chat/Gates)\n'1' -> SIZE gates");
    const inline = (inner: string) => () => inlineSubgraph(graph, 'gates', read(inner));
    expect(inline('INPORT=a.IN:SIZE\na(A)')).toThrow(
      'gates has no port GONE inside, and what leads there would be lost; take it away first',
    );
    expect(inline('INPORT=a.IN:GONE\na(A)')).toThrow('gates has no port SIZE inside');
    expect(() => inlineSubgraph(graph, 'y', graph)).toThrow('there is no node y in this graph');
  });
});
