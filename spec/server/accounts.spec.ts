import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { decideBan } from '../../src/accounts/people.ts';
import { personCommand } from '../../src/cli/person.ts';
import { Directory, recordOf } from '../../src/model/directory.ts';
import { serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { AccountClient } from '../support/account-client.ts';
import { folder, graph } from '../support/server.ts';
import { Line, Wire } from '../support/wire.ts';

const { path: data, remove } = folder();
let running: Awaited<ReturnType<typeof serve>>;
const log: string[] = [];

const RULES =
  'list, read, post, edit, remove, react, ask: guest; open: member; invite, ban, review: moderator; *: owner';

async function begin(rules = RULES): Promise<void> {
  const GRAPH = graph(join(data, 'graphs'), {
    RULES: rules,
    BURST: '1000000',
    RATE: '1000000',
  });
  running = await serve(readSettings({ PORT: '0', DATA: data, GRAPH, ACCOUNTS: 'on', TRUST_PROXY: 'on' }, []), line =>
    log.push(line),
  );
}

beforeAll(() => begin());
afterAll(async () => {
  await running.stop();
  remove();
});

/** Somebody in a browser at the server that runs. */
class Browser extends AccountClient {
  constructor() {
    super(running.url);
  }
}

const PASSWORD = 'correct horse battery';
let owner: Browser;

async function joined(name: string, role = 'member'): Promise<Browser> {
  const { body } = await owner.ask('POST', '/api/invites', { role });
  const browser = new Browser();
  expect(await browser.says('POST', '/api/join', { code: body.code, name, password: PASSWORD })).toBe('201');
  return browser;
}
const idOf = async (browser: Browser): Promise<string> => (await browser.ask('GET', '/api/me')).body.who.id;

describe('the first owner', () => {
  it('sets the place up by the link in the log, once', async () => {
    owner = new Browser();
    const [, code = ''] = /\/#\/setup\/([\w-]{32})$/.exec(log.find(line => line.includes('/#/setup/')) ?? '') ?? [];
    expect(readFileSync(join(data, 'setup-code'), 'utf8').trim()).toBe(code);
    expect(statSync(join(data, 'setup-code')).mode & 0o777).toBe(0o600);
    expect(await owner.says('POST', '/api/setup', { code: 'guessed', name: 'Ann', password: PASSWORD })).toBe(
      '404 link-invalid',
    );
    expect(await owner.says('POST', '/api/setup', { code, name: 'Ann', password: 'short' })).toBe(
      '422 password-invalid',
    );
    expect(await owner.says('POST', '/api/setup', { code, place: '\u200b', name: 'Ann', password: PASSWORD })).toBe(
      '422 name-invalid',
    );
    const given = { code, place: ' The  garden ', name: 'Ann', password: PASSWORD };
    const { status, body } = await owner.ask('POST', '/api/setup', given);
    expect([status, body.who]).toEqual([
      201,
      { kind: 'person', id: expect.stringMatching(/^p[0-9a-f]{16}$/), name: 'Ann', role: 'owner' },
    ]);
    expect(JSON.stringify(body)).not.toMatch(/token|password/);
    expect((await owner.ask('GET', '/api/about')).body).toMatchObject({
      title: 'The garden',
      accounts: true,
      who: { name: 'Ann' },
    });
    const device = new Browser();
    device.cookie = owner.cookie;
    expect((await device.ask('POST', '/api/passkeys/options')).body.rp).toMatchObject({ name: 'The garden' });
    expect(await new Browser().says('POST', '/api/setup', { code, name: 'Eve', password: PASSWORD })).toBe(
      '404 link-invalid',
    );
    expect(() => statSync(join(data, 'setup-code'))).toThrow('ENOENT');
  });

  it('gives the place another name, which open pages hear of; nobody else does', async () => {
    const page = await Line.open(new URL(running.url).origin);
    expect(await new Browser().says('PATCH', '/api/place', { place: 'Mine' })).toBe('401 sign-in');
    expect(await owner.says('PATCH', '/api/place', { place: '' })).toBe('422 name-invalid');
    expect(await owner.says('PATCH', '/api/place', { place: 'The pond' })).toBe('200');
    expect(await page.next()).toMatchObject({ type: 'about', title: 'The pond' });
    page.socket.close();
    expect((await owner.ask('GET', '/api/audit?limit=1')).body.audit[0]).toMatchObject({
      what: 'place',
      detail: '{"place":"The pond"}',
    });
  });

  it('can neither leave nor become less, being the last', async () => {
    const id = await idOf(owner);
    expect(await owner.says('PATCH', `/api/people/${id}`, { role: 'member' })).toBe('409 last-owner');
    expect(await owner.says('DELETE', `/api/people/${id}`)).toBe('409 last-owner');
  });
});

describe('an invitation', () => {
  it('lets as many join as it has uses, also at once, with the role that it has', async () => {
    const { status, body } = await owner.ask('POST', '/api/invites', { role: 'moderator', uses: 1, days: 1 });
    expect([status, body.link]).toEqual([201, `${running.url.replace(/:\d+/, ':0')}#/join/${body.code}`]);
    const tries = await Promise.all(
      ['Mo', 'Mia'].map(name => new Browser().says('POST', '/api/join', { code: body.code, name, password: PASSWORD })),
    );
    expect(tries.sort()).toEqual(['201', '404 link-invalid']);
  });

  it('is kept as a hash, listed without its code, and taken back', async () => {
    const { body } = await owner.ask('POST', '/api/invites', {});
    const listed = await owner.ask('GET', '/api/invites');
    expect(JSON.stringify(listed.body)).not.toContain(body.code);
    expect(await owner.says('DELETE', `/api/invites/${body.id}`)).toBe('204');
    expect(await new Browser().says('POST', '/api/join', { code: body.code, name: 'Late', password: PASSWORD })).toBe(
      '404 link-invalid',
    );
    for (const file of ['history.db', 'history.db-wal', 'people.log'])
      expect(readFileSync(join(data, file), 'latin1')).not.toContain(body.code);
  });

  it('tells those who may invite who has joined, when and by whom, and neither addresses nor the rest of the record', async () => {
    const mona = await joined('Mona', 'moderator');
    const since = new Date().toISOString();
    const { body } = await mona.ask('POST', '/api/invites', {});
    const newt = new Browser();
    await newt.ask('POST', '/api/join', { code: body.code, name: 'Newt', password: PASSWORD });
    const told = (await mona.ask('GET', `/api/joins?since=${since}`)).body;
    expect(told).toEqual({
      joins: [{ id: await idOf(newt), name: 'Newt', role: 'member', at: expect.any(String), by: 'Mona' }],
      joined: 1,
    });
    const all = (await owner.ask('GET', '/api/joins?limit=1')).body;
    expect([all.joins.length, all.joins[0].name, all.joined > 1]).toEqual([1, 'Newt', true]);
    expect((await mona.ask('GET', '/api/joins')).body.joins).not.toContainEqual(
      expect.objectContaining({ name: 'Mona' }),
    );
    expect(await newt.says('GET', '/api/joins')).toBe('403 not-allowed');
    expect(await new Browser().says('GET', '/api/joins')).toBe('401 sign-in');
    expect(await mona.says('GET', '/api/audit')).toBe('403 not-allowed');
    for (const query of ['limit=0', 'limit=201', 'since=x'])
      expect(await owner.says('GET', `/api/joins?${query}`)).toBe('422 parameter-invalid');
  });

  it('is made by moderators, for members and moderators only', async () => {
    const [mod, member] = [await joined('Moderato', 'moderator'), await joined('Simple')];
    expect(await member.says('POST', '/api/invites', {})).toBe('403 not-allowed');
    expect(await new Browser().says('POST', '/api/invites', {})).toBe('401 sign-in');
    expect(await mod.says('POST', '/api/invites', { role: 'moderator' })).toBe('201');
    expect(await mod.says('POST', '/api/invites', { role: 'owner' })).toBe('422 field-invalid');
    expect(await owner.says('POST', '/api/invites', { uses: 0 })).toBe('422 field-invalid');
  });
});

describe('a name', () => {
  it('is nobody else’s, nor one that looks like it, nor one that means everybody', async () => {
    await joined('Lilly');
    const { body } = await owner.ask('POST', '/api/invites', { uses: 9 });
    const named = (name: unknown) =>
      new Browser().says('POST', '/api/join', { code: body.code, name, password: PASSWORD });
    expect(await Promise.all(['LiIIy', 'lilly', 'Lílly'].map(named))).toEqual(Array(3).fill('409 name-taken'));
    expect(await Promise.all(['everyone', 'Аdam', '', 7, 'a/b', 'x'.repeat(41), 'a\u202eb'].map(named))).toEqual(
      Array(7).fill('422 name-invalid'),
    );
    const gus = await joined('Gus');
    expect(await gus.says('PATCH', '/api/me', { name: 'LILLY' })).toBe('409 name-taken');
    expect(await gus.says('PATCH', '/api/me', { name: 'Gustav' })).toBe('200');
    expect((await gus.ask('GET', '/api/me')).body.who.name).toBe('Gustav');
  });

  it('that is another one is told to open pages and streams by the id alone, and asked for by who may', async () => {
    const carol = await joined('Carol');
    const id = await idOf(carol);
    const line = await Line.open(running.url.slice(0, -1), {});
    const stream = new Wire(
      Number(new URL(running.url).port),
      'GET /api/rooms/lobby/events HTTP/1.1',
      'Host: localhost',
    );
    await stream.says('\n:\n');
    expect(await carol.says('PATCH', '/api/me', { name: 'Caroline' })).toBe('200');
    expect(await line.next()).toEqual({ type: 'people', ids: [id] });
    await stream.says(`event: people\ndata: {"ids":["${id}"]}`);
    expect(stream.text).not.toContain('Caroline');
    expect((await carol.ask('GET', `/api/people?ids=${id}`)).body.people).toMatchObject([{ name: 'Caroline' }]);
    stream.socket.destroy();
    line.socket.terminate();
  });
});

describe('signing in', () => {
  it('works by name and password, and tells neither by words nor by work whether there is such a person', async () => {
    const browser = new Browser();
    const [one, two] = [
      await browser.ask('POST', '/api/sign-in', { name: 'Lilly', password: 'wrong wrong wrong' }),
      await browser.ask('POST', '/api/sign-in', { name: 'Nobody', password: 'wrong wrong wrong' }),
    ];
    expect(one.body).toEqual(two.body);
    expect(one.status).toBe(401);
    expect(await browser.says('POST', '/api/sign-in', { name: 'lilly', password: PASSWORD })).toBe('200');
    expect((await browser.ask('GET', '/api/me')).body.who.name).toBe('Lilly');
    expect(await browser.says('POST', '/api/sign-out')).toBe('204');
    expect((await browser.ask('GET', '/api/me')).body.who.kind).toBe('guest');
  });

  it('begins a session of its own, whatever cookie comes along, and ends no other', async () => {
    const [one, two] = [new Browser(), new Browser()];
    one.cookie = 'flowchat.session_token=chosen-by-somebody.else';
    for (const browser of [one, two]) await browser.ask('POST', '/api/sign-in', { name: 'Lilly', password: PASSWORD });
    expect(one.cookie).not.toContain('chosen-by-somebody');
    const before = one.cookie;
    await two.ask('POST', '/api/sign-out');
    expect((await one.ask('GET', '/api/me')).body.who.name).toBe('Lilly');
    await one.ask('POST', '/api/sign-out');
    one.cookie = before;
    expect((await one.ask('GET', '/api/me')).body.who.kind).toBe('guest');
  });

  it('keeps sessions as hashes only, in a file of its own that nobody else reads', async () => {
    const lilly = new Browser();
    await lilly.ask('POST', '/api/sign-in', { name: 'Lilly', password: PASSWORD });
    const token = decodeURIComponent(/session_token=([^.;]+)/.exec(lilly.cookie)![1]!);
    const db = new DatabaseSync(join(data, 'accounts.db'), { readOnly: true });
    const tokens = db
      .prepare('SELECT token FROM session')
      .all()
      .map(row => row.token);
    db.close();
    expect(tokens.length).toBeGreaterThan(0);
    expect(tokens).not.toContain(token);
    expect(statSync(join(data, 'accounts.db')).mode & 0o777).toBe(0o600);
    expect(statSync(join(data, 'auth-secret')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(data, 'people.log'), 'utf8')).not.toMatch(new RegExp(`${token}|${PASSWORD}`));
  });

  it('waits longer after each wrong password', async () => {
    const browser = new Browser();
    const guess = () => browser.says('POST', '/api/sign-in', { name: 'Nobody here', password: 'wrong wrong wrong' });
    const said: string[] = [];
    for (let i = 0; i < 12; i++) said.push(await guess());
    expect(said).toContain('429 too-many-tries');
  });
});

describe('a cookie', () => {
  it('proves nothing where another site asks, or nobody says who asks, nor over a socket', async () => {
    const posting = (headers: Readonly<Record<string, string>>) =>
      fetch(`${running.url}api/rooms/lobby/messages`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Cookie: owner.cookie, ...headers },
        body: JSON.stringify({ author: 'somebody', text: 'hi' }),
      });
    for (const Origin of ['https://evil.example', 'null']) expect((await posting({ Origin })).status).toBe(403);
    const missing = (await (await posting({})).json()) as { author: string };
    expect(missing.author).toBe('somebody');
    const own = (await (await posting({ Origin: owner.origin })).json()) as { author: string };
    expect(own.author).toBe('Ann');
    const line = await Line.open(new URL(running.url).origin, { Cookie: owner.cookie });
    await line.ask({ type: 'subscribe', room: 'lobby' });
    await line.ask({ type: 'send', key: 'k1', room: 'lobby', author: 'me', text: 'over a socket' });
    line.drop();
    const { body } = await owner.ask('GET', '/api/rooms/lobby/messages?limit=1');
    expect(body.messages[0].author).toBe('me');
  });
});

