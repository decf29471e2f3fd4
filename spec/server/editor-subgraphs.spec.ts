import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readGraph } from '../../src/fbp/read.ts';
import type { Change } from '../../src/model/graph-commands.ts';
import { changesToBuild, inlineSubgraph, makeSubgraph } from '../../src/model/subgraph.ts';
import { Crowd } from '../support/crowd.ts';
import { MAIN } from '../support/edited.ts';
import { Editor, SECRET, type Told } from '../support/editor.ts';
import { CHAT, set } from '../support/graphs.ts';
import { long } from '../support/long.ts';
import { NofloUi } from '../support/noflo-ui.ts';
import { Program } from '../support/program.ts';
import { Project } from '../support/project.ts';
import { folder } from '../support/server.ts';

// Subgraphs that editors make and change, without the right to bring in code. A real server, as it writes into its own folder.

jest.setTimeout(240_000);

const GATES = 'chat/Gates';
const BEFORE = set(CHAT, { BURST: '1000000', RATE: '1000000' });
const MADE = [
  'INPORT=check.IN:CHECK_IN',
  'INPORT=change.IN:CHANGE_IN',
  'OUTPORT=limit.OUT:OUT',
  'OUTPORT=change.REFUSED:CHANGE_REFUSED',
  'OUTPORT=check.REFUSED:CHECK_REFUSED',
  'OUTPORT=limit.REFUSED:LIMIT_REFUSED',
  '',
  'check(chat/CheckPost) OUT -> IN limit(chat/LimitRate)',
  'change(chat/Change) OUT -> IN check',
  '',
  "'4000' -> MAXTEXT check",
  "'1000000' -> BURST limit",
  "'1000000' -> RATE limit",
  '',
].join('\n');

let home: ReturnType<typeof folder>;
let project: Project;
let program: Program;
let restart: () => Promise<Program>;
let crowd: Crowd;
let editor: Editor;
let other: Editor;

beforeAll(async () => {
  home = folder();
  project = new Project({ startable: true });
  const file = project.write('graphs/chat.fbp', BEFORE);
  restart = () => Program.start(project.root, { GRAPH: file, DATA: home.path, EDITOR_SECRET: SECRET });
  program = await restart();
  crowd = new Crowd(program.url);
  await crowd.gather();
  editor = await Editor.connect(program.url);
  other = await Editor.connect(program.url);
  for (const one of [editor, other]) {
    await one.ask('flowchat', 'open', { hold: true });
    await one.ask('component', 'list');
  }
});
afterAll(async () => {
  await crowd?.leave();
  for (const one of [editor, other]) one?.leave();
  await program?.stop();
  project?.remove();
  home?.remove();
  expect([...editor.invalid, ...other.invalid]).toEqual([]);
});

const text = (path: string): string | undefined => {
  const file = join(project.root, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
};
const draft = async () => {
  const { text } = await editor.ask('flowchat', 'text');
  return readGraph('graphs/chat.fbp', text).graph;
};
const inside = (changes: readonly Change[]) =>
  changes.map(({ command, payload }) => ({
    command,
    payload: { ...payload, ...(command === 'clear' ? { id: GATES } : { graph: GATES }) },
  }));
const send = (changes: readonly Told[]) => editor.ask('flowchat', 'edit', { changes });
const sentences = async (): Promise<readonly string[]> =>
  (await editor.ask('flowchat', 'difference')).items.map(({ sentence }: Told) => sentence);
const post = async (text: string): Promise<number> => {
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ author: 'ann', text });
  return (await program.ask('/api/rooms/gates/messages', { method: 'POST', headers, body })).status;
};

async function make(names: readonly string[]): Promise<void> {
  const { subgraph, changes } = makeSubgraph(await draft(), new Set(names), { component: GATES, node: 'gates' });
  const begun: Change = { command: 'clear', payload: {} };
  await send([...inside([begun, ...changesToBuild(subgraph)]), ...changes]);
}

