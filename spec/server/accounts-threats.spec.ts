import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createKyselyAdapter, kyselyAdapter } from '@better-auth/kysely-adapter';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { WebSocket } from 'ws';
import { Attempts } from '../../src/accounts/attempts.ts';
import { Credentials } from '../../src/accounts/credentials.ts';
import { hashOf } from '../../src/accounts/hashed-sessions.ts';
import { serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { AccountClient } from '../support/account-client.ts';
import { folder, graph } from '../support/server.ts';
import { Line } from '../support/wire.ts';

const { path: data, remove } = folder();
const PASSWORD = 'correct horse battery';
const GRAPH = graph(join(data, 'graphs'), { RULES: 'list, read, post, remove: member; *: owner' });
let running: Awaited<ReturnType<typeof serve>>;
let owner: AccountClient;
const log: string[] = [];
const FRIEND = 'https://friend.example';

const begin = async () => {
  running = await serve(
    readSettings(
      { PORT: '0', DATA: data, GRAPH, ACCOUNTS: 'on', TRUST_PROXY: 'on', CORS_ORIGINS: FRIEND, EDITOR_ORIGINS: FRIEND },
      [],
    ),
    line => log.push(line),
  );
};
const client = () => new AccountClient(running.url);
const who = async (browser: AccountClient) => (await browser.ask('GET', '/api/me')).body.who;

async function joined(name: string): Promise<AccountClient> {
  const { body } = await owner.ask('POST', '/api/invites', {});
  const browser = client();
  await browser.ask('POST', '/api/join', { code: body.code, name, password: PASSWORD });
  return browser;
}

beforeAll(async () => {
  await begin();
  owner = client();
  const code = readFileSync(join(data, 'setup-code'), 'utf8').trim();
  await owner.ask('POST', '/api/setup', { code, name: 'Ann', password: PASSWORD });
});
afterAll(async () => {
  await running.stop();
  remove();
});

describe('a cookie that somebody else has added', () => {
  it('lets nobody become whoever it was added for, whatever its name', async () => {
    const bob = await joined('Bob');
    const [name] = bob.cookie.split('=');
    for (const planted of [`${name}=known-to-eve`, 'flowchat-x.session_token=known-to-eve']) {
      for (const cookie of [`${planted}; ${bob.cookie}`, `${bob.cookie}; ${planted}`])
        await client().ask('GET', '/api/me', undefined, { Cookie: cookie });
      expect((await client().ask('GET', '/api/me', undefined, { Cookie: planted })).body.who.kind).toBe('guest');
    }
    expect(
      (await client().ask('GET', '/api/me', undefined, { Cookie: `flowchat-x.session_token=x; ${bob.cookie}` })).body
        .who.name,
    ).toBe('Bob');
  });
});

/** What a request acts as: the owner whose cookie it brings along, a guest, or nobody, as it is refused. */
type Effect = 'owner' | 'guest' | 'refused';

describe('the cookie of an owner', () => {
  const EVIL = 'http://evil.example';
  /** Who asks with it, and what that acts as: where it reads or listens, changes something, opens a socket, and opens the editor's. */
  const CASES: readonly (readonly [
    whose: string,
    headers: Record<string, string>,
    reading: Effect,
    changing: Effect,
    socket: Effect,
    editing: Effect,
  ])[] = [
    ['a page of ours', { Origin: 'OWN', 'Sec-Fetch-Site': 'same-origin' }, 'owner', 'owner', 'owner', 'owner'],
    ['a page of ours over plain http', { Origin: 'OWN' }, 'owner', 'owner', 'owner', 'owner'],
    ['a page of ours without Origin', { 'Sec-Fetch-Site': 'same-origin' }, 'owner', 'owner', 'owner', 'owner'],
    ['nobody knows who', {}, 'owner', 'guest', 'guest', 'guest'],
    ['a friend', { Origin: FRIEND, 'Sec-Fetch-Site': 'cross-site' }, 'owner', 'guest', 'guest', 'guest'],
    ['a stranger', { Origin: EVIL, 'Sec-Fetch-Site': 'cross-site' }, 'owner', 'refused', 'refused', 'refused'],
    ['a stranger over plain http', { Origin: EVIL }, 'owner', 'refused', 'refused', 'refused'],
    ['a page without an origin', { Origin: 'null' }, 'owner', 'refused', 'refused', 'refused'],
    [
      'another port',
      { Origin: 'http://127.0.0.1:1', 'Sec-Fetch-Site': 'same-site' },
      'owner',
      'refused',
      'refused',
      'guest',
    ],
    ['a form elsewhere', { 'Sec-Fetch-Site': 'cross-site' }, 'owner', 'refused', 'refused', 'guest'],
    ['a rebound name', { Host: 'evil.example', Origin: EVIL }, 'refused', 'refused', 'refused', 'refused'],
  ];
  const REFUSED = [403, 421];

  /** The status of an answer, of which no more is read. */
  const statusOf = (method: string, path: string, headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      const sent = request(new URL(path, owner.url), { method, headers }, answer => {
        resolve(answer.statusCode!);
        answer.destroy();
      });
      sent.on('error', reject).end(method === 'GET' ? undefined : '{}');
    });
  const effectOf = (status: number): Effect =>
    REFUSED.includes(status) ? 'refused' : status === 401 ? 'guest' : 'owner';

  /** What a socket acts as: the answer to a first frame of its protocol says it. */
  async function socketEffect(
    path: string,
    headers: Record<string, string>,
    frame: object,
    isGuest: RegExp,
  ): Promise<Effect> {
    const socket = new WebSocket(owner.url.replace('http', 'ws') + path, { headers });
    try {
      return await new Promise<Effect>((resolve, reject) => {
        socket.on('unexpected-response', (_, { statusCode }) =>
          REFUSED.includes(statusCode!) ? resolve('refused') : reject(new Error(`${path}: ${statusCode}`)),
        );
        socket.on('open', () => socket.send(JSON.stringify(frame)));
        socket.on('error', () => {});
        socket.on('message', bytes => {
          const told = String(bytes);
          if (!told.includes('"hello"')) resolve(isGuest.test(told) ? 'guest' : 'owner');
        });
      });
    } finally {
      socket.terminate();
    }
  }

  it.each(CASES)(
    'counts for %s as it should, by every method and transport',
    async (_, given, reading, changing, socket, editing) => {
      const headers = {
        'Content-Type': 'application/json',
        Cookie: owner.cookie,
        ...given,
        ...(given.Origin === 'OWN' && { Origin: owner.origin }),
      };
      const room = 'api/rooms/lobby';
      for (const path of [`${room}/messages`, `${room}/events`, `${room}/messages?wait=0`])
        expect([path, effectOf(await statusOf('GET', path, headers))]).toEqual([path, reading]);
      for (const [method, path] of [
        ['POST', `${room}/messages`],
        ['PATCH', 'api/place'],
        ['DELETE', 'api/people/nobody'],
        ['PUT', `${room}/messages/none/reactions/x`],
        ['POST', 'api/invites'],
      ] as const)
        expect([method, path, effectOf(await statusOf(method, path, headers))]).toEqual([method, path, changing]);
      const subscribe = { type: 'subscribe', room: 'lobby' };
      expect(await socketEffect('api/socket', headers, subscribe, /"sign-in"/)).toBe(socket);
      const ask = { protocol: 'runtime', command: 'getruntime', payload: {} };
      expect(await socketEffect('runtime', headers, ask, /"capabilities":\[\]/)).toBe(editing);
    },
  );
});

