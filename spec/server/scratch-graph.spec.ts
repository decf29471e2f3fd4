import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Editing, type Editor } from '../support/editing.ts';
import { Flowing } from '../support/flowing.ts';
import { GOCHAT } from '../support/graphs.ts';
import { component, Project } from '../support/project.ts';

const project = new Project();
const add = (name: string, process: string, setUp = '') =>
  project.component(name, component(process, { ...(setUp && { setUp }) }));
add('Thrower', `process(input) { input.getData('in'); throw new Error('no'); }`);
add('Rejecter', `async process(input) { input.getData('in'); throw new Error('later no'); }`);
add('Sleeper', `process(input, output) { input.getData('in'); }`);
add('Stubborn', 'process() {}', 'component.tearDown = () => new Promise(() => {});');
add('Stuck', 'process() {}', 'component.setUp = () => Promise.reject(new Error("never"));');
add('Leaver', 'process() {}', `component.tearDown = async () => { process.emit('left'); };`);
let flowing: Flowing;
let editing: Editing;
let editor: Editor;

beforeEach(() => {
  flowing = new Flowing(project.root);
  editing = new Editing(flowing, GOCHAT);
  editor = editing.editor('watch', 'edit', 'code');
});
afterEach(() => editing.close());
afterAll(() => project.remove());

/** Makes a sketch of nodes in a row, from IN to OUT, as editors do. */
async function sketch(graph: string, ...components: readonly string[]): Promise<void> {
  await editor.say('graph', 'clear', { id: graph, main: true });
  const end = (i: number, port: string) => ({ node: `n${i}`, port });
  for (const [i, component] of components.entries()) {
    await editor.say('graph', 'addnode', { id: `n${i}`, component, metadata: {}, graph });
    if (i > 0) await editor.say('graph', 'addedge', { src: end(i - 1, 'out'), tgt: end(i, 'in'), graph });
  }
  await editor.say('graph', 'addinport', { public: 'in', ...end(0, 'in'), graph });
}

const start = (graph: string) => editor.say('network', 'start', { graph });
const send = (payload: unknown, event = 'data') =>
  editor.say('runtime', 'packet', { graph: 'mine', port: 'in', event, payload });

