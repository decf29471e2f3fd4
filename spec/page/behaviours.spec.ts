import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type Guest, join as joined, panel } from '../support/editor-live.ts';
import { openEditor, SECRET, truth } from '../support/editor-page.ts';
import { CHAT, LAYOUT } from '../support/graphs.ts';
import { post, say, shows, texts, type Window } from '../support/page.ts';
import { folder, type Server, start } from '../support/server.ts';

// Behaviours that people ask of a chat, built in the editor alone, published, and seen in a page that stays open. `npm run
// test:behaviours` builds them all.

const isLong = process.env.BEHAVIOURS === 'all';

const { path, remove } = folder();
let server: Server;
let editor: Window;
let ann: Guest;
let revision = 1;

beforeAll(async () => {
  const GRAPH = join(path, 'chat.fbp');
  writeFileSync(GRAPH, CHAT);
  writeFileSync(join(path, 'chat.layout'), LAYOUT);
  server = await start(join(path, 'data'), { GRAPH, EDITOR_SECRET: SECRET });
  editor = await openEditor(server.origin, { viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  await panel(editor.page, 'Library');
  ann = await joined(server.origin, 'Ann', 'lobby');
});
afterAll(async () => {
  await server?.stop();
  remove();
});

/** Inserts a recipe, whose first setting is in reach then. */
async function insert(title: string): Promise<void> {
  const recipes = editor.page.getByRole('region', { name: 'Recipes' });
  const recipe = editor.page.getByText(title, { exact: true });
  await recipes.getByRole('button').filter({ has: recipe }).click();
  await editor.page.getByRole('complementary', { name: /^(Selection|Node )/ }).waitFor();
}

/** Types a value into a setting of the nodes that were inserted. */
async function set(node: string, title: string, value: string): Promise<void> {
  const form = editor.page.getByRole('region', { name: `Settings of ${node}` });
  const field = form.getByRole('textbox', { name: new RegExp(`^${title} `) });
  await field.fill(value);
  await field.press('Control+Enter');
}

/** Publishes the draft, and opens the Library again. */
async function publish({ page }: Window = editor): Promise<void> {
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.getByRole('button', { name: 'Publish the draft' }).click();
  revision += 1;
  await shows(() => truth(page), `Live, revision ${revision}`);
  await panel(page, 'Library');
}

const refused = (page: Page, sentence: string) => page.getByText(sentence).first().waitFor();

describe('a behaviour built by mouse', () => {
  it('a word filter with an answer of its own', async () => {
    await insert('Word filter with an alert');
    await set('filter', 'Words', 'ghastly');
    await publish();
    await post(ann.page, 'ghastly weather');
    await refused(ann.page, 'we do not say ghastly here');
  });

  it('a bot that answers !time', async () => {
    await insert('!time');
    await publish();
    await post(ann.page, '!time');
    await shows(async () => (await texts(ann.page)).some(text => /^Ann, it is 20/.test(text)), true);
  });

  const long: typeof it | (() => void) = isLong ? it : () => {};

  long('an endpoint', async () => {
    await insert('Hello endpoint');
    await publish();
    const response = await fetch(`${server.origin}/api/hello?name=ann`);
    expect([response.status, await response.json()]).toEqual([200, { hello: 'ann' }]);
  });

  long('a read-only room', async () => {
    await insert('Read-only room');
    await set('closed', 'Values', 'lobby');
    await publish();
    await post(ann.page, 'may I');
    await refused(ann.page, '#lobby is for reading only');
    await editor.page.keyboard.press('Escape');
    await editor.page.getByRole('button', { name: /^Undo: / }).click();
    await editor.page.getByRole('button', { name: /^Undo: / }).click();
    await publish();
  });

  long('a welcome, and help', async () => {
    await insert('Welcome');
    await insert('!help');
    await set('helper', 'Text', 'ask away');
    await publish();
    const bob = await joined(server.origin, 'Bob', 'lobby');
    await post(bob.page, '!help');
    const welcome = 'Welcome, Bob! Write !help to see what there is.';
    await shows(async () => (await texts(ann.page)).includes(welcome), true);
    await shows(async () => (await texts(ann.page)).includes('ask away'), true);
    await bob.page.context().close();
  });

  long('a slash command', async () => {
    await insert('/roll');
    await publish();
    await post(ann.page, '/roll 6');
    await shows(async () => (await texts(ann.page)).some(text => /^Ann rolls [1-6]$/.test(text)), true);
  });

  long('announcements', async () => {
    await insert('Announcement');
    await set('morning', 'Cron', '* * * * * *');
    await publish();
    await shows(async () => (await texts(ann.page)).includes('Good morning!'), true);
    await editor.page.getByRole('button', { name: /^Undo: / }).click();
    await editor.page.getByRole('button', { name: /^Undo: / }).click();
    await publish();
  });

  long('slow mode in one room', async () => {
    await insert('Slow mode');
    await publish();
    await say(server.origin, 'lobby', 'one', 'Zed');
    await shows(async () => (await texts(ann.page)).includes('one'), true);
    const again = await fetch(`${server.origin}/api/rooms/lobby/messages`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ author: 'Zed', text: 'two' }),
    });
    const detail = expect.stringMatching(/^slow mode: write again in/);
    expect(await again.json()).toMatchObject({ status: 429, detail });
  });
});

describe('a behaviour built by keyboard alone', () => {
  it('answers frequent questions', async () => {
    const { page } = editor;
    await page.getByRole('searchbox', { name: 'Find a component' }).focus();
    await page.keyboard.type('Frequent');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await shows(() => page.evaluate('document.activeElement.value'), '*refund*');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('*money back*');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('button', { name: 'Publish', exact: true }).press('Enter');
    await page.getByRole('button', { name: 'Publish the draft' }).press('Enter');
    revision += 1;
    await shows(() => truth(page), `Live, revision ${revision}`);
    const other = await joined(server.origin, 'Eve', 'questions');
    await post(other.page, 'I want my money back');
    await shows(async () => (await texts(other.page)).length, isLong ? 3 : 2);
    expect((await texts(other.page)).join()).toContain('Eve: refunds take five days');
    expect([editor.faults, ann.faults, other.faults]).toEqual([[], [], []]);
  });
});
