import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { Page } from 'playwright-core';
import { sidecar } from '../../src/fbp/print.ts';
import { serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { violations } from '../support/axe.ts';
import { card } from '../support/editor-page.ts';
import { LAYOUT } from '../support/graphs.ts';
import { long } from '../support/long.ts';
import { open, type Window } from '../support/page.ts';
import { folder, graph } from '../support/server.ts';

const { path: data, remove } = folder();
let running: Awaited<ReturnType<typeof serve>>;
const log: string[] = [];
const windows: Window[] = [];

/** Another site, with users of its own, which shows the chat in a frame. The first token that it gives is none. */
const ISSUER = 'https://shop.example';
const shop = createServer(async (request, response) => {
  if (request.url === '/keys')
    return void response.end(JSON.stringify({ keys: [{ ...publicKey, kid: '1', alg: 'RS256' }] }));
  if (request.url === '/token') return void response.end(tokensGiven++ === 0 ? 'x' : await tokenOfZoe());
  response.setHeader('Content-Type', 'text/html');
  response.end(SHOP.replaceAll('CHAT', named(running.url).slice(0, -1)));
});
let tokensGiven = 0;
let publicKey: JWK;
let privateKey: CryptoKey;
const tokenOfZoe = () =>
  new SignJWT({ sub: 'u1', name: 'Zoe' })
    .setProtectedHeader({ alg: 'RS256', kid: '1' })
    .setIssuer(ISSUER)
    .setAudience('chat')
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(privateKey);
const SHOP = `<!doctype html><html lang="en"><title>Shop</title>
<iframe title="Chat" src="CHAT/?framed#/lobby" width="900" height="600"></iframe><script>
addEventListener('message', async ({ source, origin, data }) => {
  if (origin !== 'CHAT' || data.type !== 'flowchat:token-wanted') return;
  source.postMessage({ type: 'flowchat:token', token: await (await fetch('/token')).text() }, origin);
});</script></html>`;

beforeAll(async () => {
  const GRAPH = graph(join(data, 'graphs'), { BURST: '1000000' });
  writeFileSync(sidecar(GRAPH), LAYOUT);
  const pair = await generateKeyPair('RS256', { extractable: true });
  privateKey = pair.privateKey;
  publicKey = await exportJWK(pair.publicKey);
  await new Promise<void>(resolve => shop.listen(0, '127.0.0.1', resolve));
  const EMBED_ORIGINS = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  const embed = { EMBED_ORIGINS, JWKS_URL: `${EMBED_ORIGINS}/keys`, ISSUER, AUDIENCE: 'chat' };
  const settings = { PORT: '0', DATA: data, GRAPH, ACCOUNTS: 'on', ...embed };
  running = await serve(readSettings(settings, []), line => log.push(line));
});
afterEach(() => {
  expect(windows.flatMap(({ faults }) => faults)).toEqual([]);
});
afterAll(async () => {
  await Promise.all(windows.map(({ page }) => page.context().close()));
  await running.stop();
  shop.close();
  shop.closeAllConnections();
  remove();
});

/** A passkey is bound to a name, and an address is none. */
const named = (url: string) => url.replace('127.0.0.1', 'localhost');

async function visit(url: string): Promise<Page> {
  const window = await open(named(url));
  windows.push(window);
  return window.page;
}

const PASSWORD = 'correct horse battery';

async function enter(page: Page, name: string, action: string): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: action, exact: true }).click();
  await page.getByRole('button', { name: `${name} (your account)` }).waitFor();
}