describe('two servers on one host', () => {
  it('have cookies of different names, below their own paths', async () => {
    const cookies: string[] = [];
    const places = [
      { origin: 'https://host.example', basePath: '' },
      { origin: 'https://host.example', basePath: '/other' },
      { origin: 'https://host.example:8443', basePath: '' },
      { origin: undefined, port: '9091', basePath: '' },
    ];
    for (const [at, place] of places.entries()) {
      const credentials = await Credentials.open({
        at: { file: join(data, `two-${at}.db`) },
        secret: 's'.repeat(32),
        ...place,
      });
      const [cookie = ''] = await credentials.create('p1', PASSWORD);
      credentials.close();
      expect(cookie.startsWith(`${credentials.cookieName}=`)).toBe(true);
      expect(cookie).toContain(`Path=${place.basePath}/;`);
      expect(cookie).toContain('HttpOnly');
      expect(cookie.includes('Secure')).toBe(place.origin !== undefined);
      cookies.push(credentials.cookieName);
    }
    expect(new Set(cookies).size).toBe(places.length);
  });
});

describe('guessing', () => {
  it('waits by the network of an address, and by the account for at most ten seconds, so that nobody is locked out', async () => {
    const said: string[] = [];
    for (let i = 1; i <= 8; i++) {
      const from = { 'X-Forwarded-For': `2001:db8:1:2::${i}` };
      said.push(
        await client().says('POST', '/api/sign-in', { name: `nobody ${i}`, password: 'wrong wrong wrong' }, from),
      );
    }
    expect(said.at(-1)).toBe('429 too-many-tries');
    const other = { 'X-Forwarded-For': '2001:db8:1:3::1' };
    expect(await client().says('POST', '/api/sign-in', { name: 'nobody', password: 'wrong wrong wrong' }, other)).toBe(
      '401 sign-in-failed',
    );
    const byAccount = new Attempts({ free: 5, firstMs: 500, longestMs: 10_000 });
    const waits: number[] = [];
    for (let i = 0; i < 100; i++) {
      byAccount.failed('ann', 0);
      waits.push(byAccount.wait('ann', 0));
    }
    expect(waits.slice(0, 7)).toEqual([0, 0, 0, 0, 500, 1000, 2000]);
    expect(Math.max(...waits)).toBe(10_000);
  });

  it('costs one hash, whether there is such a person or not', async () => {
    const signIn = jest.spyOn(Credentials.prototype, 'signIn');
    const pretend = jest.spyOn(Credentials.prototype, 'pretend');
    const workFor = async (name: string) => {
      const before = [signIn, pretend].map(({ mock }) => mock.calls.length);
      await client().ask('POST', '/api/sign-in', { name, password: 'wrong wrong wrong' });
      return [signIn, pretend].map(({ mock }, i) => mock.calls.length - before[i]!);
    };
    expect(await workFor('Ann')).toEqual([1, 0]);
    expect(await workFor('Nobody at all')).toEqual([0, 1]);
    signIn.mockRestore();
    pretend.mockRestore();
  });
});

