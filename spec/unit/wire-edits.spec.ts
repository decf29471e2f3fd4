import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toBare, toEditable } from '../../src/model/editable-graph.ts';
import { type BareEdge, emptyGraph, type Graph, isSameGraph, type PortRef } from '../../src/model/graph.ts';
import type { Change } from '../../src/model/graph-commands.ts';
import { applyEdit, inverseEdit } from '../../src/model/graph-edits.ts';
import { type Insertable, type Insertion, insertionOf } from '../../src/model/insertion.ts';
import { leadPast, movedEnd, movedOuter, splicedAtOuter, splicedInto } from '../../src/model/wire-edits.ts';
import { numRuns } from '../support/random.ts';

const NOWHERE = { line: 1, column: 1 };
const port = (node: string, name: string, index?: number): PortRef => ({
  node,
  port: name,
  ...(index !== undefined && { index }),
});
const wire = (from: PortRef, to: PortRef): BareEdge => ({ from, to });
const NEW = 'new';

function graphOf(nodes: readonly string[], edges: readonly BareEdge[], more: Partial<Graph> = {}): Graph {
  return {
    ...emptyGraph(),
    nodes: nodes.map(name => ({ name, component: 'c/C', metadata: {}, place: NOWHERE })),
    edges: edges.map(({ from, to, ...rest }) => ({
      from: { ...from, place: NOWHERE },
      to: { ...to, place: NOWHERE },
      ...rest,
    })),
    ...more,
  };
}

/** The graph after changes, and after they are taken back. */
function done(graph: Graph, changes: readonly Change[]): { readonly after: Graph; readonly undone: Graph } {
  let now = toEditable(graph);
  const back: (readonly Change[])[] = [];
  for (const change of changes) {
    back.unshift(inverseEdit(now, change));
    now = applyEdit(now, change).graph;
  }
  const after = { ...graph, ...toBare(now) } as Graph;
  for (const change of back.flat()) now = applyEdit(now, change).graph;
  return { after, undone: { ...graph, ...toBare(now) } as Graph };
}

const text = ({ from, to }: BareEdge): string => `${from.node}.${from.port} ${to.node}.${to.port}`;
const texts = (edges: readonly BareEdge[]) => edges.map(text);
/** The wires of one outport in the order in which it sends by them. */
const order = ({ edges }: Graph, node: string) => texts(edges.filter(({ from }) => from.node === node));

const nodes = ['a', 'b', 'c', 'd'];
const end = (...names: readonly string[]) =>
  fc.record(
    { node: fc.constantFrom(...nodes), port: fc.constantFrom(...names), index: fc.constant(0) },
    { requiredKeys: ['node', 'port'] },
  );
const edges = fc
  .uniqueArray(fc.record({ from: end('out', 'more'), to: end('in'), metadata: fc.constantFrom({}, { route: 3 }) }), {
    minLength: 1,
    maxLength: 12,
    selector: ({ from, to }) => JSON.stringify([from, to]),
  })
  .chain(all => fc.record({ all: fc.constant(all), wire: fc.constantFrom(...all) }));

describe('a wire', () => {
  it('is as it was, with the order of all others, once an edit of it is undone', () => {
    const node = { into: port(NEW, 'in'), on: [port(NEW, 'out'), port(NEW, 'else')] };
    fc.assert(
      fc.property(edges, end('other'), ({ all, wire: chosen }, other) => {
        const before = graphOf([...nodes, NEW], all);
        const failures = [wire(port(NEW, 'refused'), port('d', 'failed'))];
        const edits = [
          splicedInto(before.edges, chosen, { ...node, failures }),
          movedEnd(before.edges, chosen, { from: other }),
          movedEnd(before.edges, chosen, { to: other }),
        ];
        return edits.every(changes => isSameGraph(done(before, changes).undone, before));
      }),
      numRuns(100),
    );
  });

  it('leads through a node that is put into it, at its place among those of its port', () => {
    const [first, second, third] = [
      wire(port('a', 'out'), port('b', 'in')),
      { ...wire(port('a', 'out'), port('c', 'in')), metadata: { route: 3 } },
      wire(port('a', 'out'), port('d', 'in')),
    ];
    const graph = graphOf([...nodes, NEW], [first, second, third]);
    const { after } = done(
      graph,
      splicedInto(graph.edges, second, {
        into: port(NEW, 'in'),
        on: [port(NEW, 'out')],
        failures: [wire(port(NEW, 'refused'), port('d', 'in'))],
      }),
    );
    expect(order(after, 'a')).toEqual(['a.out b.in', 'a.out new.in', 'a.out d.in']);
    expect(order(after, NEW)).toEqual(['new.out c.in', 'new.refused d.in']);
    expect(after.edges.find(({ to }) => to.node === NEW)?.metadata).toEqual({ route: 3 });
  });

  it('leads elsewhere where an end of it is moved, and nothing happens where it is there already', () => {
    const wires = [wire(port('a', 'out'), port('b', 'in')), wire(port('a', 'out'), port('c', 'in'))];
    const graph = graphOf(nodes, wires);
    expect(order(done(graph, movedEnd(wires, wires[0]!, { to: port('d', 'in') })).after, 'a')).toEqual([
      'a.out d.in',
      'a.out c.in',
    ]);
    expect(movedEnd(wires, wires[0]!, { to: port('b', 'in') })).toEqual([]);
  });
});

