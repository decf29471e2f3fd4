import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { graph as graphOfNoFlo } from 'noflo';
import { write } from '../../src/fbp/print.ts';
import { fbpJsonOf } from '../../src/fbp/print-json.ts';
import { readGraph } from '../../src/fbp/read.ts';
import { type End, type Graph, isSameGraph, type Node } from '../../src/model/graph.ts';
import { graphs } from '../support/fbp-graphs.ts';
import { merged, type Parsed, parsed, split } from '../support/fbp-parsed.ts';
import { anyCharacter, numRuns } from '../support/random.ts';
import { ROOT } from '../support/source.ts';

const NONE = { text: '', layout: '' };

const linesOf = (text: string) => text.split(/\r\n|\n|\r/);

describe('write', () => {
  const text = readFileSync(join(ROOT, 'graphs/chat.fbp'), 'utf8');
  const { graph: chat } = readGraph('chat.fbp', text);
  const end = (node: string, port: string): End => ({ node, port, place: { line: 1, column: 1 } });
  const place = { line: 1, column: 1 };
  const node = (name: string, metadata = {}): Node => ({ name, component: 'chat/Log', metadata, place });

  /** The lines that are in a text and not in another, before and after. */
  const difference = (after: string) => ({
    gone: linesOf(text).filter(line => !linesOf(after).includes(line)),
    come: linesOf(after).filter(line => !linesOf(text).includes(line)),
  });

  it('changes one line for a changed setting', () => {
    const initials = chat.initials.map(initial => (initial.data === '4000' ? { ...initial, data: '8000' } : initial));
    expect(write({ ...chat, initials }, { text, layout: '' })).toEqual({
      text: text.replace("'4000' -> MAXTEXT check", "'8000' -> MAXTEXT check"),
      layout: '',
    });
  });

  it('takes a node out of the chain that it stands in, and its lines with it', () => {
    const isLeft = ({ node }: { node: string }) => node !== 'limit';
    const graph = {
      ...chat,
      nodes: chat.nodes.filter(({ name }) => name !== 'limit'),
      edges: chat.edges.filter(({ from, to }) => isLeft(from) && isLeft(to)),
      initials: chat.initials.filter(({ to }) => isLeft(to)),
    };
    expect(difference(write(graph, { text, layout: '' }).text)).toEqual({
      gone: [
        'router SEND -> IN sender(chat/SendController) OUT -> IN check(chat/CheckPost) OUT -> IN limit(chat/LimitRate) OUT -> POST storage',
        'limit REFUSED -> IN responder',
        "'100' -> BURST limit",
        "'20' -> RATE limit",
      ],
      come: ['router SEND -> IN sender(chat/SendController) OUT -> IN check(chat/CheckPost)'],
    });
  });

  it('splits a chain where an edge is taken out, and keeps what it declares', () => {
    const before = '# ways\na(A) OUT -> IN b(B) OUT -> IN c(C) OUT -> IN d(D) # all\n';
    const { graph } = readGraph('chat.fbp', before);
    const without = (name: string) => ({ ...graph, edges: graph.edges.filter(({ to }) => to.node !== name) });
    expect(write(without('c'), { text: before, layout: '' }).text).toBe(
      '# ways\na(A) OUT -> IN b(B)\nc(C) OUT -> IN d(D) # all\n',
    );
    expect(write(without('b'), { text: before, layout: '' }).text).toBe(
      '# ways\na(A)\nb(B) OUT -> IN c(C) OUT -> IN d(D) # all\n',
    );
  });

  it('keeps what can not be read', () => {
    const before = 'a(A) OUT -> IN b(B), a OUT => IN b # why\nc(C)\n';
    const { graph } = readGraph('chat.fbp', before);
    const left = { ...graph, nodes: graph.nodes.filter(({ name }) => name === 'c'), edges: [] };
    expect(write(left, { text: before, layout: '' }).text).toBe('a OUT => IN b # why\nc(C)\n');
  });

  it('puts an edge in after the last wire of its node, and declares a new node there', () => {
    const graph = {
      ...chat,
      nodes: [...chat.nodes, node('log')],
      edges: [...chat.edges, { from: end('check', 'seen'), to: end('log', 'in') }],
    };
    expect(write(graph, { text, layout: '' })).toEqual({
      text: text.replace('check REFUSED -> IN responder\n', '$&check SEEN -> IN log(chat/Log)\n'),
      layout: '',
    });
  });

  it('leaves out the UUID that noflo-ui begins the name of a subgraph with', () => {
    const name = 'b7eebc30-563f-418b-963b-d2f15166432b/Gates';
    const texts = write({ ...chat, nodes: [...chat.nodes, node(name)] }, { text, layout: '' });
    expect(difference(texts.text).come).toEqual(['Gates(chat/Log)']);
    expect(texts.layout).toContain(`"Gates": "${name}"`);
  });

  it("says the names that noflo-ui makes in the text's words, and keeps them and positions in the sidecar", () => {
    const name = 'chat/Router_x4f2a';
    const graph = {
      ...chat,
      nodes: [...chat.nodes, node(name, { y: 20, x: -1.5 })],
      initials: [...chat.initials, { data: true, to: end(name, 'on'), place }],
      groups: [{ name: 'Gates', nodes: ['check', name], metadata: {} }],
    };
    const texts = write(graph, { text, layout: '' });
    expect(difference(texts.text)).toEqual({
      gone: [],
      come: ['chat_Router_x4f2a(chat/Log)', "'true' -> ON chat_Router_x4f2a"],
    });
    expect(texts.layout).toBe(`{
  "nodeNames": {
    "chat_Router_x4f2a": "chat/Router_x4f2a"
  },
  "nodes": {
    "chat_Router_x4f2a": {"x": -1.5, "y": 20}
  },
  "packets": {
    "-> ON chat_Router_x4f2a": {"data": true, "text": "true"}
  },
  "groups": [
    {"name": "Gates", "nodes": ["check", "chat/Router_x4f2a"]}
  ]
}
`);
    expect(readGraph('chat.fbp', texts.text, texts.layout).graph).toMatchObject({ groups: graph.groups });
    expect(write(chat, texts)).toEqual({ text, layout: '' });
  });

  it('changes the mentions of a renamed node and nothing else', () => {
    const of = <Of extends { node: string }>(at: Of): Of => (at.node === 'storage' ? { ...at, node: 'store' } : at);
    const graph = {
      ...chat,
      nodes: chat.nodes.map(other => (other.name === 'storage' ? { ...other, name: 'store' } : other)),
      edges: chat.edges.map(({ from, to }) => ({ from: of(from), to: of(to) })),
      initials: chat.initials.map(initial => ({ ...initial, to: of(initial.to) })),
    };
    expect(write(graph, { text, layout: '' }).text).toBe(text.replaceAll(/\bstorage\b/g, 'store'));
  });

  it('keeps quotes, line ends and the mark of UTF-8 as they are', () => {
    const before = '\uFEFFa(A) OUT -> IN b(B)\r\n"50"  ->  MAX  b # most\r\n{\r\n  "x": 1\r\n} -> MORE b';
    const { graph } = readGraph('chat.fbp', before);
    const initials = graph.initials.map(initial => ({ ...initial, data: initial.data === '50' ? "it's" : { x: 2 } }));
    const added = { data: 1, to: end('b', 'some'), place };
    expect(write({ ...graph, initials: [...initials, added] }, { text: before, layout: '' }).text).toBe(
      '\uFEFFa(A) OUT -> IN b(B)\r\n"it\'s"  ->  MAX  b # most\r\n{\r\n  "x": 2\r\n} -> MORE b\r\n1 -> SOME b',
    );
  });

  it('writes a graph that had no file as a person would', () => {
    expect(
      write({ ...chat, properties: { name: 'Chat' } }, NONE)
        .text.split('\n')
        .slice(0, 8),
    ).toEqual([
      '# @name Chat',
      '',
      'INPORT=admit.IN:REQUEST',
      'OUTPORT=responder.OUT:REPLY',
      'OUTPORT=publish.OUT:PUSH',
      '',
      'admit(chat/Admit) OUT -> IN router(chat/Router) SHOW -> IN controller(chat/Controller) OUT -> GET storage(chat/Storage)',
      'storage OUT -> IN responder(chat/Responder)',
    ]);
  });

  it.each(['chat.fbp', 'chat.json'])('never throws, whatever the graph holds: %s', file => {
    const deep = JSON.parse(`${'['.repeat(300)}${']'.repeat(300)}`) as unknown;
    const odd = { ...end('b', 'in'), index: -1.5 };
    const graph = {
      ...chat,
      file,
      edges: [{ from: end('nowhere', 'out'), to: odd }],
      initials: [deep, undefined, Number.NaN, () => 1].map(data => ({ data, to: end('a', 'in'), place })),
    };
    const texts = write(graph, NONE);
    expect(readGraph(file, texts.text, texts.layout).graph.initials).toHaveLength(4);
    const deeper = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`) as unknown;
    expect(write({ ...graph, properties: { deeper } }, texts)).toEqual(texts);
  });

  it.each([
    ['chat.fbp', 'chat.json'],
    ['chat.json', 'chat.fbp'],
  ])('takes whatever %s may hold to %s', (from, to) => {
    const deep = (brackets: number) =>
      JSON.parse(`${'{"a":['.repeat(brackets / 2)}${']}'.repeat(brackets / 2)}`) as unknown;
    const graph: Graph = {
      ...chat,
      file: from,
      nodes: [node('a', deep(500) as object)],
      edges: [
        { from: { ...end('a', 'out'), index: 9999 }, to: end('a', 'in'), metadata: deep(500) as Graph['properties'] },
      ],
      initials: [{ data: deep(500), to: end('a', 'in'), place }],
      properties: { deep: deep(500) },
    };
    const first = write(graph, NONE);
    const said = readGraph(from, first.text, first.layout);
    expect(said.faults).toEqual([]);
    const second = write({ ...said.graph, file: to }, NONE);
    const moved = readGraph(to, second.text, second.layout);
    expect(moved.faults).toEqual([]);
    expect(isSameGraph(moved.graph, { ...graph, file: to })).toBe(true);
  });

  it('changes one line of FBP JSON for a changed setting, and keeps what it does not know', () => {
    const json = `{
  "caseSensitive": false,
  "properties": { "name": "x" },
  "inports": [],
  "processes": {
    "b": { "component": "B", "more": [1, 2] }
  },
  "connections": [
    { "data": 50, "tgt": { "process": "b", "port": "MAX" }, "secure": 1 },
    { "src": { "process": "b", "port": "OUT" }, "tgt": { "process": "b", "port": "IN" } }
  ]
}
`;
    const { graph } = readGraph('chat.json', json);
    const initials = graph.initials.map(initial => ({ ...initial, data: true }));
    expect(write({ ...graph, initials }, { text: json, layout: '' })).toEqual({
      text: json.replace('50', 'true'),
      layout: '',
    });
    const edges = [...graph.edges, { from: end('b', 'more'), to: end('b', 'in') }];
    expect(write({ ...graph, edges }, { text: json, layout: '' }).text).toBe(
      json.replace(
        '"IN" } }',
        '$&,\n    { "src": { "process": "b", "port": "more" }, "tgt": { "process": "b", "port": "in" } }',
      ),
    );
  });
});

describe('a sidecar', () => {
  const text = 'a_b(A) OUT -> IN c(C)\n5 -> MAX c\n';

  it('is ignored where it is about what is not there any more', () => {
    const layout = JSON.stringify({
      nodeNames: { gone: 'a/gone' },
      nodes: { gone: { x: 1 } },
      edges: { 'a -> b': { route: 1 } },
      packets: { '-> MAX c': { text: 4, data: null } },
    });
    expect(readGraph('chat.fbp', text, layout)).toEqual(readGraph('chat.fbp', text));
  });

  it.each([
    ['{"nodes": {"a_b": {"x": 1,}}}', '1:27: expected a name in double quotes; JSON has no comma after the last item'],
    ['[]', '1:1: a layout is a JSON object such as {"nodes": {}}; remove the file to do without'],
    ['{\n"nodes": {"a_b": 5}}', '2:18: metadata is a JSON object such as {"x": 10, "y": 20}'],
    ['{"nodes": [5]}', '1:11: "nodes" has the wrong type, array; make it of type object'],
    ['{"nodeNames": {"a_b": 5}}', '1:23: the original name of a stand-in is a text in double quotes'],
    [
      '{"packets": {"-> MAX c": 5}}',
      '1:26: a packet is written {"text": PACKET AS THE .fbp HAS IT, "data": ITS TRUE VALUE}',
    ],
    ['{"groups": [5]}', '1:13: a group is written {"name": NAME, "nodes": [NODE]}, each in double quotes'],
  ])('that is not one is a fault: %j', (layout, fault) => {
    const { graph, faults } = readGraph('graphs/chat.fbp', text, layout);
    expect(faults.map(({ line, column, sentence }) => `${line}:${column}: ${sentence}`)).toEqual([fault]);
    expect(faults[0]?.file).toBe('graphs/chat.layout');
    expect(graph.edges).toHaveLength(1);
  });

  it('whose part is misspelt is a fault', () => {
    expect(readGraph('chat.fbp', text, '{"node": {}}').faults[0]?.sentence).toMatch(
      /^"node" is no part of a layout; remove it/,
    );
  });

  it('never makes reading throw, and what it says can be saved again', () => {
    const anything = fc.oneof(
      fc.string({ unit: anyCharacter, maxLength: 40 }),
      fc.json({ maxDepth: 3 }),
      fc
        .tuple(fc.constantFrom('nodes', 'nodeNames', 'packets', 'groups', 'edges'), fc.json({ maxDepth: 2 }))
        .map(([part, json]) => `{"${part}": {"a_b": ${json}, "__proto__": ${json}}, "groups": [${json}]}`),
    );
    fc.assert(
      fc.property(anything, layout => {
        const { graph } = readGraph('chat.fbp', text, layout);
        const moved = { ...graph, nodes: graph.nodes.map(other => ({ ...other, metadata: { x: 7 } })) };
        const after = write(moved, { text, layout });
        expect(isSameGraph(readGraph('chat.fbp', after.text, after.layout).graph, moved)).toBe(true);
      }),
      numRuns(30),
    );
  });
});

describe('write of any graph', () => {
  it.each([
    ['chat.fbp', 100],
    ['chat.json', 50],
  ])('says a whole graph, and nothing new the second time: %s', (file, runs) => {
    fc.assert(
      fc.property(graphs(file), graph => {
        const texts = write(graph, NONE);
        const { graph: back, faults } = readGraph(file, texts.text, texts.layout);
        if (!isSameGraph(back, graph)) expect(back).toEqual(graph);
        expect(faults.filter(({ sentence }) => !/has no component/.test(sentence))).toEqual([]);
        expect(write(back, texts)).toEqual(texts);
      }),
      numRuns(runs),
    );
  });

  it('is the same in JSON as its value', () => {
    fc.assert(
      fc.property(graphs('chat.json'), graph => {
        expect(JSON.parse(JSON.stringify(fbpJsonOf(graph)))).toEqual(JSON.parse(write(graph, NONE).text));
      }),
      numRuns(100),
    );
  });

  it('is read by the package fbp and by NoFlo as by us', async () => {
    const sound = graphs('chat.fbp').map(declared);
    await fc.assert(
      fc.asyncProperty(sound, async graph => {
        // As keys, the package reads __proto__ otherwise than we do, and NoFlo's copy of a packet loses these names.
        fc.pre(!/__proto__|valueOf|toString|constructor/.test(JSON.stringify(graph.initials)));
        const { text } = write(graph, NONE);
        const said = readGraph('chat.fbp', text).graph;
        expect(split(parsed(text) as Parsed)).toEqual(merged(said));
        const theirs = await graphOfNoFlo.loadFBP(text);
        expect(theirs.nodes.map(({ id }) => id).sort()).toEqual(said.nodes.map(({ name }) => name).sort());
        expect(theirs.edges).toHaveLength(said.edges.length);
        expect(theirs.initializers.map(({ from }) => from.data)).toEqual(said.initials.map(({ data }) => data));
      }),
      numRuns(30),
    );
  });
});

describe('each kind of statement that the package fbp tests', () => {
  it.each([
    ['an initial packet and a node', `'greeting.txt' -> NAME Open(files/Open)`],
    [
      'statements that declare their nodes',
      `'a.txt' -> NAME Open(files/Open)\nOpen() LINE -> IN Show(Print)\nOpen ERROR -> IN Show()`,
    ],
    ['no blanks around arrows', `'a.txt'->NAME Open(files/Open)\nOpen LINE->IN Show(Print)`],
    ['nodes without names', '(files/Open) OUT -> IN (Cut) OUT -> IN (Print)'],
    ['a default inport', '(A) OUT -> (B)'],
    ['a default outport', '(A) -> IN (B)'],
    ['default ports', '(A) -> (B) -> (C)'],
    ['default ports with other names', 'DEFAULT_INPORT=TEXT\nDEFAULT_OUTPORT=SAID\n(A) -> (B)'],
    [
      'chains that meet',
      `'8080' -> LISTEN web(net/Web) ASKED -> IN log(Log) OUT -> IN split(Split)\nsplit LEFT -> IN (Say) OUT -> IN join(Join)\nsplit RIGHT -> IN (Keep) SAID -> IN join\njoin OUT -> ASKED log`,
    ],
    [
      'array ports in one line',
      `'one' -> IN[0] first(Merge) OUT[1] -> IN[2] last(Merge)\n'two' -> IN[1] first\nfirst OUT[0] -> IN[1] last`,
    ],
    ['a packet of blanks', `' a  b\tc ' -> IN a(A)`],
    ['an empty packet', `'' -> IN a(A)`],
    ['packets of JSON', `{"a": [1, null, {"b": "it's"}]} -> IN a(A)\n[] -> IN a\n[1, "->"] -> IN a\n{} -> IN a`],
    ['comments', `# first\n'a' -> IN a(A) # behind\n\n# last`],
    ['a packet with an address', `'https://chat.example:8080/rooms?q=1#top' -> URL a(A)`],
    ['a packet with a regular expression', `'/^\\s*(#|->)[^\\']+$/' -> PATTERN a(A)\n'\\\\d' -> PATTERN a`],
    ['outer ports', 'INPORT=a.IN:TEXT\nINPORT=a.BY:Option\nOUTPORT=b.OUT:SAID\na(A) OUT -> IN b(B)'],
    ['a route', 'a(A:main) OUT -> IN b(B:side)'],
    ['positions', 'a(A:x=10,y=20) OUT -> IN b(B:x=0,y=7,label=last)'],
    ['dashes in components', `'a' -> IN a(my-lib/My-Part)`],
    ['commas between statements', `'a' -> IN a(A), a OUT -> IN b(B), 'b' -> BY b`],
    ['underscores and digits', `'a' -> IN_2 a_1(lib_3/A_4)\na_1 OUT_5 -> IN_6 _b(B)`],
    ['dashes and digits in nodes', `'a' -> IN a-1(A-1) OUT -> IN b-2-c(B)`],
    ['indexes of many digits', `a(A) OUT[0] -> IN[1234] b(B)\n'x' -> IN[99] b`],
    ['ports in any case', `'a' -> Name a(A) Out -> iN b(B)\nINPORT=a.OtherOne:MIXED`],
    ['annotations', '# @runtime noflo\n# @name Rooms of a chat\na(A) OUT -> IN b(B)'],
  ])('is read, and written as .fbp and as JSON, without a loss: %s', (_, text) => {
    const { graph, faults } = readGraph('chat.fbp', text);
    expect(faults).toEqual([]);
    const theirs = split(parsed(text)!);
    expect(merged(graph)).toEqual(theirs);
    for (const file of ['chat.fbp', 'chat.json']) {
      const texts = write({ ...graph, file }, NONE);
      const back = readGraph(file, texts.text, texts.layout);
      expect(back.faults).toEqual([]);
      expect(merged(back.graph)).toEqual(theirs);
    }
    expect(write(graph, { text, layout: '' })).toEqual({ text, layout: '' });
  });

  it.each(["'a' ->", 'a(A) OUT -> IN b(B', 'EXPORT=a.IN:TEXT', "'a -> IN a(A)", 'a(A) OUT <- IN b(B)'])(
    'is a fault where it is a fault there: %s',
    text => {
      expect(parsed(text)).toBeUndefined();
      expect(readGraph('chat.fbp', text).faults).not.toEqual([]);
    },
  );
});

/** The same graph with each node declared once and of a component. */
function declared(graph: Graph): Graph {
  const ends = [...graph.edges.flatMap(({ from, to }) => [from, to]), ...graph.initials.map(({ to }) => to)];
  const outers = [...graph.inports, ...graph.outports];
  const names = new Set([...graph.nodes.map(({ name }) => name), ...[...ends, ...outers].map(({ node }) => node)]);
  const place = { line: 1, column: 1 };
  return { ...graph, nodes: [...names].map(name => ({ name, component: 'A', metadata: {}, place })) };
}
