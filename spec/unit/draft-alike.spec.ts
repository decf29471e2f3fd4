import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import noflo from 'noflo';
import { GraphDraft } from '../../src/editor/draft/graph-draft.ts';
import { type End, emptyGraph, type Graph } from '../../src/model/graph.ts';
import type { Payload } from '../../src/model/payload.ts';
import { Refused } from '../../src/model/refused.ts';
import { numRuns } from '../support/random.ts';

// The same commands for a draft and for the graph of NoFlo's own package fbp-graph: the two have to be the same graph.

// biome-ignore lint/suspicious/noExplicitAny: its methods are called by the names of commands.
type Loose = any;
type Step = readonly [command: string, payload: Loose];

const node = fc.constantFrom('a', 'b', 'c', 'chat/Router_x4f2a');
const component = fc.constantFrom('core/Repeat', 'chat/Router');
const outer = fc.constantFrom('request', 'REQUEST', 'reply');
const group = fc.constantFrom('one', 'two');
const value = fc.constantFrom(0, 7, -3);
const metadata = fc.dictionary(fc.constantFrom('x', 'y', 'route'), value, { maxKeys: 2 });
const change = fc.dictionary(fc.constantFrom('x', 'y', 'route'), fc.option(value), { maxKeys: 2 });
const data = fc.constantFrom('50', 50, true, { deep: [1] });
// Each port has indexes or none: fbp-graph can't take one of several places away.
const port = fc.constantFrom('in', 'IN', 'list');
const end = fc.record({ node, port });
const placed = fc
  .tuple(end, fc.nat(1))
  .map(([{ node, port }, index]) => ({ node, port, ...(port === 'list' && { index }) }));

const STEPS: Readonly<Record<string, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  addnode: { id: node, component, metadata },
  removenode: { id: node },
  renamenode: { from: node, to: node },
  changenode: { id: node, metadata: change },
  addedge: { src: placed, tgt: placed, metadata },
  removeedge: { src: end, tgt: end },
  changeedge: { src: end, tgt: end, metadata: change },
  addinitial: { src: fc.record({ data }), tgt: placed, metadata },
  removeinitial: { tgt: end },
  addinport: { public: outer, node, port },
  removeinport: { public: outer },
  renameinport: { from: outer, to: outer },
  addoutport: { public: outer, node, port },
  removeoutport: { public: outer },
  renameoutport: { from: outer, to: outer },
  addgroup: { name: group, nodes: fc.uniqueArray(node, { minLength: 1, maxLength: 3 }), metadata },
  removegroup: { name: group },
  renamegroup: { from: group, to: group },
  changegroup: { name: group, metadata: change },
};
const steps = fc
  .constantFrom(...Object.keys(STEPS), 'addnode', 'addnode', 'addedge', 'addedge')
  .chain(command => fc.tuple(fc.constant(command), fc.record(STEPS[command]!)) as fc.Arbitrary<Step>)
  // fbp-graph takes an outer outport away that is to be called what it is called.
  .filter(([command, { from, to }]) => command !== 'renameoutport' || from.toLowerCase() !== to.toLowerCase());

const THEIRS: Readonly<Record<string, (graph: Loose, payload: Loose) => void>> = {
  addnode: (graph, { id, component, metadata }) => graph.addNode(id, component, metadata),
  removenode: (graph, { id }) => graph.removeNode(id),
  renamenode: (graph, { from, to }) => graph.renameNode(from, to),
  changenode: (graph, { id, metadata }) => graph.setNodeMetadata(id, metadata),
  addedge: (graph, { src, tgt, metadata }) =>
    graph.addEdgeIndex(src.node, src.port, src.index, tgt.node, tgt.port, tgt.index, metadata),
  removeedge: (graph, { src, tgt }) => graph.removeEdge(src.node, src.port, tgt.node, tgt.port),
  changeedge: (graph, { src, tgt, metadata }) =>
    graph.setEdgeMetadata(src.node, src.port, tgt.node, tgt.port, metadata),
  addinitial: (graph, { src, tgt, metadata }) =>
    graph.addInitialIndex(src.data, tgt.node, tgt.port, tgt.index, metadata),
  removeinitial: (graph, { tgt }) => graph.removeInitial(tgt.node, tgt.port),
  addinport: (graph, payload) => graph.addInport(payload.public, payload.node, payload.port),
  removeinport: (graph, payload) => graph.removeInport(payload.public),
  renameinport: (graph, { from, to }) => graph.renameInport(from, to),
  addoutport: (graph, payload) => graph.addOutport(payload.public, payload.node, payload.port),
  removeoutport: (graph, payload) => graph.removeOutport(payload.public),
  renameoutport: (graph, { from, to }) => graph.renameOutport(from, to),
  addgroup: (graph, { name, nodes, metadata }) => graph.addGroup(name, nodes, metadata),
  removegroup: (graph, { name }) => graph.removeGroup(name),
  renamegroup: (graph, { from, to }) => graph.renameGroup(from, to),
  changegroup: (graph, { name, metadata }) => graph.setGroupMetadata(name, metadata),
};

/** Both results, normalised for comparison. */
function ours({ nodes, edges, initials, inports, outports, groups }: Graph) {
  const end = ({ node, port, index }: End) => ({ node, port, index });
  const outers = (all: Graph['inports']) => Object.fromEntries(all.map(({ name, node, port }) => [name, [node, port]]));
  return {
    nodes: nodes.map(({ name, component, metadata }) => ({ id: name, component, metadata })),
    edges: edges.map(({ from, to, metadata = {} }) => ({ from: end(from), to: end(to), metadata })),
    initials: initials.map(({ data, to, metadata = {} }) => ({ data, to: end(to), metadata })),
    inports: outers(inports),
    outports: outers(outports),
    groups,
  };
}

