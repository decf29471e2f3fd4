import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Editor, SECRET, type Told } from '../support/editor.ts';
import { CHAT, set } from '../support/graphs.ts';
import { long } from '../support/long.ts';
import { Program } from '../support/program.ts';
import { component, Project } from '../support/project.ts';
import { folder } from '../support/server.ts';
import { ROOT } from '../support/source.ts';

// Code that waits in the draft, at a server that is killed.

jest.setTimeout(120_000);

const ENV = { EDITOR_SECRET: SECRET, EDITOR_CODE: 'on' };
const BEFORE = readFileSync(join(ROOT, 'components/CheckPost.ts'), 'utf8');
const TESTS = readFileSync(join(ROOT, 'spec/CheckPost.yaml'), 'utf8');
const CODE = BEFORE.replace(
  'const found =',
  "const found = post.text === 'a shout' ? { code: 'text-too-long', detail: 'do not shout' } :",
);
const PASSER = component(
  "process(input, output) { if (input.hasData('in')) output.sendDone({ out: input.getData('in') }); }",
);
/** Loads, and fails for each packet. */
const BAD = component(`process(input) { if (input.hasData('in') && input.getData('in')) throw new Error('spoilt'); }`, {
  outports: ['out', 'refused'],
}).replace("setting: { datatype: 'string', control: true }", "maxtext: { datatype: 'all', control: true }");

let home: ReturnType<typeof folder>;
let project: Project;
let program: Program;
let editor: Editor;
let other: Editor;
const editors: Editor[] = [];

const begin = (env: Readonly<Record<string, string>> = {}) =>
  Program.start(project.root, { GRAPH: join(project.root, 'graphs/chat.fbp'), DATA: home.path, ...ENV, ...env });

async function connectBoth(): Promise<void> {
  editor = await connect();
  other = await connect();
}

async function connect(): Promise<Editor> {
  const one = await Editor.connect(program.url);
  editors.push(one);
  await one.ask('flowchat', 'open', { hold: true });
  await one.ask('component', 'list');
  return one;
}

beforeAll(async () => {
  home = folder();
  project = new Project({ startable: true });
  project.write('graphs/chat.fbp', set(CHAT, { BURST: '1000000', RATE: '1000000' }));
  project.write('spec/CheckPost.yaml', TESTS);
  program = await begin();
  await connectBoth();
});
afterEach(async () => {
  // Nothing of one test is there in the next.
  await editor.ask('flowchat', 'discard');
  project.component('CheckPost', BEFORE);
  project.write('spec/CheckPost.yaml', TESTS);
  await live('a shout', 201);
  expect(editors.flatMap(({ invalid }) => invalid)).toEqual([]);
});
afterAll(async () => {
  for (const one of editors) one.leave();
  await program?.stop();
  project?.remove();
  home?.remove();
});

const bring = (name: string, code: string, more: Told = {}) =>
  editor.ask('component', 'source', { name, library: 'chat', language: 'typescript', code, ...more });
const source = (who: Editor, name: string) => who.ask('component', 'getsource', { name });
const file = (path: string) => join(project.root, path);
const text = (path: string) => (existsSync(file(path)) ? readFileSync(file(path), 'utf8') : undefined);
const request = (text: string) => ({
  method: 'POST',
  path: '/api/rooms/code/messages',
  body: { author: 'ann', text },
});
const tried = async (text: string): Promise<number> =>
  (await editor.ask('flowchat', 'try', { request: request(text) })).way.status;
const sentences = async (): Promise<readonly string[]> =>
  (await editor.ask('flowchat', 'difference')).items.map(({ sentence }: Told) => sentence);

async function post(text: string): Promise<number> {
  const { method, path, body } = request(text);
  const headers = { 'Content-Type': 'application/json' };
  return (await program.ask(path, { method, headers, body: JSON.stringify(body) })).status;
}

