import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { redacted } from '../../src/editor/watch/redact.ts';
import { Editing, type Editor, MAIN } from '../support/editing.ts';
import { Flowing } from '../support/flowing.ts';
import { beside, CHAT, GOCHAT } from '../support/graphs.ts';
import { component, Project } from '../support/project.ts';

const project = new Project();
project.component(
  'Echo',
  component(
    `process(input, output) {
      if (!input.hasData('in')) return;
      const { id, body } = input.getData('in');
      output.sendDone({ out: { id, status: 200, body: JSON.stringify(body) } });
    }`,
  ),
);
let flowing: Flowing;
let editing: Editing;
let editor: Editor;

beforeEach(async () => {
  flowing = new Flowing(project.root);
  editing = new Editing(flowing, CHAT);
  editor = editing.editor('watch', 'edit');
  await flowing.publish(CHAT);
});
afterEach(async () => {
  jest.useRealTimers();
  editing.close();
  await flowing.runtime.stop();
});
afterAll(() => project.remove());

const edge = (from: string, out: string, to: string, port = 'in') => ({
  src: { node: from, port: out },
  tgt: { node: to, port },
});
const SHOW = edge('router', 'show', 'controller');
const choose = (edges: readonly object[], graph = MAIN, who = editor) => who.say('network', 'edges', { graph, edges });

describe('network:edges', () => {
  it('brings the packets of the chosen edges, and of no others', async () => {
    expect((await choose([SHOW])).payload).toEqual({ graph: MAIN, edges: [SHOW] });
    await flowing.say('hi');
    await flowing.read();
    const [data] = await editor.hears('network:data');
    expect(data).toMatchObject({ id: 'router() SHOW -> IN controller()', graph: MAIN, ...SHOW });
    expect(data?.data).toMatchObject({ method: 'GET', path: '/chat' });
    expect(editor.told('network:data')).toHaveLength(1);
  });

  it('goes on in the next revision, and ends with an empty choice', async () => {
    await choose([SHOW]);
    await flowing.publish(CHAT.replace("'50' -> MAXLEN", "'49' -> MAXLEN"));
    await flowing.read();
    await editor.hears('network:data');
    const { live } = flowing.runtime;
    await choose([]);
    const heard: unknown[] = [];
    live?.taps.tap(
      () => true,
      passed => heard.push(passed),
    );
    await flowing.read();
    expect(heard).not.toEqual([]);
    expect(editor.told('network:data')).toHaveLength(1);
  });

  it('ends when the editor leaves', async () => {
    await choose([SHOW]);
    editing.leave(editor);
    await flowing.read();
    const other = editing.editor('watch');
    await choose([SHOW], MAIN, other);
    await flowing.read();
    await other.hears('network:data');
    expect(editor.heard).toEqual([]);
  });

  it('tells only who may see packets', async () => {
    const blind = editing.editor('edit');
    await choose([SHOW], MAIN, blind).catch(() => {});
    const seeing = editing.editor('watch');
    await choose([SHOW], MAIN, seeing);
    await flowing.read();
    await seeing.hears('network:data');
    expect(editor.heard).toEqual([]);
  });

  it('brings the packets inside of a subgraph by its id, with the node that it is', async () => {
    project.write(
      'graphs/Passing.fbp',
      'INPORT=one.IN:IN\nOUTPORT=two.OUT:OUT\none(core/Repeat) OUT -> IN two(core/Repeat)\n',
    );
    await flowing.publish(GOCHAT.replace('OUT -> GET storage', 'OUT -> IN pass(chat/Passing) OUT -> GET storage'));
    await choose([edge('one', 'out', 'two')], 'chat/Passing');
    await choose([edge('controller', 'out', 'pass')]);
    await flowing.read();
    expect((await editor.hears('network:data', 2)).map(({ id, subgraph }) => [id, subgraph])).toEqual([
      ['controller() OUT -> IN pass()', undefined],
      ['one() OUT -> IN two()', ['pass']],
    ]);
  });

  it('brings at most 200 messages in a second, of which one counts the others', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    await choose([SHOW]);
    for (let i = 0; i < 1000; i++) await flowing.read();
    jest.advanceTimersByTime(1000);
    const told = editor.told('network:data').length;
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThan(200);
    expect(editor.told('network:output')).toEqual([
      { message: `${1000 - told} more packets passed in the last second than are shown`, type: 'message' },
    ]);
  });

  it.each([
    [{ graph: MAIN }, '"edges" must be an array of {"src", "tgt"}'],
    [{ graph: MAIN, edges: [null] }, 'each of "edges" must be {"src", "tgt"}'],
    [{ graph: MAIN, edges: [{ src: SHOW.src }] }, '"tgt" must be {"node", "port"}'],
    [{ graph: MAIN, edges: Array(1001).fill(SHOW) }, 'a client watches at most 1000 edges'],
    [{ edges: [] }, '"graph" is missing'],
  ])('refuses with a sentence what is no choice', async (payload, sentence) => {
    await expect(editor.say('network', 'edges', payload)).rejects.toThrow(sentence);
  });
});

