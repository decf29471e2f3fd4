import { describe, expect, it } from '@jest/globals';
import { GraphDraft } from '../../src/editor/draft/graph-draft.ts';
import { readGraph } from '../../src/fbp/read.ts';
import type { Payload } from '../../src/model/payload.ts';

const TEXT = [
  'INPORT=router.IN:REQUEST',
  'OUTPORT=storage.OUT:REPLY',
  'router(chat/Router:x=10,y=20) SEND -> IN check(chat/CheckPost) OUT -> POST storage(chat/Storage)',
  "'4000' -> MAXTEXT check",
  "'50' -> MAXLEN storage",
].join('\n');

const draft = () => new GraphDraft('chat/test', readGraph('test.fbp', TEXT).graph);

/** Applies commands in the order given, and gives what was told of the last one. */
function told(draft: GraphDraft, ...commands: readonly (readonly [command: string, payload: Payload])[]) {
  return commands
    .map(([command, payload]) => draft.apply(command, payload))
    .at(-1)!
    .map(({ command, payload }) => [command, payload]);
}

const graph = 'chat/test';
const wire = { src: { node: 'router', port: 'send' }, tgt: { node: 'check', port: 'in' } };
const maxtext = { node: 'check', port: 'maxtext' };

describe('Draft', () => {
  it('is the graph that it was given until something changes', () => {
    const { graph } = readGraph('test.fbp', TEXT);
    expect(new GraphDraft('chat/test', graph).graph).toBe(graph);
  });

  it('counts its changes, and leaves out what changes nothing', () => {
    const test = draft();
    const before = test.graph;
    test.apply('changenode', { id: 'check', metadata: { x: 1 } });
    test.apply('changenode', { id: 'check', metadata: {} });
    test.apply('renamenode', { from: 'check', to: 'check' });
    expect(test.version).toBe(1);
    test.replace(before);
    expect(test.version).toBe(2);
    expect(test.graph).toBe(before);
  });

  it('leaves graphs alone that it has given away', () => {
    const test = draft();
    const before = structuredClone(test.graph);
    const given = test.graph;
    test.apply('removenode', { id: 'check' });
    expect(given).toEqual(before);
  });

  it('refuses a command that is none', () => {
    expect(() => draft().apply('constructor', {})).toThrow('the graph protocol has no command constructor');
  });

  it('keeps its file and where it runs when it is cleared', () => {
    const test = new GraphDraft('foo', readGraph('test.fbp', `# @runtime noflo-nodejs\n${TEXT}`).graph);
    const payload = { id: 'foo', main: true, name: 'Foo\ngraph', baseDir: '/tmp' };
    expect(told(test, ['clear', payload])).toEqual([['clear', { id: 'foo', main: true, name: 'Foo graph' }]]);
    expect(test.graph).toMatchObject({
      file: 'test.fbp',
      nodes: [],
      edges: [],
      initials: [],
      inports: [],
      outports: [],
    });
    expect(test.graph.properties).toEqual({ environment: { type: 'noflo-nodejs' }, name: 'Foo graph' });
  });

  it('has a limit of nodes', () => {
    const node = { component: 'A', metadata: {}, place: { line: 1, column: 1 } };
    const nodes = Array.from({ length: 1000 }, (_, i) => ({ ...node, name: `n${i}` }));
    const test = new GraphDraft('chat/test', { ...draft().graph, nodes });
    expect(() => test.apply('addnode', { id: 'a', component: 'A' })).toThrow(
      'a graph has at most 1,000 nodes; remove some first',
    );
  });

  it('has a limit of what it holds altogether, and lets go of it again', () => {
    const test = draft();
    const add = (data: string) => () => test.apply('addinitial', { src: { data }, tgt: maxtext });
    const fill = () => {
      for (let i = 0; i < 1000; i += 1) add(`${i}${'x'.repeat(60_000)}`)();
    };
    expect(fill).toThrow('this graph is as large as graphs may be; remove something first');
    test.apply('removeinitial', { tgt: maxtext });
    expect(add('5')).not.toThrow();
  });
});