/** Waits until a post is answered so. */
async function live(text: string, status: number): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (let now = await post(text); now !== status; now = await post(text)) {
    if (performance.now() > deadline) throw new Error(`${text}: ${now} instead of ${status}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

describe('code that an editor brings in while the draft is held', () => {
  it('waits: nothing of it is live nor in its file, and the draft says so', async () => {
    const { live: before } = editor.state;
    await bring('CheckPost', CODE, { tests: `${TESTS}# More.\n` });
    expect(text('components/CheckPost.ts')).toBe(BEFORE);
    expect(text('spec/CheckPost.yaml')).toBe(TESTS);
    expect(await post('a shout')).toBe(201);
    const { draft } = await other.sees(state => state.draft.changes === 1);
    expect(draft).toMatchObject({ code: ['chat/CheckPost'], faults: [] });
    expect(editor.state.live).toEqual(before);
    const difference = await other.ask('flowchat', 'difference');
    expect(difference.items).toEqual([
      {
        kind: 'component',
        change: 'changed',
        name: 'chat/CheckPost',
        nodes: ['check'],
        sentence: 'CheckPost: its code is another one, its tests are other ones',
      },
    ]);
    expect(difference.code).toContainEqual({ name: 'components/CheckPost.ts', before: BEFORE, after: CODE });
  });

  it('is tried and tested as a part of the draft', async () => {
    expect(await tried('a shout')).toBe(201);
    await bring('CheckPost', CODE, { tests: `${TESTS}# More.\n` });
    expect(await tried('a shout')).toBe(422);
    expect(await tried('a whisper')).toBe(201);
    const { failed, results } = await editor.ask('flowchat', 'test');
    expect(failed).toBe(0);
    expect(results.some(({ component }: Told) => component === 'chat/CheckPost')).toBe(true);
    expect(await post('a shout')).toBe(201);
  });

  it('is shown to other editors, with the ports that it has there', async () => {
    const code = CODE.replace('inPorts: {', "inPorts: { mood: { datatype: 'string' },");
    await bring('CheckPost', code);
    await other.hears('component:component', ({ name, inPorts }) => {
      return name === 'chat/CheckPost' && inPorts.some(({ id }: Told) => id === 'mood');
    });
    expect(await source(other, 'chat/CheckPost')).toMatchObject({ code, tests: TESTS });
    await other.ask('flowchat', 'discard');
    expect((await source(other, 'chat/CheckPost')).code).toBe(BEFORE);
    await editor.sees(({ draft }) => draft.changes === 0 && draft.code.length === 0);
    expect(await tried('a shout')).toBe(201);
  });

  it('is new, is placed in the draft, and goes live with it', async () => {
    await bring('Passer', PASSER);
    await other.hears('component:component', ({ name }) => name === 'chat/Passer');
    expect(await sentences()).toEqual(['Passer: its code is new']);
    await editor.ask('graph', 'addnode', { id: 'pass', component: 'chat/Passer', metadata: {}, graph: 'chat/chat' });
    const { draft } = await editor.sees(state => state.draft.changes === 2);
    expect(draft.faults.map(({ sentence }: Told) => sentence).join()).not.toContain('there is no component');
    expect(existsSync(file('components/Passer.ts'))).toBe(false);
    await editor.ask('flowchat', 'discard');
    await other.hears('flowchat:gone', ({ name }) => name === 'chat/Passer');
    await expect(source(editor, 'chat/Passer')).rejects.toThrow('there is no component chat/Passer');
  });

  it('is turned away where it is broken, and then what was drafted before stays', async () => {
    await bring('CheckPost', CODE);
    await expect(bring('CheckPost', 'const a = ;')).rejects.toThrow(/^components\/CheckPost\.ts:1:11: /);
    await expect(bring('CheckPost', BAD)).rejects.toThrow(/^spec\/CheckPost\.yaml:/);
    expect((await source(other, 'chat/CheckPost')).code).toBe(CODE);
  });

  it('is no draft any more where it is what the file holds', async () => {
    await bring('CheckPost', CODE);
    await bring('CheckPost', BEFORE);
    expect(await sentences()).toEqual([]);
  });
});