describe('network:stop and network:start', () => {
  it('stop and start the server’s graph, and tell the other editors', async () => {
    const other = editing.editor('watch');
    const stopped = await editor.say('network', 'stop', { graph: MAIN });
    expect(stopped).toMatchObject({ command: 'stopped', payload: { graph: MAIN, running: false, started: false } });
    expect((await flowing.ask('/chat')).answer.status).toBe(503);
    expect((await other.say('network', 'getstatus', { graph: MAIN })).payload).toEqual({
      graph: MAIN,
      running: false,
      started: false,
    });
    const started = await editor.say('network', 'start', { graph: MAIN });
    expect(started).toMatchObject({ command: 'started', payload: { graph: MAIN, running: true, started: true } });
    expect(await flowing.read()).toEqual([]);
    expect(other.heard.map(({ command }) => command)).toEqual(['stopped', 'started']);
    expect(editor.heard).toEqual([]);
  });

  it('are answered, and tell nobody, where it is so already', async () => {
    const other = editing.editor('watch');
    expect(await editor.say('network', 'start', { graph: MAIN })).toMatchObject({ command: 'started' });
    await editor.say('network', 'stop', { graph: MAIN });
    expect(await editor.say('network', 'stop', { graph: MAIN })).toMatchObject({ command: 'stopped' });
    expect(other.heard.map(({ command }) => command)).toEqual(['stopped']);
  });

  it('say what keeps the graph from starting', async () => {
    project.component('Going', component('process() {}'));
    await flowing.publish(beside({ going: 'chat/Going' }));
    await editor.say('network', 'stop', { graph: MAIN });
    project.remove('components/Going.ts');
    await expect(editor.say('network', 'start', { graph: MAIN })).rejects.toThrow(/chat\/Going/);
  });
});

describe('the other commands of network', () => {
  it('answer debug and persist by their names and with the status, to who asked only', async () => {
    const other = editing.editor('watch', 'edit');
    expect(await editor.sayAll('network', 'debug', { graph: MAIN, enable: true })).toMatchObject([
      { command: 'debug', payload: { graph: MAIN, enable: true } },
      { command: 'status', payload: { graph: MAIN, running: true, debug: true } },
    ]);
    expect(await editor.sayAll('network', 'persist', {})).toMatchObject([
      { command: 'persist', payload: { graph: MAIN } },
      { command: 'status', payload: { graph: MAIN } },
    ]);
    expect(editing.persisted).toEqual([editor]);
    expect(other.heard).toEqual([]);
  });

  it.each(['start', 'stop', 'getstatus'])('know only graphs that are there: %s', async command => {
    await expect(editor.say('network', command, { graph: '__proto__' })).rejects.toThrow(
      'there is no graph __proto__; make it with graph:clear',
    );
  });
});

describe('runtime:getruntime', () => {
  it('tells who may use it what it is, and its ports', async () => {
    const [runtime, ports] = await editor.sayAll('runtime', 'getruntime', {});
    expect(runtime?.payload).toMatchObject({
      graph: MAIN,
      type: 'noflo-nodejs',
      version: '0.8',
      namespace: 'chat',
      capabilities: ['network:data', 'protocol:graph', 'protocol:runtime'],
    });
    expect(ports?.payload).toMatchObject({
      graph: MAIN,
      inPorts: [{ id: 'request', type: 'object' }],
      outPorts: [{ id: 'reply', type: 'object' }, { id: 'push' }],
    });
  });

  it('tells whoever has no secret nothing but that it is a runtime', async () => {
    const messages = await editing.editor().sayAll('runtime', 'getruntime', {});
    expect(messages).toHaveLength(1);
    const { payload } = messages[0]!;
    expect(payload).toMatchObject({ capabilities: [], version: '0.8', type: 'noflo-nodejs' });
    expect(JSON.stringify(payload)).not.toContain('chat/');
  });

  it('tells no ports to whoever may not use them', async () => {
    expect(await editing.editor('watch').sayAll('runtime', 'getruntime', {})).toHaveLength(1);
  });
});

describe('runtime:packet', () => {
  const packet = (payload: unknown, port = 'request') =>
    editor.say('runtime', 'packet', { graph: MAIN, port, event: 'data', payload });

  it('asks the live graph, and brings the answer to who asked', async () => {
    const other = editing.editor('watch', 'edit');
    const post = { method: 'post', path: '/api/rooms/tea/messages', body: { author: 'ann', text: 'hi' } };
    expect(await packet(post)).toMatchObject({ command: 'packetsent', payload: { port: 'request', payload: post } });
    expect(await editor.hears('runtime:packet')).toMatchObject([
      { graph: MAIN, port: 'reply', event: 'data', payload: { status: 201 } },
    ]);
    expect(other.heard).toEqual([]);
  });

  it.each([
    [7, 'a question is an object'],
    [{}, '"path" is missing'],
    [{ path: 'chat' }, '"path" must begin with /'],
    [{ path: '/chat', query: { a: 1 } }, '"query" must have texts only'],
    [{ path: '/chat', body: [] }, '"body" must be an object, not an array'],
  ])('refuses with a sentence what is no question: %j', async (payload, sentence) => {
    await expect(packet(payload)).rejects.toThrow(sentence);
  });

  it('refuses packets elsewhere than at the door', async () => {
    await expect(packet({ path: '/chat' }, 'reply')).rejects.toThrow('packets come in at request only, not at reply');
  });
});

