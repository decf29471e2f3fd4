import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { readGraph } from '../../src/fbp/read.ts';
import { ComponentBench } from '../support/component-code.ts';
import { component } from '../support/project.ts';
import { ROOT } from '../support/source.ts';

// One for all: to load the components of each new copy of the project takes most of the time.
const bench = new ComponentBench();
const { draft } = bench;
afterEach(() => {
  const added = ['Bad', 'Chooser', 'Thrown', 'Torn', 'Lost'].map(name => `components/${name}.ts`);
  for (const path of ['graphs', 'spec', ...added])
    rmSync(join(bench.project.root, path), { recursive: true, force: true });
  bench.draft = draft;
});
afterAll(() => bench.remove());

const PAIR = `INPORT=limit.IN:IN\nOUTPORT=check.OUT:OUT\n# Both.\nlimit(chat/LimitRate) OUT -> IN check(chat/CheckPost)\n`;

describe('component:list', () => {
  it("tells of our own components and of those of NoFlo's libraries, then how many there are", async () => {
    const messages = await bench.ask('list');
    const names = messages.slice(0, -1).map(({ payload }) => Object(payload).name);
    expect(names).toEqual(expect.arrayContaining(['chat/Router', 'chat/Storage', 'core/Repeat', 'core/Drop']));
    expect(messages.slice(0, -1).every(({ command }) => command === 'component')).toBe(true);
    expect(messages.at(-1)).toEqual({ protocol: 'component', command: 'componentsready', payload: names.length });
  });

  it('describes a component with its ports', async () => {
    const found = await bench.listed('chat/CheckPost');
    expect(found).toMatchObject({ icon: 'check', subgraph: false });
    expect(found?.description).toMatch(/^Passes good posts on/);
    expect(found?.inPorts).toEqual([
      { id: 'in', type: 'object', schema: 'chat:post', required: true, addressable: false, description: 'Post' },
      expect.objectContaining({ id: 'maxtext', type: 'int', required: false }),
    ]);
    expect(found?.outPorts).toMatchObject([{ id: 'out' }, { id: 'refused' }]);
  });

  it('names what a port takes, and what it takes by itself', async () => {
    bench.project.component(
      'Chooser',
      component('process() {}').replace(
        "datatype: 'string', control: true",
        "datatype: 'string', control: true, values: ['a', 'b'], default: 'a'",
      ),
    );
    const ports = (await bench.listed('chat/Chooser'))?.inPorts as readonly object[];
    expect(ports[1]).toMatchObject({ id: 'setting', values: ['a', 'b'], default: 'a' });
  });

  it('shows a graph with a capital as a subgraph with its outer ports', async () => {
    bench.project.write('graphs/Pair.fbp', PAIR);
    expect(await bench.listed('chat/Pair')).toMatchObject({
      subgraph: true,
      inPorts: [{ id: 'in', type: 'object' }],
      outPorts: [{ id: 'out', type: 'object' }],
    });
  });

  it.each([
    ['Thrown', 'throws when it is loaded', `throw new Error('not today');`, 'not today'],
    ['Torn', 'is no TypeScript', 'const x: = 3;', 'Unexpected token'],
    ['Lost', 'imports what is not there', `import './nowhere.ts';`, 'nowhere'],
  ])('keeps a component in the list, %s, that %s, and says what is wrong with it', async (name, _, source, says) => {
    bench.project.component(name, source);
    const found = await bench.listed(`chat/${name}`);
    expect(found).toMatchObject({ inPorts: [], outPorts: [] });
    expect(found?.description).toContain("can't be loaded");
    expect(found?.description).toContain(says);
    expect(found?.description).not.toContain(bench.project.root);
    expect(await bench.listed('chat/Router')).toBeDefined();
  });

  it("holds for clients that check every message, as fbp-spec's does", async () => {
    const validate = createRequire(import.meta.resolve('fbp-client'))('./validate.js')();
    for (const message of await bench.ask('list')) {
      await validate(`/component/output/${message.command}`, JSON.parse(JSON.stringify(message)));
    }
  });

  it('goes on where two ask at once', async () => {
    bench.project.write('graphs/Pair.fbp', PAIR);
    const [one, other] = await Promise.all([bench.ask('list'), bench.ask('list')]);
    expect(one).toEqual(other);
  });
});

