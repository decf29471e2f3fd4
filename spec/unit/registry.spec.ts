import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readGraph } from '../../src/fbp/read.ts';
import { Registry } from '../../src/registry/registry.ts';
import { Flowing } from '../support/flowing.ts';
import { GOCHAT } from '../support/graphs.ts';
import { component, Project } from '../support/project.ts';

let project: Project;
let library: Registry;

beforeAll(() => {
  project = new Project();
});
beforeEach(() => {
  library = new Registry(project.root);
});
afterAll(() => project.remove());

const INERT = component('process() {}');

/** Loads components as a graph that names them does. */
const prepare = (...components: readonly string[]) =>
  library.prepare(readGraph('test.fbp', components.map((name, i) => `'x' -> IN n${i}(${name})\n`).join('')).graph);

/** Why a component can't be loaded; nothing where it can. */
async function fault(name: string): Promise<string | undefined> {
  await prepare(name);
  return library.find(name)?.broken;
}

describe('Library', () => {
  it("lists our own components and those of NoFlo's libraries", () => {
    expect(library.names).toEqual(expect.arrayContaining(['chat/Router', 'chat/Storage', 'core/Repeat', 'core/Drop']));
  });

  it('says what a component looks like from outside', async () => {
    await prepare('chat/Storage');
    const found = library.find('chat/Storage')!;
    expect(found).toMatchObject({ name: 'chat/Storage', icon: 'database' });
    expect(found.description).toMatch(/messages/);
    expect(found.inports.map(({ name }) => name)).toEqual(expect.arrayContaining(['get', 'post', 'maxlen', 'store']));
    expect(found.inports[0]).toMatchObject({
      datatype: 'object',
      schema: 'chat/query',
      required: false,
      control: false,
    });
    expect(found.inports.find(({ name }) => name === 'maxlen')).toMatchObject({ datatype: 'int', control: true });
    expect(found.outports.map(({ name }) => name)).toEqual(['out', 'added']);
  });

  it("finds a component without its module's name, as NoFlo does", async () => {
    await prepare('Router', 'Repeat');
    expect(library.find('Router')?.name).toBe('chat/Router');
    expect(library.find('Repeat')?.name).toBe('core/Repeat');
    expect(library.find('Nothing')).toBeUndefined();
  });

  it('has a component as soon as its file is there, and no longer than that', async () => {
    project.component('Fresh', INERT);
    await prepare('chat/Fresh');
    expect(library.find('chat/Fresh')).toMatchObject({ name: 'chat/Fresh' });
    project.remove('components/Fresh.ts');
    await prepare('chat/Fresh');
    expect(library.find('chat/Fresh')).toBeUndefined();
    expect(library.names).not.toContain('chat/Fresh');
  });

  it('loads all that there is, and says of what is broken why', async () => {
    project.component('Torn', `import './nowhere.ts';`);
    project.write('graphs/Whole.fbp', 'INPORT=check.IN:IN\ncheck(chat/CheckPost)\n');
    const all = await library.all();
    expect(all.map(({ name }) => name)).toEqual(library.names);
    const broken = all.filter(found => found.broken !== undefined);
    expect(broken.map(({ name }) => name)).toEqual(['chat/Torn']);
    expect(broken[0]?.broken).toContain('nowhere.ts');
    expect(broken[0]?.broken).not.toContain(project.root);
    expect(all.find(({ name }) => name === 'chat/Whole')?.inports).toMatchObject([{ name: 'in', datatype: 'object' }]);
    for (const file of ['components/Torn.ts', 'graphs/Whole.fbp']) project.remove(file);
  });

  it('knows a subgraph all the while that it is loaded again', async () => {
    project.write('graphs/Whole.fbp', 'INPORT=check.IN:IN\ncheck(chat/CheckPost)\n');
    await prepare('chat/Whole');
    const again = prepare('chat/Whole');
    expect(library.find('chat/Whole')?.inports).toHaveLength(1);
    await again;
    project.remove('graphs/Whole.fbp');
  });

  it('says where the source of a component is, and nothing of what is none', () => {
    expect(library.source('Router')).toEqual({
      name: 'chat/Router',
      path: `${project.root}/components/Router.ts`,
      language: 'typescript',
    });
    expect(library.source('core/Repeat')).toMatchObject({ language: 'javascript' });
    for (const name of ['', '../package.json', 'chat/', 'constructor']) expect(library.source(name)).toBeUndefined();
  });

  it('loads components in JavaScript', async () => {
    project.write(
      'components/Plain.js',
      `import { Component } from 'noflo';\nexport const getComponent = () => new Component({ inPorts: { in: {} } });\n`,
    );
    expect(await fault('chat/Plain')).toBeUndefined();
    expect(library.find('chat/Plain')?.inports).toMatchObject([{ name: 'in' }]);
  });

  it.each([
    ['exports no getComponent', 'export const component = 1;', /^it exports no getComponent$/],
    ['makes nothing', 'export const getComponent = () => {};', /getComponent/],
    ['makes what is no component', 'export const getComponent = () => ({});', /getComponent/],
    ['throws when it is made', `export const getComponent = () => { throw new Error('no'); };`, /^no$/],
    ['throws when it is loaded', `throw new Error('no');`, /^no$/],
    ['throws what is no error', `throw 'no';`, /^no$/],
    ['imports what is not there', `import './nowhere.ts';\nexport const getComponent = 1;`, /nowhere/],
  ])('says why a component is broken that %s', async (how, source, says) => {
    const name = `Broken${how.replaceAll(' ', '')}`;
    project.component(name, source);
    expect(await fault(`chat/${name}`)).toMatch(says);
  });

  it('says why a component is broken whose file has gone from node_modules', async () => {
    const manifest = (file: string) => ({
      version: 1,
      modules: [
        {
          name: 'gone',
          runtime: 'noflo',
          base: '',
          components: [{ name: 'Thing', path: file, source: file, elementary: true }],
        },
      ],
    });
    const other = new Project();
    other.write('fbp.json', JSON.stringify(manifest('node_modules/gone/components/Thing.js')));
    library = new Registry(other.root);
    expect(await fault('gone/Thing')).toMatch(/node_modules\/gone\/components\/Thing\.js/);
    other.remove();
  });

  it('gives a stamp that changes with the components that a graph names, and with no other', async () => {
    project.component('Named', INERT);
    project.component('Other', INERT);
    const { fingerprint } = await prepare('chat/Named', 'chat/Router');
    expect(await prepare('chat/Named', 'chat/Router')).toMatchObject({ fingerprint });
    project.touch('components/Other.ts');
    expect(await prepare('chat/Named', 'chat/Router')).toMatchObject({ fingerprint });
    project.touch('components/Named.ts');
    expect((await prepare('chat/Named', 'chat/Router')).fingerprint).not.toBe(fingerprint);
  });

  it('has what is drafted in place of what files hold, for itself alone', async () => {
    const PAIR = 'INPORT=check.IN:IN\ncheck(chat/CheckPost) OUT -> IN limit(chat/LimitRate)\n';
    project.write('graphs/Pair.fbp', PAIR);
    project.write('graphs/Gone.fbp', PAIR);
    const texts = new Map([
      ['graphs/Pair.fbp', PAIR.replace(':IN', ':ENTRY')],
      ['graphs/Fresh2.fbp', PAIR],
      ['spec/Fresh2.yaml', 'topic: chat/Fresh2'],
      ['graphs/Gone.fbp', undefined],
    ]);
    const drafted = new Registry(project.root, { texts });
    const graph = readGraph('test.fbp', 'a(chat/Pair) OUT -> IN b(chat/Fresh2)').graph;
    const { fingerprint } = await drafted.prepare(graph);
    expect(drafted.find('chat/Pair')?.inports).toMatchObject([{ name: 'entry' }]);
    expect(drafted.find('chat/Fresh2')?.inports).toMatchObject([{ name: 'in' }]);
    expect(drafted.text(drafted.source('chat/Fresh2')!.tests!)).toBe('topic: chat/Fresh2');
    expect(drafted.source('chat/Gone')).toBeUndefined();
    await prepare('chat/Pair');
    expect(library.names).toContain('chat/Gone');
    expect(library.find('chat/Pair')?.inports).toMatchObject([{ name: 'in' }]);
    expect(library.names).not.toContain('chat/Fresh2');
    texts.set('graphs/Fresh2.fbp', PAIR.replace('check.IN', 'limit.IN'));
    expect((await drafted.prepare(graph)).fingerprint).not.toBe(fingerprint);
  });

  it.each([
    ['is not there', () => project.remove('fbp.json')],
    ['is not JSON', () => project.write('fbp.json', '{')],
  ])('says how to make fbp.json where it %s', (_, spoil) => {
    spoil();
    expect(() => new Registry(project.root)).toThrow(/fbp\.json can't be read: .*; "npm run manifest" makes it$/);
    project.remove();
    project = new Project();
  });
});

describe("components of NoFlo's own libraries", () => {
  it('pass on, double and drop packets in a graph of ours', async () => {
    const flowing = new Flowing(project.root);
    await flowing.publish(
      [
        GOCHAT.replace('OUT -> GET storage', 'OUT -> IN repeat(core/Repeat) OUT -> GET storage'),
        'OUTPORT=publish.OUT:PUSH',
        'storage ADDED -> IN split(core/Split) OUT -> IN publish(chat/Publish)',
        'split OUT -> IN drop(core/Drop)',
      ].join('\n'),
    );
    for (const text of ['a', 'b']) await flowing.say(text);
    expect(await flowing.read()).toEqual(['a', 'b']);
    expect(flowing.pushed).toMatchObject([{ seq: 1 }, { seq: 2 }]);
    expect(flowing.gate.counts).toMatchObject({ waiting: 0, orphaned: 0 });
    expect(flowing.failures).toEqual([]);
    await flowing.runtime.stop();
  });
});