describe('a sketch', () => {
  it('runs as the protocol tests have it: started, its packets, finished, stopped', async () => {
    const graph = 'bar';
    await editor.say('graph', 'clear', { id: graph, main: true });
    await editor.say('graph', 'addnode', { id: 'Hello', component: 'core/Repeat', metadata: {}, graph });
    await editor.say('graph', 'addnode', { id: 'World', component: 'core/Drop', metadata: {}, graph });
    const [src, tgt] = [
      { node: 'Hello', port: 'out' },
      { node: 'World', port: 'in' },
    ];
    await editor.say('graph', 'addedge', { src, tgt, graph });
    const initial = { node: 'Hello', port: 'in' };
    await editor.say('graph', 'addinitial', { src: { data: 'Hello, world!' }, tgt: initial, graph });
    expect((await start(graph)).payload).toMatchObject({ graph, started: true, running: true });
    expect(await editor.hears('network:data', 2)).toEqual([
      { id: 'DATA -> IN Hello()', graph, tgt: initial, data: 'Hello, world!' },
      { id: 'Hello() OUT -> IN World()', graph, src, tgt, data: 'Hello, world!' },
    ]);
    const status = async () => (await editor.say('network', 'getstatus', { graph })).payload;
    expect(await status()).toEqual({ graph, running: false, started: true });
    expect(await editor.hears('network:status')).toEqual([{ graph, running: false, started: true }]);
    expect((await editor.say('network', 'stop', { graph })).payload).toMatchObject({ running: false, started: false });
    expect(await status()).toEqual({ graph, running: false, started: false });
  });

  it('takes packets at its inports and tells what leaves by its outports, also once it is finished', async () => {
    await sketch('mine', 'core/Repeat', 'core/Repeat');
    await editor.say('graph', 'addoutport', { public: 'result', node: 'n1', port: 'out', graph: 'mine' });
    await start('mine');
    await editor.hears('network:status');
    const long = 'a'.repeat(5000);
    const data = { password: 'as the test wants it', text: long, list: [1, null, { deep: true }] };
    for (const event of ['connect', 'data', 'disconnect']) {
      const sent = await send(data, event);
      expect(sent).toMatchObject({ command: 'packetsent', payload: { graph: 'mine', port: 'in', event } });
    }
    expect(await editor.hears('runtime:packet')).toEqual([
      { graph: 'mine', port: 'result', event: 'data', payload: data },
    ]);
  });

  it('runs nodes that are graphs, and tells of their edges where they are', async () => {
    project.write(
      'graphs/Twice.fbp',
      'INPORT=one.IN:IN\nOUTPORT=two.OUT:OUT\none(core/Repeat) OUT -> IN two(core/Repeat)\n',
    );
    await sketch('mine', 'chat/Twice', 'core/Drop');
    await start('mine');
    await send('hi');
    expect((await editor.hears('network:data', 2)).map(({ id, subgraph }) => [id, subgraph])).toEqual([
      ['one() OUT -> IN two()', ['n0']],
      ['n0() OUT -> IN n1()', undefined],
    ]);
  });

  it.each([
    ['chat/Thrower', 'no'],
    ['chat/Rejecter', 'later no'],
  ])('says which node failed, and goes on: %s', async (component, error) => {
    await sketch('mine', 'core/Repeat', component);
    await start('mine');
    for (const count of [1, 2]) {
      await send('hi');
      expect((await editor.hears('network:processerror', count)).at(-1)).toEqual({ id: 'n1', error, graph: 'mine' });
    }
  });

  it.each([
    ['chat/Nothing', /^n0 does not start: Component chat\/Nothing not available/],
    ['chat/Stuck', /^n0 does not start: never$/],
  ])('is refused with the name of the node that does not start: %s', async (component, sentence) => {
    await sketch('mine', component);
    await expect(start('mine')).rejects.toThrow(sentence);
    expect(editor.heard).toEqual([]);
  });

  it('is refused where it exports a port that is not there', async () => {
    await sketch('mine', 'core/Repeat');
    await editor.say('graph', 'addoutport', { public: 'odd', node: 'n0', port: 'constructor', graph: 'mine' });
    await expect(start('mine')).rejects.toThrow('n0 has no outport CONSTRUCTOR, which is an outport of the graph');
  });

  it('is at work while a node is', async () => {
    await sketch('mine', 'chat/Sleeper');
    await start('mine');
    await send('hi');
    await new Promise(setImmediate);
    expect((await editor.say('network', 'getstatus', { graph: 'mine' })).payload).toMatchObject({ running: true });
  });

  it('is stopped, though a node does not stop', async () => {
    await sketch('mine', 'chat/Stubborn');
    await start('mine');
    expect(await editor.say('network', 'stop', { graph: 'mine' })).toMatchObject({ command: 'stopped' });
  });

  it('takes changes up when it is started again', async () => {
    await sketch('mine', 'core/Repeat', 'core/Drop');
    await start('mine');
    await editor.say('graph', 'renamenode', { from: 'n1', to: 'end', graph: 'mine' });
    await start('mine');
    await send('hi');
    expect((await editor.hears('network:data'))[0]).toMatchObject({ id: 'n0() OUT -> IN end()' });
  });

  it('is nobody else’s, and gone with its editor', async () => {
    let left = 0;
    process.on('left' as never, () => left++);
    await sketch('mine', 'chat/Leaver');
    await start('mine');
    const other = editing.editor('watch', 'edit');
    for (const command of ['start', 'stop', 'getstatus']) {
      await expect(other.say('network', command, { graph: 'mine' })).rejects.toThrow('there is no graph mine');
    }
    editing.leave(editor);
    await new Promise(setImmediate);
    expect(left).toBe(1);
    expect(editing.sketches.find(editor, 'mine')).toBeUndefined();
    process.removeAllListeners('left' as never);
  });

  it('has a limit to how many run at the same time', async () => {
    await sketch('mine', 'core/Repeat');
    const { graph } = editing.graphs.find(editor, 'mine')!;
    for (let i = 0; i < 10; i++) await editing.sketches.start(editor, `s${i}`, graph);
    await expect(editing.sketches.start(editor, 'more', graph)).rejects.toThrow('10 scratch graphs run already');
    await editing.sketches.stop(editor, 's0');
    await editing.sketches.start(editor, 'more', graph);
  });

  it('may have nodes and ports with the names of what every object has', async () => {
    const graph = 'mine';
    await editor.say('graph', 'clear', { id: graph });
    for (const id of ['constructor', 'toString']) {
      const added = editor.say('graph', 'addnode', { id, component: 'core/Repeat', metadata: {}, graph });
      await added.catch(() => {});
    }
    await expect(start('mine')).resolves.toMatchObject({ command: 'started' });
    await expect(send('hi')).rejects.toThrow('the graph has no inport in; export one first');
  });

  it('refuses to end a group that has not begun', async () => {
    await sketch('mine', 'core/Repeat');
    await start('mine');
    await expect(send('g', 'endgroup')).rejects.toThrow('no group is open at in; begin one first');
    for (const event of ['begingroup', 'endgroup']) await send('g', event);
    await expect(send('g', 'endgroup')).rejects.toThrow('no group is open at in');
  });

  it.each([
    [{ graph: 'mine', port: 'in', event: 'data', payload: 1 }, 'mine does not run; start it first'],
    [{ graph: 'mine', port: 'in', event: 'shout' }, '"event" must be one of connect, begingroup, data'],
    [{ graph: 'mine', event: 'data' }, '"port" is missing'],
  ])('refuses a packet with a sentence: %j', async (payload, sentence) => {
    await sketch('mine', 'core/Repeat');
    await expect(editor.say('runtime', 'packet', payload)).rejects.toThrow(sentence);
  });
});