describe('trace', () => {
  const say = (command: string, payload: object = {}) => editor.say('trace', command, { graph: MAIN, ...payload });
  const events = async () =>
    JSON.parse(String(Object((await say('dump', { type: 'flowtrace.json' })).payload).flowtrace));

  it('keeps what passed, as flowtrace has it', async () => {
    expect((await say('start')).payload).toMatchObject({ graph: MAIN });
    await flowing.say('hi');
    await say('stop');
    await flowing.say('not this');
    const { header, events: kept } = await events();
    expect(header).toMatchObject({ main: MAIN, graphs: { [MAIN]: { processes: { router: {} } } } });
    expect(kept).toContainEqual({
      protocol: 'network',
      command: 'data',
      graph: MAIN,
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      payload: { ...edge('sender', 'out', 'check'), data: expect.objectContaining({ text: 'hi' }) },
    });
    expect(JSON.stringify(kept)).not.toContain('not this');
    await say('clear');
    expect((await events()).events).toEqual([]);
  });

  it('keeps the last packets where its buffer is small', async () => {
    await say('start', { buffersize: 3000 });
    for (const text of ['first', 'second', 'last']) await flowing.say(text);
    await say('stop');
    const text = JSON.stringify((await events()).events);
    expect(text).toContain('last');
    expect(text).not.toContain('first');
    expect(Buffer.byteLength(text)).toBeLessThan(3200);
  });

  it('keeps the packets of a sketch that is started later', async () => {
    const graph = 'mine';
    await editor.say('graph', 'clear', { id: graph });
    await editor.say('graph', 'addnode', { id: 'a', component: 'core/Drop', metadata: {}, graph });
    await editor.say('graph', 'addinitial', { src: { data: 'hi' }, tgt: { node: 'a', port: 'in' }, graph });
    await say('start', { graph });
    await editor.say('network', 'start', { graph });
    await say('stop', { graph });
    const { payload } = await say('dump', { graph, type: 'flowtrace.json' });
    expect(JSON.parse(String(Object(payload).flowtrace)).events).toMatchObject([
      { payload: { src: null, tgt: { node: 'a', port: 'in' }, data: 'hi' } },
    ]);
  });

  it.each([
    ['start', { graph: 'nowhere' }, 'there is no graph nowhere to trace'],
    ['start', { buffersize: -1 }, '"buffersize" must be a whole number of bytes'],
    ['stop', {}, 'there is no trace of chat/test; start one first'],
    ['dump', { type: 'pdf' }, '"type" must be flowtrace.json'],
  ])('refuses with a sentence: %s %j', async (command, payload, sentence) => {
    await expect(say(command, payload)).rejects.toThrow(sentence);
  });
});

describe('what is shown of a packet', () => {
  it('has no secrets in it', () => {
    const secrets = { Authorization: 'x', cookie: 'x', apiKey: 'x', password: 'x', nested: [{ accessToken: 'x' }] };
    expect(JSON.stringify(redacted(secrets))).not.toContain('"x"');
    expect(redacted({ author: 'ann', text: 'hi' })).toEqual({ author: 'ann', text: 'hi' });
  });

  it('is short, however long the packet is', () => {
    expect(redacted('a'.repeat(5000))).toBe(`${'a'.repeat(2048)}… (5,000 characters)`);
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, 'v'.repeat(3000)]));
    for (const huge of [wide, Array(1e6).fill(wide), { wide: [wide, wide] }]) {
      expect(JSON.stringify(redacted(huge)).length).toBeLessThan(64_000);
    }
  });

  it('is plain JSON, whatever the packet is', () => {
    const circle: Record<string, unknown> = {
      __proto__: null,
      n: 1n,
      f() {},
      s: Symbol('s'),
      u: undefined,
      x: Number.NaN,
    };
    circle.self = circle;
    const odd = [
      circle,
      new Error('no'),
      new Date(0),
      new Date(Number.NaN),
      Buffer.from('abc'),
      new Map([[1, 2]]),
      JSON.parse('{"__proto__": {"a": 1}}'),
      {
        get trap() {
          throw new Error('no');
        },
      },
    ];
    for (const data of odd) {
      const shown = redacted(data);
      expect(JSON.parse(JSON.stringify(shown))).toEqual(shown);
    }
    expect(redacted(new Error('no'))).toBe('Error: no');
    expect(redacted(Buffer.from('abc'))).toBe('(3 bytes)');
  });
});
