import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { violations } from '../support/axe.ts';
import { Chat } from '../support/chat.ts';
import { panel } from '../support/editor-live.ts';
import { card, SECRET, select, setting } from '../support/editor-page.ts';
import { isLong } from '../support/long.ts';
import { open, say, shows, type Window } from '../support/page.ts';

const WIDE = { viewport: { width: 1440, height: 900 }, isMobile: false };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

let chat: Chat;
let window: Window | undefined;

beforeAll(async () => {
  chat = await Chat.start({}, { EDITOR_SECRET: SECRET, EDITOR_CODE: 'on' });
});
afterEach(async () => {
  await window?.page.context().close();
  expect(window?.faults).toEqual([]);
});
afterAll(async () => {
  await chat?.stop();
});

/** Opens each part of the page once. Returns what axe finds in any of them. */
async function walk(page: Page): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const look = async (part: string, place?: string) => {
    const wrong = await violations(page, place ? { within: [place] } : {});
    if (wrong.length > 0) found[part] = wrong;
  };
  await look('the picture');
  await select(page, 'check');
  await setting(page, 'MAXTEXT', String(1000 + Math.floor(performance.now())));
  await look('a node', '.inspector');
  await page.getByRole('button', { name: 'Close the inspector' }).click();
  await panel(page, 'Draft');
  await page.locator('.items li').first().waitFor();
  await look('the draft', '.side');
  for (const name of ['Library', 'Outline', 'Try', 'Revisions', 'Code']) {
    await panel(page, name);
    await page.getByRole('region', { name }).waitFor();
    await look(name, '.side');
  }
  await page.getByRole('combobox', { name: 'Component' }).selectOption('chat/CheckPost');
  await page.locator('.code').waitFor();
  await look('code', '.side');
  await panel(page, 'Messages');
  await page.getByText('Messages and requests appear here').waitFor();
  await say(chat.origin, 'lobby', 'where does this go');
  await page
    .getByRole('button', { name: /POST .*lobby\/messages/ })
    .first()
    .click();
  await look('the way of a message', '.side');
  await page.getByRole('button', { name: 'Close Messages' }).click();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('s');
  await look('search', 'dialog');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Undo/ }).click();
  return found;
}

/** What on the picture is not within the window, is cut off, or is smaller than 11 pixels. */
const SMALL = `(() => {
  const zoom = new DOMMatrix(getComputedStyle(document.querySelector('.react-flow__viewport')).transform).a;
  const isText = ({ nodeType, data }) => nodeType === 3 && data.trim();
  return [...document.querySelectorAll('.react-flow__viewport *')]
    .filter(one => [...one.childNodes].some(isText) && one.checkVisibility({ visibilityProperty: true }))
    .filter(one => parseFloat(getComputedStyle(one).fontSize) > 0)
    .filter(one => {
      const { left, right } = one.getBoundingClientRect();
      const isCut = one.scrollWidth > one.clientWidth || left < 0 || right > innerWidth;
      return isCut || parseFloat(getComputedStyle(one).fontSize) * zoom < 10.99;
    })
    .map(one => one.textContent);
})()`;

/** Asks for the secret, which is a wrong one at first. */
async function signIn(options: BrowserContextOptions): Promise<Page> {
  window = await open(`${chat.origin}/editor/`, options);
  const { page } = window;
  const field = page.getByLabel('Secret');
  await field.fill('a wrong one');
  await field.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'Wrong secret' }).waitFor();
  expect(await page.locator('.card').count()).toBe(0);
  expect(await violations(page)).toEqual([]);
  await field.fill(SECRET);
  await field.press('Enter');
  await card(page, 'storage').waitFor();
  return page;
}

describe('the editor, which asks for the secret and says that it is a wrong one', () => {
  it('is no wider than a wide window, and has nothing that axe finds wrong in light', async () => {
    const page = await signIn({ ...WIDE, colorScheme: 'light' });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await walk(page)).toEqual({});
  });

  it('shows all names large enough to be read on a phone, and has nothing that axe finds wrong in dark and light', async () => {
    const page = await signIn({ ...PHONE, colorScheme: 'dark' });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await shows(() => page.locator('.card .head strong').count(), 12);
    await shows(() => page.evaluate(SMALL), []);
    const rail = page.getByRole('navigation', { name: 'Panels' });
    expect(await rail.evaluate(element => element.scrollWidth <= element.clientWidth)).toBe(true);
    const short = () => page.locator('.truth span').getAttribute('data-short');
    await shows(async () => /^Live, rev\. \d$/.test((await short()) ?? ''), true);
    // The panels differ from those of a wide window in their colours and widths only.
    if (isLong) expect(await walk(page)).toEqual({});
    expect(await violations(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await violations(page)).toEqual([]);
    await panel(page, 'Messages');
    await say(chat.origin, 'lobby', 'seen on a phone');
    await page.getByRole('button', { name: /seen on a phone/ }).click();
    await page.getByRole('region', { name: 'What happened' }).waitFor();
    expect(await violations(page)).toEqual([]);
  });
});