describe('nodes of a draft', () => {
  it('keep no label that is their name, which some editors send with each move', () => {
    const test = draft();
    const metadata = { x: 1, y: 2 };
    test.apply('addnode', { id: 'new', component: 'A', metadata: { ...metadata, label: 'new' } });
    test.apply('changenode', { id: 'check', metadata: { ...metadata, label: 'check' } });
    expect(test.graph.nodes.find(({ name }) => name === 'new')?.metadata).toEqual(metadata);
    expect(test.graph.nodes.find(({ name }) => name === 'check')?.metadata).toEqual(metadata);
    test.apply('changenode', { id: 'check', metadata: { label: 'Gate' } });
    test.apply('changenode', { id: 'check', metadata: { label: 'check' } });
    expect(test.graph.nodes.find(({ name }) => name === 'check')?.metadata).toEqual(metadata);
  });

  it('are added with whole positions', () => {
    const payload = {
      id: 'slow',
      component: 'chat/Route',
      metadata: { x: 1.6, y: '2', label: 'Slow', no: null },
      secret: 's',
    };
    const metadata = { x: 2, y: 2, label: 'Slow' };
    expect(told(draft(), ['addnode', payload])).toEqual([
      ['addnode', { id: 'slow', component: 'chat/Route', metadata, graph }],
    ]);
  });

  it('are not added twice', () => {
    const add = () => draft().apply('addnode', { id: 'check', component: 'chat/Route' });
    expect(add).toThrow('there is a node check already, a chat/CheckPost; choose another name');
  });

  it('are changed key by key, and told with everything that is known of them', () => {
    const test = draft();
    const change = (metadata: unknown) => told(test, ['changenode', { id: 'router', metadata, selected: false }]);
    const now = (metadata: unknown) => [['changenode', { id: 'router', metadata, graph }]];
    expect(change({ tag: 'a' })).toEqual(now({ x: 10, y: 20, tag: 'a' }));
    expect(change({})).toEqual(now({ x: 10, y: 20, tag: 'a' }));
    expect(change({ x: null, tag: null })).toEqual(now({ y: 20 }));
  });

  it('are told as the protocol has it where a file does not', () => {
    const json = '{"processes": {"a": {"component": "A", "metadata": {"x": 1.5, "y": "up"}}}, "connections": []}';
    const test = new GraphDraft('chat/test', readGraph('test.json', json).graph);
    expect(told(test, ['changenode', { id: 'a', metadata: { tag: 1 } }])).toEqual([
      ['changenode', { id: 'a', metadata: { x: 2, tag: 1 }, graph }],
    ]);
  });

  it('take what is at them along when they go', () => {
    const test = draft();
    test.apply('addgroup', { name: 'all', nodes: ['check', 'storage'] });
    test.apply('addgroup', { name: 'one', nodes: ['storage'] });
    expect(told(test, ['removenode', { id: 'storage', selected: false }])).toEqual([
      ['removeedge', { src: { node: 'check', port: 'out' }, tgt: { node: 'storage', port: 'post' }, graph }],
      ['removeinitial', { src: { data: '50' }, tgt: { node: 'storage', port: 'maxlen' }, graph }],
      ['removeoutport', { public: 'reply', graph }],
      ['removegroup', { name: 'one', graph }],
      ['removenode', { id: 'storage', graph }],
    ]);
    expect(test.graph.groups).toEqual([{ name: 'all', nodes: ['check'], metadata: {} }]);
  });

  it('keep what is at them when they are called otherwise', () => {
    const test = draft();
    test.apply('addgroup', { name: 'all', nodes: ['check', 'storage'] });
    expect(told(test, ['renamenode', { from: 'storage', to: 'shelf' }])).toEqual([
      ['renamenode', { from: 'storage', to: 'shelf', graph }],
    ]);
    const { nodes, edges, initials, outports, groups } = test.graph;
    expect(nodes.map(({ name }) => name)).toEqual(['router', 'check', 'shelf']);
    expect(edges[1]?.to.node).toBe('shelf');
    expect(initials[1]?.to.node).toBe('shelf');
    expect(outports[0]?.node).toBe('shelf');
    expect(groups[0]?.nodes).toEqual(['check', 'shelf']);
  });

  it('do not take the name of another', () => {
    const rename = () => draft().apply('renamenode', { from: 'storage', to: 'check' });
    expect(rename).toThrow('there is a node check already, a chat/CheckPost; choose another name');
  });

  it('are named where there is none of the name that was meant', () => {
    expect(() => draft().apply('removenode', { id: 'chek' })).toThrow('there is no node chek; did you mean check?');
    expect(() => draft().apply('removenode', { id: 'zzzzzzzz' })).toThrow(
      'there is no node zzzzzzzz; it may have been removed or renamed meanwhile',
    );
  });

  it('that somebody removed or renamed are known to be so', () => {
    const test = draft();
    test.apply('removenode', { id: 'check' });
    test.apply('renamenode', { from: 'router', to: 'entry' });
    expect(() => test.apply('removeedge', wire)).toThrow('node router is called entry now');
    expect(() => test.apply('changenode', { id: 'check', metadata: {} })).toThrow('node check was removed meanwhile');
    test.apply('addnode', { id: 'check', component: 'A' });
    test.apply('removenode', { id: 'entry' });
    expect(() =>
      test.apply('addedge', { src: { node: 'check', port: 'out' }, tgt: { node: 'entry', port: 'in' } }),
    ).toThrow('node entry was removed meanwhile');
  });

  it('may be called as what every object has', () => {
    const test = draft();
    for (const id of ['__proto__', 'constructor', 'toString']) {
      const metadata = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}');
      test.apply('addnode', { id, component: 'A', metadata });
      test.apply('changenode', { id, metadata: JSON.parse('{"constructor": null}') });
      const node = test.graph.nodes.find(({ name }) => name === id);
      expect(Object.entries(node?.metadata ?? {})).toEqual([['__proto__', { polluted: true }]]);
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(() => test.apply('removenode', { id: 'valueOf' })).toThrow('there is no node valueOf');
  });

  it('are removed as noflo-ui does it, and in any order', () => {
    const steps: (readonly [string, Payload])[] = [
      ['changeedge', { ...wire, metadata: { route: null } }],
      ['removeedge', wire],
      ['changenode', { id: 'check', metadata: { x: 1 }, selected: false }],
      ['removenode', { id: 'check', selected: false }],
    ];
    const test = draft();
    for (const [command, payload] of steps) test.apply(command, payload);
    expect(test.graph.nodes.map(({ name }) => name)).toEqual(['router', 'storage']);
    const backwards = draft();
    backwards.apply('removenode', { id: 'check' });
    for (const [command, payload] of steps) {
      expect(() => backwards.apply(command, payload)).toThrow('node check was removed meanwhile');
    }
  });
});

