import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Credentials } from '../../src/accounts/credentials.ts';
import { DeviceLinks } from '../../src/accounts/devices.ts';
import { LentTokens } from '../../src/accounts/lent-tokens.ts';
import { openAccounts } from '../../src/accounts/open.ts';
import { noteOrderedShared, SharedPeopleLog } from '../../src/accounts/shared-audit.ts';
import type { PeopleAuditEntry } from '../../src/model/directory.ts';
import { setDatabase } from '../../src/store/open.ts';
import { StoreFailed } from '../../src/store/store.ts';
import { AccountClient } from '../support/account-client.ts';
import { Passkey } from '../support/authenticator.ts';
import { until } from '../support/chat.ts';
import { CLIENT, IdentityProvider } from '../support/identity-provider.ts';
import { freePort } from '../support/machine.ts';
import { PostgresServer } from '../support/postgres.ts';
import { RestartableServer } from '../support/restartable-server.ts';
import { Line } from '../support/wire.ts';

// Accounts that several processes share, in PostgreSQL.

const ORIGIN = 'http://localhost:9090';
const PASSWORD = 'correct horse battery';
let database: PostgresServer;
let provider: IdentityProvider;
let one: RestartableServer;
let two: RestartableServer;

beforeAll(async () => {
  database = await PostgresServer.start();
  // The provider's advice for whoever runs it for real.
  jest.spyOn(console, 'warn').mockReturnValue();
  provider = await IdentityProvider.start(`${ORIGIN}/api/auth/callback/oidc`);
  const elsewhere = {
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: CLIENT.id,
    OIDC_CLIENT_SECRET: CLIENT.secret,
    OIDC_RULES: 'email *@school.example: member',
  };
  const RULES = 'list, read, post: member; invite, ban: moderator; *: owner';
  // However long it takes to start beside all other specs.
  const env = { DATABASE_URL: database.url, ACCOUNTS: 'on', ORIGIN, TRUST_PROXY: 'on', WATCHDOG: '0', ...elsewhere };
  [one, two] = (await Promise.all([freePort(), freePort()])).map(
    port => new RestartableServer(port, { STORE: 'postgres:chat', RULES }, env),
  ) as [RestartableServer, RestartableServer];
  // Both make the schemas.
  await Promise.all([one.start(), two.start()]);
});
afterAll(async () => {
  for (const each of [one, two]) {
    await each.kill();
    each.remove();
  }
  await provider.stop();
  await database.stop();
});

/** Somebody in a browser that a proxy leads to one of the processes. */
class Browser extends AccountClient {
  override readonly origin = ORIGIN;
  static readonly #led = { 'X-Forwarded-Host': new URL(ORIGIN).host };

