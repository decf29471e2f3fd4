import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AllowList } from '../../src/editor/draft/allow-list.ts';
import { Registry } from '../../src/registry/registry.ts';
import { SECRET, Sender, Target } from '../support/fuzz-server.ts';
import { component, Project } from '../support/project.ts';
import { ROOT } from '../support/source.ts';

// Which components may be used without the right to bring in code, by whatever way they come in.

jest.setTimeout(60_000);

const MAIN = 'chat/chat';

/** What is judged to pass packets on and to do nothing else, of all that noflo-core has. */
const VETTED = 'Copy DisconnectAfterPacket Drop Kick Merge Repeat RepeatAsync RepeatDelayed RunInterval SendNext Split'
  .split(' ')
  .map(name => `core/${name}`);

/** A component that does what it is told, as many of NoFlo's libraries have. */
const EVALUATE = component('process(input, output) { output.sendDone({ out: {} }); }');

interface Manifest {
  modules: { name: string; components: { name: string }[] }[];
}

/** Adds a library that is on no allow-list, and subgraphs that use a component of it. */
function extend(project: Project): readonly string[] {
  project.write('vendor/Evaluate.js', EVALUATE.replace(': Component', ''));
  project.write('vendor/Repeat.js', EVALUATE.replace(': Component', ''));
  const entries = ['Evaluate', 'Repeat'].map(name => {
    const path = `vendor/${name}.js`;
    return { name, path, source: path, elementary: true };
  });
  const manifest = JSON.parse(readFileSync(join(ROOT, 'fbp.json'), 'utf8')) as Manifest;
  const objects = { name: 'objects', description: '', runtime: 'noflo', base: 'vendor', components: entries };
  project.write('fbp.json', JSON.stringify({ ...manifest, modules: [...manifest.modules, objects] }));
  project.write('graphs/Hidden.fbp', 'INPORT=inner.IN:IN\nOUTPORT=inner.OUT:OUT\ninner(objects/Evaluate)\n');
  project.write('graphs/Deep.fbp', 'INPORT=inner.IN:IN\nOUTPORT=inner.OUT:OUT\ninner(chat/Hidden)\n');
  project.write('graphs/Plain.fbp', 'INPORT=inner.IN:IN\nOUTPORT=inner.OUT:OUT\ninner(core/Repeat)\n');
  return new Registry(project.root).names;
}

const isAllowed = (name: string) =>
  VETTED.includes(name) || (name.startsWith('chat/') && !['chat/Hidden', 'chat/Deep'].includes(name));

describe('AllowList', () => {
  const project = new Project();
  const names = extend(project);
  const library = new Registry(project.root);
  afterAll(() => project.remove());

  it.each(names)('allows our own components and the vetted ones, and nothing else: %s', name => {
    const reason = new AllowList([], library).reason(name);
    if (isAllowed(name)) expect(reason).toBeUndefined();
    else expect(reason).toMatch(/\w+\/\w+ has all rights of this server; it can be used only with a secret that may/);
  });

  it('knows a component by its bare name, and takes it for the worst of those that are called so', () => {
    const list = new AllowList([], library);
    expect(list.reason('Drop')).toBeUndefined();
    expect(list.reason('Router')).toBeUndefined();
    expect(list.reason('Evaluate')).toMatch(/^objects\/Evaluate has all rights/);
    expect(list.reason('MakeFunction')).toMatch(/^core\/MakeFunction has all rights/);
    expect(list.reason('Repeat')).toMatch(/^objects\/Repeat has all rights/);
    expect(list.reason('core/Repeat')).toBeUndefined();
  });

  it('names what is in a subgraph, however deep', () => {
    expect(new AllowList([], library).reason('chat/Deep')).toMatch(
      /^chat\/Deep has objects\/Evaluate in it, and objects\/Evaluate has all rights/,
    );
  });

  it.each(['objects/Missing', 'missing/Thing', 'Missing', 'constructor', '__proto__'])(
    'has nothing for what is not there: %s',
    name => {
      expect(new AllowList([], library).reason(name)).toBe(`there is no component ${name}`);
    },
  );

  it('allows what the owner names: a component, a library, a subgraph as a whole', () => {
    expect(new AllowList(['objects/Evaluate'], library).reason('objects/Repeat')).toBeDefined();
    expect(new AllowList(['objects/Evaluate'], library).reason('chat/Deep')).toBeUndefined();
    expect(new AllowList(['objects'], library).reason('Repeat')).toBeUndefined();
    expect(new AllowList(['chat/Hidden'], library).reason('chat/Deep')).toBeUndefined();
    expect(new AllowList(['chat/Hidden'], library).reason('objects/Evaluate')).toBeDefined();
  });
});