describe('wires of a draft', () => {
  it('are kept with the places of array ports, and ports in lower case', () => {
    const payload = { src: { node: 'check', port: 'OUT', index: 2 }, tgt: { node: 'router', port: 'In', index: '1' } };
    const src = { node: 'check', port: 'out', index: 2 };
    const tgt = { node: 'router', port: 'in', index: 1 };
    const test = draft();
    expect(told(test, ['addedge', { ...payload, metadata: { route: 5 } }])).toEqual([
      ['addedge', { src, tgt, metadata: { route: 5 }, graph }],
    ]);
    expect(told(test, ['changeedge', { ...payload, metadata: { route: null, secure: true } }])).toEqual([
      ['changeedge', { src, tgt, metadata: { secure: true }, graph }],
    ]);
    expect(told(test, ['removeedge', payload])).toEqual([['removeedge', { src, tgt, graph }]]);
  });

  it('are not added twice, nor to nodes that are not there', () => {
    const test = draft();
    expect(() => test.apply('addedge', wire)).toThrow('there is a wire router SEND -> IN check already');
    expect(() => test.apply('addedge', { ...wire, tgt: { node: 'stor', port: 'in' } })).toThrow(
      'there is no node stor',
    );
  });

  it('are found without the place in an array port where there is but one', () => {
    const test = draft();
    const at = (index: number) => ({ src: { node: 'check', port: 'all', index }, tgt: { node: 'router', port: 'in' } });
    const anywhere = { ...at(0), src: { node: 'check', port: 'all' } };
    test.apply('addedge', at(0));
    test.apply('addedge', at(1));
    expect(() => test.apply('removeedge', anywhere)).toThrow(
      'there is more than one wire check ALL -> IN router; give the "index" of the one that you mean',
    );
    test.apply('removeedge', at(0));
    expect(told(test, ['removeedge', anywhere])).toEqual([['removeedge', { ...at(1), graph }]]);
  });

  it('are named where there is none at the port that was meant', () => {
    const remove = () => draft().apply('removeedge', { ...wire, tgt: { node: 'check', port: 'inn' } });
    expect(remove).toThrow('there is no wire router SEND -> INN check; did you mean router SEND -> IN check?');
  });
});