describe('a subgraph made of three nodes', () => {
  it('is a draft of both graphs at once, of which others are told and no file knows', async () => {
    await make(['check', 'limit', 'change']);
    const { draft } = await other.sees(state => state.draft.subgraphs.length === 1);
    expect(draft).toMatchObject({ subgraphs: [GATES], code: [], faults: [] });
    await other.hears('component:component', ({ name, inPorts }) => name === GATES && inPorts.length === 2);
    expect(other.told('graph:addnode')).toContainEqual(
      expect.objectContaining({ id: 'check', component: 'chat/CheckPost', graph: GATES }),
    );
    expect(await sentences()).toContain('subgraph Gates is new, of check, limit and change');
    expect(text('graphs/Gates.fbp')).toBeUndefined();
    const { way } = await editor.ask('flowchat', 'try', {
      request: { method: 'POST', path: '/api/rooms/gates/messages', body: { author: 'ann', text: 'hi' } },
    });
    expect(way.steps.map(({ node }: Told) => node)).toEqual(expect.arrayContaining(['gates/check', 'gates/limit']));
  });

  it('is gone without a trace once it is taken back', async () => {
    const now = await draft();
    const { graph } = readGraph('graphs/Gates.fbp', MADE);
    await send([
      ...inlineSubgraph(now, 'gates', graph),
      ...inside(graph.nodes.map(({ name }): Change => ({ command: 'removenode', payload: { id: name } }))),
    ]);
    await other.sees(state => state.draft.changes === 0);
    await other.hears('flowchat:gone', ({ name }) => name === GATES);
    expect((await editor.ask('flowchat', 'text')).text).toBe(BEFORE);
  });

  it('goes live as a small, readable file, while people talk', async () => {
    await make(['check', 'limit', 'change']);
    await editor.ask('flowchat', 'publish', { note: 'gates' });
    expect(text('graphs/Gates.fbp')).toBe(MADE);
    await crowd.talks(20);
    expect(await post('x'.repeat(4001))).toBe(422);
    await editor.ask('network', 'persist');
    const rows = BEFORE.split('\n');
    expect(
      text('graphs/chat.fbp')!
        .split('\n')
        .filter(row => !rows.includes(row)),
    ).toEqual([
      'router SEND -> IN sender(chat/SendController)',
      'sender OUT -> CHECK_IN gates(chat/Gates) OUT -> POST storage',
      'gates CHANGE_REFUSED -> IN responder',
      'gates CHECK_REFUSED -> IN responder',
      'gates LIMIT_REFUSED -> IN responder',
      'router EDIT -> CHANGE_IN gates',
      'router DELETE -> CHANGE_IN gates',
      'router REACT -> CHANGE_IN gates',
    ]);
  });

  it('is changed in its own graph, and that is one line of its file', async () => {
    const at = { graph: GATES, tgt: { node: 'check', port: 'maxtext' } };
    await send([
      { command: 'removeinitial', payload: at },
      { command: 'addinitial', payload: { ...at, src: { data: '90' } } },
    ]);
    expect(await sentences()).toEqual(["in Gates: check: MAXTEXT is '90', was '4000'"]);
    expect((await other.ask('component', 'getsource', { name: GATES })).code).toContain('"90"');
    expect(await post('x'.repeat(91))).toBe(201);
    await editor.ask('flowchat', 'publish');
    expect(text('graphs/Gates.fbp')).toBe(MADE.replace("'4000'", "'90'"));
    expect(await post('x'.repeat(91))).toBe(422);
  });

  it('is rolled back with the graph around it, as it was in that revision', async () => {
    const { revisions } = await editor.ask('flowchat', 'revisions');
    const [changed, made, begun] = revisions as Told[];
    expect(changed).toMatchObject({ changes: ["in Gates: check: MAXTEXT is '90', was '4000'"] });
    const { items, code } = await editor.ask('flowchat', 'compare', { from: made!.number, to: changed!.number });
    expect(items).toMatchObject([{ kind: 'component', name: GATES, nodes: ['gates'] }]);
    expect(code).toEqual([{ name: 'graphs/Gates.fbp', before: MADE, after: MADE.replace("'4000'", "'90'") }]);
    await editor.ask('flowchat', 'rollback', { to: made!.number });
    expect(text('graphs/Gates.fbp')).toBe(MADE);
    expect(await post('x'.repeat(91))).toBe(201);
    await editor.ask('flowchat', 'rollback', { to: begun!.number });
    expect((await editor.ask('flowchat', 'text')).text).toBe(BEFORE);
    await editor.ask('flowchat', 'rollback', { to: changed!.number });
    expect(await post('x'.repeat(91))).toBe(422);
    expect(text('graphs/Gates.fbp')).toBe(MADE.replace("'4000'", "'90'"));
  });

  it('takes no component that needs the right to bring in code, and no name that is taken', async () => {
    const evil = { command: 'addnode', payload: { graph: GATES, id: 'evil', component: 'core/MakeFunction' } };
    await expect(send([evil])).rejects.toThrow(/core\/MakeFunction has all rights of this server/);
    const begin = (id: string) => send([{ command: 'clear', payload: { id } }]);
    await expect(begin(GATES)).rejects.toThrow(`there is a component ${GATES} already; take another name`);
    await expect(begin('chat/Router')).rejects.toThrow('there is a component chat/Router already');
    await expect(begin('chat/../x')).rejects.toThrow("can't name a subgraph; take a capital, then letters and digits");
    await expect(begin('other/Gates')).rejects.toThrow("other/Gates can't be begun in an edit");
    await expect(begin(MAIN)).rejects.toThrow('"clear" in an edit begins a subgraph');
    const loop = { command: 'addnode', payload: { graph: GATES, id: 'again', component: GATES } };
    await send([loop]);
    await editor.sees(({ draft }) => draft.faults.some(({ code }: Told) => code === 'subgraph-loop'));
    await expect(editor.ask('flowchat', 'publish')).rejects.toThrow(/contains itself/);
    await editor.ask('flowchat', 'discard');
    expect(await sentences()).toEqual([]);
  });

  it('waits for the next start as a draft', async () => {
    const at = { graph: GATES, tgt: { node: 'limit', port: 'rate' } };
    await send([{ command: 'removeinitial', payload: at }]);
    const { code } = JSON.parse(readFileSync(join(home.path, 'draft.json'), 'utf8'));
    expect(code).toMatchObject([
      { name: GATES, files: [{ path: 'graphs/Gates.layout' }, { path: 'graphs/Gates.fbp' }] },
    ]);
    await editor.ask('flowchat', 'discard');
  });
});

