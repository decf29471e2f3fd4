import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { placed, toJson } from '../../src/editor/protocol/component.ts';
import { sidecar } from '../../src/fbp/print.ts';
import { readGraph } from '../../src/fbp/read.ts';
import { Crowd } from '../support/crowd.ts';
import { type Edited, edit, editing, isLive } from '../support/edited.ts';
import { Editor, SECRET } from '../support/editor.ts';
import { describeLong, some } from '../support/long.ts';
import { NofloUi } from '../support/noflo-ui.ts';
import { Program } from '../support/program.ts';
import { folder, graph } from '../support/server.ts';
import { ROOT } from '../support/source.ts';

// The live graph is edited by hand while people chat: as noflo-ui does it, or a node is put into the way of posts, step by step.

jest.setTimeout(240_000);

const { serving } = editing();
const MESSAGES = '/api/rooms/lobby/messages';
/** Time between steps of an experienced user, in milliseconds. */
const STEP = 400;

const LIMIT = { node: 'limit', port: 'out' };
const STORAGE = { node: 'storage', port: 'post' };
const [IN, OUT] = [
  { node: 'more', port: 'in' },
  { node: 'more', port: 'out' },
];

type Step = (editor: Editor) => Promise<unknown>;
const add: Step = editor => edit(editor, 'addnode', { id: 'more', component: 'core/Repeat', metadata: {} });
const wireIn: Step = editor => edit(editor, 'addedge', { src: LIMIT, tgt: IN });
const wireOut: Step = editor => edit(editor, 'addedge', { src: OUT, tgt: STORAGE });
const cut: Step = editor => edit(editor, 'removeedge', { src: LIMIT, tgt: STORAGE });

/** Posts one message after the other until it is told to stop: the texts that were acknowledged, and other statuses. */
function posting(server: Edited) {
  let isOver = false;
  const acknowledged: string[] = [];
  const failed: number[] = [];
  const work = (async () => {
    for (let count = 0; !isOver; count += 1) {
      const status = await server.post(`message ${count}`);
      if (status === 201) acknowledged.push(`message ${count}`);
      else failed.push(status);
      await sleep(60);
    }
  })();
  return async () => {
    isOver = true;
    await work;
    return { acknowledged, failed };
  };
}

describe('a node that is put into the way of posts', () => {
  const ORDERS: readonly (readonly [order: string, steps: readonly Step[]])[] = [
    ['the new node, the wire out of it, the wire into it, the old wire', [add, wireOut, wireIn, cut]],
    ['the old wire, the new node, the wire into it, the wire out of it', [cut, add, wireIn, wireOut]],
    ['the new node, the wire into it, the wire out of it, the old wire', [add, wireIn, wireOut, cut]],
    ['the new node, the old wire, the wire out of it, the wire into it', [add, cut, wireOut, wireIn]],
    ['the new node, the wire into it, the old wire, the wire out of it', [add, wireIn, cut, wireOut]],
  ];
  it.each(some(ORDERS, 2))('loses no post, and doubles and fails none: %s', async (_, steps) => {
    const server = await serving();
    const [editor, plain] = [await server.editor(), await server.plainEditor()];
    const stop = posting(server);
    for (const step of steps) {
      await step(plain);
      await sleep(STEP);
    }
    const { revision } = (await editor.sees(({ draft }) => draft.changes === 0)).live;
    await isLive(editor, revision);
    const { acknowledged, failed } = await stop();
    const { text } = await editor.ask('flowchat', 'text');
    expect(text).toMatch(/limit OUT -> IN more|more\(core\/Repeat\)/);
    expect(failed).toEqual([]);
    const { messages } = (await (await fetch(`${server.origin}${MESSAGES}?limit=200`)).json()) as {
      messages: { text: string }[];
    };
    expect(messages.map(({ text }) => text)).toEqual(acknowledged);
    expect(server.log.filter(line => /rolled back|failed/.test(line))).toEqual([]);
  });
});

