import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type GraphTexts, write } from '../../src/fbp/print.ts';
import { readGraph } from '../../src/fbp/read.ts';
import { isSameGraph, type Reading } from '../../src/model/graph.ts';
import { type Edited, edits } from '../support/fbp-edits.ts';
import { mutants, soundTexts, texts } from '../support/fbp-texts.ts';
import { numRuns } from '../support/random.ts';

const linesOf = (text: string) => text.split(/\r\n|\n|\r/);

/** Expects lines to be there in their order, others between them or not. */
function expectWithin(lines: readonly string[], all: readonly string[]): void {
  let at = 0;
  for (const line of lines) {
    const found = all.indexOf(line, at);
    if (found === -1) expect(all).toContain(line);
    at = found + 1;
  }
}

describe('write of an edited graph', () => {
  it('leaves alone what an edit is not about', () => {
    const holds = (before: Step, { graph, lines, about, change }: Edited): Step => {
      const after = step(write(graph, before.texts));
      if (!isSameGraph(after.graph, graph)) expect(after.graph).toEqual(graph);
      // What the grammar loses of a chain, which is a fault, may go with the rest of it.
      if (before.faults.length > 0) return after;
      const was = linesOf(before.texts.text);
      const is = linesOf(after.texts.text);
      const mentions = (line: string) => about !== undefined && line.split(/[^\w-]/).includes(about);
      expectWithin(
        was.filter((line, at) => !lines.has(at + 1) && !mentions(line)),
        is,
      );
      if (change === 'layout') expect(after.texts.text).toBe(before.texts.text);
      if (change === 'setting' && lines.size === 1) {
        expect(is.filter((line, at) => line !== was[at]).length).toBeLessThanOrEqual(1);
        expect(is.length).toBe(was.length);
      }
      return after;
    };
    fc.assert(
      fc.property(soundTexts, fc.array(edits, { minLength: 4, maxLength: 8 }), (text, edits) => {
        let now = step({ text, layout: '' });
        for (const edit of edits) {
          const edited = edit(now.graph);
          if (edited) now = holds(now, edited);
        }
      }),
      numRuns(30),
    );
  });

  it('says the graph whatever its text was like', () => {
    fc.assert(
      fc.property(fc.oneof(texts, mutants), fc.array(edits, { minLength: 1, maxLength: 4 }), (text, edits) => {
        let now = step({ text, layout: '' });
        for (const edit of edits) {
          const graph = edit(now.graph)?.graph ?? now.graph;
          now = step(write(graph, now.texts));
          if (!isSameGraph(now.graph, graph)) expect(now.graph).toEqual(graph);
        }
      }),
      numRuns(15),
    );
  });
});

interface Step extends Reading {
  readonly texts: GraphTexts;
}

function step(texts: GraphTexts): Step {
  return { ...readGraph('chat.fbp', texts.text, texts.layout), texts };
}
