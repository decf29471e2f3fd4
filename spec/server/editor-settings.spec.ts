import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { CLIENT_MESSAGES } from '../../src/model/editor-protocol.ts';
import { COMMANDS } from '../../src/model/graph-commands.ts';
import { until } from '../support/chat.ts';
import { type Edited, edit, editing, MAIN } from '../support/edited.ts';
import type { Editor, Told } from '../support/editor.ts';

// The settings page: what a moderator may change, and nothing else.

jest.setTimeout(120_000);

const { serving } = editing();
const MODERATOR = 'the moderator sets words';
const FILTER = `filter FOUND -> IN impolite(chat/Refuse) OUT -> IN responder
'bad' -> WORDS filter
'not here' -> DETAIL impolite
`;

/** A server whose chat has a word filter, and a moderator who is connected to it. */
async function moderated(): Promise<readonly [Edited, Editor]> {
  const server = await serving({ EDITOR_SETTINGS_SECRET: MODERATOR });
  server.write(server.text.replace(' OUT -> IN limit(', ' OUT -> IN filter(chat/Words) OUT -> IN limit(') + FILTER);
  await server.logs(/is live as revision 2/);
  return [server, await server.plainEditor(MODERATOR)];
}

const setWords = (editor: Editor, value: unknown, before: unknown = 'bad', more: Told = {}) =>
  editor.ask('flowchat', 'set', { values: [{ node: 'filter', port: 'words', value, before }], ...more });

/** The value of a setting on the page. */
const settingOn = ({ nodes }: Told, node: string, port: string): unknown =>
  nodes.find((each: Told) => each.name === node)?.settings.find((each: Told) => each.port === port)?.value;

