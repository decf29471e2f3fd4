import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launch } from '../support/browser.ts';
import { Chat } from '../support/chat.ts';
import {
  card,
  leaveEditor,
  openEditor,
  publish,
  reopenEditor,
  SECRET,
  select,
  setting,
  truth,
} from '../support/editor-page.ts';
import { open, say, shows, type Window } from '../support/page.ts';
import { freePort } from '../support/process.ts';

jest.setTimeout(120_000);

let browser: Browser;
let port: number;
let chat: Chat;
/** What most tests look at, each of them from its beginning. */
let usual: Window | undefined;
let windows: Window[];

beforeAll(async () => {
  [browser, port] = await Promise.all([launch(), freePort()]);
});
beforeEach(async () => {
  windows = [];
  chat = await Chat.start({}, { EDITOR_SECRET: SECRET, PORT: String(port) });
});
afterEach(async () => {
  for (const { page } of windows) await page.context().close();
  if (usual) await leaveEditor(usual);
  await chat.stop();
  expect([usual, ...windows].flatMap(window => window?.faults ?? [])).toEqual([]);
});
afterAll(() => browser?.close());

async function edit(): Promise<Page> {
  if (usual) await reopenEditor(usual, chat.origin);
  else usual = await openEditor(browser, chat.origin);
  return usual.page;
}

/** The size of the smallest text on the screen, in whole pixels. */
const SMALLEST = `(() => {
  const zoom = new DOMMatrix(getComputedStyle(document.querySelector('.react-flow__viewport')).transform).a;
  const sizes = [...document.querySelectorAll('body *')]
    .filter(one => [...one.childNodes].some(({ nodeType, data }) => nodeType === 3 && data.trim()) && one.checkVisibility())
    .map(one => parseFloat(getComputedStyle(one).fontSize) * (one.closest('.react-flow__viewport') ? zoom : 1));
  return Math.floor(Math.min(...sizes));
})()`;

const posted = (text: string) =>
  fetch(`${chat.origin}/api/rooms/lobby/messages`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ author: 'ann', text }),
  }).then(({ status }) => status);

