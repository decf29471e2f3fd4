import { describe, expect, it, jest } from '@jest/globals';
import { edit, editing, isLive, MAIN, set } from '../support/edited.ts';
import type { Editor } from '../support/editor.ts';

// The draft that editors share, and its way to life.

jest.setTimeout(120_000);

const { serving } = editing();

const NETWORK = { graph: MAIN };
const MESSAGES = '/api/rooms/lobby/messages';

/** Limits how long a text may be. */
const shorten = (editor: Editor, to: string, from = '4000') => set(editor, 'check', 'maxtext', from, to);
const move = (editor: Editor, id: string, x: number) => edit(editor, 'changenode', { id, metadata: { x, y: 0 } });
const isWaiting = (editor: Editor, changes: number) => editor.sees(({ draft }) => draft.changes === changes);

describe('a draft that goes live at once', () => {
  it('does so shortly after its last change, and every editor is told', async () => {
    const server = await serving();
    const [editor, other] = [await server.editor(), await server.editor()];
    expect(await server.post('too long')).toBe(201);
    await shorten(editor, '5');
    await isLive(other, 2);
    expect(other.told('graph:addinitial')).toMatchObject([{ src: { data: '5' }, tgt: { node: 'check' } }]);
    expect(await server.post('too long')).toBe(422);
  });

  it('stays a draft while it has a fault, which is told at its node, and goes live once it is mended', async () => {
    const server = await serving();
    const [editor, plain] = [await server.editor(), await server.plainEditor()];
    await shorten(editor, 'many');
    expect(await plain.hears('network:processerror')).toMatchObject({ id: 'check', graph: MAIN });
    const { live, draft } = await editor.sees(state => state.draft.faults.length > 0);
    expect(draft).toMatchObject({ changes: 1, faults: [{ node: 'check' }] });
    expect(live.revision).toBe(1);
    expect(await server.post('too long')).toBe(201);
    await shorten(editor, '5', 'many');
    expect((await isLive(editor, 2)).draft.faults).toEqual([]);
    expect(await server.post('too long')).toBe(422);
  });

  it('tells what keeps it from going live without the wait that goes with a warning', async () => {
    const server = await serving();
    const editor = await server.editor();
    const { setTimeout: later } = globalThis;
    // Nothing that is to be done in 20 s, or later, is done.
    const clock = jest.spyOn(globalThis, 'setTimeout').mockImplementation((work, milliseconds, ...more) => {
      const timer = later(work, milliseconds, ...more);
      if (milliseconds! >= 20_000) clearTimeout(timer);
      return timer;
    });
    // Without admit there is a warning; without the wires that it had there are faults.
    await edit(editor, 'removenode', { id: 'admit' });
    const { draft } = await editor.sees(state => state.draft.faults.length > 0);
    clock.mockRestore();
    expect(draft.warnings).toMatchObject([{ code: 'guard-removed' }]);
  });

  it('tells what it is warned of, at its wire, and goes live all the same', async () => {
    const server = await serving();
    const [editor, plain] = [await server.editor(), await server.plainEditor()];
    expect(editor.state.draft.warnings).toEqual([]);
    server.rewrite('router MISSING -> IN responder', 'router MISSING -> IN responder OUT');
    const { draft } = await editor.sees(state => state.draft.warnings.length > 0);
    expect(draft.faults).toEqual([]);
    expect(draft.warnings).toMatchObject([{ sentence: expect.stringMatching(/^nothing follows OUT/), column: 32 }]);
    await plain.hears('network:output', ({ message }) => /^warning: nothing follows OUT/.test(message));
  });

  it('is the same revision where only the looks change', async () => {
    const server = await serving();
    const editor = await server.editor();
    await move(editor, 'check', 72);
    await edit(editor, 'addgroup', { name: 'gates', nodes: ['check', 'limit'], metadata: {} });
    await isWaiting(editor, 2);
    await isLive(editor, 1);
    expect((await editor.ask('flowchat', 'revisions')).revisions).toHaveLength(1);
  });
});