describe('a banned person', () => {
  it('is cut off on every connection with the reason, and what is on its way is refused', async () => {
    const eve = await joined('Eve');
    await owner.ask('POST', '/api/rooms/lobby/messages', { text: 'one' });
    const { body } = await eve.ask('GET', '/api/rooms/lobby/messages');
    const line = await Line.open(eve.origin, eve.headers);
    await line.ask({ type: 'subscribe', room: 'lobby', after: body.cursor });
    const stream = new Wire(
      Number(new URL(running.url).port),
      `GET /api/rooms/lobby/events?after=${body.cursor} HTTP/1.1`,
      'Host: localhost',
      `Cookie: ${eve.cookie}`,
    );
    await stream.says('\n\n');
    const poll = eve.ask('GET', `/api/rooms/lobby/messages?after=${body.cursor}&wait=20`);
    expect(await owner.says('POST', '/api/bans', { person: await idOf(eve), why: 'spam' })).toBe('201');
    await stream.closed();
    expect(stream.text).toMatch(/event: error\ndata: .*"banned".*spam/);
    expect(await line.next()).toMatchObject({ type: 'error', room: 'lobby', code: 'banned' });
    expect(await line.ask({ type: 'send', key: 'k', room: 'lobby', text: 'hi' })).toMatchObject({ code: 'banned' });
    line.drop();
    expect((await poll).body.code).toBe('banned');
    expect(await eve.says('GET', '/api/rooms')).toBe('403 banned');
    expect(await owner.says('DELETE', `/api/bans/${await idOf(eve)}`)).toBe('204');
    expect(await eve.says('GET', '/api/rooms')).toBe('200');
  });

  it('is cut off by the ban of an address as well, signed in or not', async () => {
    const ada = await joined('Ada');
    const wires = [`Cookie: ${ada.cookie}`, 'Accept: */*'].map(
      header =>
        new Wire(
          Number(new URL(running.url).port),
          'GET /api/rooms/lobby/events HTTP/1.1',
          'Host: localhost',
          `X-Forwarded-For: ${ada.address}`,
          header,
        ),
    );
    for (const wire of wires) await wire.says('\n\n');
    expect(await owner.says('POST', '/api/bans', { address: ada.address, why: 'a flood' })).toBe('201');
    for (const wire of wires) {
      await wire.closed();
      expect(wire.text).toMatch(/event: error\ndata: .*"banned".*a flood/);
    }
  });

  it('may be of who wrote what waits: a person, or the address of a guest, which nobody is told', () => {
    const directory = new Directory();
    const post = { room: 'lobby', author: 'x', text: 'x', why: '', at: 1 };
    directory.take([
      recordOf.person({ id: 'p1', kind: 'person', name: 'Bob', role: 'member', made: 1 }),
      recordOf.held({ ...post, id: 'h1', by: 'p1' }),
      recordOf.held({ ...post, id: 'h2', by: 'hashed' }),
    ]);
    const mo = { kind: 'person', id: 'mo', name: 'Mo', role: 'moderator' } as const;
    const given = { now: 1, hash: (address: string) => `hash of ${address}` };
    const on = (body: object) => {
      const decided = decideBan(directory, mo, { ...body }, given);
      return 'records' in decided ? decided.records.map(({ key }) => key) : decided.code;
    };
    expect([on({ held: 'h1' }), on({ held: 'h2' }), on({ held: 'none' }), on({ address: '::1' })]).toEqual([
      ['p1'],
      ['hashed'],
      'held-not-found',
      ['hash of ::1'],
    ]);
    directory.take([recordOf.person({ id: 'p1', kind: 'person', name: 'Bob', role: 'owner', made: 1 })]);
    expect(on({ held: 'h1' })).toBe('not-allowed');
  });

  it('is below who bans them', async () => {
    const mod = await joined('Modesty', 'moderator');
    expect(await mod.says('POST', '/api/bans', { person: await idOf(owner) })).toBe('403 not-allowed');
    expect(await mod.says('POST', '/api/bans', { person: await idOf(mod) })).toBe('403 not-allowed');
    expect(await owner.says('POST', '/api/bans', { address: '192.0.2.7', until: '2020-01-01' })).toBe(
      '422 field-invalid',
    );
    expect(await owner.says('POST', '/api/bans', { address: '192.0.2.7' })).toBe('201');
  });
});

