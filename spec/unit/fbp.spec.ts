import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TreeEdits } from '../../src/fbp/print-additions.ts';
import { readGraph } from '../../src/fbp/read.ts';
import { parse } from '../../src/fbp/tree.ts';
import { isSameGraph } from '../../src/model/graph.ts';
import { merged, parsed, split } from '../support/fbp-parsed.ts';
import { mutants, texts } from '../support/fbp-texts.ts';
import { anyCharacter, numRuns } from '../support/random.ts';

/** The faults of a text, as `line:column: sentence`. */
function faults(text: string, file = 'chat.fbp'): string[] {
  return readGraph(file, text).faults.map(({ line, column, sentence }) => `${line}:${column}: ${sentence}`);
}

const at = (line: number, column: number) => ({ line, column });

describe('read', () => {
  it('finds where everything in a .fbp stands', () => {
    const text = [
      '# @runtime noflo-nodejs',
      'INPORT=router.IN:REQUEST, OUTPORT=out-1.OUT:REPLY',
      'router(chat/Router:x=10,y=20) SHOW[1] -> GET[0] storage(chat/Storage) -> out-1(Out)',
      '',
      "'it\\'s' -> TITLE storage # said",
      '  {"a":',
      '    [1]} -> storage',
    ].join('\r\n');
    expect(readGraph('chat.fbp', text)).toEqual({
      faults: [],
      warnings: [],
      graph: {
        file: 'chat.fbp',
        properties: { environment: { type: 'noflo-nodejs' } },
        nodes: [
          { name: 'router', component: 'chat/Router', metadata: { x: 10, y: 20 }, place: at(3, 1) },
          { name: 'storage', component: 'chat/Storage', metadata: {}, place: at(3, 49) },
          { name: 'out-1', component: 'Out', metadata: {}, place: at(3, 74) },
        ],
        edges: [
          {
            from: { node: 'router', port: 'show', index: 1, place: at(3, 31) },
            to: { node: 'storage', port: 'get', index: 0, place: at(3, 42) },
          },
          {
            from: { node: 'storage', port: 'out', place: at(3, 49) },
            to: { node: 'out-1', port: 'in', place: at(3, 74) },
          },
        ],
        initials: [
          { data: "it's", place: at(5, 1), to: { node: 'storage', port: 'title', place: at(5, 12) } },
          { data: { a: [1] }, place: at(6, 3), to: { node: 'storage', port: 'in', place: at(7, 13) } },
        ],
        inports: [{ name: 'request', node: 'router', port: 'in', place: at(2, 15) }],
        outports: [{ name: 'reply', node: 'out-1', port: 'out', place: at(2, 41) }],
        groups: [],
      },
    });
  });

  it('keeps both declarations of a node, and takes a mention with an empty component for none', () => {
    const { graph } = readGraph('chat.fbp', 'a(:x=1)\na(A)\na(B:y=2)\na() OUT -> IN b()');
    expect(graph.nodes).toEqual([
      { name: 'a', component: 'A', metadata: { x: 1 }, place: at(2, 1) },
      { name: 'a', component: 'B', metadata: { y: 2 }, place: at(3, 1) },
      { name: 'b', component: '', metadata: {}, place: at(4, 15) },
    ]);
  });

  it('names anonymous nodes as fbp does', () => {
    const { graph } = readGraph('chat.fbp', '(chat/Router) -> (chat/Router)');
    expect(graph.nodes.map(({ name, place }) => [name, place])).toEqual([
      ['_chat_Router_1', at(1, 1)],
      ['_chat_Router_2', at(1, 18)],
    ]);
  });

  it('lets DEFAULT_INPORT and DEFAULT_OUTPORT count from their line on', () => {
    const { graph } = readGraph('chat.fbp', 'a -> b\nDEFAULT_INPORT=Put\nDEFAULT_OUTPORT=GOT\na -> b');
    expect(graph.edges.map(({ from, to }) => [from.port, to.port])).toEqual([
      ['out', 'in'],
      ['got', 'put'],
    ]);
  });

  it('takes the names of object members for nodes and ports, and leaves every object as it was', () => {
    const text = 'constructor(A) TOSTRING -> CONSTRUCTOR __proto__(B)\nINPORT=__proto__.VALUEOF:CONSTRUCTOR';
    const { graph, faults } = readGraph('chat.fbp', text);
    expect(faults).toEqual([]);
    expect(graph.nodes.map(({ name, component }) => [name, component])).toEqual([
      ['constructor', 'A'],
      ['__proto__', 'B'],
    ]);
    expect(graph.inports[0]).toMatchObject({ name: 'constructor', node: '__proto__', port: 'valueof' });
    expect(({} as { component?: string }).component).toBeUndefined();
    expect((Object as { component?: string }).component).toBeUndefined();
  });
});