  override ask(method: string, path: string, body?: object) {
    return super.ask(method, path, body, Browser.#led);
  }

  override get headers() {
    return { ...super.headers, ...Browser.#led };
  }

  /** The same browser, led to another process. */
  at(process: RestartableServer): Browser {
    const browser = new Browser(`${process.origin}/`);
    browser.cookie = this.cookie;
    return browser;
  }

  async who(): Promise<string> {
    const { name, role } = (await this.ask('GET', '/api/me')).body.who;
    return `${name} ${role}`;
  }

  /** Adds cookies, as a browser does, to those that are there. */
  async adding(...asked: Parameters<Browser['ask']>) {
    const before = this.cookie;
    const answer = await this.ask(...asked);
    if (before !== '' && this.cookie !== before) this.cookie = `${before}; ${this.cookie}`;
    return answer;
  }
}
const browserAt = (process: RestartableServer) => new Browser(`${process.origin}/`);

let owner: Browser;
async function joined(name: string, process = one): Promise<Browser> {
  const { body } = await owner.ask('POST', '/api/invites', {});
  const browser = browserAt(process);
  expect(await browser.says('POST', '/api/join', { code: body.code, name, password: PASSWORD })).toBe('201');
  return browser;
}
const signIn = (browser: Browser, name: string, password = PASSWORD) =>
  browser.says('POST', '/api/sign-in', { name, password });
const idOf = async (browser: Browser) => (await browser.ask('GET', '/api/me')).body.who.id;
const guest = expect.stringMatching(/ guest$/);

/** Another process that starts, where there was only one before. */
function starting() {
  const data = mkdtempSync(join(tmpdir(), 'flowchat-shared-'));
  writeFileSync(join(data, 'accounts.db'), '');
  setDatabase({ DATABASE_URL: database.url });
  const warnings: string[] = [];
  const opened = openAccounts({
    ...{ data, origin: ORIGIN, basePath: '', url: 'http://127.0.0.1:9090', store: 'postgres:chat' },
    hashAddress: String,
    called() {},
    peopleChanged() {},
    rulesNow: () => undefined,
    publishRules: async () => {},
    warn: sentence => void warnings.push(sentence),
  });
  return { data, warnings, opened };
}

describe('two processes whose people are in PostgreSQL', () => {
  it('are set up by one code, which is gone at both once there is an owner', async () => {
    const files = [one, two].map(({ data }) => join(data, 'setup-code'));
    const [code, other] = files.map(file => readFileSync(file, 'utf8').trim());
    expect(code).toMatch(/^[\w-]{32}$/);
    expect(other).toBe(code);
    owner = browserAt(one);
    expect(await owner.says('POST', '/api/setup', { code, name: 'Ann', password: PASSWORD })).toBe('201');
    await until(() => files.every(file => !existsSync(file)));
    for (const { data } of [one, two]) {
      expect(existsSync(join(data, 'accounts.db'))).toBe(false);
      expect(existsSync(join(data, 'auth-secret'))).toBe(false);
    }
  });

  it('know whoever has joined at one, by cookie and by password, and keep only hashes of what proves it', async () => {
    const bob = await joined('Bob');
    expect(await bob.at(two).who()).toBe('Bob member');
    const again = browserAt(two);
    expect(await signIn(again, 'Bob', 'wrong horse')).toBe('401 sign-in-failed');
    expect(await signIn(again, 'Bob')).toBe('200');
    expect(await again.at(one).who()).toBe('Bob member');
    const rows = JSON.stringify(await database.ask('SELECT * FROM chat_auth.session'));
    for (const { cookie } of [bob, again]) {
      const [token = ''] = decodeURIComponent(cookie.split('=')[1]!).split('.');
      expect(token).toMatch(/^\w{32}$/);
      expect(rows).not.toContain(token);
    }
    expect(
      await database.ask(`SELECT count(*)::int FROM chat_auth.account WHERE password LIKE '%${PASSWORD}%'`),
    ).toEqual([{ count: 0 }]);
  });

  it('let somebody come back at one who went elsewhere from the other, and know them at both', async () => {
    provider.person = { sub: 's1', name: 'Bea', email: 'bea@school.example', email_verified: true };
    const bea = browserAt(one);
    const { body } = await bea.ask('POST', '/api/auth/sign-in/oidc', { to: '#/lobby' });
    const { pathname, search } = await provider.visit(body.url);
    const back = bea.at(two);
    const { status, headers } = await back.ask('GET', pathname + search);
    expect([status, headers.get('location')]).toEqual([303, `${ORIGIN}/#/lobby`]);
    for (const process of [one, two]) expect(await back.at(process).who()).toBe('Bea member');
  });

  it('end a session at both, on open connections too, and no other session', async () => {
    const cleo = await joined('Cleo');
    const phone = browserAt(two);
    await signIn(phone, 'Cleo');
    const [page, other] = [await Line.open(two.origin, cleo.headers), await Line.open(two.origin, phone.headers)];
    for (const line of [page, other]) {
      line.say({ type: 'subscribe', room: 'lobby' });
      expect(await line.next()).toMatchObject({ type: 'subscribed' });
    }
    expect(await cleo.at(two).who()).toBe('Cleo member');
    const { cookie } = cleo;
    expect(await cleo.says('POST', '/api/sign-out')).toBe('204');
    expect(await page.closed()).toMatchObject({ code: 4401 });
    cleo.cookie = cookie;
    expect(await cleo.at(two).who()).toEqual(guest);
    expect(await phone.who()).toBe('Cleo member');
    expect(other.socket.readyState).toBe(other.socket.OPEN);
    other.socket.close();
  });

  it('end a session within seconds that is gone without a word', async () => {
    const dora = await joined('Dora');
    const there = dora.at(two);
    expect(await there.who()).toBe('Dora member');
    await database.ask(
      'DELETE FROM chat_auth.session WHERE "userId" = (SELECT id FROM chat_auth."user" WHERE name = $1)',
      [await idOf(dora)],
    );
    for (const browser of [dora, there]) await until(async () => (await browser.who()).endsWith(' guest'));
  });

  it('let somebody back in by a link, which ends what they had at the other', async () => {
    const eve = await joined('Eve', two);
    const there = eve.at(one);
    expect([await eve.who(), await there.who()]).toEqual(['Eve member', 'Eve member']);
    const { body } = await owner.at(two).ask('POST', `/api/people/${await idOf(eve)}`, { reset: true });
    const code = body.link.split('/').at(-1);
    const back = browserAt(one);
    expect(await back.says('POST', '/api/join', { code, password: 'another horse' })).toBe('201');
    await until(async () => (await eve.who()).endsWith(' guest'));
    expect(await there.who()).toEqual(guest);
    expect([await back.who(), await back.at(two).who()]).toEqual(['Eve member', 'Eve member']);
    expect(await signIn(browserAt(two), 'Eve')).toBe('401 sign-in-failed');
    expect(await signIn(browserAt(two), 'Eve', 'another horse')).toBe('200');
  });

  it('both turn away whom one has banned, and forget whose account one has ended', async () => {
    const [finn, gus] = [await joined('Finn', two), await joined('Gus', two)];
    expect(await finn.says('GET', '/api/rooms')).toBe('200');
    const person = await idOf(finn);
    expect(await owner.says('POST', '/api/bans', { person })).toBe('201');
    await until(async () => (await finn.says('GET', '/api/rooms')) === '403 banned');
    const id = await idOf(gus);
    expect(await owner.says('DELETE', `/api/people/${id}`)).toBe('204');
    await until(async () => (await gus.who()).endsWith(' guest'));
    expect(await signIn(browserAt(two), 'Gus')).toBe('401 sign-in-failed');
    expect(await database.ask('SELECT 1 FROM chat_auth."user" WHERE name = $1', [id])).toEqual([]);
    const { audit } = (await owner.at(two).ask('GET', '/api/audit?limit=2')).body;
    expect(audit).toMatchObject([
      { what: 'sign-in failed', on: id },
      { what: 'removed', by: await idOf(owner), on: id },
    ]);
  });

  it('finish what was begun with a passkey at the other', async () => {
    const hana = await joined('Hana');
    const passkey = new Passkey(ORIGIN);
    const { body: adding } = await hana.adding('POST', '/api/passkeys/options');
    expect(await hana.at(two).says('POST', '/api/passkeys', { response: passkey.added(adding) })).toBe('200');
    const elsewhere = browserAt(two);
    const { body: using } = await elsewhere.ask('POST', '/api/sign-in/passkey/options');
    const back = elsewhere.at(one);
    expect(await back.says('POST', '/api/sign-in/passkey', { response: passkey.used(using) })).toBe('200');
    expect(await back.at(two).who()).toBe('Hana member');
  });

  it('let another device in at the other, once it is confirmed', async () => {
    const ida = await joined('Ida');
    const { body: link } = await ida.ask('POST', '/api/devices');
    const phone = browserAt(two);
    const { body: opened } = await phone.ask('POST', '/api/sign-in/device', { code: link.code });
    const path = `/api/devices/${link.id}`;
    expect((await ida.ask('GET', path)).body.number).toBe(opened.number);
    expect(await phone.says('POST', '/api/sign-in/device', { ticket: opened.ticket })).toBe('202');
    expect(await ida.says('POST', path, { confirm: true })).toBe('204');
    expect(await phone.says('POST', '/api/sign-in/device', { ticket: opened.ticket })).toBe('200');
    expect(await phone.who()).toBe('Ida member');
  });

  it('say so while PostgreSQL is away, as one does that starts, and go on once it is back', async () => {
    await database.kill();
    const jo = browserAt(one);
    const { data, warnings, opened } = starting();
    expect(await signIn(jo, 'Bob')).toBe('503 store-failed');
    await until(() => warnings.length > 0);
    await database.run();
    const third = await opened;
    expect(third.setupCode()).toBeUndefined();
    await third.close();
    expect(warnings).toEqual([
      expect.stringMatching(
        /^the start waits for the database, as people's accounts are there: PostgreSQL at .* start it, /,
      ),
      `${join(data, 'accounts.db')} is not used, as accounts are in postgres:chat with those of all processes; whoever could sign in by it gets a new link by "npm run person -- reset NAME"; then delete it`,
    ]);
    rmSync(data, { recursive: true });
    await until(async () => (await signIn(jo, 'Bob')) === '200');
    expect(await jo.at(two).who()).toBe('Bob member');
  });
});

/** A handle on the accounts of a schema, as a process of its own has it. */
const opening = (postgres: string, url = database.url) =>
  Credentials.open({
    at: { postgres, variables: { DATABASE_URL: url } },
    secret: 's'.repeat(32),
    origin: undefined,
    basePath: '',
  });

describe('accounts in a schema of PostgreSQL', () => {
  it('say why they can not be used, and what to do about it', async () => {
    const credentials = await opening('faults');
    const [cookie = ''] = (await credentials.create('p1', PASSWORD)).map(each => each.split(';')[0]!);
    expect(await credentials.session(cookie)).toMatchObject({ person: 'p1' });
    await database.ask('ALTER SCHEMA faults_auth RENAME TO gone');
    const gone = /PostgreSQL at .* fails \(relation "faults_auth\..*" does not exist\)$/;
    await expect(credentials.session(cookie)).rejects.toThrow(gone);
    await expect(credentials.signIn('p1', PASSWORD)).rejects.toThrow(gone);
    await expect(credentials.signIn('p1', PASSWORD)).rejects.toBeInstanceOf(StoreFailed);
    await database.ask('ALTER SCHEMA gone RENAME TO faults_auth');
    expect((await credentials.signIn('p1', PASSWORD))?.person).toBe('p1');
    await credentials.close();
    const nowhere = `postgres://flowchat@127.0.0.1:${await freePort()}/postgres`;
    await expect(opening('faults', nowhere)).rejects.toThrow(/^PostgreSQL at .* does not answer; start it, /);
  });

  it('leave what another program has there alone', async () => {
    await database.ask('CREATE SCHEMA taken_auth CREATE TABLE "user" (id int)');
    await expect(opening('taken')).rejects.toThrow(
      "the schema taken_auth has another program's tables; take another name at STORE",
    );
    expect(await database.ask('SELECT * FROM taken_auth."user"')).toEqual([]);
  });

  it('are one record of what was done, whoever notes it, and once what all of them see', async () => {
    const all = await Promise.all([opening('record'), opening('record')]);
    const warn = jest.fn();
    const [log, other] = all.map(({ shared }) => new SharedPeopleLog(shared!.schema, shared!.ask, warn)) as [
      SharedPeopleLog,
      SharedPeopleLog,
    ];
    const notes: readonly [SharedPeopleLog, PeopleAuditEntry, string?][] = [
      [log, { what: 'ban', by: 'mo', on: 'ann' }],
      [other, { what: 'role', by: 'ann', on: 'bob', detail: '{}' }],
      [log, { what: 'revision', by: 'ann' }, 'revision 2'],
      [other, { what: 'revision', by: 'ann' }, 'revision 2'],
      [log, { what: 'ban', by: 'mo', on: 'bob' }],
    ];
    for (const [at, ...note] of notes) {
      at.note(...note);
      // In this order at all of them.
      await at.page({ limit: 1 });
    }
    await noteOrderedShared('record', { DATABASE_URL: database.url }, 'export');
    await noteOrderedShared('nobody', { DATABASE_URL: database.url }, 'export');
    const seen: string[] = [];
    let before: number | undefined;
    do {
      const { audit, next } = await other.page({ limit: 2, before });
      seen.push(audit.map(entry => Object.values(entry).slice(1).join(' ')).join(', '));
      before = next;
    } while (before !== undefined);
    expect(seen).toEqual(['export operator, ban mo bob', 'revision ann, role ann bob {}', 'ban mo ann']);
    const { audit } = await log.page({ limit: 9, person: 'bob', what: 'ban' });
    expect(audit).toEqual([{ at: expect.stringMatching(/^\d{4}-.*Z$/), what: 'ban', by: 'mo', on: 'bob' }]);
    await database.ask("UPDATE record_auth.audit SET at = now() - interval '366 days' WHERE what = 'ban'");
    const again = new SharedPeopleLog(all[0]!.shared!.schema, all[0]!.shared!.ask, warn);
    expect((await again.page({ limit: 9 })).audit.length).toBe(3);
    expect(warn).not.toHaveBeenCalled();
    for (const each of [log, other, again]) await each.close();
    for (const each of all) await each.close();
  });
});

describe.each(['sqlite', 'postgres'])('in %s', kind => {
  const data = mkdtempSync(join(tmpdir(), 'flowchat-shared-'));
  let credentials: Credentials;
  beforeAll(async () => {
    const at = { file: join(data, 'accounts.db') };
    const more = { secret: 's'.repeat(32), origin: undefined, basePath: '' };
    credentials = kind === 'sqlite' ? await Credentials.open({ at, ...more }) : await opening('alone');
  });
  afterAll(async () => {
    await credentials.close();
    rmSync(data, { recursive: true });
  });

  describe('a link for another device', () => {
    let links: DeviceLinks;
    beforeAll(() => {
      links = new DeviceLinks(credentials.rows);
    });
    /** A link of ann's that a device has opened. */
    async function opened() {
      const { id, code } = await links.make('ann', 0);
      return { id, code, ...(await links.open(code, 1))! };
    }

    it('lets one device in, once, and only when its owner has confirmed the number', async () => {
      const { id, ticket, number } = await opened();
      expect(number).toMatch(/^[1-9]\d$/);
      expect([await links.enter(ticket, 2), await links.look(id, 'ann', 2)]).toEqual([null, { number }]);
      expect(await links.decide(id, 'ann', 0, 3)).toBe(true);
      const entering = await Promise.all([links.enter(ticket, 4), links.enter(ticket, 4)]);
      expect(entering.filter(letIn => letIn !== undefined)).toEqual([{ person: 'ann', since: 0 }]);
      expect(await links.enter(ticket, 5)).toBeUndefined();
    });

    it('is opened once: whoever else has it, or guesses, gets nothing', async () => {
      const { code, ticket } = await opened();
      expect(await links.open(code, 2)).toBeUndefined();
      // The code is not the ticket, and the other way round.
      expect([await links.enter(code, 2), await links.open(ticket, 2)]).toEqual([undefined, undefined]);
    });

    it('can not be confirmed before a device has opened it, nor by anybody else', async () => {
      const { id, code } = await links.make('ann', 0);
      expect(await links.decide(id, 'ann', 0, 1)).toBe(false);
      expect([await links.enter(code, 1), await links.look(id, 'ann', 1)]).toEqual([undefined, {}]);
      await links.open(code, 2);
      expect([await links.decide(id, 'bob', 0, 3), await links.look(id, 'bob', 3)]).toEqual([false, undefined]);
    });

    it('ends when it is refused, after two minutes, and when there is a newer one', async () => {
      const refused = await opened();
      expect(await links.decide(refused.id, 'ann', undefined, 2)).toBe(true);
      expect(await links.enter(refused.ticket, 3)).toBeUndefined();
      const old = await opened();
      expect(await links.look(old.id, 'ann', 119_999)).toBeDefined();
      expect([await links.look(old.id, 'ann', 120_000), await links.decide(old.id, 'ann', 0, 120_000)]).toEqual([
        undefined,
        false,
      ]);
      const first = await opened();
      await links.make('ann', 2);
      expect(await links.decide(first.id, 'ann', 0, 3)).toBe(false);
    });
  });

  it('a token that is lent to a page ends by itself, by its hash, and with those of its person', async () => {
    const tokens = new LentTokens(credentials.rows);
    const end = await tokens.lend('ann', 'a', 0);
    for (const [person, hash] of [
      ['ann', 'b'],
      ['ann', 'c'],
      ['bob', 'd'],
    ] as const)
      await tokens.lend(person, hash, 1);
    const found = async (now = 2) =>
      (await Promise.all(['a', 'b', 'c', 'd'].map(hash => tokens.find(hash, now)))).map(token => token?.person);
    expect(end).toBe(12 * 3_600_000);
    expect(await found()).toEqual(['ann', 'ann', 'ann', 'bob']);
    expect(await found(end)).toEqual([undefined, 'ann', 'ann', 'bob']);
    await tokens.end({ hash: 'b' });
    expect(await found()).toEqual(['ann', undefined, 'ann', 'bob']);
    await tokens.end({ person: 'ann' });
    expect(await found()).toEqual([undefined, undefined, undefined, 'bob']);
  });
});
