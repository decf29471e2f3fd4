import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Texts, write } from '../src/fbp/print.ts';
import { same } from '../src/fbp/same.ts';
import { type Graph, read } from '../src/fbp.ts';
import { ROOT } from './support/source.ts';

// A saved graph reads as one that was written by hand.

const textOf = (file: string) => readFileSync(join(ROOT, 'graphs', file), 'utf8');
const graphOf = ({ text, layout }: Texts) => read('chat.fbp', text, layout).graph;
const linesOf = (text: string) => text.split('\n');

/** Writes a graph, which has to be the same when it is read again. */
function saved(graph: Graph, before: Texts): Texts {
  const made = write(graph, before);
  if (!same(graphOf(made), graph)) expect(graphOf(made)).toEqual(graph);
  return made;
}

describe('an initial packet that is changed', () => {
  const text = textOf('chat.fbp');
  const chat = read('chat.fbp', text).graph;

  /** The text with one packet changed as editors do: taken away, and put in at the end. */
  const changed = (before: Texts, at: number, data: unknown) => {
    const graph = graphOf(before);
    const { to, place } = graph.initials[at]!;
    const others = graph.initials.filter((_, other) => other !== at);
    return saved({ ...graph, initials: [...others, { data, to, place }] }, before);
  };

  it.each(chat.initials.map(({ data, to }, at) => [`${data} -> ${to.port} ${to.node}`, at] as const))(
    'keeps its quotes, whatever an editor makes of it: %s',
    (_, at) => {
      const was = chat.initials[at]!.data;
      const isNumber = /^\d+$/.test(String(was));
      const line = linesOf(text).filter(other => other.startsWith("'"))[at]!;
      const expected = (said: string) => text.replace(line, line.replace(`'${was}'`, said));
      const number = changed({ text, layout: '' }, at, 280);
      expect(number.text).toBe(expected(isNumber ? "'280'" : '280'));
      expect(changed(number, at, was)).toEqual({ text, layout: '' });
      expect(changed({ text, layout: '' }, at, 'more').text).toBe(expected("'more'"));
      expect(changed({ text, layout: '' }, at, '280')).toEqual({ text: expected("'280'"), layout: '' });
    },
  );

  it.each([
    ["'4000'", 280, "'280'"],
    ["'4000'", 4000, "'4000'"],
    ['"4000"', 280, '"280"'],
    ["'-1.5e3'", 0.25, "'0.25'"],
    ['4000', 280, '280'],
    ["'many'", 280, '280'],
    ["'4000'", [1], '[1]'],
    [`'{"a": 1}'`, { a: "it's" }, `'{"a":"it\\'s"}'`],
    ["'[1]'", [2], "'[2]'"],
    ["'true'", false, "'false'"],
    ["'4000'", null, "'null'"],
    ['{"a": 1}', { a: 2 }, '{"a":2}'],
  ])('%s becomes %j as %s', (before, data, after) => {
    const line = (packet: string) => `a(A) OUT -> IN b(B)\n${packet} -> MAX b # most\n`;
    expect(changed({ text: line(before), layout: '' }, 0, data).text).toBe(line(after));
  });
});
