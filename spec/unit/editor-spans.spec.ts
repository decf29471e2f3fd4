import { describe, expect, it } from '@jest/globals';
import { passage, stepsOf } from '../../src/editor/watch/traces.ts';
import { readGraph } from '../../src/fbp/read.ts';
import type { Graph } from '../../src/model/graph.ts';
import { expand, wireLocations } from '../../src/runtime/subgraph.ts';

// Which nodes a packet leaves and reaches, where some of them are in subgraphs.

const graphs = new Map(
  Object.entries({
    Pair: 'INPORT=a.IN:IN\nOUTPORT=b.OUT:OUT\na(A) OUT -> IN b(B)\n',
    Outer: 'INPORT=pair.IN:IN\nOUTPORT=pair.OUT:OUT\npair(Pair)\n',
  }).map(([name, text]): [string, Graph] => [name, readGraph(`${name}.fbp`, text).graph]),
);
const main = readGraph('main.fbp', 'x(X) OUT -> IN outer(Outer) OUT -> IN y(Y)\n').graph;
const subgraph = (component: string) => graphs.get(component);
const flat = expand(main, subgraph);
const drawn = wireLocations(main, flat, subgraph);
const edges = flat.edges.map(edge => ({ edge, location: drawn.get(edge)! }));
const named = (from: string) => edges.find(({ edge }) => edge.from.node === from)!;

describe('a packet', () => {
  it('reaches a subgraph with the node in it that its wire leads to, and leaves both', () => {
    const told = ['x', 'outer/pair/a', 'outer/pair/b'].map(from => passage(named(from).edge, named(from).location));
    expect(told).toEqual([
      { left: ['x'], reached: ['outer', 'outer/pair', 'outer/pair/a'] },
      { left: ['outer/pair/a'], reached: ['outer/pair/b'] },
      { left: ['outer', 'outer/pair', 'outer/pair/b'], reached: ['y'] },
    ]);
  });

  it('takes as long in a subgraph as from the first node in it to the last', () => {
    const way = ['x', 'outer/pair/a', 'outer/pair/b'].map((from, at) => ({ ...named(from), data: at, at: at * 10 }));
    expect(stepsOf(way).map(({ node, ms, port, out }) => [node, ms, port, out])).toEqual([
      ['outer', 20, 'out', 2],
      ['outer/pair', 20, undefined, 2],
      ['outer/pair/a', 10, 'out', 1],
      ['outer/pair/b', 10, 'out', 2],
      ['y', undefined, undefined, undefined],
    ]);
  });
});