describe('a draft that is held', () => {
  it('waits until it is published, and every editor is told so', async () => {
    const server = await serving();
    const [plain, other] = [await server.plainEditor(), await server.editor()];
    const holder = await server.editor(true);
    expect((await other.sees(({ mode }) => mode === 'hold')).live.revision).toBe(1);
    await plain.hears('network:output', ({ message }) => /wait until they are published/.test(message));
    await shorten(holder, '5');
    await isWaiting(other, 1);
    expect(await holder.ask('flowchat', 'publish', { note: 'brevity' })).toEqual({ revision: 2 });
    expect((await isLive(other, 2)).mode).toBe('hold');
    expect(await server.post('too long')).toBe(422);
  });

  it('tells its faults, and is not published with them', async () => {
    const server = await serving();
    const holder = await server.editor(true);
    await shorten(holder, 'many');
    await holder.hears('network:processerror', ({ id }) => id === 'check');
    await expect(holder.ask('flowchat', 'publish')).rejects.toThrow(/MAXTEXT/);
    expect(holder.state.live.revision).toBe(1);
  });

  it('stays held when another editor comes and does not hold it', async () => {
    const server = await serving();
    const holder = await server.editor(true);
    await shorten(holder, '5');
    const other = await server.editor();
    expect(other.state).toMatchObject({ mode: 'hold', draft: { changes: 1 }, live: { revision: 1 } });
  });

  it('goes live at once when somebody wants that', async () => {
    const server = await serving();
    const [holder, other] = [await server.editor(true), await server.editor()];
    await shorten(holder, '5');
    await other.ask('flowchat', 'hold', { hold: false });
    expect((await isLive(holder, 2)).mode).toBe('at once');
  });

  it('goes live at once again when who held it has left and nothing waits', async () => {
    const server = await serving();
    const [holder, other] = [await server.editor(true), await server.editor()];
    holder.leave();
    await other.sees(({ mode }) => mode === 'at once');
    await shorten(other, '5');
    await isLive(other, 2);
  });

  it('is published without the node that says who may do what only if that is asked for twice', async () => {
    const server = await serving();
    const holder = await server.editor(true);
    await edit(holder, 'removenode', { id: 'admit' });
    await edit(holder, 'addinport', { public: 'REQUEST', node: 'router', port: 'in' });
    const { draft } = await holder.sees(state => state.draft.warnings.length > 0);
    expect(draft.warnings).toMatchObject([{ code: 'guard-removed', params: { guard: 'admit' } }]);
    await expect(holder.ask('flowchat', 'publish')).rejects.toThrow(
      'admit is no longer there, so that everybody may do everything',
    );
    expect(await holder.ask('flowchat', 'publish', { force: true })).toEqual({ revision: 2 });
    await edit(holder, 'addgroup', { name: 'gates', nodes: ['check', 'limit'], metadata: {} });
    expect((await isWaiting(holder, 1)).draft.warnings).toEqual([]);
  });

  it('stays held when who held it has left, until what waits is published', async () => {
    const server = await serving();
    const [holder, other] = [await server.editor(true), await server.editor()];
    await shorten(holder, '5');
    holder.leave();
    expect(await other.sees(({ editors }) => editors === 1)).toMatchObject({ mode: 'hold', live: { revision: 1 } });
    await other.ask('flowchat', 'publish');
    expect((await isLive(other, 2)).mode).toBe('at once');
  });

  it('becomes what is live when it is discarded', async () => {
    const server = await serving();
    const [holder, other] = [await server.editor(true), await server.editor()];
    await edit(holder, 'addnode', { id: 'odd', component: 'core/Drop', metadata: {} });
    await isWaiting(other, 1);
    const { graph } = await holder.ask('flowchat', 'discard');
    expect(graph.processes).not.toHaveProperty('odd');
    expect((await other.hears('flowchat:graph')).graph).toEqual(graph);
    await isLive(other, 1);
  });

  it('tells how it differs from what is live', async () => {
    const server = await serving();
    const holder = await server.editor(true);
    await shorten(holder, '5');
    const { items, before, after } = await holder.ask('flowchat', 'difference');
    expect(items).toMatchObject([{ kind: 'initial', change: 'changed', nodes: ['check'] }]);
    expect(after).toBe(before.replace("'4000'", "'5'"));
  });
});

describe('a second editor', () => {
  it('does not undo what the first has changed meanwhile', async () => {
    const server = await serving();
    const [first, second] = [await server.editor(), await server.editor()];
    await shorten(first, '5');
    await expect(shorten(second, '6')).rejects.toThrow(/is '5' by now/);
    await isLive(second, 2);
    expect(await server.post('too long')).toBe(422);
  });

  it('can neither empty the draft nor go back while changes of the first wait', async () => {
    const server = await serving();
    const [first, second] = [await server.editor(true), await server.editor()];
    await shorten(first, '5');
    await expect(second.ask('graph', 'clear', { id: MAIN })).rejects.toThrow(/another editor/);
    await expect(second.ask('flowchat', 'rollback', { to: 1 })).rejects.toThrow(/another editor/);
    await isWaiting(second, 1);
    // Who has seen them can.
    const { version } = (await second.ask('flowchat', 'open')).draft;
    await second.ask('flowchat', 'rollback', { to: 1, version });
    await isWaiting(second, 0);
  });
});