describe('a role', () => {
  it('counts from the next question on, on connections that are open', async () => {
    const rob = await joined('Rob');
    const line = await Line.open(rob.origin, rob.headers);
    expect(await rob.says('GET', '/api/audit')).toBe('403 not-allowed');
    await owner.ask('PATCH', `/api/people/${await idOf(rob)}`, { role: 'owner' });
    expect((await rob.ask('GET', '/api/audit')).body.audit[0]).toMatchObject({ what: 'role', on: await idOf(rob) });
    await owner.ask('PATCH', `/api/people/${await idOf(rob)}`, { role: 'member' });
    expect(await rob.says('GET', '/api/audit')).toBe('403 not-allowed');
    line.drop();
  });
});

describe('the record', () => {
  it('has what was done about rooms and what others wrote, without the name of one that is private', async () => {
    const [ada, ben] = [await joined('Rita', 'moderator'), await joined('Rolf')];
    const [adaId, benId] = [await idOf(ada), await idOf(ben)];
    const make = async (name: string, kind: string) => (await ada.ask('POST', '/api/rooms', { name, kind })).body.room;
    const [open, board] = [await make('plaza', 'open'), await make('board', 'private')];
    await ada.ask('PUT', `/api/rooms/${board}/members/${benId}`);
    await ada.ask('DELETE', `/api/rooms/${board}/members/${benId}`);
    await ada.ask('PATCH', `/api/rooms/${open}`, { title: 'The plaza' });
    const wrote = async (text: string) => (await ben.ask('POST', `/api/rooms/${open}/messages`, { text })).body.id;
    const [his, hers] = [await wrote('mine'), await wrote('theirs')];
    await ben.ask('DELETE', `/api/rooms/${open}/messages/${his}`);
    const line = await Line.open(new URL(running.url).origin, ada.headers);
    await line.ask({ type: 'remove', key: 'k1', room: open, id: hers });
    line.drop();
    // Nothing that is refused, and none of who writes to whom.
    await ben.ask('DELETE', `/api/rooms/${open}/members/${adaId}`);
    await ada.ask('POST', '/api/rooms', { kind: 'direct', person: benId });
    const { audit } = (await owner.ask('GET', `/api/audit?person=${adaId}&limit=7`)).body;
    const told = audit.map(({ what, on, detail }: Record<string, string>) => [what, on, detail]);
    expect(told.reverse().slice(1)).toEqual([
      ['room made', undefined, '{"room":"plaza"}'],
      ['room made', undefined, '{"kind":"private"}'],
      ['member added', benId, '{"kind":"private"}'],
      ['member removed', benId, '{"kind":"private"}'],
      ['room changed', undefined, '{"room":"plaza","title":"The plaza"}'],
      ['message removed', benId, '{"room":"plaza"}'],
    ]);
    expect(readFileSync(join(data, 'people.log'), 'utf8')).not.toContain(board);
  });
});