describe('the editor', () => {
  it('takes the secret out of the address, and shows what is live', async () => {
    const page = await edit();
    expect(page.url()).toBe(`${chat.origin}/editor/`);
    expect(await page.locator('.card').count()).toBe(11);
    await shows(() => truth(page), 'Live, revision 1');
    expect(await page.evaluate('localStorage.length')).toBe(0);
  });

  it('shows no text smaller than 11 pixels at first sight in a window of 1280 by 720, and all of the graph', async () => {
    const window = await openEditor(browser, chat.origin, { viewport: { width: 1280, height: 720 } });
    windows.push(window);
    const { page } = window;
    await shows(() => page.evaluate(SMALLEST), 11);
    expect(await page.getByText('out of view').count()).toBe(0);
  });

  it('asks for the secret, and says that it is a wrong one', async () => {
    const window = await open(browser, `${chat.origin}/editor/`);
    windows.push(window);
    const { page } = window;
    const field = page.getByLabel('Secret');
    await field.fill('some other secret');
    await field.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'Wrong secret' }).waitFor();
    expect(await page.locator('.card').count()).toBe(0);
    await field.fill(SECRET);
    await field.press('Enter');
    await card(page, 'storage').waitFor();
  });

  it('adds a component, wires and sets it by keyboard alone, undoes all of it, and does it again', async () => {
    const page = await edit();
    await page.getByRole('button', { name: 'Library' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('searchbox', { name: 'Find a component' }).focus();
    await page.keyboard.type('checkp');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await card(page, 'checkPost').waitFor();
    await page.getByRole('combobox', { name: 'Connect OUT to' }).selectOption('limit IN');
    await page.getByRole('button', { name: 'to limit IN' }).waitFor();
    await setting(page, 'MAXTEXT', '280');
    await shows(() => card(page, 'checkPost').locator('.settings code').allTextContents(), ['280']);
    await page.keyboard.press('Escape');
    await page.locator('.canvas').focus();
    await page.evaluate('document.activeElement.blur()');
    for (let steps = 0; steps < 3; steps++) await page.keyboard.press('Control+z');
    await shows(() => card(page, 'checkPost').count(), 0);
    await shows(() => truth(page), 'Live, revision 1');
    for (let steps = 0; steps < 3; steps++) await page.keyboard.press('Control+y');
    await shows(() => card(page, 'checkPost').locator('.settings code').allTextContents(), ['280']);
  });

  it('keeps a draft until it is published, and says in sentences and text what differs', async () => {
    const page = await edit();
    await select(page, 'check');
    await setting(page, 'MAXTEXT', '5');
    await shows(() => truth(page), 'Draft, 1 change');
    expect(await posted('longer than that')).toBe(201);
    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    await page.getByRole('button', { name: "check: MAXTEXT is '5', was '4000'" }).waitFor();
    expect(await page.locator('[data-sign="+"]').textContent()).toBe("+ '5' -> MAXTEXT check");
    await page.getByRole('button', { name: 'Publish the draft' }).click();
    await shows(() => truth(page), 'Live, revision 2');
    expect(await posted('longer than that')).toBe(422);
  });

  it('says a fault at the node, and what is live goes on', async () => {
    const page = await edit();
    await select(page, 'storage');
    await page.keyboard.press('Escape');
    await page.evaluate('document.activeElement.blur()');
    await select(page, 'limit');
    await page.getByRole('button', { name: 'Disconnect limit REFUSED → IN responder' }).click();
    await card(page, 'limit').locator('.fault').waitFor();
    await shows(async () => /^Draft with 1 fault/.test((await truth(page)) ?? ''), true);
    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    expect(await page.getByRole('button', { name: 'Publish the draft' }).isDisabled()).toBe(true);
    expect(await posted('hello')).toBe(201);
    await page.getByRole('button', { name: /^Undo/ }).click();
    await shows(() => truth(page), 'Live, revision 1');
    await shows(() => card(page, 'limit').locator('.fault').allTextContents(), []);
  });

  it('says a fault of a setting once in the form, at its field', async () => {
    const page = await edit();
    await select(page, 'storage');
    await setting(page, 'STORE', '');
    await card(page, 'storage').locator('.fault').waitFor();
    const form = page.getByRole('complementary', { name: 'Node storage' });
    const said = await form.locator('.wrong, .fault').allTextContents();
    expect(said).toEqual([expect.stringMatching(/STORE/)]);
    await page.getByRole('button', { name: /^Undo/ }).click();
    await shows(() => form.locator('.wrong, .fault').allTextContents(), []);
  });

  it('keeps edits while the connection is lost, and brings them in when it is back', async () => {
    const page = await edit();
    await page.context().setOffline(true);
    await shows(() => truth(page), 'Connection lost');
    await select(page, 'check');
    await setting(page, 'MAXTEXT', '77');
    await shows(() => truth(page), 'Connection lost, 1 edit kept');
    await page.context().setOffline(false);
    await shows(() => truth(page), 'Draft, 1 change');
    await page.reload();
    await card(page, 'check').getByText('77').waitFor();
  });

  it('shows what another editor changes at once', async () => {
    const [one, window] = [await edit(), await openEditor(browser, chat.origin)];
    windows.push(window);
    const other = window.page;
    await one.getByText('1 other editor').waitFor();
    await select(one, 'limit');
    await setting(one, 'BURST', '7');
    await card(other, 'limit').getByText('7', { exact: true }).waitFor();
    await one.getByRole('textbox', { name: 'Name' }).fill('pace');
    await one.getByRole('textbox', { name: 'Name' }).press('Enter');
    await card(other, 'pace').waitFor();
    await shows(async () => /^Draft, \d+ changes$/.test((await truth(other)) ?? ''), true);
  });

  it('shows the packets of a wire, and the way of a message', async () => {
    const page = await edit();
    await page.getByRole('button', { name: 'Messages' }).click();
    await page.getByText('Messages and requests appear here').waitFor();
    await say(chat.origin, 'lobby', 'where does this go');
    await page
      .getByRole('button', { name: /POST .*lobby\/messages/ })
      .first()
      .click();
    await shows(() => page.locator('.card[data-way="lit"]').count(), 7);
    await page.getByRole('button', { name: 'Outline' }).click();
    await page.getByRole('button', { name: 'OUT to storage POST' }).click();
    await page.getByText('Packets on this wire appear here.').waitFor();
    await say(chat.origin, 'lobby', 'what is on the wire');
    await page.locator('.stream').getByText('"what is on the wire"').waitFor();
  });

  it('goes back to a revision', async () => {
    const page = await edit();
    await select(page, 'check');
    await setting(page, 'MAXTEXT', '5');
    await publish(page);
    await shows(() => truth(page), 'Live, revision 2');
    await page.getByRole('button', { name: 'Revisions' }).click();
    await page.getByRole('button', { name: 'View revision 1' }).click();
    await page.getByText('Revision 1, read-only').waitFor();
    await page.getByRole('button', { name: 'Go back to revision 1' }).click();
    await shows(() => truth(page), 'Live, revision 3');
    await shows(() => card(page, 'check').locator('.settings code').allTextContents(), ['4000']);
    expect(await posted('longer than that')).toBe(201);
  });
});