describe('a subgraph that is brought in while the draft is held', () => {
  const PAIR = `INPORT=check.IN:IN
OUTPORT=check.OUT:OUT
OUTPORT=check.REFUSED:REFUSED
'4000' -> MAXTEXT check(chat/CheckPost)
`;
  const LOOP = `${PAIR.replace('OUTPORT=check.OUT', 'OUTPORT=again.REFUSED:AGAIN\nOUTPORT=again.OUT')}check OUT -> IN again(chat/Pair)\n`;

  it('waits as well, and is made of what is drafted', async () => {
    await bring('Pair', PAIR, { language: 'fbp' });
    await other.hears('component:component', ({ name, inPorts }) => name === 'chat/Pair' && inPorts.length === 1);
    expect(existsSync(file('graphs/Pair.fbp'))).toBe(false);
    await expect(bring('Pair', LOOP, { language: 'fbp' })).rejects.toThrow(/contains itself/);
    expect(JSON.parse((await source(other, 'chat/Pair')).code).processes.again).toBeUndefined();
  });
});

describe('a fault in a subgraph', () => {
  const LIMITS = "INPORT=limit.IN:IN\nOUTPORT=limit.OUT:OUT\n'5' -> BURST limit(chat/LimitRate)\n";
  const files = { Limits: LIMITS, Around: 'INPORT=deep.IN:IN\nOUTPORT=deep.OUT:OUT\ndeep(chat/Limits)\n' };

  it('is told at each node that has the subgraph in it, with the path of the node where it is', async () => {
    for (const [name, code] of Object.entries(files)) project.write(`graphs/${name}.fbp`, code);
    const add = (id: string, component: string) =>
      editor.ask('graph', 'addnode', { id, component, metadata: {}, graph: 'chat/chat' });
    await add('limits', 'Limits');
    await add('around', 'chat/Around');
    const { draft } = await other.sees(state => state.draft.changes === 2 && state.draft.faults.length > 0);
    const sentence = expect.stringMatching(/^in chat\/Limits: limit REFUSED leads nowhere/);
    const params = { node: 'limit', port: 'refused', isTyped: true };
    const said = { code: 'lost-failures', params, sentence, within: 'chat/Limits', port: 'refused' };
    expect(draft.faults.filter(({ sentence }: Told) => /limit REFUSED/.test(sentence))).toEqual([
      { ...said, line: 3, column: expect.any(Number), node: 'limits', inner: 'limits/limit' },
      { ...said, line: 3, column: expect.any(Number), node: 'around', inner: 'around/deep/limit' },
    ]);
    for (const node of ['limits', 'around'])
      await other.hears('network:processerror', ({ id, error }) => id === node && /^in chat\/Limits: /.test(error));
    await editor.ask('flowchat', 'discard');
    for (const name of Object.keys(files)) project.remove(`graphs/${name}.fbp`);
  });
});