describe('an outer port', () => {
  const outer = { name: 'request', node: 'a', port: 'in', metadata: { x: 5 } };
  const answer = { name: 'reply', node: 'b', port: 'out' };
  const graph = graphOf([...nodes, NEW], [wire(port('a', 'out'), port('b', 'in'))], {
    inports: [{ ...outer, place: NOWHERE }],
    outports: [{ ...answer, place: NOWHERE }],
  });
  const node = { into: port(NEW, 'in'), on: [port(NEW, 'out'), port(NEW, 'else')], failures: [] };

  it('stands for the node that is put before what it stood for, and comes back', () => {
    const entering = done(graph, splicedAtOuter('inports', outer, node));
    expect(entering.after.inports).toMatchObject([{ name: 'request', node: NEW, port: 'in', metadata: { x: 5 } }]);
    expect(order(entering.after, NEW)).toEqual(['new.out a.in', 'new.else a.in']);
    const leaving = done(graph, splicedAtOuter('outports', answer, node));
    expect(leaving.after.outports).toMatchObject([{ name: 'reply', node: NEW, port: 'out' }]);
    expect(order(leaving.after, 'b')).toEqual(['b.out new.in']);
    for (const { undone } of [entering, leaving]) expect(isSameGraph(undone, graph)).toBe(true);
  });

  it('is moved to another port', () => {
    const { after, undone } = done(graph, movedOuter('inports', outer, port('c', 'in')));
    expect(after.inports).toMatchObject([{ name: 'request', node: 'c', port: 'in', metadata: { x: 5 } }]);
    expect(isSameGraph(undone, graph)).toBe(true);
    expect(movedOuter('inports', outer, port('a', 'in'))).toEqual([]);
  });
});

describe('a node that is taken out', () => {
  const none = { inports: [], outports: [] };
  const failing = ({ port }: PortRef) => port === 'refused';
  const past = (all: readonly BareEdge[], outers: object = none) => {
    const changes = leadPast({ edges: all, ...none, ...outers }, 'b', failing);
    return changes.flatMap(({ command, payload }) =>
      command === 'addedge' ? text(wire(payload.src, payload.tgt)) : command === 'addinport' ? payload.node : [],
    );
  };
  const [into, more, out, refused] = [
    wire(port('a', 'out'), port('b', 'in')),
    wire(port('c', 'out'), port('b', 'in')),
    wire(port('b', 'out'), port('d', 'in')),
    wire(port('b', 'refused'), port('c', 'in')),
  ];

  it('leaves wires from whatever came in to where it led, without its failures', () => {
    expect(past([into, more, out, refused])).toEqual(['a.out d.in', 'c.out d.in']);
    expect(past([into, out, wire(port('b', 'else'), port('d', 'in'))])).toEqual(['a.out d.in']);
    // Where there is such a wire already, there is no second one.
    expect(past([into, more, out, wire(port('a', 'out'), port('d', 'in'))])).toEqual(['a.out d.in', 'c.out d.in']);
  });

  it("lets the graph's own port stand for the next one", () => {
    const request = { name: 'request', node: 'b', port: 'in' };
    expect(past([out], { inports: [request] })).toEqual(['d']);
    const reply = { name: 'reply', node: 'b', port: 'out' };
    const [, added] = leadPast({ edges: [into], inports: [], outports: [reply] }, 'b', failing);
    expect(added).toMatchObject({ command: 'addoutport', payload: { public: 'reply', node: 'a', port: 'out' } });
  });

  it('leaves a gap where it is in doubt what leads where', () => {
    expect(past([into, out, wire(port('b', 'else'), port('c', 'in'))])).toEqual([]);
    expect(past([into])).toEqual([]);
    expect(past([out])).toEqual([]);
    expect(past([into, wire(port('c', 'out'), port('b', 'other')), out])).toEqual([]);
  });
});