describe('read beside fbp', () => {
  const agrees = (text: string) => {
    const theirs = parsed(text);
    const { graph, faults } = readGraph('chat.fbp', text);
    if (theirs) expect(merged(graph)).toEqual(split(theirs));
    else expect(faults.length).toBeGreaterThan(0);
  };

  it('makes the same graph of every text that parses', () => {
    fc.assert(fc.property(texts, agrees), numRuns(100));
  });

  it('has a fault for every text that does not parse, and the same graph where it does', () => {
    fc.assert(fc.property(mutants, agrees), numRuns(100));
  });

  it('makes the same graph of FBP JSON', () => {
    const agrees = (text: string) => {
      const theirs = parsed(text);
      fc.pre(theirs !== undefined);
      const graph = JSON.stringify(theirs);
      const { graph: ours } = readGraph('chat.json', graph);
      expect(merged(ours)).toEqual(split(JSON.parse(graph)));
    };
    fc.assert(fc.property(texts, agrees), numRuns(30));
  });
});

describe('the tree of a .fbp', () => {
  it('is the text, whatever is wrong with it', () => {
    fc.assert(
      fc.property(fc.oneof(texts, mutants), text => {
        const tree = parse(text);
        const edits = new TreeEdits(tree);
        for (const statement of tree.statements) edits.say(statement, text.slice(statement.start, statement.end));
        expect(edits.print()).toBe(text);
      }),
      numRuns(100),
    );
  });
});

