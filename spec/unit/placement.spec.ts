import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type PlacedGraph, type Point, placements } from '../../src/model/placement.ts';
import { numRuns } from '../support/random.ts';

const wires = (...pairs: readonly string[]) =>
  pairs.map(pair => ({ from: pair.split(' ')[0]!, to: pair.split(' ')[1]! }));
const nodes = (places: Readonly<Record<string, Point | undefined>>) =>
  Object.entries(places).map(([name, at]) => ({ name, at }));
const drawing = (given: Partial<PlacedGraph>): PlacedGraph => ({
  nodes: [],
  edges: [],
  inports: [],
  outports: [],
  ...given,
});

describe('placements', () => {
  it('leave what has a place where it is', () => {
    const at = { x: -5, y: 7 };
    const given = drawing({ nodes: nodes({ a: at }), inports: [{ name: 'in', node: 'a', at: { x: 1, y: 2 } }] });
    expect(placements(given).nodes.get('a')).toEqual(at);
    expect(placements(given).inports.get('in')).toEqual({ x: 1, y: 2 });
  });

  it('put inports left of their node and outports right of it, each in a place of its own', () => {
    const { inports, outports } = placements(
      drawing({
        nodes: nodes({ a: { x: 500, y: 300 } }),
        inports: ['in', 'more'].map(name => ({ name, node: 'a', at: undefined })),
        outports: ['out', 'error', 'push'].map(name => ({ name, node: 'a', at: undefined })),
      }),
    );
    for (const { x } of inports.values()) expect(x).toBeLessThan(500);
    for (const { x } of outports.values()) expect(x).toBeGreaterThan(500);
    expect(new Set([...inports.values(), ...outports.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(5);
  });

  it('put a node beside what it is wired to: behind who sends to it, before whom it sends to', () => {
    const places = { a: { x: 0, y: 0 }, z: { x: 1000, y: 500 }, next: undefined, before: undefined };
    const found = placements(drawing({ nodes: nodes(places), edges: wires('a next', 'before z') })).nodes;
    expect(found.get('next')).toEqual({ x: 296, y: 0 });
    expect(found.get('before')).toEqual({ x: 704, y: 500 });
  });

  it('put what is wired to nothing below all', () => {
    const found = placements(drawing({ nodes: nodes({ a: { x: 10, y: 900 }, b: undefined }) })).nodes;
    expect(found.get('b')!.y).toBeGreaterThan(900);
  });

  it('put nodes in columns where none has a place, as packets pass them', () => {
    const given = drawing({
      nodes: nodes({ reply: undefined, a: undefined, b: undefined, c: undefined }),
      edges: wires('a b', 'a c', 'b reply', 'c reply', 'reply a'),
    });
    const { nodes: found } = placements({ ...given, edges: given.edges.slice(0, 4) });
    expect(['a', 'b', 'c', 'reply'].map(name => found.get(name)!.x)).toEqual([180, 476, 476, 772]);
    expect(new Set([...placements(given).nodes.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(4);
  });

  it('let nothing lie on another, whatever the graph is like', () => {
    const name = fc.constantFrom(...'abcdefgh');
    const point = fc.option(
      fc.record({ x: fc.integer({ min: -500, max: 500 }), y: fc.integer({ min: -500, max: 500 }) }),
      {
        nil: undefined,
      },
    );
    const outers = fc.uniqueArray(fc.record({ name, node: name, at: fc.constant(undefined) }), {
      selector: ({ name }) => name,
      maxLength: 5,
    });
    const any = fc.record({
      nodes: fc.uniqueArray(fc.record({ name, at: point }), { selector: ({ name }) => name }),
      edges: fc.array(fc.record({ from: name, to: name })),
      inports: outers,
      outports: outers,
    });
    fc.assert(
      fc.property(any, given => {
        const { nodes: found, inports, outports } = placements(given);
        expect([...found.keys()].sort()).toEqual(given.nodes.map(({ name }) => name).sort());
        const fixed = given.nodes.flatMap(({ at }) => at ?? []);
        const others = [...found.values(), ...inports.values(), ...outports.values()].filter(at => !fixed.includes(at));
        expect(others.filter(({ x, y }) => !(Number.isSafeInteger(x) && Number.isSafeInteger(y)))).toEqual([]);
        const near = others.flatMap((one, index) =>
          [...fixed, ...others.slice(index + 1)]
            .filter(other => !(Math.max(Math.abs(one.x - other.x), Math.abs(one.y - other.y)) >= 72))
            .map(other => [one, other]),
        );
        expect(near).toEqual([]);
      }),
      numRuns(30),
    );
  });
});
