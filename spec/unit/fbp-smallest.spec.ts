import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GraphDraft } from '../../src/editor/draft/graph-draft.ts';
import { rewriting } from '../../src/fbp/document.ts';
import { type GraphTexts, write } from '../../src/fbp/print.ts';
import { readGraph } from '../../src/fbp/read.ts';
import { type Edge, type End, type Graph, isSameGraph, type Node } from '../../src/model/graph.ts';
import { atOnce } from '../../src/model/steps.ts';
import { edits } from '../support/fbp-edits.ts';
import { soundTexts } from '../support/fbp-texts.ts';
import { numRuns } from '../support/random.ts';
import { ROOT } from '../support/source.ts';

const rewrite = (...given: Parameters<typeof rewriting>) => atOnce(rewriting(...given));

// A saved graph reads as one that was written by hand.

const textOf = (file: string) => readFileSync(join(ROOT, 'graphs', file), 'utf8');
const graphOf = ({ text, layout }: GraphTexts) => readGraph('chat.fbp', text, layout).graph;
const linesOf = (text: string) => text.split('\n');

/** Writes a graph, which has to be the same when it is read again. */
function saved(graph: Graph, before: GraphTexts): GraphTexts {
  const made = write(graph, before);
  if (!isSameGraph(graphOf(made), graph)) expect(graphOf(made)).toEqual(graph);
  return made;
}

/** The lines that are in a text and not in the other. */
function differing(before: string, after: string) {
  const [was, is] = [linesOf(before), linesOf(after)];
  return { gone: was.filter(line => !is.includes(line)), come: is.filter(line => !was.includes(line)) };
}

describe('an initial packet that is changed', () => {
  const text = textOf('chat.fbp');
  const chat = readGraph('chat.fbp', text).graph;

  /** The text with one packet changed as editors do: taken away, and put in at the end. */
  const changed = (before: GraphTexts, at: number, data: unknown) => {
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
    const { graph } = readGraph('chat.fbp', text);
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
    const { graph } = readGraph('chat.fbp', text);
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
    const { graph } = readGraph('chat.fbp', text);
    graph.edges.forEach((edge, at) => {
      const after = saved(through(graph, edge, ['x']), { text, layout: '' }).text;
      expect(after).toContain(lines[at]);
      expect(after.replace('IN x(core/Repeat) OUT -> ', '')).toBe(text);
    });
  });

  it('stands behind the other edges of its port, as their order counts', () => {
    const text = 'a(A) OUT -> IN b(B) OUT -> IN c(C)\na OUT -> IN d(D)\nd OUT -> IN c\n';
    const { graph } = readGraph('chat.fbp', text);
    expect(saved(through(graph, graph.edges[0]!, ['x']), { text, layout: '' }).text).toBe(
      'a(A)\nb(B) OUT -> IN c(C)\na OUT -> IN d(D)\na OUT -> IN x(core/Repeat) OUT -> IN b\nd OUT -> IN c\n',
    );
    expect(saved(through(graph, graph.edges[2]!, ['x']), { text, layout: '' }).text).toBe(
      text.replace('\na OUT ->', '\na OUT -> IN x(core/Repeat) OUT ->'),
    );
  });

  it('stands in one line where no edge gives way to it', () => {
    const text = 'a(A) OUT -> IN b(B)\nb OUT -> IN c(C)\n\n# d\nd(D) OUT -> IN e(E)\n';
    const { graph } = readGraph('chat.fbp', text);
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
    const { graph } = readGraph('chat.fbp', text);
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
    const { graph, faults } = readGraph('chat.fbp', text);
    expect(faults).toEqual([]);
    const made = saved(through(graph, graph.edges[5]!, ['x']), { text, layout: '' }).text;
    expect(linesOf(made).length).toBeLessThan(8);
    expect(readGraph('chat.fbp', made).faults).toEqual([]);
  });
});