let home: ReturnType<typeof folder>;
let file: string;
let program: Program;
let crowd: Crowd;
let ui: NofloUi;
/** Sees what becomes of the edits. */
let observer: Editor;

const at = (node: string, port: string) => ({ node, port });

/** Resolves when all edits are live, as another revision than before. */
async function live(edit: () => Promise<void>): Promise<void> {
  const { revision } = observer.state.live;
  await edit();
  await observer.sees(({ live, draft }) => live.revision > revision && draft.changes === 0);
  await crowd.talks(5);
}

/** Resolves when the draft has a fault, which is told to the editor: at its node, or as a sentence where it has none. */
async function faulty(edit: () => Promise<void>, node?: string): Promise<void> {
  await edit();
  const { live } = await observer.sees(({ draft }) => draft.faults.length > 0);
  if (node !== undefined) await ui.editor.hears('network:processerror', ({ id }) => id === node);
  else await ui.editor.hears('network:output');
  await crowd.talks(5);
  expect(observer.state.live.revision).toBe(live.revision);
}

const NODES = 'router controller storage responder sender check limit publish subscribe rooms'.split(' ');
const ROUTE = 'chat/Route_x4f2a';

async function layOut(): Promise<void> {
  for (const [i, node] of NODES.entries()) await ui.place(node, 144 * i, 72 * i);
}

/** Puts a node in a wire, and takes it out again. */
async function insert(): Promise<void> {
  await faulty(() => ui.disconnect(at('check', 'out'), at('limit', 'in')), 'check');
  await live(async () => {
    await ui.add('core/Repeat_a1b2c', 'core/Repeat');
    await ui.connect(at('core/Repeat_a1b2c', 'out'), at('limit', 'in'));
    await ui.connect(at('check', 'out'), at('core/Repeat_a1b2c', 'in'));
  });
}

async function remove(): Promise<void> {
  await live(async () => {
    await ui.edit('renamenode', { from: 'core/Repeat_a1b2c', to: 'again' });
    await ui.delete('again', [
      [at('check', 'out'), at('again', 'in')],
      [at('again', 'out'), at('limit', 'in')],
    ]);
    await ui.connect(at('check', 'out'), at('limit', 'in'));
  });
}

/** Leads all questions through a node whose name has a slash. */
async function reroute(): Promise<void> {
  await faulty(() => ui.edit('removeinport', { public: 'request' }));
  await live(async () => {
    await ui.add(ROUTE, 'chat/Route');
    await ui.edit('addinitial', { src: { data: 'GET /nowhere' }, tgt: at(ROUTE, 'pattern'), metadata: {} });
    await ui.connect(at(ROUTE, 'else'), at('admit', 'in'));
    await ui.connect(at(ROUTE, 'match'), at('admit', 'in'));
    await ui.edit('addinport', { public: 'request', node: ROUTE, port: 'in', metadata: { x: 0, y: 0 } });
  });
}

async function group(): Promise<void> {
  await ui.edit('addgroup', { name: 'gates', nodes: ['check', 'limit'], metadata: { description: 'both gates' } });
  await ui.edit('renamegroup', { from: 'gates', to: 'turnstiles' });
  const metadata = { description: 'who passes both is heard' };
  await ui.edit('changegroup', { name: 'turnstiles', metadata });
  await ui.regroup('turnstiles', ['check', 'limit'], metadata);
}

async function session(): Promise<void> {
  await layOut();
  await insert();
  await live(() => ui.set(at('check', 'maxtext'), '3000', '4000'));
  await ui.drag('limit', 100, 100);
  await group();
  await reroute();
  await ui.drag(ROUTE, 0, 0);
  await live(() => ui.edit('renamenode', { from: 'publish', to: 'tell' }));
  await faulty(() => ui.set(at('storage', 'maxlen'), 'many'), 'storage');
  await live(() => ui.set(at('storage', 'maxlen'), '60'));
  await remove();
  await live(async () => {
    await ui.add('core/Drop_9z8y7', 'core/Drop');
    await ui.connect(at('storage', 'added'), at('core/Drop_9z8y7', 'in'));
  });
  await live(() => ui.delete('core/Drop_9z8y7', [[at('storage', 'added'), at('core/Drop_9z8y7', 'in')]]));
  await ui.exported('rooms', 'refused');
  await ui.drag('router', 200, 0);
  await ui.drag('tell', 400, 400);
  await ui.drag('rooms', 0, 400);
  await ui.drag('storage', 200, 200);
}

