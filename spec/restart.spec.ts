import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { until } from './support/chat.ts';
import { type Edited, edit, editing, isLive, set } from './support/edited.ts';
import type { Editor } from './support/editor.ts';
import { NofloUi } from './support/noflo-ui.ts';

// What was live when a server ended, however it ended, is live again when it starts.

jest.setTimeout(120_000);

const { serving } = editing();
const CHECK = { node: 'check', port: 'maxtext' };

const shorten = (editor: Editor, to: string, from = '4000') => set(editor, 'check', 'maxtext', from, to);
/** Publishes that texts have at most five letters. */
const publish = async (editor: Editor, to = '5', from = '4000') => {
  await shorten(editor, to, from);
  return editor.ask('flowchat', 'publish');
};
const isShort = async (server: Edited) => (await server.post('too long')) === 422;
const warned = (server: Edited) => server.log.filter(line => / is live, and is not what .* says; /.test(line));

describe('a server that was killed', () => {
  it.each([{}, { EDITOR_SAVE: 'on' }])('begins with what an editor has published: %j', async env => {
    const server = await serving(env);
    await publish(await server.editor(true));
    await server.killed();
    expect(await isShort(server)).toBe(true);
    const editor = await server.editor();
    const isSaved = 'EDITOR_SAVE' in env;
    const changes = 0;
    expect(editor.state).toMatchObject({ live: { revision: 2 }, draft: { changes }, mode: 'at once', saved: isSaved });
    expect(warned(server)).toHaveLength(isSaved ? 0 : 1);
    expect(server.text.includes("'5' -> MAXTEXT")).toBe(isSaved);
  });

  it.each([{}, { EDITOR_SAVE: 'on' }])('begins with what went live by messages of noflo-ui: %j', async env => {
    const server = await serving(env);
    const editor = await server.editor();
    const ui = await NofloUi.open(server.origin);
    await ui.edit('removeinitial', { src: { data: '4000' }, tgt: CHECK });
    await ui.edit('addinitial', { src: { data: '5' }, tgt: CHECK, metadata: {} });
    await isLive(editor, 2);
    ui.editor.leave();
    await server.killed();
    expect(await isShort(server)).toBe(true);
    expect((await server.editor()).state.live.revision).toBe(2);
  });

  it('goes on with what was published since and moved, and with what waits as a draft', async () => {
    const server = await serving();
    const holder = await server.editor(true);
    await publish(holder);
    await edit(holder, 'changenode', { id: 'check', metadata: { x: 72, y: 36 } });
    await holder.ask('flowchat', 'publish');
    await shorten(holder, '9', '5');
    await until(() => existsSync(join(server.data, 'draft.json')));
    await server.killed();
    expect(await isShort(server)).toBe(true);
    const editor = await server.editor();
    expect(editor.state).toMatchObject({ draft: { changes: 1 }, mode: 'hold' });
    const { items } = await editor.ask('flowchat', 'difference');
    expect(items).toMatchObject([{ kind: 'initial', change: 'changed', nodes: ['check'] }]);
    await editor.ask('flowchat', 'discard');
    const { graph } = await editor.ask('flowchat', 'graph');
    expect(graph.processes.check.metadata).toMatchObject({ x: 72 });
  });

  it('does so again and again, and says the number that it said', async () => {
    const server = await serving();
    await publish(await server.editor(true));
    for (let i = 0; i < 3; i++) await server.killed();
    const editor = await server.editor();
    expect(
      (await editor.ask('flowchat', 'revisions')).revisions.map(({ number }: { number: number }) => number),
    ).toEqual([2, 1]);
  });

  it('never begins with what was rolled back, nor with what got stuck', async () => {
    const server = await serving();
    const holder = await server.editor(true);
    await publish(holder);
    await publish(holder, '9', '5');
    await holder.ask('flowchat', 'publish');
    await server.killed(() => {
      writeFileSync(join(server.data, 'stuck.json'), JSON.stringify({ revision: 3, node: 'check', at: new Date() }));
    });
    expect(await isShort(server)).toBe(true);
    expect(existsSync(join(server.data, 'stuck.json'))).toBe(false);
    const editor = await server.editor();
    const { revisions } = await editor.ask('flowchat', 'revisions');
    expect(revisions).toMatchObject([
      { number: 4 },
      { number: 3, rolledBack: expect.stringContaining('check') },
      {},
      {},
    ]);
    expect(editor.state).toMatchObject({
      live: { revision: 4 },
      draft: { changes: 1, faults: [{ node: 'check' }] },
      mode: 'hold',
      rolledBack: { failed: 3, to: 2, node: 'check', sentence: expect.stringContaining('revisions -- back 3') },
    });
    await server.logs(
      /revision 3 was taken back: it got stuck at check: .*; the graph of revision 2 runs as revision 4/,
    );
    await server.killed();
    expect(await isShort(server)).toBe(true);
    expect((await server.editor()).state.live.revision).toBe(4);
  });
});