describe('a way back', () => {
  it('is a link of one use, which ends all sessions', async () => {
    const lost = await joined('Lost');
    const { body } = await owner.ask('POST', `/api/people/${await idOf(lost)}`, { reset: true });
    const [, code] = /#\/join\/(.+)$/.exec(body.link)!;
    const found = new Browser();
    expect(await found.says('POST', '/api/join', { code, password: 'another horse battery' })).toBe('201');
    expect((await found.ask('GET', '/api/me')).body.who.name).toBe('Lost');
    expect((await lost.ask('GET', '/api/me')).body.who.kind).toBe('guest');
    expect(await new Browser().says('POST', '/api/join', { code, password: PASSWORD })).toBe('404 link-invalid');
    expect(await new Browser().says('POST', '/api/sign-in', { name: 'Lost', password: PASSWORD })).toMatch(/^4/);
  });
});

describe('a link for another device', () => {
  it('signs it in once the first one has confirmed it, and nobody else', async () => {
    const [dan, dora] = [await joined('Dan'), await joined('Dora')];
    const [phone, other] = [new Browser(), new Browser()];
    expect(await other.says('POST', '/api/devices')).toBe('401 sign-in');
    const { status, body: made } = await dan.ask('POST', '/api/devices');
    expect([status, made.link]).toEqual([201, expect.stringContaining(`#/device/${made.code}`)]);
    expect((await dan.ask('GET', `/api/devices/${made.id}`)).body).toEqual({});
    const enter = (body: object, browser = phone) => browser.ask('POST', '/api/sign-in/device', body);

    expect((await enter({ code: 'guessed' })).status).toBe(404);
    const opened = await enter({ code: made.code });
    expect([opened.status, opened.body]).toEqual([202, { ticket: expect.any(String), number: expect.any(String) }]);
    const { ticket, number } = opened.body;
    expect((await enter({ code: made.code }, other)).body.code).toBe('link-invalid');
    expect((await dan.ask('GET', `/api/devices/${made.id}`)).body).toEqual({ number });
    for (const [method, body] of [['GET'], ['POST', { confirm: true }]] as const)
      expect(await dora.says(method, `/api/devices/${made.id}`, body)).toBe('404 link-invalid');
    const waiting = await enter({ ticket });
    expect([waiting.status, waiting.body, phone.cookie]).toEqual([202, {}, '']);

    expect(await dan.says('POST', `/api/devices/${made.id}`, { confirm: 'yes' })).toBe('422 field-invalid');
    expect(await dan.says('POST', `/api/devices/${made.id}`, { confirm: true })).toBe('204');
    expect((await enter({ ticket })).body.who).toMatchObject({ name: 'Dan', role: 'member' });
    expect((await phone.ask('GET', '/api/me')).body.who.name).toBe('Dan');
    expect((await enter({ ticket }, other)).body.code).toBe('link-invalid');
    expect(other.cookie).toBe('');
    const { audit } = (await owner.ask('GET', '/api/audit?limit=2')).body;
    expect(audit).toEqual([
      expect.objectContaining({ what: 'sign-in', detail: 'device' }),
      expect.objectContaining({ what: 'device added', by: await idOf(dan) }),
    ]);
  });

  it('lets nobody in where the first one says no', async () => {
    const dan = await joined('Dana');
    const { id, code } = (await dan.ask('POST', '/api/devices')).body;
    const phone = new Browser();
    const { ticket } = (await phone.ask('POST', '/api/sign-in/device', { code })).body;
    expect(await dan.says('POST', `/api/devices/${id}`, { confirm: false })).toBe('204');
    expect(await phone.says('POST', '/api/sign-in/device', { ticket })).toBe('404 link-invalid');
  });
});

