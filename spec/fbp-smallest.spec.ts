import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Texts, write } from '../src/fbp/print.ts';
import { same } from '../src/fbp/same.ts';
import { type Edge, type End, type Graph, type Node, read } from '../src/fbp.ts';
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

/** The lines that are in a text and not in the other. */
function differing(before: string, after: string) {
  const [was, is] = [linesOf(before), linesOf(after)];
  return { gone: was.filter(line => !is.includes(line)), come: is.filter(line => !was.includes(line)) };
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

describe('a node that is put into an edge', () => {
  const place = { line: 1, column: 1 };
  const end = (node: string, port: string, index?: number): End => ({
    node,
    port,
    ...(index !== undefined && { index }),
    place,
  });
  const node = (name: string): Node => ({ name, component: 'core/Repeat', metadata: {}, place });

  /** A graph with new nodes in an edge, one after the other, the last wires first. */
  function through(graph: Graph, edge: Edge, names: readonly string[]): Graph {
    const froms = [edge.from, ...names.map(name => end(name, 'out'))];
    const tos = [...names.map(name => end(name, 'in')), edge.to];
    const edges = froms.map((from, at) => ({ from, to: tos[at]! }));
    return {
      ...graph,
      nodes: [...graph.nodes, ...names.map(node)],
      edges: [...graph.edges.filter(other => other !== edge), ...edges.toReversed()],
    };
  }

  const all = ['chat.fbp', 'gochat.fbp'].flatMap(file => {
    const text = textOf(file);
    const { graph } = read('chat.fbp', text);
    return graph.edges.map(edge => {
      const { from, to } = edge;
      return [`${file}: ${from.node} ${from.port} -> ${to.port} ${to.node}`, { text, graph, edge }] as const;
    });
  });

  it.each(all)('changes one line, where the edge stood: %s', (_, { text, graph, edge }) => {
    const [from, to] = [edge.from.port.toUpperCase(), edge.to.port.toUpperCase()];
    for (const names of [['more'], ['more', 'most'], ['core/Repeat_x4f2a']]) {
      const { gone, come } = differing(text, saved(through(graph, edge, names), { text, layout: '' }).text);
      expect([gone.length, come.length]).toEqual([1, 1]);
      const way = names.map(name => `IN ${name.replace('/', '_')}(core/Repeat) OUT -> `).join('');
      expect(come[0]).toContain(` ${from} -> ${way}${to} ${edge.to.node}`);
      expect(gone[0]).toBe(come[0]!.replace(way, ''));
    }
  });

  it('takes its other wires below the line', () => {
    const text = textOf('gochat.fbp');
    const { graph } = read('chat.fbp', text);
    const edge = graph.edges.find(({ from }) => from.node === 'sender')!;
    const more = through(graph, edge, ['more']);
    const edges = [{ from: end('more', 'missed'), to: end('responder', 'in') }, ...more.edges];
    expect(saved({ ...more, edges }, { text, layout: '' }).text).toBe(
      text.replace(
        'OUT -> POST storage\n',
        'OUT -> IN more(core/Repeat) OUT -> POST storage\nmore MISSED -> IN responder\n',
      ),
    );
  });

  it.each([
    [
      'a(A) -> (B) -> IN c(C)',
      ['a(A) -> IN x(core/Repeat) OUT -> (B) -> IN c(C)', '(B) -> IN x(core/Repeat) OUT -> IN c(C)'],
    ],
    ['  a(A) OUT[2] -> IN[3] b(B) # why', ['  a(A) OUT[2] -> IN x(core/Repeat) OUT -> IN[3] b(B) # why']],
    [
      'a(A) OUT->IN b(B), b OUT  ->  IN c(C)',
      ['a(A) OUT->IN x(core/Repeat) OUT -> IN b(B)', 'IN x(core/Repeat) OUT -> IN c(C)'],
    ],
    ["'1' -> IN a(A) Out -> In b(B)", ["'1' -> IN a(A) Out -> IN x(core/Repeat) OUT -> In b(B)"]],
  ])('leaves everything else of the line as it is: %s', (text, lines) => {
    const { graph } = read('chat.fbp', text);
    graph.edges.forEach((edge, at) => {
      const after = saved(through(graph, edge, ['x']), { text, layout: '' }).text;
      expect(after).toContain(lines[at]);
      expect(after.replace('IN x(core/Repeat) OUT -> ', '')).toBe(text);
    });
  });

  it('stands behind the other edges of its port, as their order counts', () => {
    const text = 'a(A) OUT -> IN b(B) OUT -> IN c(C)\na OUT -> IN d(D)\nd OUT -> IN c\n';
    const { graph } = read('chat.fbp', text);
    expect(saved(through(graph, graph.edges[0]!, ['x']), { text, layout: '' }).text).toBe(
      'a(A)\nb(B) OUT -> IN c(C)\na OUT -> IN d(D)\na OUT -> IN x(core/Repeat) OUT -> IN b\nd OUT -> IN c\n',
    );
    expect(saved(through(graph, graph.edges[2]!, ['x']), { text, layout: '' }).text).toBe(
      text.replace('\na OUT ->', '\na OUT -> IN x(core/Repeat) OUT ->'),
    );
  });

  it('stands in one line where no edge gives way to it', () => {
    const text = 'a(A) OUT -> IN b(B)\nb OUT -> IN c(C)\n\n# d\nd(D) OUT -> IN e(E)\n';
    const { graph } = read('chat.fbp', text);
    const edges = [
      { from: end('x', 'out'), to: end('d', 'in') },
      { from: end('x', 'out'), to: end('c', 'in') },
      { from: end('b', 'more'), to: end('x', 'in') },
      ...graph.edges,
    ];
    expect(saved({ ...graph, nodes: [...graph.nodes, node('x')], edges }, { text, layout: '' }).text).toBe(
      text.replace('IN c(C)\n', 'IN c(C)\nb MORE -> IN x(core/Repeat) OUT -> IN d\nx OUT -> IN c\n'),
    );
  });

  it('is there once where it takes two edges together', () => {
    const text = 'a(A) OUT -> IN c(C)\nb(B) OUT -> IN c\n';
    const { graph } = read('chat.fbp', text);
    const [x, one, two] = [node('x'), ...graph.edges];
    const edges = [
      { from: one!.from, to: end('x', 'in') },
      { from: two!.from, to: end('x', 'in') },
      { from: end('x', 'out'), to: one!.to },
    ];
    expect(saved({ ...graph, nodes: [...graph.nodes, x], edges }, { text, layout: '' }).text).toBe(
      'a(A) OUT -> IN x(core/Repeat) OUT -> IN c(C)\nb(B)\nb OUT -> IN x\n',
    );
  });

  it('is read again where a chain can be no longer', () => {
    const text = `n0(A) ${Array.from({ length: 499 }, (_, at) => `OUT -> IN n${at + 1}(A)`).join(' ')}\n`;
    const { graph, faults } = read('chat.fbp', text);
    expect(faults).toEqual([]);
    expect(linesOf(saved(through(graph, graph.edges[5]!, ['x']), { text, layout: '' }).text).length).toBeLessThan(8);
  });
});