describe('noflo-ui', () => {
  it('makes a subgraph, changes it, and all of it goes live', async () => {
    for (const one of [editor, other]) one.leave();
    const ui = await NofloUi.open(program.url);
    const metadata = { x: 36, y: 36, label: 'Long' };
    const { editor: asked } = ui;
    await asked.ask('graph', 'clear', { id: 'chat/Long', name: 'Long', library: 'chat', main: false });
    const inner = (command: string, payload: Told) => asked.ask('graph', command, { ...payload, graph: 'chat/Long' });
    await inner('addnode', { id: 'long', component: 'chat/CheckPost', metadata });
    await inner('addinitial', { src: { data: '40' }, tgt: { node: 'long', port: 'maxtext' }, metadata: {} });
    await inner('addinport', { public: 'in', node: 'long', port: 'in', metadata: {} });
    await inner('addoutport', { public: 'out', node: 'long', port: 'out', metadata: {} });
    await inner('addoutport', { public: 'refused', node: 'long', port: 'refused', metadata: {} });
    const gates = { node: 'gates', port: 'check_in' };
    await ui.disconnect({ node: 'sender', port: 'out' }, gates);
    await ui.add('long', 'chat/Long');
    await ui.connect({ node: 'sender', port: 'out' }, { node: 'long', port: 'in' });
    await ui.connect({ node: 'long', port: 'out' }, gates);
    await ui.connect({ node: 'long', port: 'refused' }, { node: 'responder', port: 'in' });
    await asked.ask('network', 'start', { graph: ui.graph });
    expect(text('graphs/Long.fbp')).toBe(
      "INPORT=long.IN:IN\nOUTPORT=long.OUT:OUT\nOUTPORT=long.REFUSED:REFUSED\n\nlong(chat/CheckPost)\n\n'40' -> MAXTEXT long\n",
    );
    expect(await post('x'.repeat(41))).toBe(422);
    expect(await post('x'.repeat(40))).toBe(201);
    // It moves what it opens, and says so one node at a time.
    const { code } = await asked.ask('component', 'getsource', { name: 'chat/Long' });
    expect(JSON.parse(code).processes).toMatchObject({ long: { component: 'chat/CheckPost', metadata } });
    for (let step = 0; step < 11; step += 1)
      await inner('changenode', { id: 'long', metadata: { ...metadata, x: 72 + step }, selected: false });
    await inner('removeinitial', { src: { data: '40' }, tgt: { node: 'long', port: 'maxtext' } });
    await inner('addinitial', { src: { data: '39' }, tgt: { node: 'long', port: 'maxtext' }, metadata: {} });
    await asked.ask('network', 'start', { graph: ui.graph });
    expect(text('graphs/Long.fbp')).toContain("'39' -> MAXTEXT long");
    expect(text('graphs/Long.layout')).toContain('"x": 82');
    expect(await post('x'.repeat(40))).toBe(422);
    asked.leave();
    expect(asked.invalid).toEqual([]);
  });
});