describe('a fault of a .fbp', () => {
  const node = (name: string, cure: string) =>
    `a node's name has only letters, digits, "_" and "-": "${name}"; write ${cure}`;
  const lost = (from: string, to: string) =>
    `"${from} ->" is lost: between two arrows stand a port, a node and a port, not "${to}"; write IN NODE OUT`;
  const outer = (said: string, way = 'INPORT') => `an outer port is written ${way}=NODE.PORT:NAME, not "${said}"`;

  it.each([
    ['router OUT', '1:1: expected "->" and a port after "router OUT"'],
    ['router OUT ->', '1:12: expected a port and a node after "router OUT ->"'],
    ['a OUT -> IN b OUT -> # on', '1:19: expected a port and a node after "a OUT -> IN b OUT ->"'],
    ['a OUT -> -> IN b', '1:9: expected a port and a node between "->" and "->"'],
    ['-> IN a', '1:1: expected a node and its port, or an initial packet, before "->"'],
    ['router OUT IN storage', '1:1: "->" is missing in "router OUT IN storage"; write NODE OUT -> IN NODE'],
    ['a OUT -> IN b c', '1:15: expected "->", a comma or the end of the line before "c"'],
    ['a OUT -> IN b OUT IN c', '1:15: expected "->", a comma or the end of the line before "OUT IN c"'],
    ["'x' IN a", `1:1: expected "->", a port and a node after the packet 'x'`],
    ['{"a": 1} IN a', '1:1: expected "->", a port and a node after the packet {"a": 1}'],
    ['router', '1:1: "router" alone does nothing; write router(COMPONENT) to declare the node'],
    ['router ', '1:1: "router" alone does nothing; write router(COMPONENT) to declare the node'],
  ])('asks for what is missing in %j', (text, fault) => {
    expect(faults(text)).toEqual([fault]);
  });

  it.each([
    ['a OUT => IN b', '1:7: "=>" is no arrow; write "->", from left to right'],
    ['a OUT --> IN b', '1:7: "-->" is no arrow; write "->", from left to right'],
    ['a OUT → IN b', '1:7: "→" is no arrow; write "->", from left to right'],
    ['a(X) OUT > IN b(Y)', '1:10: ">" is no arrow; write "->", from left to right'],
    ['a OUT - IN b', '1:7: "-" is no arrow; write "->", from left to right'],
    ['a OUT ->> IN b', '1:7: "->>" is no arrow; write "->", from left to right'],
    ['a OUT >-> IN b', '1:7: ">->" is no arrow; write "->", from left to right'],
    ['a OUT - > IN b', '1:7: "- >" is no arrow; write "->", from left to right'],
    ['a OUT>IN b', '1:6: ">" is no arrow; write "->", from left to right'],
    ['a-b OUT » IN c-d(E/f-g)', '1:9: "»" is no arrow; write "->", from left to right'],
    ['a IN <- OUT b', '1:6: "<-" is no arrow; write "->", from left to right'],
    ['a->b', '1:2: put a space before "->", else its "-" is part of "a-"'],
    ['\ta OUT -> IN b', '1:1: a tab stands here; use spaces'],
    ['a OUT -> IN b\t', '1:14: a tab stands here; use spaces'],
    ['a OUT\u00a0-> IN b', '1:6: the invisible character U+00A0 stands here; use a plain space or nothing'],
    ['a OUT -> IN b\n  ', '2:3: only spaces stand on the last line; remove them'],
    ['a OUT -> b ', '1:10: "b" is read as a port, as a space follows it; write IN b, or drop the space'],
    ['a OUT -> b # on', '1:10: "b" is read as a port, as a space follows it; write IN b, or drop the space'],
    ['a OUT = b', `1:7: can't read on at "= b"; a line reads NODE OUT -> IN NODE or 'packet' -> IN NODE`],
  ])('says how arrows and spaces are written in %j', (text, fault) => {
    expect(faults(text)).toEqual([fault]);
  });

  it.each([
    ['chat/Router OUT -> IN b', `1:1: ${node('chat/Router', 'chat_Router')}`],
    ['a OUT -> IN chat/Router_x4(chat/Router)', `1:13: ${node('chat/Router_x4', 'chat_Router_x4')}`],
    ['my.router OUT -> IN b', `1:1: ${node('my.router', 'my_router')}`],
    ['a OUT -> IN my.router', `1:13: ${node('my.router', 'my_router')}`],
    ['2nd OUT -> IN b', '1:1: a node\'s name begins with a letter or "_": "2nd"'],
    [
      'a OUT -> IN my node(A)',
      `1:13: a node's name has no spaces: "my node(A)"; write my_node(A), or put a comma between`,
    ],
    ['my node(A)', '1:1: nothing leads into "my node(A)"; drop its port, or write my_node(A) if that is its name'],
    [
      'my node(A) OUT -> IN b',
      '1:1: nothing leads into "my" here; drop it, or write a name of two words with "_" between them',
    ],
    ['a my-port -> IN b', '1:3: a port\'s name has only letters, digits, "_" and ".": "my-port"'],
    ['a OUT[x] -> IN b', '1:6: an index is a whole number, as in OUT[0], not "[x]"'],
    ['a OUT[-1] -> IN b', '1:6: an index is a whole number, as in OUT[0], not "[-1]"'],
    ['a OUT -> IN[] b', '1:12: an index is a whole number, as in OUT[0], not "[]"'],
  ])('says how names are written in %j', (text, fault) => {
    expect(faults(text)).toContain(fault);
  });

  it.each([
    ['a(chat/A OUT -> IN b(B)', '1:1: expected ")" after "a(chat/A"'],
    ['a(chat/A', '1:1: expected ")" after "a(chat/A"'],
    ['aA) OUT -> IN b', '1:1: expected "(" before the component in "aA)"'],
    ['a(chat.A) OUT -> IN b', '1:3: a component\'s name has only letters, digits, "_", "-" and "/": "chat.A"'],
    ['a(A:x=-10,y=2) -> b(B)', '1:4: a position in metadata is a whole number from 0 on: "x=-10"'],
    ['a(A:x=10,y=2.5) -> b(B)', '1:4: a position in metadata is a whole number from 0 on: "y=2.5"'],
    ["x(C 'y') -> b(B)", '1:3: a component\'s name has only letters, digits, "_", "-" and "/": "C \'y\'"'],
    [
      'foo(C:a="b") OUT -> IN d(D)',
      '1:6: metadata is written key=value with letters, digits, "_" and "/", and commas between: "a="b""',
    ],
    [
      'a(A:label=my label) -> b(B)',
      '1:4: metadata is written key=value with letters, digits, "_" and "/", and commas between: "label=my label"',
    ],
  ])('says how components are written in %j', (text, fault) => {
    expect(faults(text)).toEqual([fault]);
  });

  it.each([
    ['INPORT router.IN:REQUEST', outer('INPORT router.IN:REQUEST')],
    ['INPORT=router.IN', outer('INPORT=router.IN')],
    ['INPORT=my router.IN:REQUEST', outer('INPORT=my router.IN:REQUEST')],
    ['outport=router.OUT:REPLY', outer('outport=router.OUT:REPLY', 'OUTPORT')],
    [
      'EXPORT=router.IN:REQUEST',
      `an outer port is written INPORT=NODE.PORT:NAME or OUTPORT=NODE.PORT:NAME, not "EXPORT=router.IN:REQUEST"`,
    ],
    ['INPORT router', outer('INPORT router')],
    [
      'EXPORT=READ.ERROR:ERRORS',
      'an outer port is written INPORT=NODE.PORT:NAME or OUTPORT=NODE.PORT:NAME, not "EXPORT=READ.ERROR:ERRORS"',
    ],
    ['DEFAULT_OUTPORT=', 'a default port is written DEFAULT_OUTPORT=PORT, not "DEFAULT_OUTPORT="'],
  ])('says how outer and default ports are written in %j', (text, fault) => {
    expect(faults(text)).toEqual([`1:1: ${fault}`]);
  });

  it.each([
    ['a OUT[10000] -> IN b', '1:3: OUT has too large an index; the last is 9999'],
    ['a OUT -> IN[12345678901234567890] b', '1:10: IN has too large an index; the last is 9999'],
    [`${'a OUT -> IN '.repeat(600)}b`, '1:1: a chain has at most 500 nodes; go on with its last node on a new line'],
    [
      `a(A)\n${'['.repeat(501)}${']'.repeat(501)} -> IN a`,
      '2:1: this packet nests more than 500 deep; make it flatter',
    ],
    [
      `${'[{"a": '.repeat(260)}1${'}]'.repeat(260)} -> IN a`,
      '1:1: this packet nests more than 500 deep; make it flatter',
    ],
  ])('names what is more than files and editors hold, %#', (text, fault) => {
    expect(faults(text)).toEqual([fault]);
  });

  it('takes the largest index and the deepest packet that there may be', () => {
    expect(faults(`a OUT[9999] -> IN b\n${'['.repeat(500)}${']'.repeat(500)} -> IN[0] a`)).toEqual([]);
  });

  it.each([
    ["'abc -> IN a", "1:1: this quote is not closed: 'abc -> IN a"],
    ["'abc -> IN a\n'def' -> IN b", "1:1: this quote is not closed: 'abc -> IN a"],
    ['"abc -> IN a', '1:1: this quote is not closed: "abc -> IN a'],
    ["'it's' -> IN a", "1:5: a quote within a quoted packet needs a backslash before it: \\'"],
    ["'two\nlines' => IN a", '2:8: "=>" is no arrow; write "->", from left to right'],
    ['{"a": 1,} -> IN a', '1:9: expected a name in double quotes; JSON has no comma after the last item'],
    ["{'a': 1} -> IN a", '1:2: this word is not JSON; texts and names stand in double quotes'],
    ['{\n  "a": 1,\n} -> IN a', '3:1: expected a name in double quotes; JSON has no comma after the last item'],
    ['{"a": 1 -> IN a', '1:1: this JSON packet is not closed before "->"'],
    ['{\n  "a": 1\n -> IN a\nb(B)', '1:1: this JSON packet is not closed before "->"'],
    ['true -> IN a', "1:1: true is read as a node's name, not as an initial packet; write 'true'"],
    [
      'null -> IN a',
      "1:1: null is read as a node's name, not as an initial packet; leave it out, as no packet is null",
    ],
    ["'x' -> 'y' -> IN a", '1:8: nothing can lead into an initial packet; begin a line with it'],
  ])('says how packets are written in %j', (text, fault) => {
    expect(faults(text)).toEqual([fault]);
  });

  it.each(['a OUT -> IN b OUT', 'a OUT -> IN b OUT\nb OUT -> IN c'])(
    'warns of a port at the end of a chain, and leaves it out as fbp does: %j',
    text => {
      const { faults: _, warnings, graph } = readGraph('chat.fbp', text);
      const [line, ...others] = text.split('\n');
      const without = [line!.replace('b OUT', 'b'), ...others].join('\n');
      expect(faults(text)).toEqual([]);
      expect(warnings).toEqual([
        {
          file: 'chat.fbp',
          line: 1,
          column: 15,
          code: 'port-left-out',
          params: { port: 'OUT', node: 'b' },
          sentence: 'nothing follows OUT, so it is left out; write OUT -> IN NODE, or end the line after b',
          warning: true,
        },
      ]);
      expect(isSameGraph(graph, readGraph('chat.fbp', without).graph)).toBe(true);
    },
  );

  it.each([
    ['a OUT -> b OUT -> IN c', `1:10: ${lost('a OUT', 'b OUT')}`],
    ['a -> IN b -> IN c', `1:6: ${lost('a', 'IN b')}`],
  ])('is what the package fbp leaves out without a word: %j', (text, fault) => {
    expect(faults(text)).toEqual([fault]);
  });

  it('does not hide another one, nor what can be read', () => {
    const text = [
      'router(chat/Router) OUT -> IN storage(chat/Storage)',
      'storage OUT ->',
      "'50 -> MAXLEN storage",
      'chat/Other ERROR -> IN router',
      'storage OUT -> IN responder(chat/Responder) OUT => IN x',
      '{ "a": 1,, } -> IN storage',
      'storage',
      "'4' -> DEPTH storage",
    ].join('\n');
    expect(faults(text)).toEqual([
      '2:13: expected a port and a node after "storage OUT ->"',
      "3:1: this quote is not closed: '50 -> MAXLEN storage",
      `4:1: ${node('chat/Other', 'chat_Other')}`,
      '5:49: "=>" is no arrow; write "->", from left to right',
      '6:10: expected a name in double quotes; JSON has no comma after the last item',
      '7:1: "storage" alone does nothing; write storage(COMPONENT) to declare the node',
    ]);
    const { graph } = readGraph('chat.fbp', text);
    expect(graph.nodes.map(({ name }) => name)).toEqual(['router', 'storage', 'responder']);
    expect(graph.edges.map(({ from, to }) => `${from.node} ${to.node}`)).toEqual([
      'router storage',
      'storage responder',
    ]);
    expect(graph.initials).toEqual([
      { data: '4', place: at(8, 1), to: { node: 'storage', port: 'depth', place: at(8, 8) } },
    ]);
  });

  it('is one where the text nests too deeply for fbp', () => {
    expect(faults(`a OUT -> ${'['.repeat(50_000)}`)).toContain(
      '1:1: this graph nests too deeply for fbp; break up its longest chain or its deepest JSON',
    );
  });
});

