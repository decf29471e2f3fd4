import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { open, setDataFolder } from '../../src/store/open.ts';
import { storeFault } from '../../src/store/url.ts';
import { filled, opening, storeContract, texts } from '../support/store-contract.ts';

const DAY = 86_400_000;

let folder = '';
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flowchat-store-'));
  setDataFolder(folder);
});
afterAll(() => rm(folder, { recursive: true }));

storeContract('memory', () => `memory:${++count}?keep=9999`);
storeContract('sqlite', () => `sqlite:${++count}.db`);

describe('a memory store', () => {
  it('keeps the newest 50 of each room and numbers on', async () => {
    const store = opening('memory:');
    await filled(store, 'a', 60);
    const { messages, first, last } = await store.read('a', { after: 0, limit: 99 });
    expect(messages.length).toBe(50);
    expect([messages[0]?.seq, first, last]).toEqual([11, 11, 60]);
  });

  it('keeps as many as its newest opener says, and stays so where another says nothing', async () => {
    const store = opening('memory:k?keep=3');
    await filled(store, 'a', 5);
    const kept = async () => texts((await store.read('a', { limit: 99 })).messages);
    expect(await kept()).toBe('3 4 5');
    opening('memory:k');
    await filled(store, 'a', 1);
    expect(await kept()).toBe('4 5 1');
    opening('memory:k?keep=2');
    expect(await kept()).toBe('5 1');
  });

  it('forgets a key with its message', async () => {
    const store = opening('memory:?keep=2');
    const draft = { room: 'a', author: 'ann', text: 'hi', key: 'k' };
    await store.append(draft);
    await filled(store, 'a', 1);
    expect((await store.append(draft)).fresh).toBe(false);
    await filled(store, 'a', 1);
    expect(await store.append({ ...draft, text: 'ho' })).toMatchObject({ fresh: true, message: { seq: 4 } });
  });

  it('says what the clock says, also after it was ahead, while time goes on rising; it warns once', async () => {
    const warnings: string[] = [];
    setDataFolder(folder, sentence => warnings.push(sentence));
    const store = opening('memory:clock');
    const now = Date.now();
    jest.useFakeTimers({ now: now + 3 * DAY, doNotFake: ['nextTick', 'setImmediate', 'performance'] });
    const ahead = await filled(store, 'a', 1);
    jest.setSystemTime(now);
    const right = await filled(store, 'a', 3);
    jest.useRealTimers();
    setDataFolder(folder);
    expect(ahead[0]?.at).toBe(new Date(now + 3 * DAY).toISOString());
    for (const { at } of right) expect(at).toBe(new Date(now).toISOString());
    const micros = [...ahead, ...right].map(({ time }) => Math.round(time * 1e6));
    expect(micros).toEqual(micros.map((_, i) => (now + 3 * DAY) * 1000 + i));
    expect(warnings).toEqual([expect.stringMatching(/^memory:clock: messages have times up to .*yet to come/)]);
  });

  it('is empty when it is opened anew', async () => {
    const store = opening('memory:again');
    await filled(store, 'a', 1);
    await store.close();
    expect(await opening('memory:again').rooms()).toEqual([]);
  });
});

describe('open', () => {
  const none = 'names no store; take memory:NAME?keep=NUMBER, sqlite:NAME.db or postgres:NAME';
  const schema =
    "can't be a schema of PostgreSQL; its name has a to z, digits and _ only, begins with a letter and has at most 40 characters";
  const secret = 'where PostgreSQL is, and its password, stand in no graph; write postgres:NAME here';
  const name = "can't be a database; its name has letters, digits, dots, _ and - only and ends in .db";

  it.each([
    ['nonsense', `nonsense ${none}`],
    ['', `"" ${none}`],
    ['redis:host', `redis:host ${none}`],
    ['sqlite:', `sqlite: ${none}`],
    ['SQLITE:chat.db', `SQLITE:chat.db ${none}`],
    ['memory:?keep=0', 'memory:?keep=0: keep must be a whole number of at least 1'],
    ['memory:?keep=many', 'memory:?keep=many: keep must be a whole number of at least 1'],
    ['memory:?kept=5', 'memory:?kept=5 has no setting kept; it has keep'],
    ['sqlite:chat.db?keep=5', 'sqlite:chat.db?keep=5 has a question mark; sqlite:NAME.db has no settings'],
    ['sqlite:chat.db?', 'sqlite:chat.db? has a question mark; sqlite:NAME.db has no settings'],
    ['sqlite:accounts.db', 'sqlite:accounts.db belongs to the server itself; take another name'],
    ['sqlite:Accounts.DB', name],
    ['sqlite:ACCOUNTS.db', 'belongs to the server itself'],
    ...['postgres://ann:secret@host/chat', 'postgresql://host', 'postgres:ann:secret@host'].map(url => [url, secret]),
    ...['', 'Chat', 'chat-room', '1chat', 'public', 'pg_chat', 'information_schema', 'chat"', 'x'.repeat(41)].map(
      name => [`postgres:${name}`, schema],
    ),
    ['postgresql:chat', schema],
    ['postgres:chat_auth', 'where the accounts of another store are; take a name without _auth at its end'],
    ['postgres:chat?keep=5', 'postgres:chat?keep=5 has a setting that there is not; there is standby=sync only'],
    ...[
      ...[
        'history.db-lock',
        'history.db-wal',
        'history.db-shm',
        'editor-secret',
        'runtime-id',
        'audit.log',
        'draft.json',
      ],
      ...[
        '/tmp/out.db',
        '../out.db',
        'deep/er.db',
        'deep\\er.db',
        '%2e%2e/out.db',
        '%2e.db/',
        'file:chat.db',
        '.chat.db',
      ],
      ...[
        '.db',
        'chat.db ',
        ' chat.db',
        'chat.db\n',
        'a\nb.db',
        'chat\0.db',
        'cht\u202e.db',
        'chät.db',
        ':memory:',
        'a b.db',
      ],
      ...['chat.DB', `${'x'.repeat(300)}.db`],
    ].map(file => [`sqlite:${file}`, name]),
  ])('refuses %j', (url, sentence) => {
    expect(() => open(url)).toThrow(sentence);
    expect(storeFault(url)).toContain(sentence);
    expect(storeFault(url)).not.toMatch(/\p{C}|secret@/u);
  });

  it.each([[['sqlite:chat.db']], [null], [7], [{}]])('refuses what is no text: %j', url => {
    expect(storeFault(url)).toMatch(/^a store is named by a text; /);
    expect(() => open(url as unknown as string)).toThrow('a store is named by a text');
  });

  it.each([
    'memory:',
    'memory:chat?keep=5',
    'sqlite:history.db',
    'sqlite:_a-B.9.db',
    'sqlite:-.db',
    'postgres:user_1',
    'postgres:chat?standby=sync',
  ])('takes %s', url => {
    expect(storeFault(url)).toBeUndefined();
  });
});