describe('initial packets of a draft', () => {
  it('are told with their data when they go', () => {
    const test = draft();
    expect(told(test, ['removeinitial', { tgt: maxtext }])).toEqual([
      ['removeinitial', { src: { data: '4000' }, tgt: maxtext, graph }],
    ]);
    expect(told(test, ['addinitial', { src: { data: '40' }, tgt: maxtext }])).toEqual([
      ['addinitial', { src: { data: '40' }, tgt: maxtext, metadata: {}, graph }],
    ]);
  });

  it('may be several at a port, and any JSON', () => {
    const test = draft();
    for (const data of [null, false, 0, '', [1], { a: 1 }, '4000'])
      test.apply('addinitial', { src: { data }, tgt: maxtext });
    expect(told(test, ['removeinitial', { src: { data: { a: 1 } }, tgt: maxtext }])).toHaveLength(1);
    expect(told(test, ['removeinitial', { tgt: maxtext }]).map(([, payload]) => (payload as Payload).src)).toEqual(
      ['4000', null, false, 0, '', [1]].map(data => ({ data })),
    );
    expect(test.graph.initials).toHaveLength(1);
  });

  it('are not removed by whoever looks at an older one', () => {
    const remove = () => draft().apply('removeinitial', { src: { data: '40' }, tgt: maxtext });
    expect(remove).toThrow("MAXTEXT of check is '4000' by now, not '40'; look at it again");
    const test = draft();
    test.apply('removeinitial', { tgt: maxtext });
    expect(() => test.apply('removeinitial', { tgt: maxtext })).toThrow('check MAXTEXT has no initial packet');
  });

  it('are refused where they are too deep, too long or missing', () => {
    const deep = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
    const add = (src: unknown) => () => draft().apply('addinitial', { src, tgt: maxtext });
    expect(add({ data: deep(32) })).not.toThrow();
    expect(add({ data: deep(100_000) })).toThrow('"data" is nested more than 32 deep');
    expect(add({ data: 'x'.repeat(70_000) })).toThrow('"data" has more than 65536 characters as JSON');
    expect(add({})).toThrow('"src" must be {"data"}');
    expect(add('constructor')).toThrow('"src" must be {"data"}');
  });
});