describe('a part of the page that fails', () => {
  /** Opens the editor after `before`; what fails in it is meant. */
  async function failing(before: (page: Page) => Promise<unknown>): Promise<Page> {
    const { page } = await openEditor(browser, chat.origin);
    windows.push({ page, faults: [] });
    await before(page);
    return page;
  }
  const alert = (page: Page, words: RegExp) => page.getByRole('alert').filter({ hasText: words });
  const reload = (page: Page) => page.getByRole('button', { name: 'Reload', exact: true });

  it('offers to reload where its file is gone, as after an update, and the rest stays', async () => {
    await chat.stop();
    chat = await Chat.start({}, { EDITOR_SECRET: SECRET, EDITOR_CODE: 'on' });
    const page = await failing(page => page.route('**/assets/CodePanel-*', route => route.fulfill({ status: 404 })));
    await page.getByRole('button', { name: 'Code', exact: true }).click();
    await alert(page, /^Code failed: it could not be loaded, as flowchat was updated/).waitFor();
    await page.getByText('flowchat was updated. Your edits and your code are kept in this window.').waitFor();
    expect(await page.locator('.card').count()).toBe(11);
    await page.unroute('**/assets/CodePanel-*');
    await reload(page).click();
    await card(page, 'router').waitFor();
    await shows(() => page.getByRole('alert').count(), 0);
    await page.getByRole('button', { name: 'Code', exact: true }).click();
    await page.getByRole('heading', { name: 'Code' }).waitFor();
    await shows(() => page.getByRole('alert').count(), 0);
  });

  it.each<[what: string, broken: string, words: RegExp, cards: number, open: (page: Page) => Promise<unknown>]>([
    [
      'a panel',
      "Date.prototype.toLocaleString = () => { throw new Error('odd'); }",
      /^Revisions failed: odd/,
      10,
      page => page.getByRole('button', { name: 'Revisions' }).click(),
    ],
    [
      'the whole page',
      "Object.defineProperty(document, 'title', { set() { throw new Error('odd'); } })",
      /^This page failed: odd/,
      0,
      async page => {
        await select(page, 'check');
        await setting(page, 'MAXTEXT', '5');
      },
    ],
  ])('says so in a sentence, and offers to reload: %s', async (_, broken, words, cards, open) => {
    const page = await failing(page => page.evaluate(broken));
    await open(page);
    await alert(page, words).waitFor();
    await page
      .getByText('Nothing was changed, and what is live keeps running. Your edits and code are kept.')
      .waitFor();
    expect(await page.locator('.card').count()).toBe(cards);
    await page.getByRole('button', { name: 'Reload the page' }).click();
    await card(page, 'router').waitFor();
    await shows(() => page.getByRole('alert').count(), 0);
  });
});
