import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { sidecar } from '../../src/fbp/print.ts';
import { readGraph } from '../../src/fbp/read.ts';
import { ROOT } from '../support/source.ts';

describe('the graphs that come with this', () => {
  const files = readdirSync(join(ROOT, 'graphs')).filter(file => /^[a-z].*\.fbp$/.test(file));
  const place = { x: expect.any(Number), y: expect.any(Number) };

  it.each(files)('have a place for each node and outer port, so that no editor lays them out: %s', file => {
    const path = join(ROOT, 'graphs', file);
    expect(existsSync(sidecar(path))).toBe(true);
    const { graph, faults } = readGraph(path, readFileSync(path, 'utf8'), readFileSync(sidecar(path), 'utf8'));
    expect(faults).toEqual([]);
    const drawn = [...graph.nodes, ...graph.inports, ...graph.outports];
    for (const { metadata } of drawn) expect(metadata).toEqual(place);
    expect(new Set(drawn.map(({ metadata }) => `${metadata?.x} ${metadata?.y}`)).size).toBe(drawn.length);
  });
});