describe('read of FBP JSON', () => {
  it('takes an empty array for no ports and no nodes', () => {
    const text = '{"inports": [], "outports": [], "processes": [], "connections": []}';
    const { graph, faults } = readGraph('chat.json', text);
    expect(faults).toEqual([]);
    expect(graph).toMatchObject({ nodes: [], inports: [], outports: [] });
  });

  const said = (graph: unknown) => faults(JSON.stringify(graph), 'chat.json');

  it('finds where everything stands', () => {
    const text = `{
  "properties": {"name": "chat"},
  "inports": {"REQUEST": {"process": "chat/Router_x4", "port": "IN"}},
  "outports": {},
  "processes": {
    "chat/Router_x4": {"component": "chat/Router", "metadata": {"x": -1.5}}
  },
  "connections": [
    {"src": {"process": "chat/Router_x4", "port": "Out", "index": 2}, "tgt": {"process": "b", "port": "IN"}},
    {"data": {"a": null}, "tgt": {"process": "b", "port": "IN", "index": null}}
  ]
}`;
    expect(readGraph('chat.json', text)).toEqual({
      faults: [],
      warnings: [],
      graph: {
        file: 'chat.json',
        properties: { name: 'chat' },
        nodes: [{ name: 'chat/Router_x4', component: 'chat/Router', metadata: { x: -1.5 }, place: at(6, 5) }],
        edges: [
          {
            from: { node: 'chat/Router_x4', port: 'out', index: 2, place: at(9, 51) },
            to: { node: 'b', port: 'in', place: at(9, 103) },
          },
        ],
        initials: [{ data: { a: null }, place: at(10, 14), to: { node: 'b', port: 'in', place: at(10, 59) } }],
        inports: [{ name: 'request', node: 'chat/Router_x4', port: 'in', place: at(3, 64) }],
        outports: [],
        groups: [],
      },
    });
  });

  it('keeps the case of ports in a case-sensitive graph', () => {
    const graph = { caseSensitive: true, connections: [{ data: 1, tgt: { process: 'a', port: 'maxLength' } }] };
    expect(readGraph('chat.json', JSON.stringify(graph)).graph.initials[0]?.to.port).toBe('maxLength');
  });

  it('keeps groups, and the metadata of connections and outer ports', () => {
    const metadata = { route: 3 };
    const graph = {
      inports: { REQUEST: { process: 'a', port: 'IN', metadata } },
      groups: [
        { name: 'Ways', nodes: ['a', 'b'], metadata },
        { name: 'None', nodes: [] },
      ],
      connections: [
        { src: { process: 'a', port: 'OUT' }, tgt: { process: 'b', port: 'IN' }, metadata },
        { data: 1, tgt: { process: 'a', port: 'IN' }, metadata },
      ],
    };
    const reading = readGraph('chat.json', JSON.stringify(graph));
    expect(reading.faults).toEqual([]);
    expect(reading.graph).toMatchObject({
      edges: [{ metadata }],
      initials: [{ metadata }],
      inports: [{ metadata }],
      groups: [
        { name: 'Ways', nodes: ['a', 'b'], metadata },
        { name: 'None', nodes: [], metadata: {} },
      ],
    });
  });

  it('reads a process twice that is there twice', () => {
    const { graph } = readGraph('chat.json', '{"processes": {"a": {"component": "A"}, "a": {"component": "B"}}}');
    expect(graph.nodes.map(({ name, component }) => name + component)).toEqual(['aA', 'aB']);
  });

  it('takes the names of object members for nodes', () => {
    const text = '{"processes": {"__proto__": {"component": "A"}, "constructor": {"component": "B"}}}';
    expect(readGraph('chat.json', text).graph.nodes.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
  });

  it('names every syntax error', () => {
    expect(
      faults('{\n// said\n"processes": {\n"a": {"component": "A",}\n}\n"connections": [1 2}\n', 'chat.json'),
    ).toEqual([
      '2:1: JSON has no comments; remove this one',
      '4:24: expected a name in double quotes; JSON has no comma after the last item',
      '6:1: expected "," between two values',
      '7:1: expected "]"',
    ]);
  });

  it('names every part that has the wrong shape', () => {
    const graph = {
      caseSensitive: 'no',
      processes: { a: {}, b: 5, c: { component: 3 } },
      connections: [
        5,
        {},
        { data: 1, src: {} },
        { src: { process: 'a', port: 'OUT' } },
        { data: 1, tgt: { process: 'a' } },
        { data: 1, tgt: { process: 'a', port: 'IN', index: 1.5 } },
      ],
      inports: { X: 3 },
      groups: [3, { name: 'a', nodes: [1] }],
      properties: [],
    };
    expect(said(graph)).toEqual([
      '1:18: "caseSensitive" has the wrong type, string; make it of type boolean',
      '1:40: process a has no component; write {"component": "NAME"}',
      '1:47: process b has no component; write {"component": "NAME"}',
      '1:66: "component" has the wrong type, number; make it of type string',
      '1:85: a connection is an object with "src" or "data", and "tgt"',
      '1:87: this connection has neither "src" nor "data"; give it one of them',
      '1:90: this connection has both "src" and "data"; give it one of them',
      '1:110: this connection has no "tgt"; write {"process": NODE, "port": PORT}',
      '1:163: "tgt" is written {"process": NODE, "port": PORT}, both in double quotes',
      '1:231: an index is a whole number from 0 on',
      '1:253: outer port X is written {"process": NODE, "port": PORT}, both in double quotes',
      '1:266: a group is written {"name": NAME, "nodes": [NODE]}, each in double quotes',
      '1:268: a group is written {"name": NAME, "nodes": [NODE]}, each in double quotes',
      '1:307: "properties" has the wrong type, array; make it of type object',
    ]);
  });

  it.each(['', '  ', '[]', '"graph"', '5'])('wants an object, not %j', text => {
    expect(faults(text, 'chat.json')).toEqual(['1:1: a graph is a JSON object with "processes" and "connections"']);
  });

  it('gives up on what nests too deeply', () => {
    expect(faults('['.repeat(100_000), 'chat.json')).toEqual([
      '1:1: this graph nests too deeply to be read; make it flatter',
    ]);
  });
});

describe('read of anything', () => {
  const survives = (file: string) => (text: string) => {
    const lines = text.split(/\r\n|\n|\r/);
    const wrong = readGraph(file, text).faults.filter(
      ({ line, column, sentence }) =>
        !/^.{10,300}$/.test(sentence) ||
        // What blanks a packet while it is read stands in no sentence.
        (sentence.includes('¤') && !text.includes('¤')) ||
        !((lines[line - 1]?.length ?? -1) >= column - 1),
    );
    expect(wrong).toEqual([]);
  };

  it('never throws, and every fault is a sentence about a place in the text', () => {
    fc.assert(fc.property(fc.string({ unit: anyCharacter, maxLength: 60 }), survives('chat.fbp')), numRuns(100));
    fc.assert(fc.property(fc.string({ unit: anyCharacter, maxLength: 60 }), survives('chat.json')), numRuns(100));
    fc.assert(fc.property(mutants, survives('chat.fbp')), numRuns(100));
    fc.assert(
      fc.property(
        mutants.map(text => JSON.stringify(parsed(text))?.slice(1)),
        fc.nat(),
        (text, at) => survives('chat.json')(`{${text?.slice(0, at % 500)}`),
      ),
      numRuns(50),
    );
  });
});