describe('a banned person with ten tabs', () => {
  it('hears nothing more on any of them, and what is on its way is refused', async () => {
    const eve = await joined('Eve');
    const tabs = await Promise.all(Array.from({ length: 10 }, () => Line.open(eve.origin, eve.headers)));
    for (const tab of tabs) await tab.ask({ type: 'subscribe', room: 'lobby' });
    const { body } = await eve.ask('GET', '/api/rooms/lobby/messages');
    const poll = eve.ask('GET', `/api/rooms/lobby/messages?after=${body.cursor}&wait=20`);
    const banning = owner.says('POST', '/api/bans', { person: (await who(eve)).id, why: 'spam' });
    for (const [i, tab] of tabs.entries())
      tab.say({ type: 'send', key: `k${i}`, room: 'lobby', text: `still here ${i}` });
    expect(await banning).toBe('201');
    const { body: now } = await owner.ask('GET', '/api/rooms/lobby/messages');
    await owner.ask('POST', '/api/rooms/lobby/messages', { text: 'she is gone' });
    expect((await poll).status).toBeGreaterThan(0);
    for (const tab of tabs) {
      const heard: string[] = [];
      for (;;) {
        const frame = await tab.ask({ type: 'subscribe', room: 'lobby' });
        heard.push(JSON.stringify(frame));
        if (frame.code === 'banned') break;
      }
      expect(heard.join()).not.toContain('she is gone');
      tab.drop();
    }
    const { body: later } = await owner.ask('GET', '/api/rooms/lobby/messages');
    const hers = (messages: { author: string }[]) => messages.filter(({ author }) => author === 'Eve').length;
    expect(hers(later.messages)).toBe(hers(now.messages));
  });
});

