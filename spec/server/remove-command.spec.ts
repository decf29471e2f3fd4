import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { removeCommand } from '../../src/cli/remove.ts';
import { lockFolder } from '../../src/files/data-folder.ts';
import { open, setDataFolder } from '../../src/store/open.ts';
import { Chat, until } from '../support/chat.ts';
import { some } from '../support/long.ts';
import { folder, graph } from '../support/server.ts';
import { LOG_TRANSPORTS, type Told } from '../support/transports.ts';

/** More than are removed at once. */
const MANY = 450;

let said: string[];

beforeEach(() => {
  said = [];
  jest.spyOn(console, 'log').mockImplementation(line => void said.push(String(line)));
  jest.spyOn(console, 'error').mockImplementation(line => void said.push(String(line)));
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** What the command says, line by line. */
async function run(env: Readonly<Record<string, string>>, ...args: string[]): Promise<readonly string[]> {
  said = [];
  await removeCommand(args, env);
  return said;
}

describe.each(some(['sqlite:history.db', 'memory:chat?keep=9999'], 1))(
  'npm run remove beside a server with %s',
  STORE => {
    let chat: Chat;
    const remove = (...args: string[]) => run({ DATA: chat.data }, ...args);
    const rooms = async () => {
      const { rooms } = (await (await fetch(`${chat.origin}/api/rooms`)).json()) as { rooms: { room: string }[] };
      return rooms.map(({ room }) => room);
    };

    beforeAll(async () => {
      chat = await Chat.start({ STORE });
    });
    afterAll(() => chat.stop());

    it('says what it would remove, removes it, and says so', async () => {
      for (const [room, author] of [
        ['one', 'Ann'],
        ['one', 'bob'],
        ['two', ' Ann '],
      ] as const)
        await chat.post(room, 'hi', { author });
      const found = 'to remove: 2 messages, 1 in one and 1 in two';
      expect(await remove('--author', 'Ann', '--dry-run')).toEqual([found]);
      expect(await remove('--author', ' Ann')).toEqual([found, 'removed 2 messages, 1 in one and 1 in two']);
      expect(await rooms()).toEqual(['one']);
      const nothing = 'there is nothing to remove; 2 messages were removed before';
      expect(await remove('--author', 'Ann')).toEqual([nothing]);
      const { id } = await chat.post('two', 'ho');
      expect(await remove('--message', id)).toEqual(['to remove: 1 message in two', 'removed 1 message in two']);
      expect(await remove('--room', 'one')).toEqual([
        'to remove: 1 message in one; 1 message was removed before',
        'removed 1 message in one; 1 message was removed before',
      ]);
      expect(await rooms()).toEqual([]);
      expect((await chat.post('one', 'again')).seq).toBe(5);
      expect(await rooms()).toEqual(['one']);
    });

    it.each([
      [['--room', 'nowhere'], /^room "nowhere" has no messages in .*; GET \/api\/rooms lists the rooms$/],
      [
        ['--message', 'none'],
        /^no message has the id "none" in .*; GET \/api\/rooms\/ROOM\/messages has the id of each$/,
      ],
      [['--author', 'ANN'], /^no message is by "ANN" in .*; write the name as the page shows it, with its capitals$/],
    ])('says that there is no such thing: %j', async (args, sentence) => {
      await expect(remove(...args)).rejects.toThrow(sentence);
    });

    it('tells whoever listens of each, once and in order, while others post and revisions take over', async () => {
      const room = 'busy';
      const store = open(STORE);
      await Promise.all(
        Array.from({ length: MANY }, (_, i) => store.append({ room, author: 'gone', text: `old ${i}` })),
      );
      await store.close();
      const heard = LOG_TRANSPORTS.map(() => [] as Told[]);
      const after = await chat.cursor(room);
      const connections = LOG_TRANSPORTS.map(({ hear }, i) =>
        hear(chat.origin, room, after, told => heard[i]!.push(told)),
      );
      const removing = remove('--author', 'gone');
      let isDone = false;
      const posting = (async () => {
        for (let i = 0; !isDone; i++) await chat.post(room, `new ${i}`, { owner: 'mine, all mine' });
      })();
      for (let i = 0; i < 3; i++) await chat.republish({ STORE });
      await removing;
      isDone = true;
      await posting;
      const [epoch, last] = (await chat.cursor(room)).split(':');
      const wanted = Array.from({ length: Number(last) - MANY }, (_, i) => `${epoch}:${i + MANY + 1}`);
      await until(
        () => heard.every(told => told.length >= wanted.length),
        () => heard.map(told => told.length),
      );
      for (const connection of connections) connection.drop();
      for (const told of heard) {
        expect(told.map(({ cursor }) => cursor)).toEqual(wanted);
        expect(told.filter(({ kind }) => kind === 'remove')).toHaveLength(MANY);
        expect(JSON.stringify(told)).not.toContain('old ');
      }
    });
  },
);

describe('npm run remove without a server', () => {
  let data: string;
  let done: () => void;
  beforeEach(() => {
    ({ path: data, remove: done } = folder());
  });
  afterEach(() => done());

  it('removes in the databases of the graph, and tells of copies that still have it', async () => {
    const GRAPH = graph(data, { STORE: 'sqlite:chat.db' });
    const env = { DATA: data, GRAPH };
    await expect(run(env, '--room', 'a')).rejects.toThrow(
      `there is no ${join(data, 'chat.db')}; name the server's folder with --data FOLDER`,
    );
    setDataFolder(data);
    const store = open('sqlite:chat.db');
    for (const author of ['ann', 'bob']) await store.append({ room: 'a', author, text: 'hi' });
    await store.close();
    const copy = `${join(data, 'chat.db')}-layout-2`;
    writeFileSync(copy, '');
    const copyNotice = `${copy} is a copy from before an update, and still has it; delete it once you need it no more`;
    expect(await run(env, '--author', 'ann')).toEqual([
      'to remove: 1 message in a',
      `removed 1 message in a\n${copyNotice}`,
    ]);
    const again = open('sqlite:chat.db');
    expect((await again.read('a', { limit: 9 })).messages.map(({ text }) => text)).toEqual(['', 'hi']);
    await again.close();
  });

  it.each([
    [[], 'this does not say what to remove'],
    [['--room'], "Option '--room <value>' argument missing"],
    [['--room', 'A'], '"A" is no name of a room, which has a to z, 0 to 9 and - only'],
    [['--author', ' '], '--author is empty'],
    [['--author', 'x'.repeat(201)], '--author has more than 200 characters'],
    [['--author', '-x'], 'what begins with a dash is written as --author=-x'],
    [['--author', 'ann', '--author', 'bob'], 'only one room, message or author can be removed at once'],
    [['--author', 'ann', '--room', 'a'], 'only one room, message or author can be removed at once'],
    [['--all'], "Unknown option '--all'"],
    [['a'], "Unexpected argument 'a'"],
  ])('says what is wrong with %j, and how it is written', async (args, sentence) => {
    await expect(run({ DATA: data }, ...args)).rejects.toThrow(
      `${sentence}; write npm run remove -- --room ROOM | --message ID | --author NAME [--dry-run]`,
    );
  });

  it('says that there is nothing where the messages were in memory, or no folder or graph is', async () => {
    const GRAPH = graph(data, { STORE: 'memory:chat' });
    const args = ['--room', 'a'];
    await expect(run({ DATA: data, GRAPH }, ...args)).rejects.toThrow(/^memory:chat ended with its server, and/);
    const none = join(data, 'none');
    await expect(run({ DATA: none, GRAPH }, ...args)).rejects.toThrow(`there is no folder ${none}`);
    await expect(run({ DATA: data, GRAPH: `${none}.fbp` }, ...args)).rejects.toThrow(`${none}.fbp can't be read: `);
    expect(existsSync(none)).toBe(false);
  });

  it('says that a server uses the folder that it can not reach', async () => {
    const lock = lockFolder(data);
    await expect(run({ DATA: data }, '--room', 'a')).rejects.toThrow(`${data} is used by another flowchat`);
    lock.close();
  });

  it('says that a server of an older version can not', async () => {
    const server = createServer(socket => {
      socket.on('error', () => {}).once('data', () => socket.end('{"error":"there is no revision 0"}\n'));
    });
    await new Promise<void>(resolve => server.listen(join(data, 'control.sock'), resolve));
    await expect(run({ DATA: data }, '--room', 'a')).rejects.toThrow(
      `the server that runs with ${data} is of an older version, which can't do this; stop it, and start this one`,
    );
    await new Promise(resolve => server.close(resolve));
  });
});
