import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { violations } from '../support/axe.ts';
import { join as joined } from '../support/editor-live.ts';
import { card, openEditor, SECRET, select, truth } from '../support/editor-page.ts';
import { LAYOUT } from '../support/graphs.ts';
import { open, post, shows, texts, type Window } from '../support/page.ts';
import { chatText, pageComponents, withRecipes } from '../support/recipes.ts';
import { folder, type Server, start } from '../support/server.ts';

// The settings page, as a moderator has it on a phone, and as an editor gets there.

const MODERATOR = 'a secret of moderators';
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: 'dark' } as const;

const { path, remove } = folder();
let server: Server;
let phone: Window;

beforeAll(async () => {
  const GRAPH = join(path, 'chat.fbp');
  writeFileSync(GRAPH, chatText(withRecipes(await pageComponents(), ['word-filter'])));
  writeFileSync(join(path, 'chat.layout'), LAYOUT);
  server = await start(join(path, 'data'), { GRAPH, EDITOR_SECRET: SECRET, EDITOR_SETTINGS_SECRET: MODERATOR });
  phone = await open(`${server.origin}/editor/#secret=${encodeURIComponent(MODERATOR)}`, PHONE);
});
afterAll(async () => {
  await server?.stop();
  remove();
});

const field = (name: string) => phone.page.getByRole('textbox', { name, exact: true });
const save = () => phone.page.getByRole('button', { name: 'Save', exact: true }).click();
const says = (words: string) => phone.page.getByRole('status').filter({ hasText: words }).waitFor();

describe('a moderator', () => {
  it('changes the list of words on a phone, without a graph, and an open chat obeys it', async () => {
    const { page } = phone;
    await field('Words').waitFor();
    await shows(
      () => page.getByRole('heading').allTextContents(),
      ['Settings of the chat', 'check', 'filter', 'limit', 'impolite', 'alert'],
    );
    expect(await page.locator('.card, .rail, .header .primary').count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    const ann = await joined(server.origin, 'Ann', 'lobby');
    await post(ann.page, 'ghastly weather');
    await shows(() => texts(ann.page), ['ghastly weather']);

    await field('Words').fill('darn, ghastly');
    await field('At once').fill('many');
    await save();
    await page.getByText('"many" is no number; write one such as 50').waitFor();
    await shows(() => page.evaluate('document.activeElement.value'), 'many');
    expect(await violations(page)).toEqual([]);
    await field('At once').fill('100');
    await save();
    await page.getByText('403 came: we do not say ghastly here').waitFor();
    await page.getByRole('button', { name: 'Save all the same' }).click();
    await says('Saved. It is live now.');
    await post(ann.page, 'how ghastly');
    await ann.page.getByText('we do not say ghastly here').waitFor();
    expect([phone.faults, ann.faults]).toEqual([[], []]);
  });

  it('hears at the field what the server does not take, and what others have set keeps nothing from being typed', async () => {
    const { page } = phone;
    await field('Words').fill('');
    await save();
    await page
      .locator('.settings-page .field', { has: field('Words') })
      .locator('.wrong')
      .waitFor();
    const other = await open(`${server.origin}/editor/#secret=${encodeURIComponent(MODERATOR)}`);
    const theirs = other.page.getByRole('textbox', { name: 'Words', exact: true });
    await theirs.fill('theirs');
    await other.page.getByRole('button', { name: 'Save', exact: true }).click();
    await other.page.getByText('Saved. It is live now.').waitFor();
    await field('Words').fill('mine');
    await save();
    await page.getByText("filter WORDS is 'theirs' by now; look at it again").waitFor();
    await save();
    await says('Saved. It is live now.');
    await other.page.evaluate("dispatchEvent(new Event('focus'))");
    await shows(() => theirs.inputValue(), 'mine');
    await other.page.context().close();
  });
});

describe('an editor', () => {
  it('chooses what is on the page, sees it there, and goes back to the graph', async () => {
    const { page, faults } = await openEditor(server.origin);
    await select(page, 'filter');
    await page.getByText('On the settings page: 3 of 3').click();
    await page.getByRole('checkbox', { name: 'Mask' }).uncheck();
    await page.getByText('On the settings page: 2 of 3').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    await page.getByRole('button', { name: 'Publish the draft' }).click();
    await shows(async () => (await truth(page))?.startsWith('Live'), true);
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await page.getByRole('textbox', { name: 'Words', exact: true }).waitFor();
    expect(await page.getByRole('combobox', { name: 'Mask' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Back to the graph' }).click();
    await card(page, 'filter').waitFor();
    expect(faults).toEqual([]);
  });
});
