import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { generateKeyPair } from 'jose';
import { Credentials } from '../../src/accounts/credentials.ts';
import { OidcSignIn } from '../../src/accounts/oidc.ts';
import { serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { AccountClient } from '../support/account-client.ts';
import { CLIENT, freePort, IdentityProvider, type Lie } from '../support/identity-provider.ts';
import { folder, graph } from '../support/server.ts';

const { path: data, remove } = folder();
let provider: IdentityProvider;
let running: Awaited<ReturnType<typeof serve>>;
let owner: AccountClient;
const log: string[] = [];

beforeAll(async () => {
  // The provider's advice for whoever runs it for real.
  jest.spyOn(console, 'warn').mockReturnValue();
  const port = await freePort();
  const ORIGIN = `http://localhost:${port}`;
  provider = await IdentityProvider.start(`${ORIGIN}/api/auth/callback/oidc`);
  const settings = {
    PORT: String(port),
    DATA: data,
    GRAPH: graph(join(data, 'graphs'), { STORE: 'memory:elsewhere' }),
    ACCOUNTS: 'on',
    ORIGIN,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: CLIENT.id,
    OIDC_CLIENT_SECRET: CLIENT.secret,
    OIDC_LABEL: 'Sign in with School',
    OIDC_RULES: 'email *@school.example: member, groups staff: moderator',
    TRUST_PROXY: 'on',
    FLOW_EDITOR: 'off',
  };
  running = await serve(readSettings(settings, []), line => log.push(line));
  owner = new AccountClient(`${ORIGIN}/`);
  const code = readFileSync(join(data, 'setup-code'), 'utf8').trim();
  await owner.ask('POST', '/api/setup', { code, name: 'Ann', password: 'correct horse battery' });
});
afterAll(async () => {
  await running.stop();
  await provider.stop();
  remove();
});
afterEach(() => {
  provider.lie = undefined;
  provider.instead = undefined;
});

const newcomer = () => new AccountClient(owner.url);

/** Goes there and back, and says where the browser is shown what came of it. */
async function signIn(browser: AccountClient, code?: string, to?: string): Promise<string> {
  const { body } = await browser.ask('POST', '/api/auth/sign-in/oidc', {
    ...(code !== undefined && { code }),
    ...(to !== undefined && { to }),
  });
  return back(browser, await provider.visit(body.url));
}

async function back(browser: AccountClient, { pathname, search }: URL): Promise<string> {
  const { status, headers } = await browser.ask('GET', pathname + search);
  return `${status} ${headers.get('location')?.replace(owner.origin, '')}`;
}

const who = async (browser: AccountClient) => (await browser.ask('GET', '/api/me')).body.who;
const people = async () => (await owner.ask('GET', '/api/people')).body.people as { name: string }[];

describe('a server without an editor', () => {
  it('offers its owner none', async () => {
    expect((await owner.ask('GET', '/api/about')).body).toMatchObject({ who: { role: 'owner' } });
    expect((await owner.ask('GET', '/api/about')).body.editor).toBeUndefined();
    for (const path of ['editor/', 'runtime']) expect((await fetch(owner.url + path)).status).toBe(404);
  });
});

describe('signing in elsewhere', () => {
  it('is offered to whoever asks what there is', async () => {
    expect((await newcomer().ask('GET', '/api/about')).body).toMatchObject({ provider: 'Sign in with School' });
  });

  it('lets those join whom a rule fits, in its role, and knows them again', async () => {
    provider.person = { sub: 's1', name: 'Bea', email: 'bea@school.example', email_verified: true };
    const bea = newcomer();
    expect(await signIn(bea)).toBe('303 /');
    const first = await who(bea);
    expect(first).toMatchObject({ kind: 'person', name: 'Bea', role: 'member' });
    const again = newcomer();
    expect(await signIn(again)).toBe('303 /');
    expect(await who(again)).toEqual(first);
    provider.person = { sub: 's2', name: 'Carl', groups: ['pupils', 'Staff'] };
    const carl = newcomer();
    await signIn(carl);
    expect(await who(carl)).toMatchObject({ name: 'Carl', role: 'moderator' });
    expect((await owner.ask('GET', '/api/joins')).body.joins).toMatchObject([
      { name: 'Carl', elsewhere: true },
      { name: 'Bea', elsewhere: true },
    ]);
  });

  it('leads back to the page of ours where one was, and to no other', async () => {
    provider.person = { sub: 'b1', name: 'Back', email: 'back@school.example', email_verified: true };
    for (const to of ['#/lobby', '#/tea-room/12', 'editor/', 'people/#waiting'])
      expect(await signIn(newcomer(), undefined, to)).toBe(`303 /${to}`);
    provider.person = { sub: 'b2', name: 'Unknown' };
    expect(await signIn(newcomer(), undefined, '#/tea/12')).toBe('303 /#!sign-in/not-allowed?to=%23%2Ftea%2F12');
    for (const to of [
      ...['//evil.example', 'https://evil.example/', '/\\evil.example', '\t//evil.example', '@evil.example'],
      ...['javascript:alert(1)', '../', 'api/auth/callback/oidc', '#!sign-in', '#/lobby\nSet-Cookie: a=b', '', 7],
    ]) {
      const { status, body } = await newcomer().ask('POST', '/api/auth/sign-in/oidc', { to });
      expect([to, status, body.code]).toEqual([to, 422, 'field-invalid']);
    }
  });

  it('gives the role of the rules again at each time, but takes neither from owners nor back what somebody here has given', async () => {
    const signedInAs = async (person: { sub: string }) => {
      provider.person = { name: 'Ross', email: 'ross@school.example', email_verified: true, ...person };
      const browser = newcomer();
      expect(await signIn(browser)).toBe('303 /');
      return who(browser);
    };
    const staff = { sub: 'r1', groups: ['staff'] };
    const { id } = await signedInAs({ sub: 'r1' });
    expect(await signedInAs(staff)).toMatchObject({ id, role: 'moderator' });
    expect((await owner.ask('GET', `/api/audit?what=role&person=${id}`)).body.audit).toEqual([
      expect.objectContaining({ by: 'provider', on: id, detail: '{"role":"moderator"}' }),
    ]);
    expect(await signedInAs({ sub: 'r1' })).toMatchObject({ id, role: 'member' });
    // Whom no rule fits any more is a member, and still known.
    await signedInAs(staff);
    provider.person = { sub: 'r1', name: 'Ross' };
    const left = newcomer();
    await signIn(left);
    expect(await who(left)).toMatchObject({ id, role: 'member' });

    await owner.ask('PATCH', `/api/people/${id}`, { role: 'moderator' });
    expect(await signedInAs({ sub: 'r1' })).toMatchObject({ role: 'moderator' });
    await owner.ask('PATCH', `/api/people/${id}`, { role: 'member' });
    expect(await signedInAs(staff)).toMatchObject({ role: 'member' });
    await owner.ask('PATCH', `/api/people/${id}`, { role: 'owner' });
    expect(await signedInAs({ sub: 'r1' })).toMatchObject({ role: 'owner' });
    await owner.ask('PATCH', `/api/people/${id}`, { role: 'member' });
  });

  it('gives an invited person more by a rule, and never less than the invitation', async () => {
    const { body } = await owner.ask('POST', '/api/invites', { role: 'moderator' });
    const member = { sub: 'r2', name: 'Sue', email: 'sue@school.example', email_verified: true };
    provider.person = member;
    const sue = newcomer();
    await signIn(sue, body.code);
    expect(await who(sue)).toMatchObject({ role: 'moderator' });
    await signIn(sue);
    expect(await who(sue)).toMatchObject({ role: 'moderator' });
    const invited = (await owner.ask('POST', '/api/invites', {})).body;
    provider.person = { sub: 'r3', name: 'Tom' };
    const tom = newcomer();
    await signIn(tom, invited.code);
    provider.person = { sub: 'r3', name: 'Tom', groups: 'staff' };
    await signIn(tom);
    expect(await who(tom)).toMatchObject({ role: 'moderator' });
  });

  it('takes nobody for somebody else because of a name or an address, and gives who is second a number', async () => {
    provider.person = { sub: 's3', name: 'ANN', email: 'bea@school.example', email_verified: true };
    const second = newcomer();
    await signIn(second);
    expect(await who(second)).toMatchObject({ name: 'ANN 2', role: 'member' });
    expect((await who(owner)).name).toBe('Ann');
  });

  it('turns away whom no rule fits, and who has not proved their address', async () => {
    const before = await people();
    for (const person of [
      { sub: 's4', name: 'Eve', email: 'eve@elsewhere.example', email_verified: true },
      { sub: 's5', name: 'Eve', email: 'eve@school.example', email_verified: false },
      { sub: 's6', name: 'Eve', email: 'eve@school.example.evil.example', email_verified: true },
    ]) {
      provider.person = person;
      const eve = newcomer();
      expect(await signIn(eve)).toBe('303 /#!sign-in/not-allowed');
      expect((await who(eve)).kind).toBe('guest');
    }
    expect(await people()).toEqual(before);
  });

  it('lets somebody join by an invitation, which is used up, and whose code is kept nowhere', async () => {
    const { body } = await owner.ask('POST', '/api/invites', { role: 'moderator' });
    provider.person = { sub: 's7', name: 'Dee' };
    const dee = newcomer();
    expect(await signIn(dee, body.code)).toBe('303 /');
    expect(await who(dee)).toMatchObject({ name: 'Dee', role: 'moderator' });
    provider.person = { sub: 's8', name: 'Late' };
    expect(await signIn(newcomer(), body.code)).toBe('303 /#!sign-in/link-invalid');
    for (const file of ['accounts.db', 'accounts.db-wal', 'people.log'])
      expect(readFileSync(join(data, file), 'latin1')).not.toContain(body.code);
  });

  it('does not bring back whose account was ended', async () => {
    provider.person = { sub: 's9', name: 'Gus', email: 'gus@school.example', email_verified: true };
    const gus = newcomer();
    await signIn(gus);
    await owner.ask('DELETE', `/api/people/${(await who(gus)).id}`);
    expect(await signIn(newcomer())).toBe('303 /#!sign-in/not-allowed');
  });

  it('leaves a password reset link, which gives a password to who has had none', async () => {
    provider.person = { sub: 's10', name: 'Hal', email: 'hal@school.example', email_verified: true };
    const hal = newcomer();
    await signIn(hal);
    const { body } = await owner.ask('POST', `/api/people/${(await who(hal)).id}`, { reset: true });
    const code = body.link.split('/').at(-1);
    const again = newcomer();
    expect(await again.says('POST', '/api/join', { code, password: 'another horse battery' })).toBe('201');
    expect((await who(again)).name).toBe('Hal');
    expect((await who(hal)).kind).toBe('guest');
    expect(await signIn(newcomer())).toBe('303 /');
  });

  it('keeps none of the tokens that the provider gives', () => {
    const db = new DatabaseSync(join(data, 'accounts.db'), { readOnly: true });
    const rows = db
      .prepare("SELECT accessToken, refreshToken, idToken FROM account WHERE providerId LIKE 'oidc-%'")
      .all();
    db.close();
    expect(rows.length).toBeGreaterThan(3);
    for (const row of rows) expect(Object.values(row)).toEqual([null, null, null]);
  });
});

/** A token that is as it should be but for some claims. */
const saying =
  (wrong: object): Lie =>
  async claims => ({ id_token: await provider.sign({ ...claims, ...wrong }) });
const base64 = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const SECONDS = Math.floor(Date.now() / 1000);

const LIES: readonly (readonly [what: string, lie: Lie])[] = [
  ['another issuer', saying({ iss: 'http://localhost:1' })],
  ['another audience', saying({ aud: 'somebody else' })],
  ['another nonce', saying({ nonce: 'guessed' })],
  ['no nonce', saying({ nonce: undefined })],
  ['a token of yesterday', saying({ iat: SECONDS - 86_400, exp: SECONDS - 80_000 })],
  ['a token without an end', saying({ exp: undefined })],
  ['nobody', saying({ sub: undefined })],
  ['a signature by nobody', claims => ({ id_token: `${base64({ alg: 'none' })}.${base64(claims)}.` })],
  [
    "a signature by the client's secret",
    async claims => ({
      id_token: await provider.sign(claims, new TextEncoder().encode(CLIENT.secret.padEnd(32)), {
        alg: 'HS256',
        kid: 'first',
      }),
    }),
  ],
  [
    'a signature by another key',
    async claims => ({ id_token: await provider.sign(claims, (await generateKeyPair('RS256')).privateKey) }),
  ],
  ['no token', () => ({})],
  ['a token that is none', () => ({ id_token: 'x.y' })],
  ['half a token', () => ({ id_token: 'opaque' })],
];

describe('a provider that lies', () => {
  it('is believed where it says the truth in the same way', async () => {
    provider.person = { sub: 'l0', name: 'Zoe', email: 'zoe@school.example', email_verified: true };
    provider.lie = saying({});
    const zoe = newcomer();
    expect(await signIn(zoe)).toBe('303 /');
    expect((await who(zoe)).name).toBe('Zoe');
  });

  it.each(LIES)('signs nobody in and leaves nothing half made: %s', async (what, lie) => {
    provider.person = { sub: `l ${what}`, name: 'Liar', email: 'liar@school.example', email_verified: true };
    const before = await people();
    const rows = users();
    provider.lie = lie;
    const liar = newcomer();
    expect(await signIn(liar)).toBe('303 /#!sign-in/provider-refused');
    expect((await who(liar)).kind).toBe('guest');
    expect(await people()).toEqual(before);
    expect(users()).toEqual(rows);
    expect(log.at(-1)).toContain(`signing in at ${provider.issuer} was refused`);
  });
});

/** How much of whom the library has. */
function users(): unknown {
  const db = new DatabaseSync(join(data, 'accounts.db'), { readOnly: true });
  const counts = ['user', 'account', 'session'].map(
    table => db.prepare(`SELECT count(*) AS n FROM "${table}"`).get()!.n,
  );
  db.close();
  return counts;
}

describe('the way back', () => {
  it('is for the browser that went, once', async () => {
    provider.person = { sub: 's20', name: 'Ida', email: 'ida@school.example', email_verified: true };
    const [ida, other] = [newcomer(), newcomer()];
    const { body } = await ida.ask('POST', '/api/auth/sign-in/oidc', {});
    const address = await provider.visit(body.url);
    expect(await back(other, address)).toBe('303 /#!sign-in/provider-refused');
    expect(await back(ida, address)).toBe('303 /');
    expect(await back(ida, address)).toBe('303 /#!sign-in/provider-refused');
  });

  it('is nothing without a state, with a guessed one, or with the error of who turned back', async () => {
    for (const query of ['', '?code=x', '?code=x&state=guessed', '?error=access_denied&state=guessed'])
      expect(await back(newcomer(), new URL(`/api/auth/callback/oidc${query}`, owner.url))).toBe(
        '303 /#!sign-in/provider-refused',
      );
    expect(await newcomer().says('GET', '/api/auth/callback/other')).toBe('404 not-found');
    expect(await newcomer().says('GET', '/api/auth/get-session')).toBe('404 not-found');
  });

  it('begins at pages of ours only', async () => {
    const headers = { Origin: 'https://evil.example' };
    expect(await newcomer().says('POST', '/api/auth/sign-in/oidc', {}, headers)).toBe('403 origin-refused');
  });
});

describe('a provider that is down', () => {
  it('is told in a sentence, and tried again by the next one', async () => {
    provider.person = { sub: 's30', name: 'Jon', email: 'jon@school.example', email_verified: true };
    const jon = newcomer();
    const { body } = await jon.ask('POST', '/api/auth/sign-in/oidc', {});
    const address = await provider.visit(body.url);
    provider.instead = request => {
      request.socket.destroy();
      return true;
    };
    expect(await back(jon, address)).toMatch(/^303 .*provider-(refused|failed)$/);
    expect(await people()).not.toContainEqual(expect.objectContaining({ name: 'Jon' }));
    provider.instead = undefined;
    expect(await signIn(newcomer())).toBe('303 /');
  });

  it('is waited for no longer than it may take, and makes nobody afterwards', async () => {
    const warnings: string[] = [];
    const credentials = await Credentials.open({
      at: { file: join(data, 'slow.db') },
      secret: 's'.repeat(32),
      origin: owner.origin,
      basePath: '',
    });
    const { issuer } = provider;
    const settings = { issuer, clientId: CLIENT.id, secret: CLIENT.secret, label: '', scopes: ['openid'], rules: [] };
    const slow = (patienceMs: number, given = settings) =>
      new OidcSignIn({
        settings: given,
        credentials,
        place: owner.origin,
        patienceMs,
        warn: sentence => warnings.push(sentence),
      });
    const admitted: string[] = [];
    const admit = async ({ sub }: { sub: string }) => {
      admitted.push(sub);
      throw new Error('nobody is to be asked');
    };
    try {
      // Both wait for the same: for one that says nothing, then for the exchange of a code.
      provider.instead = () => true;
      expect(await slow(50).begin({})).toMatchObject({ code: 'provider-failed' });
      provider.instead = undefined;
      provider.person = { sub: 's40', name: 'Kim' };
      const quick = slow(60_000);
      const { url, cookies } = (await quick.begin({})) as { url: string; cookies: readonly string[] };
      const query = Object.fromEntries((await provider.visit(url)).searchParams);
      let answer = () => {};
      const asked = new Promise<void>(resolve => {
        provider.lie = claims =>
          new Promise(say => {
            answer = () => void provider.sign(claims).then(id_token => say({ id_token }));
            resolve();
          });
      });
      const hasty = slow(300);
      const finished = hasty.finish(cookies.map(cookie => cookie.split(';')[0]).join('; '), query, admit);
      await asked;
      expect(await finished).toMatchObject({ code: 'provider-failed' });
      answer();
      await expect(slow(60_000, { ...settings, issuer: `${issuer}/` }).begin({})).resolves.toMatchObject({
        url: expect.anything(),
      });
      expect(admitted).toEqual([]);
      expect(warnings.join()).toContain('it took longer than');
    } finally {
      credentials.close();
    }
  });
});
