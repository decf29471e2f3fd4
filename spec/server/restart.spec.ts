import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { askServer } from '../../src/editor/deploy/control-socket.ts';
import { until } from '../support/chat.ts';
import { type Edited, edit, editing, isLive, set } from '../support/edited.ts';
import type { Editor } from '../support/editor.ts';
import { some } from '../support/long.ts';
import { NofloUi } from '../support/noflo-ui.ts';

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

  it.each(some([{}, { EDITOR_SAVE: 'on' }], 1))('begins with what went live by messages of noflo-ui: %j', async env => {
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
      /revision 3 was rolled back: it got stuck at check: .*; the graph of revision 2 is live again as revision 4/,
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

  const HARM: readonly (readonly [what: string, change: (server: Edited) => void, told: RegExp])[] = [
    ['gone', server => rmSync(server.file), /can't be read/],
    ['faulty', server => server.rewrite("'50' -> MAXLEN", "'many' -> MAXLEN"), /MAXLEN/],
    ['broken', server => server.write('router( ->'), /chat\.fbp:1:/],
    ['half there', server => server.write(server.text.slice(0, server.text.length / 2)), /chat\.fbp/],
  ];
  it.each(some(HARM, 2))('keeps nothing from running where it is %s', async (_, change, told) => {
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

describe('what was published, and can not run with this version', () => {
  /** Changes the graph in live.json, in a draft and in these revisions, as if another version had published it. */
  const rewrite = (server: Edited, from: string, to: string, ...revisions: number[]) => {
    const names = ['live.json', 'draft.json', ...revisions.map(number => `revisions/000${number}.json`)];
    for (const path of names.map(name => join(server.data, name))) {
      if (!existsSync(path)) continue;
      const text = readFileSync(path, 'utf8');
      expect(text).toContain(from);
      writeFileSync(path, text.replace(from, to));
    }
  };
  /** A server whose texts had at most five letters in revision 2, and then nine. */
  const twice = async (env: Readonly<Record<string, string>> = {}) => {
    const server = await serving(env);
    const editor = await server.editor(true);
    await publish(editor);
    await publish(editor, '9', '5');
    expect(await server.post('too long')).toBe(201);
    return server;
  };
  const GONE = ['check(chat/CheckPost)', 'check(chat/NoMore)'] as const;

  const OUTDATED: readonly (readonly [what: string, from: string, to: string, told: RegExp, at: object])[] = [
    [
      'a component is gone',
      ...GONE,
      /chat\.fbp:\d+:\d+: node check: there is no component chat\/NoMore/,
      { node: 'check' },
    ],
    ['a setting is refused', "'9' -> MAXTEXT", "'nine' -> MAXTEXT", /chat\.fbp:\d+:\d+: .*MAXTEXT/, { node: 'check' }],
    [
      'a port is gone',
      "'9' -> MAXTEXT",
      "'9' -> MAXWORDS",
      /chat\.fbp:\d+:\d+: check has no inport MAXWORDS/,
      { node: 'check', port: 'maxwords' },
    ],
  ];
  it.each(some(OUTDATED, 2))('makes room for the newest revision that can, where %s', async (_, from, to, told, at) => {
    const server = await twice();
    await server.killed(() => rewrite(server, from, to, 3));
    expect(await isShort(server)).toBe(true);
    const editor = await server.editor();
    const { state } = editor;
    expect(state).toMatchObject({ live: { revision: 4 }, mode: 'hold', draft: { faults: [at] } });
    expect(state.startedWith).toMatch(told);
    expect(state.startedWith).toContain('the graph of revision 2 runs as revision 4');
    expect(server.log.filter(line => line.includes(state.startedWith))).toHaveLength(1);
    expect(readFileSync(join(server.data, 'live.json.faulty'), 'utf8')).toContain(to);
    expect(readFileSync(join(server.data, 'revisions/0003.json'), 'utf8')).toContain(to);
    const { text } = await editor.ask('flowchat', 'text');
    expect(text).toContain(to);
  });

  it('stays a draft after the next start, and the notice goes when something else is published', async () => {
    const server = await twice();
    await server.killed(() => rewrite(server, ...GONE, 3));
    await server.restarted();
    const editor = await server.editor(true);
    expect(editor.state).toMatchObject({ live: { revision: 4 }, draft: { faults: [{ node: 'check' }] }, mode: 'hold' });
    await server.restarted(() => rewrite(server, ...GONE));
    const again = await server.editor(true);
    expect(again.state.startedWith).toContain('live.json.faulty-2');
    await again.ask('flowchat', 'discard');
    await publish(again, '7', '5');
    await again.sees(({ startedWith }) => startedWith === undefined);
  });

  it('makes room for an older one, and then for the file', async () => {
    const server = await twice();
    await server.killed(() => rewrite(server, ...GONE, 3, 2));
    expect((await server.editor()).state.startedWith).toContain('the graph of revision 1 runs');
    await server.killed(() => rewrite(server, ...GONE, 4, 1));
    expect((await server.editor()).state.startedWith).toContain(`${server.file} runs as revision 5`);
    expect(await isShort(server)).toBe(false);
  });

  it.each(some(['x{', '{"version": 9, "graph": {"text": [""]}}'], 1))(
    'makes room for the newest revision that can, where live.json is %j',
    async contents => {
      const server = await twice();
      const live = join(server.data, 'live.json');
      await server.killed(() => writeFileSync(live, contents));
      const { state } = await server.editor();
      expect(state).toMatchObject({ live: { revision: 3 }, startedWith: expect.stringContaining(live) });
      expect(state.startedWith).toContain('revision 3, the newest that is kept');
      expect(await server.post('too long for it')).toBe(422);
      expect(readFileSync(`${live}.unreadable`, 'utf8')).toBe(contents);
      await server.killed(() => {
        rewrite(server, ...GONE, 3);
        writeFileSync(live, contents);
      });
      expect(await isShort(server)).toBe(true);
      expect(readFileSync(`${live}.unreadable-2`, 'utf8')).toBe(contents);
    },
  );

  it("leaves the graph's file as it is, also where what goes live is saved", async () => {
    const server = await twice({ EDITOR_SAVE: 'on' });
    const before = server.text;
    await server.killed(() => rewrite(server, ...GONE, 3));
    expect(await isShort(server)).toBe(true);
    expect(server.text).toBe(before);
  });

  it('keeps the server from starting where nothing can run, or messages would be kept elsewhere, and loses nothing', async () => {
    const server = await twice();
    const files = ['live.json', 'revisions/0001.json', 'revisions/0002.json', 'revisions/0003.json'];
    const contents = () => files.map(name => readFileSync(join(server.data, name), 'utf8'));
    let before: readonly string[] = [];
    const elsewhere = () => {
      rewrite(server, ...GONE, 3, 1);
      const path = join(server.data, 'revisions/0002.json');
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll('memory:chat', 'sqlite:history.db'));
      server.write('router(');
      before = contents();
    };
    await expect(server.killed(elsewhere)).rejects.toThrow(/chat\.fbp:\d+:\d+: there is no component chat\/NoMore/);
    expect(contents()).toEqual(before);
    expect(existsSync(join(server.data, 'live.json.faulty'))).toBe(false);
  });
});

describe('what another version has kept in DATA', () => {
  const ODD: readonly (readonly [string, string])[] = [
    ['is no JSON', 'x{'],
    ['is of another shape', '{"version": 9, "graph": {"text": [""], "base": []}}'],
    ['is empty', ''],
    ['is a list', '[]'],
    ['lacks what is needed', '{"file": FILE, "text": "", "live": "", "revision": 1}'],
  ];
  it.each(some(ODD, 2))('is left out with a sentence and kept, where it %s', async (_, text) => {
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

describe('what is removed from DATA while the server runs', () => {
  it('is written again with a warning, and nothing is lost', async () => {
    const server = await serving();
    const holder = await server.editor(true);
    await publish(holder);
    await shorten(holder, '9', '5');
    const path = (name: string) => join(server.data, name);
    const draft = path('draft.json');
    await until(() => existsSync(draft) && readFileSync(draft, 'utf8').includes("'9' -> MAXTEXT"));
    const before = ['live.json', 'draft.json'].map(name => readFileSync(path(name), 'utf8'));
    const files = ['live.json', 'draft.json', 'revisions', 'control.sock'];
    renameSync(path('revisions'), path('moved'));
    for (const name of files) rmSync(path(name), { recursive: true, force: true });
    rmSync(path('server-lock'));
    // The draft may be written again before anybody has noticed, as it is whenever it has changed.
    for (const name of files.filter(name => name !== 'draft.json'))
      await server.logs(new RegExp(`${path(name)} was removed while the server runs; .*again`));
    await until(() => existsSync(draft));
    await server.logs(/server-lock was removed .*; start this one again/);
    expect(['live.json', 'draft.json'].map(name => readFileSync(path(name), 'utf8'))).toEqual(before);
    expect(readFileSync(path('revisions/0002.json'), 'utf8')).toContain("'5' -> MAXTEXT");
    expect(await askServer(server.data, { command: 'back', number: 2 })).toBe('revision 2 is live');
    renameSync(path('moved/0001.json'), path('revisions/0001.json'));
    const { revisions } = await holder.ask('flowchat', 'revisions');
    expect(revisions).toMatchObject([{ number: 2 }, { number: 1 }]);
  });
});