describe('a bot', () => {
  it('asks by its token, over HTTP and WebSocket, until that is taken back', async () => {
    const { status, body } = await owner.ask('POST', '/api/tokens', { name: 'Robot', role: 'member' });
    expect([status, body.token]).toEqual([201, expect.stringMatching(/^fc_[\w-]{32}$/)]);
    const bearer = { Authorization: `Bearer ${body.token}` };
    const bot = new Browser();
    expect((await bot.ask('GET', '/api/me', undefined, bearer)).body.who).toMatchObject({ kind: 'bot', name: 'Robot' });
    const line = await Line.open(bot.origin, bearer);
    await line.ask({ type: 'subscribe', room: 'lobby' });
    expect(await line.ask({ type: 'send', key: 'k-bot', room: 'lobby', text: 'beep' })).toMatchObject({ text: 'beep' });
    const { body: page } = await owner.ask('GET', '/api/rooms/lobby/messages?limit=1');
    expect(page.messages[0]).toMatchObject({ author: 'Robot', text: 'beep' });
    const { body: tokens } = await owner.ask('GET', '/api/tokens');
    expect(JSON.stringify(tokens)).not.toContain(body.token);
    expect(await owner.says('DELETE', `/api/tokens/${tokens.tokens[0].id}`)).toBe('204');
    expect((await bot.ask('GET', '/api/me', undefined, bearer)).body.who.kind).toBe('guest');
    line.drop();
  });
});

