import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { violations } from '../support/axe.ts';
import { Chat } from '../support/chat.ts';
import { sweep } from '../support/launch.ts';
import { isLong } from '../support/long.ts';
import { composer, enter, linked, rows, say, shows, texts, Visitor } from '../support/page.ts';

const EASY = { colorScheme: 'light' } as const;
const WIDE = { ...EASY, viewport: { width: 1280, height: 800 }, isMobile: false };
const PHONE = { ...EASY, viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

let chat: Chat;
const visitor = new Visitor();

beforeAll(async () => {
  chat = await Chat.start();
  for (const room of ['lobby', 'news', 'tea']) await say(chat.origin, room, `welcome to ${room}`);
});
afterEach(async () => {
  expect(await visitor.leave()).toEqual([]);
});
afterAll(async () => {
  await chat?.stop();
  sweep();
});

const visit = (room: string, options?: BrowserContextOptions): Promise<Page> =>
  visitor.visit(`${chat.origin}/#/${room}`, options);

const focused = (page: Page) => page.evaluate<string>('document.activeElement.id');

/** What axe finds wrong with a page in its light colours, and with the contrasts of its dark ones: of some of them in the long form only. */
async function wrong(page: Page, isDarkToo = true): Promise<string[]> {
  const light = await violations(page);
  if (!isDarkToo) return light;
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await violations(page, { rules: ['color-contrast'] });
  await page.emulateMedia({ colorScheme: 'light' });
  return [...light, ...dark];
}

describe.each([
  ['wide', WIDE],
  ['on a phone', PHONE],
])('the page %s', (_, options) => {
  it('has nothing that axe finds wrong in light and dark', async () => {
    const room = options.isMobile ? 'phone' : 'wide';
    await say(chat.origin, room, 'look at https://ok.example/?q=1');
    await say(chat.origin, room, 'and\nat this', 'Bob');
    const page = await visit(room, options);
    await shows(async () => (await texts(page)).length, 2);
    expect(await wrong(page)).toEqual([]);

    await enter(page, 'Ann');
    await composer(page).fill('mine');
    // Where a finger points, Enter begins a line, as the keyboard on the screen has no Shift+Enter.
    if (options.isMobile) await composer(page).press('Enter');
    if (options.isMobile) expect(await composer(page).inputValue()).toBe('mine\n');
    if (options.isMobile) await page.getByRole('button', { name: 'Send' }).click();
    else await composer(page).press('Enter');
    await shows(async () => (await texts(page)).at(-1), 'mine');
    const refused = {
      key: 'k',
      room,
      author: 'Ann',
      text: 'x'.repeat(4_001),
      at: 1,
      state: 'refused',
      reason: 'No',
    };
    await page.evaluate(([entry]) => localStorage.setItem('flowchat:/:post/k', entry!), [JSON.stringify(refused)]);
    await page.reload();
    await page.getByRole('alert').waitFor();
    await say(chat.origin, 'news', 'something to read');
    await shows(() => page.title(), `(1) #${room} · flowchat`);
    expect(await wrong(page)).toEqual([]);

    if (options.isMobile) {
      await page.getByRole('button', { name: 'Rooms, 1 unread elsewhere' }).click();
      await page.getByRole('link', { name: 'news 1 unread' }).waitFor();
      expect(await wrong(page, isLong)).toEqual([]);
    }
    await page.getByRole('button', { name: 'Help' }).click();
    await page.getByRole('dialog', { name: 'Help' }).waitFor();
    expect(await wrong(page)).toEqual([]);
    await page.keyboard.press('Escape');

    await page.evaluate("location.hash = '#/nobody-was-here'");
    await page.getByText('No messages in nobody-was-here yet').waitFor();
    expect(await wrong(page, isLong)).toEqual([]);

    await page.context().setOffline(true);
    await linked(page, 'Offline');
    expect(await wrong(page, isLong)).toEqual([]);
    await page.context().setOffline(false);
    await linked(page, 'Live');
  });

  it('is no wider than the window', async () => {
    const page = await visit('width', options);
    await enter(page, 'Ann');
    await say(chat.origin, 'width', 'w'.repeat(2_000), 'W'.repeat(64));
    await shows(async () => (await texts(page)).some(text => text.startsWith('ww')), true);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(
      await page.evaluate('document.getElementById("log").scrollWidth <= document.getElementById("log").clientWidth'),
    ).toBe(true);
  });
});

describe('the keyboard', () => {
  it('reaches the composer with Tab, in which Enter sends and Shift+Enter begins a line', async () => {
    const page = await visit('keys');
    await enter(page, 'Ann');
    await page.reload();
    await linked(page, 'Live');
    await page.evaluate('document.activeElement.blur()');
    const passed: string[] = [];
    while (passed.at(-1) !== 'composer' && passed.length < 40) {
      await page.keyboard.press('Tab');
      passed.push(await focused(page));
    }
    expect(passed).toEqual(expect.arrayContaining(['finder', 'log', 'composer']));
    await page.keyboard.type('one');
    const before = (await composer(page).boundingBox())!;
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    expect((await composer(page).boundingBox())!.height).toBeGreaterThan(before.height + 10);
    expect(await texts(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await shows(() => texts(page), ['one\ntwo']);
    expect(await composer(page).inputValue()).toBe('');
    expect(await focused(page)).toBe('composer');
  });

  it('sends nothing with the Enter that ends a composition', async () => {
    const page = await visit('kana');
    await enter(page, 'Ann');
    await composer(page).fill('かな');
    await composer(page).dispatchEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true });
    await composer(page).dispatchEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true });
    expect(await composer(page).inputValue()).toBe('かな');
    expect(await rows(page).count()).toBe(0);
  });

  it('changes rooms with Alt and the arrows, and keeps what is written in each', async () => {
    const page = await visit('lobby');
    await enter(page, 'Ann');
    await page.getByRole('link', { name: 'tea' }).waitFor();
    const names = (await page.locator('.rooms .called').allTextContents()) as [string, string];
    await composer(page).fill('a draft');
    await page.keyboard.press('Alt+ArrowDown');
    await page.getByRole('textbox', { name: `Message #${names[1]}` }).waitFor();
    expect(page.url()).toBe(`${chat.origin}/#/${names[1]}`);
    expect(await composer(page).inputValue()).toBe('');
    await page.keyboard.press('Alt+ArrowUp');
    await page.getByRole('textbox', { name: 'Message #lobby' }).waitFor();
    expect(await composer(page).inputValue()).toBe('a draft');
    await page.keyboard.press('Alt+ArrowUp');
    await page.getByRole('textbox', { name: `Message #${names.at(-1)}` }).waitFor();
  });

  it('makes a room, opens help, and comes back to where it was', async () => {
    const page = await visit('lobby');
    await enter(page, 'Ann');
    await page.keyboard.press('Control+k');
    expect(await focused(page)).toBe('finder');
    await page.keyboard.type('Über Raum!');
    await page.keyboard.press('Enter');
    await page.getByText('No messages in uber-raum yet').waitFor();
    await page.getByRole('log').focus();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Help' }).waitFor();
    await page.keyboard.press('Escape');
    await shows(() => page.getByRole('dialog').count(), 0);
    expect(await focused(page)).toBe('log');
  });
});