describe('a place with accounts', () => {
  /** The pages of Ann, who owns the place, and of Bob, who is a member. */
  let owner: Page;
  let bob: Page;

  it('is set up, one is invited, joins, signs in by a passkey, and a private room is made', async () => {
    const [, link = ''] = /(http\S+setup\S+)$/.exec(log.find(line => line.includes('/setup/')) ?? '') ?? [];
    owner = await visit(link);
    expect(await violations(owner)).toEqual([]);
    // By the keyboard alone: what the graph says is chosen, and the next one lets only members write.
    await owner.getByLabel('Name of the place').fill('The garden');
    const access = owner.getByRole('group', { name: 'Who may read and write' });
    expect(await access.getByLabel('Everybody who has the address of this page').isChecked()).toBe(true);
    await owner.keyboard.press('Tab');
    await owner.keyboard.press('ArrowDown');
    expect(await access.getByLabel('Everybody may read, members write').isChecked()).toBe(true);
    await owner.getByLabel('Your name').fill('Ann');
    await owner.getByLabel('Password').fill('short');
    await owner.getByRole('button', { name: 'Begin' }).click();
    expect(await owner.getByRole('alert').textContent()).toMatch(/^a password has 10 to 128 characters/);
    await enter(owner, 'Ann', 'Begin');
    expect(owner.url()).not.toContain('setup');
    expect(await owner.title()).toBe('#lobby · The garden');
    const asGuest = await fetch(`${running.url}api/rooms/lobby/messages`, {
      method: 'POST',
      body: new URLSearchParams({ text: 'hi' }),
    });
    expect([asGuest.status, (await fetch(`${running.url}api/rooms/lobby/messages`)).status]).toEqual([401, 200]);

    await owner.getByRole('button', { name: 'Ann (your account)' }).click();
    const dialog = owner.getByRole('dialog');
    expect(await dialog.textContent()).toContain('You are Ann, an owner.');
    await dialog.getByRole('button', { name: 'Invite somebody' }).click();
    const invitation = (await dialog.locator('code').textContent())!;
    expect(await violations(owner, { within: ['dialog[open]'] })).toEqual([]);

    bob = await visit(invitation);
    await bob.getByText(/invited you to The garden/).waitFor();
    expect(await bob.title()).toBe('Join · The garden');
    const devtools = await bob.context().newCDPSession(bob);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await enter(bob, 'Bob', 'Join');
    await bob.getByRole('button', { name: 'Bob (your account)' }).click();
    await bob.getByRole('button', { name: 'Add a passkey' }).click();
    await bob.getByText('A passkey was added on this device.').waitFor();
    await bob.getByRole('button', { name: 'Sign out' }).click();
    await bob.getByRole('link', { name: 'Sign in' }).click();
    await bob.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await bob.getByRole('button', { name: 'Bob (your account)' }).waitFor();

    await dialog.getByLabel(/A private room/).fill('Board');
    await dialog.getByRole('button', { name: 'Make it' }).click();
    await owner.waitForURL(/#\/board-[0-9a-f]{6}$/);
    const room = owner.url();
    await owner.getByRole('heading', { name: /Board\b/, level: 1 }).waitFor();
    expect(await owner.locator('.empty').textContent()).toContain('Only members can see this room.');
    await owner.locator('#composer').fill('the secret');
    await owner.keyboard.press('Enter');
    await owner.getByText('the secret').first().waitFor();
    await bob.goto(room);
    await bob.getByText('This server has no such room.').first().waitFor();
    expect(await bob.content()).not.toContain('the secret');

    await owner.getByRole('button', { name: 'Members' }).click();
    const members = owner.getByRole('dialog', { name: 'Who is in Board' });
    await members.getByRole('button', { name: 'Take in' }).click();
    await members.getByText('Everybody with an account is in this room.').waitFor();
    expect(await violations(owner, { within: ['dialog[open]'] })).toEqual([]);
    await bob.reload();
    await bob.getByText('the secret').first().waitFor();
    await members.getByRole('button', { name: 'Write to Bob' }).click();
    await owner.waitForURL(/#\/dm-[0-9a-f]{16}$/);
  });

  it('has a flow editor for its owner, which hides the texts of private rooms until one asks to see them', async () => {
    await owner.getByRole('button', { name: 'Ann (your account)' }).click();
    await owner.getByRole('link', { name: 'Flow editor' }).click();
    await card(owner, 'router').waitFor();
    await owner.getByRole('button', { name: 'Messages' }).click();
    const messages = owner.getByRole('region', { name: 'Messages' });
    await messages.getByText('Texts of private rooms are hidden.').waitFor();
    await bob.locator('#composer').fill('another secret');
    await bob.keyboard.press('Enter');
    await messages.getByText('(14 characters)').first().waitFor();
    await messages.getByRole('button', { name: 'Show private texts' }).click();
    expect(await violations(owner, { within: ['dialog[open]'] })).toEqual([]);
    await owner.getByRole('dialog').getByRole('button', { name: 'Show private texts' }).click();
    await messages.getByText('another secret').first().waitFor();
    // Whoever has to sign in for it comes back to it.
    const elsewhere = await visit(`${running.url}editor/`);
    await elsewhere.getByRole('link', { name: 'signed in there' }).click();
    await elsewhere.getByLabel('Your name').fill('Ann');
    await elsewhere.getByLabel('Password').fill(PASSWORD);
    await elsewhere.getByRole('button', { name: 'Sign in', exact: true }).click();
    await card(elsewhere, 'router').waitFor();
    await elsewhere.close();
    const notice = bob.getByText('An administrator can read private messages at the moment.');
    await notice.waitFor();
    expect([...(await violations(owner, { within: ['.side'] })), ...(await violations(bob))]).toEqual([]);
    await messages.getByRole('button', { name: 'Hide private texts' }).click();
    await notice.waitFor({ state: 'detached' });
    await messages.getByText('(14 characters)').first().waitFor();
    expect(await owner.content()).not.toContain('another secret');
    await owner.goto(named(running.url));
  });

  long('lets a person in at another device, by the link, once it is confirmed at this one', async () => {
    await owner.getByRole('button', { name: 'Ann (your account)' }).click();
    const dialog = owner.getByRole('dialog');
    await owner.getByRole('button', { name: 'Sign in on another device' }).click();
    await owner.getByRole('img', { name: 'QR code of the link' }).waitFor();
    expect(await violations(owner, { within: ['dialog[open]'] })).toEqual([]);
    const phone = await visit((await dialog.locator('code').textContent())!);
    await phone.getByRole('button', { name: 'Go on' }).click();
    const number = (await phone.locator('.number').textContent())!;
    await dialog.locator('.number').getByText(number).waitFor();
    expect(await violations(phone)).toEqual([]);
    await dialog.getByRole('button', { name: 'Let it in' }).click();
    await phone.getByRole('button', { name: 'Ann (your account)' }).waitFor();
    expect(phone.url()).not.toContain('device');
    await dialog.getByText('The other device is signed in.').waitFor();
    await owner.keyboard.press('Escape');
  });

  long('has rooms that whoever made them renames and archives, and people with another name', async () => {
    await owner.getByRole('combobox').fill('Tea');
    await owner.keyboard.press('Enter');
    await owner.waitForURL(/#\/tea$/);
    await owner.locator('#composer').fill('in a room that was made');
    await owner.keyboard.press('Enter');
    await bob.goto(`${named(running.url)}#/tea`);
    await bob.getByText('in a room that was made').first().waitFor();
    // Open pages show another name at once, at what is written already, too.
    const body = JSON.stringify({ name: 'Anna' });
    const headers = { 'Content-Type': 'application/json' };
    await owner.evaluate(init => fetch('api/me', init), { method: 'PATCH', body, headers });
    await bob.getByText('Anna', { exact: true }).first().waitFor();
    await owner.getByRole('button', { name: 'Anna (your account)' }).waitFor();
    // Whoever made a room or moderates renames and archives it.
    await owner.getByRole('button', { name: 'Room', exact: true }).click();
    await owner.getByLabel('Room title').fill('Tea time');
    await owner.keyboard.press('Enter');
    await owner.getByRole('heading', { name: 'Tea time' }).waitFor();
    await owner.getByRole('button', { name: 'Archive it' }).click();
    await owner.getByText('The room is archived.').waitFor();
    expect(await violations(owner, { within: ['dialog[open]'] })).toEqual([]);
    await owner.keyboard.press('Escape');
    await owner.getByText('This room is archived').waitFor();
  });

  it('is shown in a frame of another site, which says who somebody is', async () => {
    const around = await open(`http://127.0.0.1:${(shop.address() as AddressInfo).port}/`);
    windows.push(around);
    const inside = around.page.frameLocator('iframe');
    await inside.getByText(/^You are not signed in: the token is not taken: /).waitFor();
    await inside.getByRole('button', { name: 'Try again' }).click();
    await inside.getByRole('button', { name: 'Zoe (your account)' }).waitFor();
    await inside.locator('#composer').fill('from a frame');
    await inside.locator('#composer').press('Enter');
    await bob.goto(`${named(running.url)}#/lobby`);
    await bob.getByText('from a frame').first().waitFor();
    const read = async () => (await fetch('api/rooms/lobby/messages?limit=1')).json();
    expect(await bob.evaluate(read)).toMatchObject({ messages: [{ author: 'Zoe', text: 'from a frame' }] });
    expect(await around.page.context().cookies()).toEqual([]);
  });
});