describe('what fits into a wire', () => {
  const typed = (name: string, schema?: string, sameAs?: string) => ({ name, datatype: 'object', schema, sameAs });
  const POST = { datatype: 'object', schema: 'chat/post' };
  const posts = { from: POST, to: POST, failuresTo: { datatype: 'object' } };
  const component = (inports: Insertable['inports'], outports: Insertable['outports']): Insertable => ({
    name: 'It',
    inports,
    outports,
  });
  const fault = (given: Insertion | { readonly fault: string }) => ('fault' in given ? given.fault : given);

  it('is a component with one port each way for its packets; its failures go where those of the neighbour go', () => {
    const check = component([typed('in', 'chat/post')], [typed('out', 'chat/post'), typed('refused', 'chat/refusal')]);
    expect(insertionOf(check, posts)).toEqual({ into: 'in', on: ['out'], failures: ['refused'], isSure: true });
    expect(insertionOf(check, { from: POST, to: POST })).toEqual({
      into: 'in',
      on: ['out'],
      failures: [],
      isSure: true,
    });
  });

  it('ends the wire where it answers what comes in; the answer goes where failures of the neighbour go', () => {
    const refuse = component([typed('in')], [typed('out', 'chat/refusal')]);
    const ending = { into: 'in', on: [], failures: ['out'], isSure: true };
    expect(insertionOf(refuse, posts)).toEqual(ending);
    expect(insertionOf(component([typed('in')], [typed('out', 'chat/reply')]), posts)).toEqual(ending);
    expect(fault(insertionOf(refuse, { from: POST, to: POST }))).toContain('sends chat/refusal');
  });

  it('is in doubt where nobody knows what passes', () => {
    const check = component([typed('in', 'chat/post')], [typed('out')]);
    expect(insertionOf(check, { from: { datatype: 'object' }, to: POST })).toMatchObject({ into: 'in', isSure: false });
  });

  it('is found by the types of its ports', () => {
    const store = component(
      [typed('get', 'chat/query'), typed('post', 'chat/post')],
      [typed('page', 'chat/page'), typed('kept', 'chat/post')],
    );
    expect(insertionOf(store, posts)).toEqual({ into: 'post', on: ['kept'], failures: [], isSure: true });
  });

  it('sends on by all ports what came in, where it sends by one or another', () => {
    const branch = component([typed('in')], [typed('match', undefined, 'in'), typed('else', undefined, 'in')]);
    expect(insertionOf(branch, posts)).toEqual({ into: 'in', on: ['match', 'else'], failures: [], isSure: true });
    const route = component(
      [typed('in', 'chat/post')],
      [typed('match', 'chat/post'), typed('else', 'chat/post'), typed('page', 'chat/page')],
    );
    expect(insertionOf(route, posts)).toMatchObject({ into: 'in', on: ['match', 'else'] });
  });

  it.each<[string, Insertable, string]>([
    ['takes nothing', component([], [typed('out')]), 'It takes no packets, so it can’t be put into a wire'],
    ['sends nothing', component([typed('in')], []), 'It sends nothing on, so it can’t be put into a wire'],
    [
      'takes something else',
      component([typed('in', 'chat/query')], [typed('out', 'chat/post')]),
      'It takes chat/query, but the wire has chat/post; put it into another wire, or another node between them',
    ],
    [
      'sends something else',
      component([typed('in')], [typed('out', 'chat/page')]),
      'It sends chat/page, but the wire leads to chat/post; put it into another wire, or another node between them',
    ],
    [
      'takes it at two ports',
      component([typed('left', 'chat/post'), typed('right', 'chat/post')], [typed('out', 'chat/post')]),
      'It takes chat/post at LEFT and RIGHT; draw the wires by hand, to the one that you mean',
    ],
  ])('is not what %s', (_, it, sentence) => {
    expect(fault(insertionOf(it, posts))).toBe(sentence.replace('’', "'"));
  });
});