function theirs({ nodes, edges, initializers, inports, outports, groups }: Loose): ReturnType<typeof ours> {
  const outers = (all: Loose) =>
    Object.fromEntries(
      Object.entries(all).map(([name, { process, port }]: [string, Loose]) => [name, [process, port]]),
    );
  return structuredClone({
    nodes,
    edges,
    initials: initializers.map(({ from, to, metadata }: Loose) => ({ data: from.data, to, metadata })),
    inports: outers(inports),
    outports: outers(outports),
    groups,
  });
}

const [A, B] = [
  { node: 'a', port: 'in' },
  { node: 'b', port: 'in' },
];
const CHANGED = { x: 1 };

/** Each command once, and none that changes nothing: so that each is among those that are compared, whatever chance brings. */
const EACH: readonly Step[] = [
  ['addedge', { src: A, tgt: B, metadata: {} }],
  ['changeedge', { src: A, tgt: B, metadata: CHANGED }],
  ['removeedge', { src: A, tgt: B }],
  ['addinitial', { src: { data: 50 }, tgt: A, metadata: {} }],
  ['removeinitial', { tgt: A }],
  ['addinport', { public: 'p', node: 'a', port: 'in' }],
  ['renameinport', { from: 'p', to: 'q' }],
  ['removeinport', { public: 'q' }],
  ['addoutport', { public: 'p', node: 'a', port: 'in' }],
  ['renameoutport', { from: 'p', to: 'q' }],
  ['removeoutport', { public: 'q' }],
  ['addgroup', { name: 'g', nodes: ['a'], metadata: {} }],
  ['changegroup', { name: 'g', metadata: CHANGED }],
  ['renamegroup', { from: 'g', to: 'h' }],
  ['removegroup', { name: 'h' }],
  ['addnode', { id: 'c', component: 'core/Repeat', metadata: {} }],
  ['changenode', { id: 'c', metadata: CHANGED }],
  ['renamenode', { from: 'c', to: 'd' }],
  ['removenode', { id: 'd' }],
];

/** Whether the draft has done it. */
function accepts(draft: GraphDraft, command: string, payload: Payload): boolean {
  try {
    draft.apply(command, payload);
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

describe("a draft and fbp-graph's graph", () => {
  it('are the same after every command that the draft takes', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60, size: 'max' }), all => {
        const draft = new GraphDraft('chat/test', emptyGraph('test.fbp'));
        const graph = new noflo.Graph('test');
        for (const id of ['a', 'b']) {
          draft.apply('addnode', { id, component: 'core/Repeat' });
          graph.addNode(id, 'core/Repeat');
        }
        for (const [command, payload] of all) {
          if (!accepts(draft, command, payload)) continue;
          seen.add(command);
          THEIRS[command]!(graph, structuredClone(payload));
          expect(ours(draft.graph)).toEqual(theirs(graph));
        }
      }),
      { ...numRuns(100), examples: [[[...EACH]]] },
    );
    expect([...seen].sort()).toEqual(Object.keys(STEPS).sort());
  });

  it('neither change where there is nothing to change', () => {
    const absent: readonly Step[] = [
      ['removenode', { id: 'z' }],
      ['renamenode', { from: 'z', to: 'y' }],
      ['changenode', { id: 'z', metadata: { x: 1 } }],
      ['addedge', { src: { node: 'a', port: 'out' }, tgt: { node: 'z', port: 'in' } }],
      ['addedge', { src: { node: 'z', port: 'out' }, tgt: { node: 'a', port: 'in' } }],
      ['removeedge', { src: { node: 'a', port: 'out' }, tgt: { node: 'a', port: 'in' } }],
      ['changeedge', { src: { node: 'a', port: 'out' }, tgt: { node: 'a', port: 'in' }, metadata: { route: 1 } }],
      ['addinitial', { src: { data: 1 }, tgt: { node: 'z', port: 'in' } }],
      ['removeinitial', { tgt: { node: 'a', port: 'in' } }],
      ['addinport', { public: 'p', node: 'z', port: 'in' }],
      ['removeinport', { public: 'p' }],
      ['renameinport', { from: 'p', to: 'q' }],
      ['addoutport', { public: 'p', node: 'z', port: 'in' }],
      ['removeoutport', { public: 'p' }],
      ['renameoutport', { from: 'p', to: 'q' }],
      ['removegroup', { name: 'g' }],
      ['renamegroup', { from: 'g', to: 'h' }],
      ['changegroup', { name: 'g', metadata: { x: 1 } }],
    ];
    for (const [command, payload] of absent) {
      const draft = new GraphDraft('chat/test', emptyGraph('test.fbp'));
      const graph = new noflo.Graph('test');
      draft.apply('addnode', { id: 'a', component: 'core/Repeat' });
      graph.addNode('a', 'core/Repeat');
      const before = theirs(graph);
      expect([command, accepts(draft, command, payload)]).toEqual([command, false]);
      THEIRS[command]!(graph, payload);
      expect(theirs(graph)).toEqual(before);
      expect(ours(draft.graph)).toEqual(before);
    }
  });
});