describe("the graph's file", () => {
  it('is merged with what was live where it was changed while no server ran', async () => {
    const server = await serving();
    await publish(await server.editor(true));
    await server.restarted(() => server.rewrite("'50' -> MAXLEN", "'60' -> MAXLEN"));
    const { text } = await (await server.editor()).ask('flowchat', 'text');
    expect(text).toMatch(/'60' -> MAXLEN storage\n'5' -> MAXTEXT check/);
    expect(await isShort(server)).toBe(true);
    expect(warned(server)).toHaveLength(1);
  });

  it('says what stays where both were changed', async () => {
    const server = await serving();
    await publish(await server.editor(true));
    await server.restarted(() => server.rewrite("'4000' -> MAXTEXT", "'6' -> MAXTEXT"));
    expect(await isShort(server)).toBe(true);
    await server.logs(/MAXTEXT.*stays '5', though it was changed to '6'/);
  });

  it('counts where it was saved before it was changed', async () => {
    const server = await serving();
    const editor = await server.editor(true);
    await publish(editor);
    await editor.ask('network', 'persist', { graph: 'chat/chat' });
    await server.killed(() => server.rewrite("'5' -> MAXTEXT", "'4000' -> MAXTEXT"));
    expect(await isShort(server)).toBe(false);
    expect(warned(server)).toEqual([]);
  });

  it.each<[what: string, change: (server: Edited) => void, told: RegExp]>([
    ['gone', server => rmSync(server.file), /can't be read/],
    ['broken', server => server.write('router( ->'), /chat\.fbp:1:/],
    ['faulty', server => server.rewrite("'50' -> MAXLEN", "'many' -> MAXLEN"), /MAXLEN/],
    ['half there', server => server.write(server.text.slice(0, server.text.length / 2)), /chat\.fbp/],
  ])('keeps nothing from running where it is %s', async (_, change, told) => {
    const server = await serving();
    await publish(await server.editor(true));
    await server.killed(() => change(server));
    expect(await isShort(server)).toBe(true);
    await server.logs(told);
  });

  it('counts alone where GRAPH names another one', async () => {
    const server = await serving();
    await publish(await server.editor(true));
    const other = server.file.replace('chat.fbp', 'other.fbp');
    writeFileSync(other, server.text);
    await server.restarted(() => server.set('GRAPH', other));
    expect(await isShort(server)).toBe(false);
  });
});

describe('what another version has kept in DATA', () => {
  it.each([
    ['is no JSON', 'x{'],
    ['is empty', ''],
    ['is a list', '[]'],
    ['lacks what is needed', '{"file": FILE, "text": "", "live": "", "revision": 1}'],
    ['is of another shape', '{"version": 9, "graph": {"text": [""], "base": []}}'],
  ])('is left out with a sentence and kept, where it %s', async (_, text) => {
    const server = await serving();
    const path = (name: string) => join(server.data, name);
    const files = ['live.json', 'draft.json', 'revisions/0001.json'];
    const contents = text.replace('FILE', JSON.stringify(server.file));
    await server.restarted(() => {
      for (const name of files) writeFileSync(path(name), contents);
    });
    expect(await server.post('hello')).toBe(201);
    for (const name of files) expect(server.log.filter(line => line.includes(path(name)))).toHaveLength(1);
    for (const name of ['live.json.unreadable', 'draft.json.unreadable', 'revisions/0001.json'])
      expect(readFileSync(path(name), 'utf8')).toBe(contents);
  });

  it('is read where it only says more', async () => {
    const server = await serving();
    const holder = await server.editor(true);
    await publish(holder);
    await shorten(holder, '9', '5');
    const draft = join(server.data, 'draft.json');
    await until(() => existsSync(draft) && readFileSync(draft, 'utf8').includes("'9' -> MAXTEXT"));
    await server.killed(() => {
      for (const name of ['live.json', 'draft.json', 'revisions/0002.json']) {
        const path = join(server.data, name);
        writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), version: 9, more: [{}] }));
      }
    });
    expect(await isShort(server)).toBe(true);
    expect((await server.editor()).state).toMatchObject({ live: { revision: 2 }, draft: { changes: 1 } });
  });
});

it('publishes nothing that it could not begin with again', async () => {
  const server = await serving();
  const editor = await server.editor(true);
  await shorten(editor, '5');
  const revisions = join(server.data, 'revisions');
  rmSync(revisions, { recursive: true });
  writeFileSync(revisions, '');
  await expect(editor.ask('flowchat', 'publish')).rejects.toThrow(/revisions can't be written/);
  expect(await isShort(server)).toBe(false);
  rmSync(revisions);
  await editor.ask('flowchat', 'publish');
  expect(await isShort(server)).toBe(true);
  expect(readFileSync(join(server.data, 'live.json'), 'utf8')).toContain("'5' -> MAXTEXT");
});