describe('a token in the first frame of a socket', () => {
  const tokenOf = async (name: string) =>
    (await owner.ask('POST', '/api/tokens', { name, role: 'member' })).body.token as string;

  it('says who asks from then on, more than the cookie of the handshake, also for frames that follow at once', async () => {
    const token = await tokenOf('Frame');
    const line = await Line.open(owner.origin, owner.headers);
    line.say({ type: 'hello', token });
    line.say({ type: 'send', key: 'k-frame', room: 'lobby', text: 'from a frame' });
    expect(await line.next()).toMatchObject({ type: 'welcome', who: { kind: 'bot', name: 'Frame' } });
    expect(await line.next()).toMatchObject({ type: 'ack', key: 'k-frame' });
    line.drop();
    const { body } = await owner.ask('GET', '/api/rooms/lobby/messages?limit=1');
    expect(body.messages[0]).toMatchObject({ author: 'Frame', text: 'from a frame' });
  });

  it('is taken in the first frame only, and soon', async () => {
    const token = await tokenOf('Late frame');
    const line = await Line.open(owner.origin);
    await line.ask({ type: 'subscribe', room: 'lobby' });
    expect(await line.ask({ type: 'hello', token })).toMatchObject({ type: 'error', code: 'frame-invalid' });
    line.drop();
    const slow = await Line.open(owner.origin);
    const later = performance.now() + 5001;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => later);
    try {
      expect(await slow.ask({ type: 'hello', token })).toMatchObject({ type: 'error', code: 'frame-invalid' });
    } finally {
      clock.mockRestore();
    }
    slow.drop();
  });

  it('ends the connection if it is none', async () => {
    for (const token of ['fc_guessed', '', 'x y', 'x'.repeat(300)]) {
      const line = await Line.open(owner.origin, owner.headers);
      expect(await line.ask({ type: 'hello', token })).toMatchObject({ type: 'error', code: 'sign-in' });
      expect((await line.closed()).code).toBe(4401);
    }
    const line = await Line.open(owner.origin);
    expect(await line.ask({ type: 'hello', token: 7 })).toMatchObject({ code: 'frame-invalid' });
    line.drop();
  });

  it('cuts sockets and streams once it is taken back, and outweighs a cookie over HTTP', async () => {
    const token = await tokenOf('Cut');
    const bearer = { Authorization: `Bearer ${token}` };
    expect((await owner.ask('GET', '/api/me', undefined, bearer)).body.who.name).toBe('Cut');
    expect((await owner.ask('GET', '/api/me', undefined, { Authorization: 'Bearer fc_none' })).body.who.kind).toBe(
      'guest',
    );
    const line = await Line.open(owner.origin);
    await line.ask({ type: 'hello', token });
    await line.ask({ type: 'subscribe', room: 'lobby' });
    const stream = new Wire(
      Number(new URL(running.url).port),
      'GET /api/rooms/lobby/events HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${token}`,
    );
    await stream.says('\n\n');
    const { body } = await owner.ask('GET', '/api/tokens');
    await owner.ask('DELETE', `/api/tokens/${body.tokens.find((each: { name: string }) => each.name === 'Cut').id}`);
    expect((await line.closed()).code).toBe(4401);
    await stream.closed();
    expect(stream.text).toMatch(/event: error\ndata: .*"sign-in"/);
  });
});