describe('what is done and undone, and saved after each step,', () => {
  const origin = { text: textOf('chat.fbp'), layout: textOf('chat.layout') };
  const again = (graph: Graph, now: GraphTexts) => {
    const made = rewrite(graph, now, origin);
    if (!isSameGraph(graphOf(made), graph)) expect(graphOf(made)).toEqual(graph);
    return made;
  };
  const draftOf = (texts: GraphTexts) => new GraphDraft('chat/chat', graphOf(texts));
  const removed = (texts: GraphTexts, draft: GraphDraft, id: string) => {
    const changes = draft.apply('removenode', { id });
    const gone = graphOf(texts);
    return () => {
      for (const { command, payload } of changes.toReversed()) {
        const was = [...gone.nodes, ...gone.inports, ...gone.outports].find(
          ({ name }) => name === (payload.id ?? payload.public),
        );
        draft.apply(command.replace('remove', 'add'), { ...was, ...payload });
      }
    };
  };

  it.each(graphOf(origin).nodes.map(({ name }) => name))('leaves no trace of a node that was gone: %s', name => {
    const draft = draftOf(origin);
    const undo = removed(origin, draft, name);
    const without = again(draft.graph, origin);
    expect(without.text).not.toMatch(new RegExp(`\\b${name}\\(`));
    undo();
    expect(again(draft.graph, without)).toEqual(origin);
  });

  it.each(graphOf(origin).nodes.map(({ name }) => name))('leaves no trace beside other changes: %s', name => {
    const draft = draftOf(origin);
    const limit = { node: 'limit', port: 'burst' };
    draft.apply('removeinitial', { tgt: limit });
    draft.apply('addinitial', { src: { data: 280 }, tgt: limit });
    draft.apply('addnode', { id: 'x', component: 'core/Repeat', metadata: {} });
    draft.apply('addedge', { src: { node: 'rooms', port: 'more' }, tgt: { node: 'x', port: 'in' } });
    const before = again(draft.graph, origin);
    const undo = removed(before, draft, name);
    const without = again(draft.graph, before);
    undo();
    expect(again(draft.graph, without)).toEqual(before);
  });

  const steps: Record<string, (draft: GraphDraft) => void> = {
    add: draft => void draft.apply('addnode', { id: 'x', component: 'core/Repeat', metadata: { x: 1, y: 2 } }),
    into: draft => void draft.apply('addedge', { src: { node: 'limit', port: 'out' }, tgt: { node: 'x', port: 'in' } }),
    out: draft =>
      void draft.apply('addedge', { src: { node: 'x', port: 'out' }, tgt: { node: 'storage', port: 'post' } }),
    cut: draft => {
      draft.apply('removeedge', { src: { node: 'limit', port: 'out' }, tgt: { node: 'storage', port: 'post' } });
    },
  };
  it.each([
    ['add', 'out', 'into', 'cut'],
    ['add', 'into', 'out', 'cut'],
    ['cut', 'add', 'into', 'out'],
    ['add', 'cut', 'out', 'into'],
    ['add', 'into', 'cut', 'out'],
  ])('is one changed line where a node comes into an edge: %s, %s, %s, %s', (...order) => {
    const draft = draftOf(origin);
    let now: GraphTexts = origin;
    for (const step of order) {
      steps[step]!(draft);
      now = again(draft.graph, now);
    }
    expect(now.text).toBe(
      origin.text.replace('OUT -> POST storage\n', 'OUT -> IN x(core/Repeat) OUT -> POST storage\n'),
    );
    draft.apply('removenode', { id: 'x' });
    now = again(draft.graph, now);
    draft.apply('addedge', { src: { node: 'limit', port: 'out' }, tgt: { node: 'storage', port: 'post' } });
    expect(again(draft.graph, now)).toEqual(origin);
  });

  it('loses no comment that only the file has now', () => {
    const text = origin.text.replace("'4000' -> MAXTEXT check", '$& # as in letters');
    const more = { ...origin, text: `${text}# The end\n` };
    const draft = draftOf(more);
    const undo = removed(more, draft, 'rooms');
    const without = again(draft.graph, more);
    undo();
    const after = again(draft.graph, without);
    expect(after.text).toContain("'4000' -> MAXTEXT check # as in letters\n");
    expect(after.text).toContain('# The end\n');
  });

  it('keeps what looks like a comment and is none', () => {
    const text = "'# one' -> IN a(A) OUT -> IN b(B) # two\n";
    const draft = new GraphDraft('chat/chat', readGraph('chat.fbp', text).graph);
    const undo = removed({ text, layout: '' }, draft, 'b');
    const without = rewrite(draft.graph, { text, layout: '' }, { text, layout: '' });
    undo();
    expect(rewrite(draft.graph, without, { text, layout: '' })).toEqual({ text, layout: '' });
  });

  it('is never another graph than was meant', () => {
    fc.assert(
      fc.property(soundTexts, fc.array(edits, { minLength: 2, maxLength: 6 }), (text, edits) => {
        const first = { text, layout: '' };
        let now: GraphTexts = first;
        for (const edit of edits) {
          const graph = edit(graphOf(now))?.graph ?? graphOf(now);
          now = rewrite(graph, now, first);
          if (!isSameGraph(graphOf(now), graph)) expect(graphOf(now)).toEqual(graph);
        }
      }),
      numRuns(20),
    );
  });
});