describe('the library', () => {
  it('keeps sessions by the methods that we hash for, and by no other', async () => {
    const database = new DatabaseSync(':memory:');
    const options = { database };
    const { kysely } = await createKyselyAdapter(options);
    const adapter = kyselyAdapter(kysely!, { type: 'sqlite', transaction: false })(options) as object;
    const methods = Object.entries(adapter).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));
    database.close();
    expect(methods.toSorted().join(' ')).toBe(
      'consumeOne count create delete deleteMany findMany findOne incrementOne transaction update updateMany',
    );
  });

  it('finds, lengthens and ends a session by its token, of which the database has a hash', async () => {
    const file = join(data, 'hashed.db');
    const credentials = await Credentials.open({
      at: { file },
      secret: 's'.repeat(32),
      origin: undefined,
      basePath: '',
    });
    const [cookie = ''] = (await credentials.create('p1', PASSWORD)).map(each => each.split(';')[0]!);
    const token = decodeURIComponent(cookie.split('=')[1]!).split('.')[0]!;
    const tokens = () => {
      const db = new DatabaseSync(file, { readOnly: true });
      const rows = db
        .prepare('SELECT token FROM session')
        .all()
        .map(row => row.token);
      db.close();
      return rows;
    };
    expect(tokens()).toEqual([hashOf(token)]);
    expect(await credentials.session(cookie)).toMatchObject({ person: 'p1' });
    expect(await credentials.session(cookie.replace(token, hashOf(token)))).toBeUndefined();
    await credentials.signOut(cookie);
    expect(tokens()).toEqual([]);
    expect(await credentials.session(cookie)).toBeUndefined();
    credentials.close();
  });
});

describe('a database of accounts that can not be used while the server runs', () => {
  const TABLES = ['session', 'user', 'account', 'passkey'];

  it('is told to who signs in or joins, uses up no link, and leaves guests and who is known alone', async () => {
    const bob = await joined('Bobby');
    expect((await who(bob)).name).toBe('Bobby');
    const { body } = await owner.ask('POST', '/api/invites', {});
    const db = new DatabaseSync(join(data, 'accounts.db'));
    for (const table of TABLES) db.exec(`ALTER TABLE "${table}" RENAME TO "gone_${table}"`);
    const newcomer = { code: body.code, name: 'Carl', password: PASSWORD };
    const { status, headers, body: problem } = await client().ask('POST', '/api/join', newcomer);
    expect([status, headers.get('Content-Type'), headers.get('Retry-After'), problem.detail]).toEqual([
      503,
      'application/problem+json',
      '1',
      'accounts cannot be read or written at the moment; try again',
    ]);
    expect(log.at(-1)).toMatch(/^POST \/api\/join could not be answered, as accounts can't be read or written: /);
    expect(await client().says('POST', '/api/sign-in', { name: 'Ann', password: PASSWORD })).toBe('503 store-failed');
    expect(await bob.says('POST', '/api/rooms/lobby/messages', { text: 'still here' })).toBe('201');
    expect(await client().says('GET', '/api/rooms')).toBe('401 sign-in');
    expect(await bob.says('POST', '/api/sign-out')).toBe('503 store-failed');

    for (const table of TABLES) db.exec(`ALTER TABLE "gone_${table}" RENAME TO "${table}"`);
    db.close();
    expect(await client().says('POST', '/api/join', newcomer)).toBe('201');
    expect(await bob.says('POST', '/api/sign-out')).toBe('204');
  });
});

describe('a database of accounts', () => {
  const file = join(data, 'accounts.db');

  it('that is damaged is named with what to do, and nothing starts', async () => {
    await running.stop();
    const good = readFileSync(file);
    for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true });
    writeFileSync(file, 'this is no database, and longer than its header of one hundred bytes would be: '.repeat(3));
    await expect(begin()).rejects.toThrow(
      /accounts\.db can't be opened: .*; put a backup in its place, or move it away/,
    );
    // The messages are closed again, too.
    expect(existsSync(join(data, 'history.db-wal'))).toBe(false);
    writeFileSync(file, good);
    await begin();
    expect(await client().says('POST', '/api/sign-in', { name: 'Ann', password: PASSWORD })).toBe('200');
  });

  it('that is gone leaves people, roles and rooms, and everybody gets back in by a link', async () => {
    await running.stop();
    for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
    await begin();
    expect(await client().says('POST', '/api/sign-in', { name: 'Ann', password: PASSWORD })).toBe('401 sign-in-failed');
    const { personCommand } = await import('../../src/cli/person.ts');
    const told: string[] = [];
    const log = jest.spyOn(console, 'log').mockImplementation(line => void told.push(String(line)));
    await personCommand(['reset', 'Ann', '--data', data], {}).finally(() => log.mockRestore());
    const [, code] = /#\/join\/([\w-]+)$/.exec(told.join('\n'))!;
    const back = client();
    expect(await back.says('POST', '/api/join', { code, password: PASSWORD })).toBe('201');
    expect(await who(back)).toMatchObject({ name: 'Ann', role: 'owner' });
  });
});
