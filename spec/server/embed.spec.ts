import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { EmbedTokens } from '../../src/accounts/embed.ts';
import { serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { AccountClient } from '../support/account-client.ts';
import { folder, graph } from '../support/server.ts';

const { path: data, remove } = folder();
const ISSUER = 'https://shop.example';
const AUDIENCE = 'chat';
const FRAME = 'https://shop.example';

let running: Awaited<ReturnType<typeof serve>>;
let owner: AccountClient;
let keyServer: Server;
let jwksUrl: string;
let first: CryptoKey;
/** How the server of the keys answers. */
let answer: RequestListener;
let fetched = 0;

const publish = async (keys: Readonly<Record<string, CryptoKey>>) => {
  const jwks = await Promise.all(
    Object.entries(keys).map(async ([kid, key]) => {
      const { d: _, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...shown } = await exportJWK(key);
      return { ...shown, kid, alg: 'RS256' };
    }),
  );
  answer = (_, response) => void response.end(JSON.stringify({ keys: jwks }));
};

beforeAll(async () => {
  first = (await generateKeyPair('RS256', { extractable: true })).privateKey;
  await publish({ one: first });
  keyServer = createServer((request, response) => {
    fetched += 1;
    answer(request, response);
  });
  await new Promise<void>(resolve => keyServer.listen(0, '127.0.0.1', resolve));
  jwksUrl = `http://127.0.0.1:${(keyServer.address() as { port: number }).port}/keys`;
  const GRAPH = graph(join(data, 'graphs'), { STORE: 'memory:embed', RULES: 'list, read, post: member; *: owner' });
  const settings = { JWKS_URL: jwksUrl, ISSUER, AUDIENCE, EMBED_ORIGINS: FRAME, ACCOUNTS: 'on', TRUST_PROXY: 'on' };
  running = await serve(readSettings({ PORT: '0', DATA: data, GRAPH, ...settings }, []), () => {});
  owner = new AccountClient(running.url);
  const code = readFileSync(join(data, 'setup-code'), 'utf8').trim();
  await owner.ask('POST', '/api/setup', { code, name: 'Ann', password: 'correct horse battery' });
});
afterAll(async () => {
  await running.stop();
  keyServer.closeAllConnections();
  keyServer.close();
  remove();
});

const now = () => Math.floor(Date.now() / 1000);
const claims = (given: object = {}): JWTPayload =>
  ({ iss: ISSUER, aud: AUDIENCE, sub: 'u1', iat: now(), exp: now() + 60, ...given }) as JWTPayload;
const signed = (given: object = {}, key: CryptoKey | Uint8Array = first, header = { alg: 'RS256', kid: 'one' }) =>
  new SignJWT(claims(given)).setProtectedHeader(header).sign(key);

const signIn = async (given: object, browser = new AccountClient(running.url)) =>
  browser.ask('POST', '/api/auth/sign-in/embed', { token: await signed(given) });

describe("the token of another page's server", () => {
  it('makes a person at its first time, and is answered with one of ours, in no cookie', async () => {
    const { status, headers, body } = await signIn({ sub: 'u1', name: 'Bea' });
    expect(status).toBe(200);
    expect(headers.getSetCookie()).toEqual([]);
    expect(body).toMatchObject({
      token: expect.stringMatching(/^fe_[\w-]{32}$/),
      who: { name: 'Bea', role: 'member' },
    });
    const bearer = { Authorization: `Bearer ${body.token}` };
    const page = new AccountClient(running.url);
    expect(await page.says('POST', '/api/rooms/lobby/messages', { text: 'hi' })).toBe('401 sign-in');
    expect(await page.says('POST', '/api/rooms/lobby/messages', { text: 'hi' }, bearer)).toBe('201');
    const again = await signIn({ sub: 'u1', name: 'Beatrice' });
    expect(again.body.who).toEqual(body.who);
    expect(await page.says('POST', '/api/sign-out', {}, bearer)).toBe('204');
    expect((await page.ask('GET', '/api/me', undefined, bearer)).body.who.kind).toBe('guest');
    expect(
      (await page.ask('GET', '/api/me', undefined, { Authorization: `Bearer ${again.body.token}` })).body.who.name,
    ).toBe('Bea');
  });

  it('says a role that counts at each time, and makes no owner', async () => {
    const roleOf = async (role?: unknown) => (await signIn({ sub: 'u2', name: 'Carl', role })).body.who.role;
    expect(await roleOf('moderator')).toBe('moderator');
    expect(await roleOf()).toBe('moderator');
    expect(await roleOf('member')).toBe('member');
    expect(await roleOf('owner')).toBe('moderator');
    expect(await roleOf('king')).toBe('member');
    expect(await roleOf(['owner'])).toBe('member');
  });

  it('takes nobody’s name, and nobody for somebody else', async () => {
    expect((await signIn({ sub: 'u3', name: 'ann' })).body.who).toMatchObject({ name: 'ann 2', role: 'member' });
    expect((await signIn({ sub: 'u4', name: 'everyone' })).body.who.name).toBe('Somebody');
    expect((await signIn({ sub: 'u5', name: { a: 1 } })).body.who.name).toBe('Somebody 2');
    expect(
      (await signIn({ sub: 'u6', name: `x\u202e${'y'.repeat(100)}`, preferred_username: 'Yan' })).body.who.name,
    ).toBe('Yan');
  });

  it('lets our page be shown in a frame of theirs, and the editor in none', async () => {
    const policy = async (path: string) =>
      (await fetch(running.url + path)).headers.get('Content-Security-Policy') ?? '';
    expect(await policy('')).toContain(`frame-ancestors ${FRAME};`);
    expect(await policy('editor/')).toContain("frame-ancestors 'none'");
  });
});

/** Reads tokens as the server does after a start. */
const reader = (warn: (sentence: string) => void = () => {}) =>
  new EmbedTokens({ jwksUrl, issuer: ISSUER, audience: AUDIENCE }, warn);
const says = async (token: string, tokens = reader()) => {
  const read = await tokens.read(token);
  return 'claims' in read ? read.claims.sub : read.code;
};

describe('a token', () => {
  beforeEach(() => publish({ one: first }));

  it.each([
    ['of another issuer', { iss: 'https://evil.example' }],
    ['for another place', { aud: 'somewhere else' }],
    ['for nobody', { aud: undefined }],
    ['that has ended', { exp: 1 }],
    ['without an end', { exp: undefined }],
    ['of ten minutes ago', { iat: now() - 600 }],
    ['of tomorrow', { iat: now() + 86_400, exp: now() + 90_000 }],
    ['without a time', { iat: undefined }],
    ['of nobody', { sub: undefined }],
    ['of an empty name', { sub: '' }],
    ['of a number', { sub: 7 }],
    ['of a very long name', { sub: 'x'.repeat(256) }],
  ])('%s is not believed', async (_, given) => {
    expect(await says(await signed(given))).toBe('provider-refused');
  });

  it('is believed with a key of a pair only, which the server shows', async () => {
    expect(await says(await signed())).toBe('u1');
    const secret = new TextEncoder().encode('x'.repeat(32));
    expect(await says(await signed({}, secret, { alg: 'HS256', kid: 'one' }))).toBe('provider-refused');
    const shown = JSON.stringify((await exportJWK(first)).n);
    expect(await says(await signed({}, new TextEncoder().encode(shown), { alg: 'HS256', kid: 'one' }))).toBe(
      'provider-refused',
    );
    const unsigned = [{ alg: 'none' }, claims()].map(part => Buffer.from(JSON.stringify(part)).toString('base64url'));
    expect(await says(`${unsigned.join('.')}.`)).toBe('provider-refused');
    const other = (await generateKeyPair('RS256')).privateKey;
    expect(await says(await signed({}, other))).toBe('provider-refused');
    expect(await says(await signed({}, other, { alg: 'RS256', kid: 'unknown' }))).toBe('provider-refused');
    for (const odd of ['', 'x', 'a.b.c', '..', 'x'.repeat(10_000)]) expect(await says(odd)).toBe('provider-refused');
  });

  it('is believed with a new key as soon as the server shows it, and no more with the old one; guesses fetch nothing', async () => {
    const [second, start] = [(await generateKeyPair('RS256', { extractable: true })).privateKey, Date.now()];
    const tokens = reader();
    expect(await says(await signed(), tokens)).toBe('u1');
    const before = fetched;
    for (let i = 0; i < 5; i++)
      expect(await says(await signed({}, second, { alg: 'RS256', kid: `guess ${i}` }), tokens)).toBe(
        'provider-refused',
      );
    if (Date.now() - start < 9000) expect(fetched).toBe(before);
    await publish({ two: second });
    // As after the time in which nothing is fetched again.
    const later = reader();
    expect(await says(await signed({}, second, { alg: 'RS256', kid: 'two' }), later)).toBe('u1');
    expect(await says(await signed(), later)).toBe('provider-refused');
  });

  it.each<readonly [string, RequestListener]>([
    ['that is down', request => request.socket.destroy()],
    ['that fails', (_, response) => response.writeHead(500).end()],
    ['that sends other things', (_, response) => response.end('<html>')],
    ['that sends no keys', (_, response) => response.end('{"keys":7}')],
    ['that leads elsewhere', (_, response) => response.writeHead(302, { Location: '/keys' }).end()],
    [
      'that sends without end',
      (_, response) => {
        const more = () => {
          while (response.write(Buffer.alloc(65_536, ' ')));
          response.once('drain', more);
        };
        more();
      },
    ],
  ])('is refused with the reason because of a server of keys %s', async (_, listener) => {
    answer = listener;
    const warnings: string[] = [];
    expect(
      await says(
        await signed(),
        reader(sentence => warnings.push(sentence)),
      ),
    ).toBe('provider-failed');
    expect(warnings).toEqual([expect.stringContaining(`the keys at ${jwksUrl} can't be had`)]);
  });
});