describe('an account that is ended', () => {
  it('is signed out, and its name stays its own', async () => {
    const gone = await joined('Goner');
    const id = await idOf(gone);
    const { body: posted } = await gone.ask('POST', '/api/rooms/lobby/messages', { text: 'I was here' });
    expect(posted).toMatchObject({ author: 'Goner', by: id });
    expect(await owner.says('DELETE', `/api/people/${id}`)).toBe('204');
    expect((await gone.ask('GET', '/api/me')).body.who.kind).toBe('guest');
    expect(await new Browser().says('POST', '/api/sign-in', { name: 'Goner', password: PASSWORD })).toMatch(/^4/);
    const { body } = await owner.ask('GET', '/api/people');
    expect(body.people.find((person: { id: string }) => person.id === id)).toMatchObject({ gone: true });
    // Whoever reads a message learns of its author, and of nobody else.
    const reader = new Browser();
    expect(await reader.says('GET', '/api/people')).toBe('401 sign-in');
    const { body: found } = await reader.ask('GET', `/api/people?ids=${id},nobody,${await idOf(owner)}`);
    expect(found.people).toEqual([
      { id, kind: 'person', name: 'Goner', gone: true },
      { id: await idOf(owner), kind: 'person', name: 'Ann' },
    ]);
    expect(await reader.says('GET', `/api/people?ids=${Array(51).fill('p').join()}`)).toBe('422 parameter-invalid');
  });
});