describe('component:getsource', () => {
  it('gives a component as its file has it, with its tests', async () => {
    const source = await bench.source('chat/Router');
    expect(source).toMatchObject({ name: 'Router', library: 'chat', language: 'typescript' });
    expect(source.code).toContain('export const getComponent');
    expect(source).not.toHaveProperty('tests');
    bench.project.write('spec/Router.yaml', 'topic: chat/Router\ncases: []\n');
    await bench.ask('list');
    expect(await bench.source('chat/Router')).toMatchObject({ tests: 'topic: chat/Router\ncases: []\n' });
  });

  it('gives every listed component, those too that are broken', async () => {
    bench.project.component('Bad', 'const x: = 3;');
    bench.project.write('graphs/Pair.fbp', PAIR);
    bench.project.write('graphs/Odd.fbp', 'a(chat/CheckPost) ->');
    bench.project.write('graphs/Plain.json', '{');
    const names = (await bench.ask('list')).slice(0, -1).map(({ payload }) => String(Object(payload).name));
    for (const name of names) {
      const source = await bench.source(name);
      expect(`${source.library}/${source.name}`).toBe(name);
      expect(typeof source.code).toBe('string');
      if (source.language === 'json') JSON.parse(String(source.code));
    }
    expect(names).toEqual(expect.arrayContaining(['chat/Bad', 'chat/Pair', 'chat/Odd', 'chat/Plain', 'core/Repeat']));
  });

  it('gives everything in a graph a place, as other editors lay out and change a graph without one', async () => {
    const graphs = ['chat.fbp', 'gochat.fbp'].map(file => readFileSync(join(ROOT, 'graphs', file), 'utf8'));
    for (const text of [...graphs, PAIR, PAIR.replace('(chat/LimitRate)', '(chat/LimitRate:x=900,y=90)')]) {
      bench.draft = readGraph('graphs/chat.fbp', text).graph;
      const { processes, inports, outports } = JSON.parse(String((await bench.source('chat/chat')).code));
      for (const { metadata } of Object.values({ ...processes, ...inports, ...outports }).map(Object)) {
        expect(metadata).toEqual({ x: expect.any(Number), y: expect.any(Number) });
      }
    }
    expect(bench.draft.nodes.map(({ metadata }) => metadata)).toEqual([{ x: 900, y: 90 }, {}]);
    bench.project.write('graphs/Pair.fbp', PAIR);
    await bench.ask('list');
    expect(JSON.parse(String((await bench.source('chat/Pair')).code)).processes.check.metadata.x).toBe(476);
  });

  it('gives the main graph as it is edited, not as its file has it, with positions, groups and properties', async () => {
    const { graph } = readGraph('graphs/chat.fbp', "'5' -> MAXTEXT check(chat/CheckPost:x=1,y=2)\n");
    bench.draft = {
      ...graph,
      nodes: graph.nodes.map(node => ({ ...node, metadata: { x: 36, y: -72, label: 'Check' } })),
      groups: [{ name: 'posts', nodes: ['check'], metadata: { description: 'What posts pass' } }],
      properties: { description: 'A chat' },
    };
    const source = await bench.source('chat/chat');
    expect(source).toMatchObject({ name: 'chat', library: 'chat', language: 'json' });
    expect(JSON.parse(String(source.code))).toMatchObject({
      properties: { name: 'chat', description: 'A chat', environment: { type: 'noflo-nodejs' } },
      groups: [{ name: 'posts', nodes: ['check'] }],
      processes: { check: { component: 'chat/CheckPost', metadata: { x: 36, y: -72, label: 'Check' } } },
      connections: [{ data: '5', tgt: { process: 'check', port: 'maxtext' } }],
    });
  });

  it('says that a graph is of our kind even where its file says another one', async () => {
    bench.draft = { ...bench.draft, properties: { name: 'Mine', environment: { type: 'msgflo', content: 'x' } } };
    const { properties } = JSON.parse(String((await bench.source('chat/chat')).code));
    expect(properties).toMatchObject({ name: 'Mine', environment: { type: 'noflo-nodejs', content: 'x' } });
  });

  it('gives the graph of a subgraph that reads back as the same one', async () => {
    bench.project.write('graphs/Pair.fbp', PAIR);
    await bench.ask('list');
    const source = await bench.source('chat/Pair');
    expect(source).toMatchObject({ name: 'Pair', library: 'chat', language: 'json' });
    const { graph, faults } = readGraph('Pair.json', String(source.code));
    expect(faults).toEqual([]);
    expect(graph.nodes.map(({ name }) => name)).toEqual(['limit', 'check']);
    expect(graph.edges).toHaveLength(1);
    expect(graph.inports).toMatchObject([{ name: 'in', node: 'limit', port: 'in' }]);
  });

  it('finds a component without its library, as NoFlo does', async () => {
    expect(await bench.source('Router')).toMatchObject({ name: 'Router', library: 'chat' });
  });

  it.each([
    '../../package.json',
    'chat/../../package.json',
    'chat/..',
    'package.json',
    '/etc/hostname',
    'constructor',
    'chat/__proto__',
    'chat/Nothing',
    'components/Router.ts',
    'graphs/chat.fbp',
  ])('has nothing for %s', async name => {
    expect(await bench.refusal('getsource', { name })).toBe(`there is no component ${name}`);
  });

  it.each([[{}], [{ name: '' }], [{ name: 3 }], [{ name: null }], [{ name: ['chat/Router'] }]])(
    'wants a name, which %j has not',
    async payload => {
      expect(await bench.refusal('getsource', payload)).toMatch(/"name"/);
    },
  );
});

describe('Components', () => {
  it('tells editors of components whose files were changed by hand, and only of those', async () => {
    const bench = new ComponentBench();
    bench.project.write('graphs/Pair.fbp', PAIR);
    const hear = async () => {
      bench.told.length = 0;
      await bench.components.refresh();
      return bench.told.map(({ payload }) => Object(payload));
    };
    expect(await hear()).toEqual([]);
    await bench.ask('list');
    expect(await hear()).toEqual([]);
    bench.project.write('graphs/Pair.fbp', PAIR.replace(':OUT', ':FINE'));
    expect(await hear()).toMatchObject([{ name: 'chat/Pair', outPorts: [{ id: 'fine' }] }]);
    bench.project.component('Fresh', component('process() {}'));
    expect(await hear()).toMatchObject([{ name: 'chat/Fresh' }]);
    expect(await hear()).toEqual([]);
    bench.remove();
  });

  it('keeps each command to those who may', () => {
    const needs = [...bench.components.commands].map(([name, { needs }]) => [name, needs]);
    expect(Object.fromEntries(needs)).toEqual({
      list: 'protocol:component',
      getsource: 'component:getsource',
      source: 'component:setsource',
    });
  });
});
