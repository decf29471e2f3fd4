import { describe, expect, it, jest } from '@jest/globals';
import { revisions } from '../../src/cli/revisions.ts';
import { until } from '../support/chat.ts';
import { type Edited, editing, set } from '../support/edited.ts';
import type { Editor } from '../support/editor.ts';
import { some } from '../support/long.ts';

// Where messages are kept changes only when somebody confirms it, and no message that was acknowledged is lost by a file.

jest.setTimeout(120_000);

const beginning = editing();
const serving = () => beginning.serving({}, 'sqlite:history.db');
const MESSAGES = '/api/rooms/lobby/messages';

const texts = async (server: Edited): Promise<readonly string[]> => {
  const { messages } = (await (await fetch(server.origin + MESSAGES)).json()) as { messages: { text: string }[] };
  return messages.map(({ text }) => text);
};
const ready = async (server: Edited) => (await (await fetch(`${server.origin}/readyz`)).json()) as object;
/** The file with its messages in memory. */
const inMemory = (text: string) => text.replaceAll("'sqlite:history.db'", "'memory:chat'");
const asked = (server: Edited) =>
  server.logs(/would be kept in memory:chat, not in sqlite:history.db any more; it goes live once/);

async function accept(server: Edited): Promise<string> {
  const said: string[] = [];
  const spy = jest.spyOn(console, 'log').mockImplementation(line => void said.push(String(line)));
  await revisions(['accept', '--data', server.data], {});
  spy.mockRestore();
  return said.join();
}

describe('a file that is written in two parts', () => {
  const HALVES: readonly (readonly [string, (text: string) => string])[] = [
    ['without its settings', text => text.slice(0, text.indexOf('# Settings'))],
    ['with other stores', inMemory],
    ['without the settings of the store', text => text.replaceAll(/^.* -> STORE .*\n/gm, '')],
  ];
  it.each(some(HALVES, 2))(
    'loses no message that was acknowledged, and no message is elsewhere: %s',
    async (_, half) => {
      const server = await serving();
      const whole = server.text;
      expect(await server.post('before')).toBe(201);
      server.write(half(whole));
      expect(await server.post('between')).toBe(201);
      await server.logs(/stays live|goes live once/);
      expect(await server.post('still between')).toBe(201);
      server.write(whole);
      expect(await server.post('after')).toBe(201);
      expect(await texts(server)).toEqual(['before', 'between', 'still between', 'after']);
    },
  );

  it('is not taken in by the start after a crash either', async () => {
    const server = await serving();
    const whole = server.text;
    await server.post('before');
    await server.killed(() => server.write(inMemory(whole)));
    await asked(server);
    await server.post('between');
    await server.killed(() => server.write(whole));
    expect(await texts(server)).toEqual(['before', 'between']);
  });
});

describe('a file with other stores', () => {
  it('goes live when an editor accepts it, and every place says that messages are in memory', async () => {
    const server = await serving();
    const editor = await server.editor();
    expect(await ready(server)).toEqual({ status: 'ready' });
    server.write(inMemory(server.text));
    await asked(server);
    await editor.sees(({ confirm }) => /memory:chat/.test(confirm));
    expect(editor.state.live.revision).toBe(1);
    expect(await editor.ask('flowchat', 'accept')).toEqual({ revision: 2 });
    await editor.sees(({ live, confirm, draft }) => live.revision === 2 && !confirm && draft.changes === 0);
    const notice =
      'messages are in memory, as storage, rooms and admit have it at STORE, and are lost when the server ends';
    expect(await ready(server)).toEqual({ status: 'ready', notice });
    await expect(editor.ask('flowchat', 'accept')).rejects.toThrow('nothing waits to be confirmed');
  });

  it('goes live by npm run revisions -- accept', async () => {
    const server = await serving();
    await expect(accept(server)).rejects.toThrow('nothing waits to be confirmed');
    server.write(inMemory(server.text));
    await asked(server);
    expect(await accept(server)).toBe('revision 2 is live');
    expect(await texts(server)).toEqual([]);
  });

  it('goes live by a restart that somebody has asked for', async () => {
    const server = await serving();
    await server.post('on the disk');
    server.write(inMemory(server.text));
    await asked(server);
    await server.restarted();
    expect(await texts(server)).toEqual([]);
    await server.restarted(() => server.write(server.text.replaceAll("'memory:chat'", "'sqlite:history.db'")));
    expect(await texts(server)).toEqual(['on the disk']);
  });

  it('is forgotten where it says again what it said', async () => {
    const server = await serving();
    const [editor, whole] = [await server.editor(), server.text];
    server.write(inMemory(whole));
    await editor.sees(({ confirm }) => confirm !== undefined);
    server.write(whole);
    await editor.sees(({ confirm, draft }) => confirm === undefined && draft.changes === 0);
  });
});

describe('an editor that changes the stores', () => {
  const elsewhere = async (editor: Editor) => {
    for (const node of ['storage', 'rooms', 'admit'])
      await set(editor, node, 'store', 'sqlite:history.db', 'sqlite:other.db');
  };

  it('is asked whether that is meant, whichever way it publishes', async () => {
    const server = await serving();
    const holder = await server.editor(true);
    await elsewhere(holder);
    await expect(holder.ask('flowchat', 'publish')).rejects.toThrow(
      /kept in sqlite:other.db, not in sqlite:history.db/,
    );
    await holder.sees(({ confirm, live }) => confirm !== undefined && live.revision === 1);
    await holder.ask('flowchat', 'discard');
    await holder.sees(({ confirm }) => confirm === undefined);
    await elsewhere(holder);
    await holder.ask('flowchat', 'publish').catch(() => {});
    expect(await holder.ask('flowchat', 'accept')).toEqual({ revision: 2 });
    // Nor does it go back unasked.
    await expect(holder.ask('flowchat', 'rollback', { to: 1 })).rejects.toThrow(/kept in sqlite:history.db/);
    await holder.ask('flowchat', 'accept');
    await holder.sees(({ live, draft }) => live.revision === 3 && draft.changes === 0);
    await until(() => server.log.filter(line => /it goes live once/.test(line)).length === 3);
  });
});
