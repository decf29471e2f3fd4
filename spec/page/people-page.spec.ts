import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { violations } from '../support/axe.ts';
import { CHAT, LAYOUT } from '../support/graphs.ts';
import { long } from '../support/long.ts';
import { open, post, shows, type Window } from '../support/page.ts';
import { folder } from '../support/server.ts';

// The page for owners and moderators, in a chat where posts wait for them.

const MODERATED = `${CHAT.replace('limit(chat/LimitRate) OUT', 'moderation(chat/Moderation) OUT -> IN limit(chat/LimitRate) OUT')}
router REVIEW -> REVIEW moderation
router REPORT -> REPORT moderation
moderation REPLY -> IN responder
'darn' -> WORDS moderation
'memory:chat' -> STORE moderation
`;

const { path: data, remove } = folder();
let running: Awaited<ReturnType<typeof serve>>;
const log: string[] = [];
const windows: Window[] = [];

beforeAll(async () => {
  const GRAPH = join(data, 'graphs/chat.fbp');
  mkdirSync(join(data, 'graphs'));
  writeFileSync(GRAPH, MODERATED);
  writeFileSync(join(data, 'graphs/chat.layout'), LAYOUT);
  running = await serve(readSettings({ PORT: '0', DATA: data, GRAPH, ACCOUNTS: 'on' }, []), line => log.push(line));
});
afterEach(() => {
  expect(windows.flatMap(({ faults }) => faults)).toEqual([]);
});
afterAll(async () => {
  await Promise.all(windows.map(({ page }) => page.context().close()));
  await running.stop();
  remove();
});

/** In a page: listens to the lobby by a stream, a socket and a long poll, and keeps what ends each. */
const LISTEN = `
  const heard = (globalThis.heard = { open: 0 });
  const stream = new EventSource('api/rooms/lobby/events');
  stream.onopen = () => heard.open++;
  stream.addEventListener('error', ({ data }) => {
    if (data) heard.stream = JSON.parse(data);
  });
  const socket = new WebSocket(new URL('api/socket', location.href.replace('http', 'ws')));
  socket.onopen = () => socket.send(JSON.stringify({ type: 'subscribe', room: 'lobby' }));
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data);
    if (frame.type === 'subscribed') heard.open++;
    if (frame.type === 'error') heard.socket = frame;
  };
  fetch('api/rooms/lobby/messages')
    .then(page => page.json())
    .then(({ cursor }) => {
      heard.open++;
      return fetch('api/rooms/lobby/messages?wait=30&after=' + cursor);
    })
    .then(answer => answer.json())
    .then(answer => { heard.poll = answer; });
  0`;

async function visit(url: string, options = {}): Promise<Page> {
  const window = await open(url, options);
  windows.push(window);
  return window.page;
}

async function enter(page: Page, name: string, action: string): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: action, exact: true }).click();
  await page.getByRole('button', { name: `${name} (your account)` }).waitFor();
}

const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const go = async (page: Page, name: string) => {
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name, exact: true }).click();
  await section(page, name === 'Waiting' ? 'Held posts' : name).waitFor();
};
const tabs = (page: Page) => page.getByRole('navigation', { name: 'Sections' }).getByRole('link').allTextContents();