describe('who may only change settings', () => {
  it('sees the settings on the page, with how to show them, and what they are', async () => {
    const [, moderator] = await moderated();
    const page = await moderator.ask('flowchat', 'settings');
    expect(page.nodes.map(({ name }: Told) => name)).toEqual(['check', 'filter', 'limit', 'impolite']);
    expect(page).toMatchObject({ revision: 2 });
    expect(page.nodes[1].settings[0]).toMatchObject({
      port: 'words',
      title: 'Words',
      lines: 'list',
      required: true,
      value: 'bad',
    });
    expect(JSON.stringify(page)).not.toMatch(/store|memory:chat|status/i);
  });

  it('changes one: it is live at once, kept as a revision, and in the draft and the audit log', async () => {
    const [server, moderator] = await moderated();
    const editor = await server.editor(true);
    expect([await server.post('awful'), await server.post('bad')]).toEqual([201, 403]);
    const page = await setWords(moderator, 'bad, awful', 'bad', { force: true });
    expect([page.revision, settingOn(page, 'filter', 'words')]).toEqual([3, 'bad, awful']);
    expect([await server.post('awful'), await server.post('fine')]).toEqual([403, 201]);
    await editor.sees(({ live, draft }) => live.revision === 3 && draft.changes === 0);
    expect(editor.told('graph:addinitial').at(-1)).toMatchObject({ src: { data: 'bad, awful' } });
    const { revisions } = await editor.ask('flowchat', 'revisions');
    expect(revisions[0]).toMatchObject({ by: 'moderator', note: 'settings: filter WORDS' });
    await editor.ask('network', 'persist');
    expect(server.text).toContain("'bad, awful' -> WORDS filter");
    const audit = join(server.data, 'audit.log');
    await until(() => existsSync(audit) && /"by":"moderator".*"command":"set"/.test(readFileSync(audit, 'utf8')));
  });

  it('can do nothing else, whatever it asks', async () => {
    const [server, moderator] = await moderated();
    const others = [
      ...Object.keys(CLIENT_MESSAGES).filter(name => !/runtime:getruntime|flowchat:(settings|set)$/.test(name)),
      ...COMMANDS.map(command => `graph:${command}`),
    ];
    const answers: string[] = [];
    for (const name of others) {
      const [protocol, command] = name.split(':') as [string, string];
      const asked = moderator.ask(protocol, command, { graph: MAIN, id: 'check', hold: true, force: true });
      answers.push(
        await asked.then(
          () => `${name} was done`,
          ({ message }) => message,
        ),
      );
    }
    expect(answers.filter(answer => !/ needs the capability \S+; connect with a secret/.test(answer))).toEqual([]);
    expect(moderator.pushed).toEqual([]);
    expect(await server.post('bad')).toBe(403);
  });

  it('is refused what is not on the page, what was changed meanwhile, and what nobody may set', async () => {
    const [, moderator] = await moderated();
    const refused = async (node: string, port: string, value: unknown, before?: unknown) => {
      const values = [{ node, port, value, ...(before !== undefined && { before }) }];
      return moderator.ask('flowchat', 'set', { values }).then(
        () => 'done',
        ({ message }) => message,
      );
    };
    const off = ' is not on the settings page';
    expect(await refused('storage', 'store', 'sqlite:other.db')).toBe(`storage STORE${off}`);
    expect(await refused('impolite', 'status', '500')).toBe(`impolite STATUS${off}`);
    expect(await refused('gone', 'words', 'x')).toBe(`gone WORDS${off}`);
    expect(await refused('filter', 'in', {})).toBe(`filter IN${off}`);
    expect(await refused('filter', 'words', 'x')).toBe("filter WORDS is 'bad' by now; look at it again");
    expect(moderator.replies('flowchat:error').at(-1)!.code).toBe('draft-changed');
    expect(await refused('impolite', 'detail', 'sqlite:/etc/passwd', 'not here')).toContain('sqlite:/etc/passwd');
    expect((await moderator.ask('flowchat', 'settings')).revision).toBe(2);
  });

  it('hears what is wrong with a value, at its setting, and nothing has changed', async () => {
    const [server, moderator] = await moderated();
    await expect(setWords(moderator, undefined)).rejects.toThrow(/filter needs WORDS|WORDS/);
    const { faults } = moderator.replies('flowchat:error').at(-1)!;
    expect(faults).toMatchObject([{ node: 'filter', port: 'words' }]);
    const rate = { node: 'limit', port: 'rate', value: 'often', before: '20' };
    await expect(moderator.ask('flowchat', 'set', { values: [rate] })).rejects.toThrow(/RATE/);
    expect(moderator.replies('flowchat:error').at(-1)!.faults).toMatchObject([{ node: 'limit', port: 'rate' }]);
    expect((await moderator.ask('flowchat', 'settings')).revision).toBe(2);
    expect(await server.post('bad')).toBe(403);
  });

  it('hears which requests would be answered otherwise, and may save all the same', async () => {
    const [server, moderator] = await moderated();
    await moderator.ask('flowchat', 'settings');
    expect(await server.post('awful weather')).toBe(201);
    await expect(setWords(moderator, 'bad, awful')).rejects.toThrow(
      '1 of the last requests would be answered otherwise',
    );
    const { code, results } = moderator.replies('flowchat:error').at(-1)!;
    expect(code).toBe('answered-otherwise');
    expect(results).toMatchObject([{ passed: false, message: '201 was expected, 403 came: not here' }]);
    expect(await server.post('awful weather')).toBe(201);
    await setWords(moderator, 'bad, awful', 'bad', { force: true });
    expect(await server.post('awful weather')).toBe(403);
  });

  it('is asked twice for rules that not even an owner passes', async () => {
    const server = await serving({ EDITOR_SETTINGS_SECRET: MODERATOR });
    const editor = await server.editor(true);
    await edit(editor, 'changenode', { id: 'admit', metadata: { settings: ['rules'] } });
    await editor.ask('flowchat', 'publish');
    const moderator = await server.plainEditor(MODERATOR);
    const before = settingOn(await moderator.ask('flowchat', 'settings'), 'admit', 'rules');
    const values = [{ node: 'admit', port: 'rules', value: 'read: guest', before }];
    await expect(moderator.ask('flowchat', 'set', { values })).rejects.toThrow(
      'admit: not even an owner may list, post',
    );
    expect(moderator.replies('flowchat:error').at(-1)).toMatchObject({
      code: 'risky-setting',
      faults: [{ node: 'admit', port: 'rules' }],
    });
    const page = await moderator.ask('flowchat', 'set', { values, force: true });
    expect(settingOn(page, 'admit', 'rules')).toBe('read: guest');
  });

  it('leaves what others have in the draft alone, and what they have set there as they have it', async () => {
    const [server, moderator] = await moderated();
    const editor = await server.editor(true);
    await edit(editor, 'removeinitial', { src: { data: '4000' }, tgt: { node: 'check', port: 'maxtext' } });
    await edit(editor, 'addinitial', { src: { data: '2' }, tgt: { node: 'check', port: 'maxtext' } });
    await setWords(moderator, 'awful');
    expect([await server.post('fine'), await server.post('awful')]).toEqual([201, 403]);
    await editor.sees(({ live, draft }) => live.revision === 3 && draft.changes === 1);
    await edit(editor, 'removeinitial', { src: { data: 'awful' }, tgt: { node: 'filter', port: 'words' } });
    await edit(editor, 'addinitial', { src: { data: 'mine' }, tgt: { node: 'filter', port: 'words' } });
    await setWords(moderator, 'theirs', 'awful');
    const { items } = await editor.ask('flowchat', 'difference');
    expect(items.map(({ sentence }: Told) => sentence)).toEqual(
      expect.arrayContaining([expect.stringMatching(/WORDS.*'mine'.*'theirs'/)]),
    );
    expect(editor.state.mode).toBe('hold');
  });

  it('has on the page what the node says, where it says something', async () => {
    const [server, moderator] = await moderated();
    const editor = await server.editor();
    await edit(editor, 'changenode', { id: 'filter', metadata: { settings: ['mask'] } });
    await edit(editor, 'changenode', { id: 'impolite', metadata: { settings: [] } });
    await edit(editor, 'changenode', { id: 'rooms', metadata: { settings: ['store'] } });
    await until(
      async () =>
        (await moderator.ask('flowchat', 'settings')).nodes.length === 4 &&
        settingOn(await moderator.ask('flowchat', 'settings'), 'rooms', 'store') !== undefined,
    );
    const { nodes } = await moderator.ask('flowchat', 'settings');
    expect(nodes.map(({ name, settings }: Told) => [name, ...settings.map(({ port }: Told) => port)])).toEqual([
      ['check', 'maxtext'],
      ['filter', 'mask'],
      ['limit', 'limit', 'burst', 'rate'],
      ['rooms', 'store'],
    ]);
    await expect(setWords(moderator, 'x')).rejects.toThrow('filter WORDS is not on the settings page');
  });
});