describe('an editor who may not bring in code', () => {
  let target: Target;
  let editor: Sender;
  let names: readonly string[];
  const OWNED = `gone(core/Drop)
{"mine":1} -> IN owned(objects/Evaluate) OUT -> IN gone
{"mine":1} -> IN deep(chat/Deep) OUT -> IN gone
`;

  beforeAll(async () => {
    target = await Target.start({
      prepare({ project, file, data }) {
        names = extend(project);
        const text = readFileSync(file, 'utf8') + OWNED;
        writeFileSync(file, text);
        const foreign = names.filter(name => !name.startsWith('chat/'));
        const draft = text + foreign.map((name, index) => `hand${index}(${name})\n`).join('');
        mkdirSync(join(data.path, 'data'));
        const kept = { file: 'graphs/chat.fbp', text: draft, layout: '', base: { text, layout: '' } };
        writeFileSync(join(data.path, 'data/draft.json'), JSON.stringify(kept));
      },
    });
    editor = await new Sender(target.url).open();
    await editor.done(SECRET);
  });

  afterAll(() => target?.stop());

  const refusal = async (protocol: string, command: string, payload: object) => {
    const { command: answer, payload: answered } = await editor.answer(protocol, command, payload);
    return answer === 'error' ? String(answered.message) : undefined;
  };
  const LOCKED = expect.stringMatching(/has all rights of this server; it can be used only with a secret that may/);
  const state = () => editor.ask('flowchat', 'open', {}) as Promise<{ draft: never; live: never }>;

  it('makes no draft live that was made by hand, nor tries it, and is told where it is at fault', async () => {
    const { draft } = (await state()) as { draft: { faults: { node?: string; sentence: string }[] } };
    const accused = new Set(draft.faults.filter(({ sentence }) => /all rights/.test(sentence)).map(({ node }) => node));
    const foreign = names.filter(name => !name.startsWith('chat/'));
    expect(foreign.filter((_, index) => accused.has(`hand${index}`))).toEqual(foreign.filter(name => !isAllowed(name)));
    expect(await refusal('flowchat', 'publish', {})).toMatch(/all rights/);
    expect(await refusal('flowchat', 'test', {})).toMatch(/all rights/);
    expect(await refusal('flowchat', 'try', { request: { path: '/chat' } })).toMatch(/all rights/);
    await editor.ask('flowchat', 'hold', { hold: false });
    expect(await state()).toMatchObject({ live: { revision: 1 } });
    await editor.ask('flowchat', 'discard', {});
    expect(await state()).toMatchObject({ draft: { changes: 0, faults: [] } });
  });

  it('can place, paste and sketch what is allowed, and nothing else', async () => {
    await editor.ask('flowchat', 'hold', { hold: true });
    await editor.ask('graph', 'clear', { id: 'sketch' });
    for (const [index, name] of names.entries()) {
      const [, bare] = name.split('/');
      const refused = isAllowed(name) ? undefined : LOCKED;
      const id = `n${index}`;
      const add = { id, component: name, metadata: {} };
      expect([name, await refusal('graph', 'addnode', { ...add, graph: MAIN })]).toEqual([name, refused]);
      expect([name, await refusal('graph', 'addnode', { ...add, graph: 'sketch' })]).toEqual([name, refused]);
      const changes = [{ command: 'addnode', payload: { ...add, id: `p${index}` } }];
      expect([name, await refusal('flowchat', 'edit', { changes })]).toEqual([name, refused]);
      if (refused) expect(await refusal('graph', 'addnode', { ...add, component: bare, graph: MAIN })).toEqual(refused);
    }
    await editor.ask('flowchat', 'discard', {});
  });

  it.each(['owned', 'deep'])('leaves what leads into a node of the owner as it is: %s', async node => {
    const tgt = { node, port: 'in' };
    const data = { data: 'theirs' };
    expect(await refusal('graph', 'addinitial', { graph: MAIN, src: data, tgt })).toEqual(LOCKED);
    expect(await refusal('graph', 'addedge', { graph: MAIN, src: { node: 'check', port: 'out' }, tgt })).toEqual(
      LOCKED,
    );
    expect(await refusal('graph', 'addinport', { graph: MAIN, public: 'x', ...tgt })).toEqual(LOCKED);
    expect(await refusal('flowchat', 'try', { edge: { tgt }, ...data })).toEqual(LOCKED);
  });

  it('may rename, move and rewire what is around a node of the owner, and make that live', async () => {
    expect(await refusal('graph', 'renamenode', { graph: MAIN, from: 'owned', to: 'kept' })).toBeUndefined();
    const [src, drop] = [
      { node: 'kept', port: 'out' },
      { node: 'gone', port: 'in' },
    ];
    expect(await refusal('graph', 'removeedge', { graph: MAIN, src, tgt: drop })).toBeUndefined();
    expect(await refusal('graph', 'addedge', { graph: MAIN, src, tgt: drop })).toBeUndefined();
    expect(await editor.ask('flowchat', 'publish', {})).toMatchObject({ revision: 2 });
    expect(await editor.ask('flowchat', 'rollback', { to: 1 })).toMatchObject({ revision: 3 });
  });

  it('is told what is locked, and why', async () => {
    const { components } = await editor.ask('flowchat', 'library', {});
    const locked = (components as { name: string; locked?: string }[]).map(one => [one.name, one.locked]);
    expect(locked).toEqual(names.map(name => [name, isAllowed(name) ? undefined : LOCKED]));
    expect(components).toContainEqual({
      name: 'chat/CheckPost',
      settings: [{ port: 'maxtext', title: 'Longest text', unit: 'characters', everyday: true }],
    });
    expect(components).toContainEqual({ name: 'core/Kick', settings: [{ port: 'data' }] });
  });

  it("can't bring in the source of a subgraph, whatever is in it", async () => {
    const source = { name: 'Mine', library: 'chat', language: 'fbp', code: 'x(core/ReadEnv)' };
    expect(await refusal('component', 'source', source)).toMatch(/EDITOR_CODE=on/);
  });
});