describe('the draft with its code', () => {
  long('outlives the server, though that is killed', async () => {
    await bring('CheckPost', CODE);
    await program.kill();
    program = await begin();
    expect(program.said).toMatch(/a draft of .* waits to be published/);
    await connectBoth();
    expect(editor.state.draft).toMatchObject({ changes: 1, code: ['chat/CheckPost'] });
    expect(await post('a shout')).toBe(201);
    expect(await tried('a shout')).toBe(422);
    expect((await source(other, 'chat/CheckPost')).code).toBe(CODE);
  });

  it('is published: it is live, and in its files', async () => {
    const tests = `${TESTS}# More.\n`;
    await bring('CheckPost', CODE, { tests });
    const { revision } = await editor.ask('flowchat', 'publish', { note: 'quiet' });
    expect(await post('a shout')).toBe(422);
    expect(text('components/CheckPost.ts')).toBe(CODE);
    expect(text('spec/CheckPost.yaml')).toBe(tests);
    expect(await other.sees(state => state.live.revision === revision)).toMatchObject({
      draft: { changes: 0, code: [] },
      saved: true,
    });
    const { revisions } = await editor.ask('flowchat', 'revisions');
    expect(revisions[0].note).toBe('quiet; CheckPost: its code is another one, its tests are other ones');
  });

  it('is rolled back with its files where it fails, and is a draft again', async () => {
    await bring('CheckPost', BAD, { tests: 'topic: chat/CheckPost\ncases: []\n' });
    await editor.ask('flowchat', 'publish');
    expect(text('components/CheckPost.ts')).toBe(BAD);
    await Promise.all(Array.from({ length: 5 }, () => post('hello')));
    const { draft, mode } = await editor.sees(state => state.live.by === 'roll-back' && state.draft.changes > 0);
    expect(text('components/CheckPost.ts')).toBe(BEFORE);
    expect(await post('hello')).toBe(201);
    expect(draft.code).toEqual(['chat/CheckPost']);
    expect(draft.faults[0].sentence).toMatch(/^rolled back: /);
    expect(mode).toBe('hold');
  });

  it('is not published over a file that was changed by hand meanwhile, but is once it is saved again', async () => {
    const mine = `${BEFORE}// By hand.\n`;
    await bring('CheckPost', CODE);
    project.component('CheckPost', mine);
    const says = /^components\/CheckPost\.ts was changed by hand since its code was drafted; .* save .* again/;
    await expect(editor.ask('flowchat', 'publish')).rejects.toThrow(says);
    expect(text('components/CheckPost.ts')).toBe(mine);
    const { draft } = await editor.sees(state => state.draft.faults.length > 0);
    expect(draft.faults).toMatchObject([{ sentence: expect.stringMatching(says), node: 'check' }]);
    await bring('CheckPost', CODE);
    await editor.ask('flowchat', 'publish');
    expect(text('components/CheckPost.ts')).toBe(CODE);
    expect(await post('a shout')).toBe(422);
  });

  it('keeps its code when somebody goes back to a revision', async () => {
    const { revision } = editor.state.live;
    await bring('CheckPost', CODE);
    await editor.ask('flowchat', 'rollback', { to: revision });
    await editor.hears('network:output', ({ message }) => /^the draft still has code of chat\/CheckPost/.test(message));
    expect(await post('a shout')).toBe(201);
    expect(await sentences()).toEqual(['CheckPost: its code is another one']);
  });

  it('stays as it is where the graph does not start with it', async () => {
    await bring('CheckPost', PASSER, { tests: 'topic: chat/CheckPost\ncases: []\n' });
    await editor.sees(state => state.draft.faults.length > 0);
    await expect(editor.ask('flowchat', 'publish')).rejects.toThrow(/check has no outport REFUSED/);
    expect(text('components/CheckPost.ts')).toBe(BEFORE);
    expect((await source(other, 'chat/CheckPost')).code).toBe(PASSER);
    expect(await post('a shout')).toBe(201);
  });

  it('goes live, too, when changes are to go live at once', async () => {
    await bring('CheckPost', CODE);
    await editor.ask('flowchat', 'hold', { hold: false });
    await editor.sees(state => state.mode === 'at once' && state.draft.changes === 0);
    expect(await post('a shout')).toBe(422);
    await editor.ask('flowchat', 'hold', { hold: true });
  });

  it('outlives the server, and is published only by who may bring code in', async () => {
    await bring('CheckPost', CODE);
    await program.kill();
    program = await begin({ EDITOR_CODE: 'off' });
    expect(program.said).toMatch(/a draft of .* waits to be published/);
    await connectBoth();
    expect(editor.state.draft).toMatchObject({ changes: 1, code: ['chat/CheckPost'] });
    expect((await source(other, 'chat/CheckPost')).code).toBe(CODE);
    expect(await post('a shout')).toBe(201);
    const says = 'the draft has code of chat/CheckPost, and to publish it is to run that on this server';
    await expect(editor.ask('flowchat', 'publish')).rejects.toThrow(says);
    await expect(editor.ask('flowchat', 'hold', { hold: false })).rejects.toThrow(says);
    expect(text('components/CheckPost.ts')).toBe(BEFORE);
  });
});
