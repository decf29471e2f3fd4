import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { violations } from '../support/axe.ts';
import { launch } from '../support/browser.ts';
import { Chat } from '../support/chat.ts';
import { card, openEditor, SECRET, select, setting } from '../support/editor-page.ts';
import { open, say, type Window } from '../support/page.ts';

jest.setTimeout(120_000);

const WIDE = { viewport: { width: 1440, height: 900 }, isMobile: false };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

let browser: Browser;
let chat: Chat;
let window: Window | undefined;

beforeAll(async () => {
  browser = await launch();
  chat = await Chat.start({}, { EDITOR_SECRET: SECRET, EDITOR_CODE: 'on' });
});
afterEach(async () => {
  await window?.page.context().close();
  expect(window?.faults).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  await chat?.stop();
});

const panel = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name }).click();

/** Makes each part of the page be seen once, and gives what axe finds in any of them. */
async function walk(page: Page): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const look = async (part: string) => {
    const wrong = await violations(page);
    if (wrong.length > 0) found[part] = wrong;
  };
  await look('the picture');
  await select(page, 'check');
  await setting(page, 'MAXTEXT', String(1000 + Math.floor(performance.now())));
  await look('a node');
  await page.getByRole('button', { name: 'Close the inspector' }).click();
  await panel(page, 'Draft');
  await page.locator('.items li').first().waitFor();
  await look('the draft');
  for (const name of ['Library', 'Outline', 'Try', 'Revisions', 'Code']) {
    await panel(page, name);
    await page.getByRole('region', { name }).waitFor();
    await look(name);
  }
  await page.getByRole('combobox', { name: 'Component' }).selectOption('chat/CheckPost');
  await page.locator('.code').waitFor();
  await look('code');
  await panel(page, 'Messages');
  await page.getByText('Messages and requests appear here').waitFor();
  await say(chat.origin, 'lobby', 'where does this go');
  await page
    .getByRole('button', { name: /POST .*lobby\/messages/ })
    .first()
    .click();
  await look('the way of a message');
  await page.getByRole('button', { name: 'Close Messages' }).click();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('s');
  await look('search');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Undo/ }).click();
  return found;
}

describe.each([
  ['wide in light', WIDE, 'light'],
  ['on a phone in dark', PHONE, 'dark'],
] as const)('the editor %s', (_, options, colorScheme) => {
  it('is no wider than the window, and has nothing that axe finds wrong', async () => {
    window = await openEditor(browser, chat.origin, { ...options, colorScheme, reducedMotion: 'reduce' });
    expect(await window.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await walk(window.page)).toEqual({});
  });

  it('asks for the secret so that axe finds nothing wrong', async () => {
    window = await open(browser, `${chat.origin}/editor/`, options);
    await window.page.getByLabel('Secret').fill('a wrong one');
    await window.page.keyboard.press('Enter');
    await window.page.getByRole('alert').waitFor();
    expect(await violations(window.page)).toEqual([]);
  });
});

describe('the keyboard', () => {
  it('goes from node to node by arrows, moves one by Alt and them, renames by F2 and deletes', async () => {
    window = await openEditor(browser, chat.origin, WIDE);
    const { page } = window;
    await select(page, 'sender');
    await page.keyboard.press('Escape');
    await page.evaluate('document.activeElement.blur()');
    await select(page, 'sender');
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('complementary', { name: 'Node check' }).waitFor();
    const place = (name: string) => page.locator(`[data-id="${name}"]`).evaluate(node => node.style.transform);
    const before = await place('check');
    await page.keyboard.press('Alt+ArrowDown');
    await page.getByRole('button', { name: 'Undo: move check' }).waitFor();
    expect(await place('check')).not.toBe(before);
    await page.keyboard.press('F2');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('gate');
    await page.keyboard.press('Enter');
    await card(page, 'gate').waitFor();
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('Delete');
    await card(page, 'gate').waitFor({ state: 'detached' });
    for (let steps = 0; steps < 3; steps++) await page.keyboard.press('Control+z');
    await card(page, 'check').waitFor();
    expect(await place('check')).toBe(before);
  });
});
