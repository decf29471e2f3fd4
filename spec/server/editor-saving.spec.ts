import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { revisions } from '../../src/cli/revisions.ts';
import { until } from '../support/chat.ts';
import { type Edited, edit, editing, isLive, MAIN, set } from '../support/edited.ts';
import type { Editor } from '../support/editor.ts';

// The draft and its file, whichever of them changes.

jest.setTimeout(120_000);

const { serving } = editing();
const NETWORK = { graph: MAIN };

const persist = (editor: Editor) => editor.ask('network', 'persist', NETWORK);
const shorten = (editor: Editor, to: string, from = '4000') => set(editor, 'check', 'maxtext', from, to);
const move = (editor: Editor, id: string, x: number) => edit(editor, 'changenode', { id, metadata: { x, y: 0 } });

describe('network:persist', () => {
  it('writes a changed setting as one changed line, and a position beside the file', async () => {
    const server = await serving();
    const editor = await server.editor();
    const before = server.text;
    await shorten(editor, '5');
    await move(editor, 'check', 72);
    await editor.sees(({ saved }) => !saved);
    await persist(editor);
    expect(server.text).toBe(before.replace("'4000'", "'5'"));
    expect(server.layout).toContain('"x": 72');
    await editor.sees(({ saved }) => saved);
  });

  it('is no change of the file by hand', async () => {
    const server = await serving();
    const editor = await server.editor();
    await shorten(editor, '5');
    await isLive(editor, 2);
    await persist(editor);
    // What is told next is told of this one, so that nothing was told of the save.
    server.rewrite("'5'", "'6'");
    await isLive(editor, 3);
    expect(server.log).toEqual([
      `${server.file} is live as revision 2`,
      expect.stringContaining('changed by hand'),
      `${server.file} is live as revision 3`,
    ]);
  });

  it('is refused where the draft has a fault', async () => {
    const server = await serving();
    const editor = await server.editor();
    const before = server.text;
    await shorten(editor, 'many');
    await expect(persist(editor)).rejects.toThrow(/can't run: .*MAXTEXT/);
    expect(server.text).toBe(before);
    expect(server.layout).toBeUndefined();
  });

  it('writes what is live, not a draft that waits', async () => {
    const server = await serving();
    const holder = await server.editor(true);
    const before = server.text;
    await shorten(holder, '5');
    await holder.ask('flowchat', 'publish');
    await holder.sees(({ saved }) => !saved);
    await shorten(holder, '6', '5');
    await persist(holder);
    await holder.sees(({ draft, saved }) => draft.changes === 1 && saved);
    expect(server.text).toBe(before.replace("'4000'", "'5'"));
    await holder.ask('flowchat', 'publish');
    await persist(holder);
    expect(server.text).toBe(before.replace("'4000'", "'6'"));
  });

  it('writes the file again where it was deleted', async () => {
    const server = await serving();
    const editor = await server.editor();
    const before = server.text;
    rmSync(server.file);
    await persist(editor);
    expect(server.text).toBe(before);
  });
});

describe('EDITOR_SAVE=on', () => {
  it('writes what goes live, and nothing before', async () => {
    const server = await serving({ EDITOR_SAVE: 'on' });
    const editor = await server.editor();
    const before = server.text;
    await shorten(editor, 'many');
    await editor.sees(({ draft }) => draft.faults.length > 0);
    expect(server.text).toBe(before);
    await shorten(editor, '5', 'many');
    await editor.sees(({ live, saved }) => live.revision === 2 && saved);
    expect(server.text).toBe(before.replace("'4000'", "'5'"));
  });

  it('leaves a file that reads as if it were written by hand', async () => {
    const server = await serving({ EDITOR_SAVE: 'on' });
    const editor = await server.editor();
    const before = server.text;
    const [limit, storage] = [
      { node: 'limit', port: 'out' },
      { node: 'storage', port: 'post' },
    ];
    const burst = { node: 'limit', port: 'burst' };
    const repeat = (port: string) => ({ node: 'core/Repeat_x4f2a', port });
    const saved = (revision: number) => editor.sees(({ live, saved }) => live.revision === revision && saved);
    await edit(editor, 'addnode', { id: 'core/Repeat_x4f2a', component: 'core/Repeat', metadata: {} });
    await saved(2);
    await edit(editor, 'removeedge', { src: limit, tgt: storage });
    await edit(editor, 'addedge', { src: repeat('out'), tgt: storage });
    await edit(editor, 'addedge', { src: limit, tgt: repeat('in') });
    await edit(editor, 'removeinitial', { tgt: burst });
    await edit(editor, 'addinitial', { src: { data: 280 }, tgt: burst });
    await saved(3);
    const inserted = before
      .replace('OUT -> POST storage\n', 'OUT -> IN core_Repeat_x4f2a(core/Repeat) OUT -> POST storage\n')
      .replace("'100'", "'280'");
    expect(server.text).toBe(inserted);
    server.rewrite('# Settings', '# Settings, as they were');
    const commented = server.text;
    await editor.hears('flowchat:graph');
    await edit(editor, 'removenode', { id: 'core/Repeat_x4f2a' });
    await edit(editor, 'addedge', { src: limit, tgt: storage });
    await saved(4);
    expect(server.text).not.toContain('core_Repeat');
    await edit(editor, 'addnode', { id: 'core/Repeat_x4f2a', component: 'core/Repeat', metadata: {} });
    await edit(editor, 'removeedge', { src: limit, tgt: storage });
    await edit(editor, 'addedge', { src: limit, tgt: repeat('in') });
    await edit(editor, 'addedge', { src: repeat('out'), tgt: storage });
    await saved(5);
    expect(server.text).toBe(commented);
  });
});

describe('a file that is changed by hand', () => {
  it('goes live, and editors see it', async () => {
    const server = await serving();
    const editor = await server.editor();
    server.rewrite("'4000'", "'5'");
    await isLive(editor, 2);
    expect(await server.post('too long')).toBe(422);
    expect(editor.state).toMatchObject({ saved: true, live: { by: 'file' } });
    await editor.hears('flowchat:graph');
  });

  it('is merged with a draft that waits; all are told, and nothing is lost', async () => {
    const server = await serving();
    const [holder, plain] = [await server.editor(true), await server.plainEditor()];
    await shorten(holder, '5');
    await holder.sees(({ draft }) => draft.changes === 1);
    server.rewrite('# Settings', '# By hand');
    server.rewrite("'50' -> MAXLEN", "'60' -> MAXLEN");
    await plain.hears('network:output', ({ message }) => /changed by hand and taken into the draft/.test(message));
    await server.logs(/changed by hand and taken into the draft/);
    await holder.sees(({ draft }) => draft.changes === 2);
    expect(holder.state.live.revision).toBe(1);
    const byHand = server.text;
    await holder.ask('flowchat', 'publish');
    await persist(holder);
    expect(server.text).toBe(byHand.replace("'4000'", "'5'"));
    expect(byHand).toContain('# By hand');
  });

  it('does not go live with a fault, where no editor has changed anything', async () => {
    const server = await serving();
    const editor = await server.editor();
    server.rewrite('GET storage(chat/Storage)', 'GET storag(chat/Storage)');
    await server.logs(/there is no node storage.*\n?.*revision 1 stays live/s);
    expect(editor.state.live.revision).toBe(1);
  });

  it('is told of where both have changed the same', async () => {
    const server = await serving();
    const holder = await server.editor(true);
    await shorten(holder, '5');
    server.rewrite("'4000'", "'6'");
    const { message } = await holder.hears('network:output', ({ message }) => /changed by hand/.test(message));
    expect(message).toMatch(/MAXTEXT.*stays '5', though it was changed to '6'/);
  });

  it('changes nothing while it is broken, is not written over, and is taken in once it is mended', async () => {
    const server = await serving();
    const editor = await server.editor();
    await shorten(editor, '5');
    await isLive(editor, 2);
    server.rewrite("'50' -> MAXLEN storage", "'50' -> -> storage");
    await server.logs(/revision 2 stays live/);
    expect((await editor.sees(({ conflict }) => conflict !== undefined)).conflict).toMatch(/mend it there/);
    await expect(persist(editor)).rejects.toThrow(server.file);
    expect(server.text).toContain("'50' -> -> storage");
    expect(await server.post('hi')).toBe(201);
    server.rewrite("'50' -> -> storage", "'60' -> MAXLEN storage");
    await isLive(editor, 3);
    expect(editor.state.conflict).toBeUndefined();
    await persist(editor);
    expect(server.text).toMatch(/'60' -> MAXLEN storage\n'5' -> MAXTEXT check/);
  });

  it('is no obstacle any more when it says again what it said before it was broken', async () => {
    const server = await serving();
    const editor = await server.editor();
    const before = server.text;
    server.write('broken ->');
    await editor.sees(({ conflict }) => conflict !== undefined);
    server.write(before);
    await editor.sees(({ conflict }) => conflict === undefined);
    await shorten(editor, '5');
    await persist(editor);
    expect(server.text).toBe(before.replace("'4000'", "'5'"));
  });

  it('goes live once its fault is mended there, also where an editor holds the draft', async () => {
    const server = await serving();
    const holder = await server.editor(true);
    server.rewrite("'4000'", "'many'");
    await holder.sees(({ draft }) => draft.faults.length > 0);
    server.rewrite("'many'", "'5'");
    await isLive(holder, 2);
  });
});

describe('a draft whose server ends', () => {
  /** A server that was killed once it had kept a change that has a fault, and an editor at it when it is back. */
  async function risen(between?: (server: Edited) => void) {
    const server = await serving();
    const kept = join(server.data, 'draft.json');
    await shorten(await server.editor(), 'many');
    await until(() => existsSync(kept) && readFileSync(kept, 'utf8').includes('many'));
    await server.killed(() => between?.(server));
    return server.editor();
  }

  it('comes back, with its faults, and waits', async () => {
    const editor = await risen();
    expect(editor.state).toMatchObject({
      live: { revision: 1 },
      draft: { changes: 1, faults: [{ node: 'check' }] },
      mode: 'hold',
    });
    await shorten(editor, '5', 'many');
    await editor.ask('flowchat', 'publish');
    expect(await isLive(editor, 2)).toMatchObject({ mode: 'at once' });
  });

  it('comes back together with what was changed by hand meanwhile', async () => {
    const editor = await risen(server => server.rewrite("'50' -> MAXLEN", "'60' -> MAXLEN"));
    expect(editor.state).toMatchObject({ live: { revision: 2 }, draft: { changes: 1 } });
    const { text } = await editor.ask('flowchat', 'text');
    expect(text).toMatch(/'60' -> MAXLEN storage\n'many' -> MAXTEXT check/);
  });
});

describe('npm run revisions -- back', () => {
  it('makes a server that runs go back, also from what was never saved', async () => {
    const server = await serving();
    const editor = await server.editor();
    const before = server.text;
    await shorten(editor, '5');
    await isLive(editor, 2);
    const said = jest.spyOn(console, 'log').mockImplementation(() => {});
    await revisions(['back', '1', '--data', server.data], {});
    said.mockRestore();
    await isLive(editor, 3);
    await editor.sees(({ draft, saved }) => draft.changes === 0 && saved);
    expect(server.text).toBe(before);
  });
});