describe('the page of people', () => {
  /** The pages of an owner, a member, a moderator and a guest. */
  let ann: Page;
  let bob: Page;
  let eve: Page;
  let stranger: Page;

  it('invites, lets posts pass, bans and shows what was done, each to who may', async () => {
    const [, link = ''] = /(http\S+setup\S+)$/.exec(log.find(line => line.includes('/setup/')) ?? '') ?? [];
    ann = await visit(link);
    await enter(ann, 'Ann', 'Begin');
    await ann.goto(`${running.url}people/`);
    await shows(() => tabs(ann), ['People', 'Invitations', 'Joined', 'Bots', 'Waiting', 'Bans', 'Rooms', 'Record']);
    await section(ann, 'People').getByText('Ann', { exact: true }).waitFor();
    // Nobody bans themselves.
    expect(await section(ann, 'People').getByRole('button', { name: /^Ban/ }).count()).toBe(0);

    await go(ann, 'Invitations');
    await ann.getByLabel('People').fill('2');
    await ann.getByRole('button', { name: 'Make a link' }).click();
    const invitation = (await ann.getByRole('status').locator('code').textContent())!;
    await section(ann, 'Invitations').getByText('2 may join as').waitFor();
    expect(await violations(ann)).toEqual([]);
    bob = await visit(invitation);
    await enter(bob, 'Bob', 'Join');
    eve = await visit(invitation, { viewport: { width: 390, height: 800 }, colorScheme: 'dark' });
    await eve.getByLabel('Your name').fill('Eve');
    await eve.getByLabel('Password').fill('correct horse battery');
    await eve.getByRole('button', { name: 'Join', exact: true }).click();
    await eve.getByRole('textbox', { name: /^Message #/ }).waitFor();

    // Eve becomes a moderator, who sees less of the page.
    await go(ann, 'People');
    await ann.getByLabel('Role of Eve').selectOption('moderator');
    await shows(() => ann.getByLabel('Role of Eve').inputValue(), 'moderator');
    await eve.goto(`${running.url}people/`);
    await shows(() => tabs(eve), ['People', 'Invitations', 'Joined', 'Waiting', 'Bans', 'Rooms']);
    await section(eve, 'People').getByText('Bob', { exact: true }).waitFor();
    const acts = await section(eve, 'People')
      .getByRole('button')
      .evaluateAll(all => all.map(each => each.getAttribute('aria-label')));
    expect(acts).toEqual(['Reset link for Bob', 'Ban Bob']);
    expect(await violations(eve)).toEqual([]);

    // A post waits; what its author sees says so; it is approved once, and comes to everybody.
    await post(bob, 'darn https://x.example');
    await bob
      .getByText(/waits for a moderator: it has the word darn/)
      .first()
      .waitFor();
    // A moderator is told so in the chat, too.
    await eve.goto(running.url);
    const told = eve.getByRole('link', { name: '1 waiting for a moderator' });
    await told.waitFor();
    const joined = eve.getByRole('link', { name: '1 joined lately' });
    await joined.waitFor();
    expect(await violations(eve)).toEqual([]);
    await joined.press('Enter');
    await section(eve, 'Joined')
      .getByText(/invited by Ann/)
      .waitFor();
    expect(await section(eve, 'Joined').getByText('new', { exact: true }).count()).toBe(1);
    expect(await violations(eve, { within: ['main'] })).toEqual([]);
    await eve.getByRole('link', { name: 'Back to the chat' }).click();
    await told.waitFor();
    expect(await joined.count()).toBe(0);
    await told.press('Enter');
    await section(eve, 'Held posts').getByText('darn https://x.example').waitFor();
    expect(await violations(eve, { within: ['main'] })).toEqual([]);
    await eve.getByRole('button', { name: 'Approve the post by Bob' }).click();
    await section(eve, 'Held posts').getByText('No post waits.').waitFor();
    await ann.goto(running.url);
    await ann.getByRole('button', { name: 'Ann (your account)' }).click();
    await ann.getByRole('link', { name: 'People and moderation' }).waitFor();
    await ann.keyboard.press('Escape');
    await ann.getByRole('article').getByText('darn https://x.example').waitFor();

    await post(ann, 'all is well');
    await ann.getByRole('article').getByText('all is well').waitFor();

    // It is reported and removed.
    const row = ann.getByRole('article').filter({ hasText: 'darn https://x.example' });
    await row.hover();
    await row.locator('summary').click();
    await row.getByRole('button', { name: 'Report…' }).click();
    await ann.getByLabel('What is wrong with it?').fill('mind your words');
    expect(await violations(ann, { within: ['article'] })).toEqual([]);
    await ann.getByRole('button', { name: 'Report', exact: true }).click();
    await ann.getByText('The report was sent to the moderators.').waitFor();
    await ann.keyboard.press('Escape');
    await eve.reload();
    await section(eve, 'Reported messages').getByText('mind your words').waitFor();
    // Its author can be banned from here, by keyboard.
    await eve.getByRole('button', { name: 'Ban Bob' }).press('Enter');
    await eve.getByRole('dialog', { name: 'Ban Bob' }).getByLabel(/^Why/).fill('words');
    expect(await violations(eve, { within: ['dialog'] })).toEqual([]);
    await eve.keyboard.press('Enter');
    await eve.getByRole('dialog').waitFor({ state: 'detached' });
    await go(eve, 'Bans');
    await section(eve, 'Bans')
      .getByText(/: words$/)
      .waitFor();
    await eve.getByRole('button', { name: 'Lift the ban of Bob' }).click();
    await section(eve, 'Bans').getByText('Nobody is banned.').waitFor();
    await go(eve, 'Waiting');
    await eve.getByRole('button', { name: 'Remove the message by Bob' }).click();
    await section(eve, 'Reported messages').getByText('Nothing is reported.').waitFor();

    // Bob is banned, for a time and with a reason that he reads, on whatever connection he has open.
    await bob.evaluate(LISTEN);
    await shows(() => bob.evaluate('heard.open'), 3);
    await go(eve, 'People');
    await eve.getByRole('button', { name: 'Ban Bob' }).click();
    const dialog = eve.getByRole('dialog', { name: 'Ban Bob' });
    await dialog.getByLabel('For', { exact: true }).selectOption('a week');
    await dialog.getByLabel(/^Why/).fill('enough');
    await dialog.getByRole('button', { name: 'Ban', exact: true }).click();
    await section(eve, 'People').getByText('banned until').waitFor();
    const sentence = expect.stringMatching(/you are banned until .*: enough/);
    const codes = { code: 'banned', detail: sentence };
    await shows(
      () => bob.evaluate('[heard.stream, heard.socket, heard.poll]'),
      [
        expect.objectContaining(codes),
        expect.objectContaining({ type: 'error', room: 'lobby', ...codes }),
        expect.objectContaining({ status: 403, ...codes }),
      ],
    );
    await bob.goto(running.url);
    await bob
      .getByText(/You are banned until .*: enough/)
      .first()
      .waitFor();
    await go(eve, 'Bans');
    await eve.getByRole('button', { name: 'Lift the ban of Bob' }).click();
    await section(eve, 'Bans').getByText('Nobody is banned.').waitFor();
    await eve.getByLabel('Address').fill('nonsense');

    // The record has it all, also by kind.
    await ann.goto(`${running.url}people/#record`);
    await section(ann, 'Record')
      .getByText(/^Eve banned Bob \(until .*, enough\)$/)
      .waitFor();
    await section(ann, 'Record').getByText('Eve approved a post of Bob').waitFor();
    await ann.getByLabel('What').selectOption('join');
    await shows(() => section(ann, 'Record').getByRole('listitem').count(), 2);
    await ann.getByLabel('By or about').selectOption('Eve');
    await shows(() => section(ann, 'Record').getByRole('listitem').count(), 1);
    expect(await violations(ann, { within: ['main'] })).toEqual([]);
  });

  long('archives and renames rooms, and gives the place a name', async () => {
    await go(ann, 'Rooms');
    await ann.getByRole('button', { name: 'Archive lobby' }).click();
    await section(ann, 'Rooms').getByText('archived', { exact: true }).waitFor();
    await ann.getByRole('button', { name: 'Open lobby' }).click();
    await ann.getByRole('button', { name: 'Rename lobby' }).click();
    await ann.getByLabel('Room title').fill('The hall');
    await ann.keyboard.press('Enter');
    await section(ann, 'Rooms').getByText('The hall').waitFor();
    await ann.getByLabel('Name of the place').fill('The garden');
    await ann.keyboard.press('Enter');
    await shows(() => ann.title(), 'Rooms · The garden');
    await section(ann, 'Rooms').getByText('The hall').waitFor();
    expect(await violations(ann, { within: ['main'] })).toEqual([]);
  });

  it('ends an account, whose posts lose their name, and bans a guest by an address that it does not show', async () => {
    await bob.goto(running.url);
    await post(bob, 'good morning');
    stranger = await visit(running.url);
    const written = (page: Page) =>
      page.getByRole('article').filter({ hasText: 'good morning' }).locator('.author').textContent();
    await shows(() => written(stranger), 'Bob ');
    const named = `fetch('api/me', { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: '{"name":"Robert"}' }).then(answer => answer.status)`;
    expect(await bob.evaluate(named)).toBe(200);
    await stranger.reload();
    await shows(() => written(stranger), 'Robert ');
    await go(ann, 'People');
    await ann.getByRole('button', { name: 'End the account of Robert' }).click();
    await ann.getByRole('dialog').getByRole('button', { name: 'End the account' }).click();
    await section(ann, 'People').getByText('Robert', { exact: true }).waitFor({ state: 'detached' });
    await stranger.reload();
    await shows(() => written(stranger), 'Former member ');

    // A guest's post waits with the address that it came from, which can be banned unseen.
    const held = `fetch('api/rooms/lobby/messages', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"author":"Gus","text":"darn"}' }).then(answer => answer.status)`;
    expect(await stranger.evaluate(held)).toBe(403);
    await go(eve, 'Waiting');
    await eve.getByRole('button', { name: 'Ban Gus' }).click();
    await eve.getByText('A guest is banned by their address.').waitFor();
    await eve
      .getByRole('button', { name: 'Cancel' })
      .or(eve.getByRole('button', { name: 'Close' }))
      .first()
      .click();
    await eve.getByRole('button', { name: 'Refuse the post by Gus' }).click();
    await section(eve, 'Held posts').getByText('No post waits.').waitFor();
  });

  it('gives a bot a token, which is shown once, and ends with the bot', async () => {
    await go(ann, 'Bots');
    await ann.getByLabel('Its name').fill('Builds');
    await ann.keyboard.press('Enter');
    const token = (await ann.getByRole('status').locator('code').textContent())!;
    await section(ann, 'Bots').getByText('Builds', { exact: true }).waitFor();
    expect(await violations(ann, { within: ['main'] })).toEqual([]);
    const says = () =>
      fetch(`${running.url}api/rooms/lobby/messages`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
        body: '{"text":"it builds"}',
      }).then(async answer => [answer.status, ((await answer.json()) as { author?: string }).author]);
    expect(await says()).toEqual([201, 'Builds']);
    await ann.getByRole('button', { name: 'End Builds' }).click();
    await ann.getByRole('dialog').getByRole('button', { name: 'End it' }).click();
    await section(ann, 'Bots').getByText('There are no bots.').waitFor();
    expect(await says()).not.toEqual([201, 'Builds']);
  });

  it('asks a guest to sign in', async () => {
    await stranger.goto(`${running.url}people/`);
    await stranger.getByRole('link', { name: 'Sign in' }).waitFor();
    expect(await violations(stranger)).toEqual([]);
  });
});