describe('the operator', () => {
  const order = (...args: readonly string[]) => {
    const told: string[] = [];
    const log = jest.spyOn(console, 'log').mockImplementation(line => void told.push(String(line)));
    return personCommand([...args, '--data', data], {})
      .then(
        () => told.join('\n'),
        ({ message }: Error) => message,
      )
      .finally(() => log.mockRestore());
  };

  it('sees who there is, makes owners, bans, and gets people back in, also with rules that let nobody', async () => {
    const pam = await joined('Pam');
    const id = await idOf(pam);
    expect(await order('list')).toMatch(/^Pam {2}member$/m);
    expect(await order('owner', 'PAM')).toBe('Pam is an owner');
    expect((await pam.ask('GET', '/api/me')).body.who.role).toBe('owner');
    expect(await order('ban', 'Pam')).toBe('Pam is banned');
    expect(await pam.says('GET', '/api/rooms')).toBe('403 banned');
    expect(await order('unban', 'Pam')).toBe('Pam is not banned');
    const [, code] = /#\/join\/([\w-]+)$/.exec(await order('reset', 'Pam'))!;
    expect(await new Browser().says('POST', '/api/join', { code, password: PASSWORD })).toBe('201');
    expect(await order('ban', 'Nobody')).toMatch(/^there is nobody called "Nobody"/);
    const { audit } = (await owner.ask('GET', `/api/audit?person=${id}`)).body;
    const ordered = audit.filter(({ by }: { by?: string }) => by === 'operator');
    expect(ordered.map(({ what, detail = '' }: Record<string, string>) => what + detail)).toEqual([
      'reset link',
      'unban',
      'ban',
      'role{"role":"owner"}',
    ]);
    expect(await order('drop')).toMatch(/^this does not say what to do about whom; write npm run person/);
  });
});

describe('after a restart', () => {
  it('who was signed in still is', async () => {
    await running.stop();
    await begin();
    const again = new Browser();
    again.cookie = owner.cookie;
    expect((await again.ask('GET', '/api/me')).body.who).toMatchObject({ name: 'Ann', role: 'owner' });
    expect((await again.ask('GET', '/api/about')).body.title).toBe('The pond');
  });

  it('the record has once what was changed about the rules while no server ran', async () => {
    const recorded = async () => {
      const again = new Browser();
      again.cookie = owner.cookie;
      return (await again.ask('GET', '/api/audit?what=rules')).body.audit;
    };
    expect(await recorded()).toEqual([]);
    for (let start = 1; start <= 2; start++) {
      await running.stop();
      await begin('*: member');
      expect(await recorded()).toEqual([
        expect.objectContaining({ by: 'file', detail: `admit: RULES is *: member, was ${RULES}` }),
      ]);
    }
  });
});