describe('the live graph', () => {
  it('runs on when the draft is emptied', async () => {
    const server = await serving();
    const editor = await server.editor();
    await editor.ask('graph', 'clear', { id: MAIN });
    await editor.sees(({ draft }) => draft.faults.length > 0);
    expect(await server.post('hi')).toBe(201);
    expect(editor.state.live.revision).toBe(1);
    await expect(editor.ask('network', 'persist', NETWORK)).rejects.toThrow(/can't run/);
    expect(server.text).toContain('chat/Router');
  });

  it('runs on when it is sent again as a whole', async () => {
    const server = await serving();
    const editor = await server.editor();
    const { graph } = await editor.ask('flowchat', 'graph');
    await editor.ask('graph', 'clear', { id: MAIN });
    await editor.sees(({ draft }) => draft.faults.length > 0);
    await send(editor, graph);
    await isLive(editor, 1);
    expect(await server.post('hi')).toBe(201);
  });

  it('turns questions away from network:stop until network:start', async () => {
    const server = await serving();
    const [editor, other] = [await server.editor(), await server.plainEditor()];
    await editor.ask('network', 'stop', NETWORK);
    expect([await server.post('hi'), await server.status('/readyz')]).toEqual([503, 503]);
    await other.hears('network:stopped');
    await editor.sees(({ stopped }) => stopped);
    await editor.ask('network', 'start', NETWORK);
    expect([await server.post('hi'), await server.status('/readyz')]).toEqual([201, 200]);
    await other.hears('network:started');
    await editor.sees(({ stopped, live }) => !stopped && live.revision === 1);
    expect((await editor.ask('flowchat', 'revisions')).revisions).toHaveLength(1);
  });

  it('starts with what was changed while it was stopped', async () => {
    const server = await serving();
    const editor = await server.editor();
    await editor.ask('network', 'stop', NETWORK);
    await shorten(editor, '5');
    await isWaiting(editor, 1);
    await isWaiting(editor, 0);
    await editor.ask('network', 'start', NETWORK);
    expect(await server.post('too long')).toBe(422);
  });
});

/** Sends all of a graph; it can't run before the last message. */
async function send(editor: Editor, graph: Awaited<ReturnType<Editor['ask']>>): Promise<void> {
  for (const [id, { component, metadata = {} }] of Object.entries<Record<string, unknown>>(graph.processes)) {
    await edit(editor, 'addnode', { id, component, metadata });
  }
  const end = ({ process: node, port }: { process: string; port: string }) => ({ node, port });
  for (const { src, tgt, data } of graph.connections) {
    if (src) await edit(editor, 'addedge', { src: end(src), tgt: end(tgt) });
    else await edit(editor, 'addinitial', { src: { data }, tgt: end(tgt) });
  }
  for (const side of ['outport', 'inport']) {
    for (const [name, inner] of Object.entries<{ process: string; port: string }>(graph[`${side}s`])) {
      await edit(editor, `add${side}`, { public: name, ...end(inner) });
    }
  }
}

describe('kept revisions', () => {
  it('are listed with what each changed, compared, and gone back to', async () => {
    const server = await serving();
    const editor = await server.editor();
    await shorten(editor, '5');
    await isLive(editor, 2);
    const { revisions, live } = await editor.ask('flowchat', 'revisions');
    expect(live).toBe(2);
    expect(revisions).toMatchObject([
      { number: 2, by: 'editor', changes: [expect.stringContaining('MAXTEXT')] },
      { number: 1, by: 'start', changes: [] },
    ]);
    const { items } = await editor.ask('flowchat', 'compare', { from: 1, to: 2 });
    expect(items).toMatchObject([{ kind: 'initial', change: 'changed' }]);
    expect((await editor.ask('flowchat', 'revision', { number: 1 })).text).toBe(server.text);

    expect(await editor.ask('flowchat', 'rollback', { to: 1 })).toEqual({ revision: 3 });
    await isLive(editor, 3);
    expect(await server.post('too long')).toBe(201);
    await editor.hears('flowchat:graph');
  });

  it('has none with a number that was never given', async () => {
    const server = await serving();
    const editor = await server.editor();
    await expect(editor.ask('flowchat', 'rollback', { to: 99 })).rejects.toThrow(/no revision 99/);
  });
});

describe('FLOW_EDITOR=off', () => {
  it('has no door, and chats', async () => {
    const server = await serving({ FLOW_EDITOR: 'off' });
    expect(await server.status('/runtime')).toBe(404);
    await expect(server.plainEditor()).rejects.toThrow(/404/);
    expect(await server.status(MESSAGES)).toBe(200);
  });
});