/** What the file says now, with its sidecar. */
function saved() {
  return { text: readFileSync(file, 'utf8'), layout: readFileSync(sidecar(file), 'utf8') };
}

/** A graph as FBP JSON, in whichever order its connections are. */
function parts(json: string) {
  const { connections, ...others } = JSON.parse(json);
  return { ...others, connections: new Set(connections) };
}

/** Lines that are gone, and those that are new. */
function changed(
  before: string,
  after: string,
): { readonly gone: readonly string[]; readonly come: readonly string[] } {
  const [old, now] = [before, after].map(text => text.split('\n')) as [string[], string[]];
  const gone = old.filter(line => !now.includes(line));
  const come = now.filter(line => !old.includes(line));
  // What stays keeps its order, and its comments.
  expect(now.filter(line => !come.includes(line))).toEqual(old.filter(line => !gone.includes(line)));
  return { gone, come };
}

const DIFFERENCE = {
  gone: [
    'INPORT=admit.IN:REQUEST',
    'OUTPORT=publish.OUT:PUSH',
    'storage ADDED -> IN publish(chat/Publish)',
    "'50' -> MAXLEN storage",
    "'4000' -> MAXTEXT check",
  ],
  come: [
    'INPORT=chat_Route_x4f2a.IN:REQUEST',
    'OUTPORT=tell.OUT:PUSH',
    'storage ADDED -> IN tell(chat/Publish)',
    'chat_Route_x4f2a(chat/Route) ELSE -> IN admit',
    'chat_Route_x4f2a MATCH -> IN admit',
    "'60' -> MAXLEN storage",
    "'3000' -> MAXTEXT check",
    "'GET /nowhere' -> PATTERN chat_Route_x4f2a",
  ],
};

describeLong('an editing session as noflo-ui has it', () => {
  beforeEach(async () => {
    home = folder();
    file = graph(home.path, { BURST: '1000000', RATE: '1000000' });
    program = await Program.start(ROOT, { GRAPH: file, EDITOR_SECRET: SECRET });
    crowd = new Crowd(program.url);
    await crowd.gather();
    ui = await NofloUi.open(program.url);
    observer = await Editor.connect(program.url);
    await observer.ask('flowchat', 'open');
  });
  afterEach(async () => {
    await crowd.leave();
    ui.editor.leave();
    observer.leave();
    await program.stop();
    home.remove();
  });

  it('changes the live graph under load, fails nobody, and leaves the file with all that it had', async () => {
    const before = readFileSync(file, 'utf8');
    await session();
    expect(ui.edits).toBeGreaterThanOrEqual(100);
    await ui.editor.ask('network', 'persist', { graph: ui.graph });
    const { text, layout } = saved();

    const { code } = await ui.editor.ask('component', 'getsource', { name: ui.graph });
    const { graph: reread, faults } = readGraph(file, text, layout);
    expect(faults).toEqual([]);
    expect(parts(toJson(placed(reread)))).toEqual(parts(code));

    expect(changed(before, text)).toEqual(DIFFERENCE);
    await ui.editor.ask('network', 'persist', { graph: ui.graph });
    expect(saved()).toEqual({ text, layout });

    const heard = await crowd.scatter();
    expect(crowd.failed).toEqual([]);
    for (const numbers of heard) expect(numbers).toEqual(heard[0]);
    expect(heard[0]).toHaveLength(crowd.posted);
    expect([...ui.editor.invalid, ...observer.invalid]).toEqual([]);
  });
});
