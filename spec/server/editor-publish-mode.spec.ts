import { describe, expect, it, jest } from '@jest/globals';
import { edit, editing, isLive, MAIN, set } from '../support/edited.ts';
import type { Editor } from '../support/editor.ts';
import { NofloUi } from '../support/noflo-ui.ts';

// Clients that know no modes, as noflo-ui, and a draft that is held.

jest.setTimeout(120_000);

const { serving } = editing();
const CHECK = { node: 'check', port: 'maxtext' };
const NETWORK = { graph: MAIN };
const shorten = (editor: Editor, to: string, from = '4000') => set(editor, 'check', 'maxtext', from, to);
const move = (editor: Editor) => edit(editor, 'changenode', { id: 'check', metadata: { x: 72, y: 36 } });

describe('a client that knows no modes', () => {
  it('has its changes go live again once nobody holds the draft any more, with what waited', async () => {
    const server = await serving();
    const [holder, plain] = [await server.editor(true), await server.plainEditor()];
    const other = await server.editor();
    await shorten(holder, '5');
    holder.leave();
    await other.sees(({ editors }) => editors === 2);
    // What only looks different puts nothing out.
    await move(plain);
    await other.sees(({ draft }) => draft.changes === 2);
    expect(other.state).toMatchObject({ mode: 'hold', live: { revision: 1 } });
    await edit(plain, 'removeinitial', { src: { data: '20' }, tgt: { node: 'limit', port: 'rate' } });
    await edit(plain, 'addinitial', { src: { data: '25' }, tgt: { node: 'limit', port: 'rate' } });
    await isLive(other, 2);
    expect(other.state.mode).toBe('at once');
    expect(await server.post('too long')).toBe(422);
  });

  it('has its changes wait as long as somebody holds the draft', async () => {
    const server = await serving();
    const [holder, plain] = [await server.editor(true), await server.plainEditor()];
    await shorten(plain, '5');
    await holder.sees(({ draft }) => draft.changes === 1);
    expect(holder.state).toMatchObject({ mode: 'hold', live: { revision: 1 } });
  });

  it('is told where changes wait: when it comes, at a node that waits, and when that begins', async () => {
    const server = await serving();
    const early = await NofloUi.open(server.origin);
    const holder = await server.editor(true);
    await early.editor.hears('network:processerror', ({ id, error }) => id === 'admit' && /wait until/.test(error));
    await shorten(holder, '5');
    const late = await NofloUi.open(server.origin);
    const { error } = await late.editor.hears('network:processerror', ({ id }) => id === 'check');
    expect(error).toBe('changes wait until they are published: in the editor, or by Stop and Start');
    for (const { editor } of [early, late]) editor.leave();
    expect([...early.editor.invalid, ...late.editor.invalid]).toEqual([]);
  });

  it.each([true, false])('publishes by Start what has no fault, also after Stop: %s', async stops => {
    const server = await serving();
    const [holder, plain] = [await server.editor(true), await server.plainEditor()];
    await shorten(holder, '5');
    if (stops) await plain.ask('network', 'stop', NETWORK);
    await plain.ask('network', 'start', NETWORK);
    await isLive(holder, 2);
    expect(await server.post('too long')).toBe(422);
  });

  it('is told by Start what is wrong with the draft, and starts what is live', async () => {
    const server = await serving();
    const [holder, plain] = [await server.editor(true), await server.plainEditor()];
    await shorten(holder, 'many');
    await expect(plain.ask('network', 'start', NETWORK)).rejects.toThrow(/MAXTEXT/);
    await plain.ask('network', 'stop', NETWORK);
    await plain.ask('network', 'start', NETWORK);
    expect(await server.post('hi')).toBe(201);
    expect(holder.state.live.revision).toBe(1);
  });
});

it('publishes nothing by Start for who knows of drafts', async () => {
  const server = await serving();
  const holder = await server.editor(true);
  await shorten(holder, '5');
  await holder.ask('network', 'stop', NETWORK);
  await holder.ask('network', 'start', NETWORK);
  await holder.sees(({ stopped, draft }) => !stopped && draft.changes === 1);
  expect(await server.post('long enough')).toBe(201);
});

it('goes live after a restart as soon as such a client edits, too', async () => {
  const server = await serving();
  await shorten(await server.editor(true), 'many');
  await server.restarted();
  const editor = await server.editor();
  expect(editor.state).toMatchObject({ mode: 'hold', draft: { changes: 1 } });
  const ui = await NofloUi.open(server.origin);
  await ui.edit('removeinitial', { src: { data: 'many' }, tgt: CHECK });
  await ui.edit('addinitial', { src: { data: '5' }, tgt: CHECK, metadata: {} });
  await isLive(editor, 2);
  ui.editor.leave();
  expect(ui.editor.invalid).toEqual([]);
});