describe('people who talk meanwhile', () => {
  it('are never refused or dropped, and hear each message once', async () => {
    const heard = await crowd.scatter();
    expect(crowd.failed).toEqual([]);
    for (const one of heard) expect(one).toEqual(one.map((_, i) => Number(one[0]) + i));
  });
});

describe('a start after a change in a subgraph has got the server stuck', () => {
  const limited = async (from: string, to: string) => {
    const at = { graph: GATES, tgt: { node: 'check', port: 'maxtext' } };
    await send([
      { command: 'removeinitial', payload: { ...at, src: { data: from } } },
      { command: 'addinitial', payload: { ...at, src: { data: to } } },
    ]);
    return (await editor.ask('flowchat', 'publish')).revision;
  };

  it('begins with the subgraphs of the revision before, and what got stuck waits as a draft', async () => {
    await crowd.leave();
    editor = await Editor.connect(program.url);
    await editor.ask('flowchat', 'open', { hold: true });
    const stuck = await limited('90', '7');
    expect(await post('too long')).toBe(422);
    editor.leave();
    await program.kill();
    writeFileSync(
      join(home.path, 'stuck.json'),
      JSON.stringify({ revision: stuck, node: 'gates/check', at: new Date() }),
    );
    program = await restart();
    expect(await post('too long')).toBe(201);
    expect(text('graphs/Gates.fbp')).toContain("'90' -> MAXTEXT check");
    editor = await Editor.connect(program.url);
    await editor.ask('flowchat', 'open', { hold: true });
    expect(editor.state).toMatchObject({
      live: { revision: stuck + 1 },
      draft: { changes: 1, subgraphs: [GATES] },
      rolledBack: { failed: stuck, to: stuck - 1, node: 'gates/check' },
    });
    expect(await sentences()).toEqual(["in Gates: check: MAXTEXT is '7', was '90'"]);
    await editor.ask('flowchat', 'publish');
    expect(await post('too long')).toBe(422);
  });

  long('begins with those of a revision that can run, where a change by hand keeps the last one from it', async () => {
    editor.leave();
    await program.kill();
    project.write('graphs/Gates.fbp', text('graphs/Gates.fbp')!.replace("'7' -> MAXTEXT", "'seven' -> MAXTEXT"));
    program = await restart();
    expect(await post('too long')).toBe(422);
    expect(await post('short')).toBe(201);
    editor = await Editor.connect(program.url);
    await editor.ask('flowchat', 'open', { hold: true });
    expect(await sentences()).toEqual(["in Gates: check: MAXTEXT is 'seven', was '7'"]);
  });
});