describe('outer ports of a draft', () => {
  it.each(['inport', 'outport'])('are added, renamed and removed: %s', side => {
    const test = draft();
    const inner = { node: 'check', port: 'in' };
    expect(told(test, [`add${side}`, { public: 'More', node: 'check', port: 'IN' }])).toEqual([
      [`add${side}`, { public: 'more', ...inner, graph }],
    ]);
    expect(told(test, [`rename${side}`, { from: 'MORE', to: 'other' }])).toEqual([
      [`rename${side}`, { from: 'more', to: 'other', graph }],
    ]);
    expect(told(test, [`remove${side}`, { public: 'other' }])).toEqual([[`remove${side}`, { public: 'other', graph }]]);
    expect(test.graph).toEqual(draft().graph);
  });

  it('are refused twice, at no node, and when they are not there', () => {
    const test = draft();
    const add = (node: string) => () => test.apply('addinport', { public: 'request', node, port: 'in' });
    expect(add('check')).toThrow('there is an outer inport REQUEST already, at router; choose another name');
    expect(add('chec')).toThrow('there is no node chec; did you mean check?');
    expect(() => test.apply('removeoutport', { public: 'rply' })).toThrow(
      'there is no outer outport RPLY; did you mean REPLY?',
    );
  });
});

describe('groups of a draft', () => {
  it('are added, changed, renamed and removed', () => {
    const test = draft();
    const nodes = ['check', 'storage'];
    expect(told(test, ['addgroup', { name: 'all', nodes: [...nodes, 'check'], metadata: { a: 1 } }])).toEqual([
      ['addgroup', { name: 'all', nodes, metadata: { a: 1 }, graph }],
    ]);
    expect(told(test, ['changegroup', { name: 'all', metadata: { a: null, description: 'd' } }])).toEqual([
      ['changegroup', { name: 'all', metadata: { description: 'd' }, graph }],
    ]);
    expect(told(test, ['renamegroup', { from: 'all', to: 'some' }])).toEqual([
      ['renamegroup', { from: 'all', to: 'some', graph }],
    ]);
    expect(told(test, ['removegroup', { name: 'some' }])).toEqual([['removegroup', { name: 'some', graph }]]);
    expect(test.graph.groups).toEqual([]);
  });

  it('have only nodes that are there, and a name of their own', () => {
    const test = draft();
    test.apply('addgroup', { name: 'all', nodes: ['check'] });
    expect(() => test.apply('addgroup', { name: 'all', nodes: [] })).toThrow('there is a group all already');
    expect(() => test.apply('addgroup', { name: 'b', nodes: ['nobody'] })).toThrow('there is no node nobody');
    expect(() => test.apply('addgroup', { name: 'b', nodes: 'check' })).toThrow('"nodes" must be an array');
    expect(() => test.apply('removegroup', { name: 'al' })).toThrow('there is no group al; did you mean all?');
  });
});

describe('fields of a change', () => {
  const add = (fields: Payload) => () => draft().apply('addnode', { id: 'a', component: 'A', ...fields });

  it.each<[string, Payload]>([
    ['"id" is missing; it is a text', { id: undefined }],
    ['"id" is missing; it is a text', { id: '' }],
    ['"id" must be a text, not an array', { id: ['a'] }],
    ['"id" has a line break or another control character; take it out', { id: 'a\nb' }],
    ['"id" has half a character; write it as UTF-8', { id: '\ud800' }],
    ['"id" has more than 256 characters', { id: 'x'.repeat(257) }],
    ['"component" must be a text, not a number', { component: 3 }],
    ['"metadata" must be an object, not an array', { metadata: [] }],
    ['"x" in "metadata" must be a number, not an object', { metadata: { x: {} } }],
    ['"metadata" has more than 65536 characters as JSON', { metadata: { a: 'x'.repeat(70_000) } }],
  ])('are refused: %s', (sentence, fields) => {
    expect(add(fields)).toThrow(sentence);
  });

  it('are refused as ends of a wire where they are none', () => {
    const test = draft();
    const from = (src: unknown) => () => test.apply('addedge', { ...wire, src });
    expect(from('router')).toThrow('"src" must be {"node", "port"}');
    expect(from({ node: 'router', port: 'send', index: -1 })).toThrow('"index" of "src" must be a whole number');
    expect(from({ node: 'router', port: 'send', index: { valueOf: 1 } })).toThrow('"index" of "src" must be a whole');
  });
});
