import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { violations } from '../support/axe.ts';
import { Chat } from '../support/chat.ts';
import { draw, type Guest, join, panel } from '../support/editor-live.ts';
import {
  card,
  discard,
  openEditor,
  openEditorTab,
  publish,
  restore,
  SECRET,
  select,
  setting,
  truth,
} from '../support/editor-page.ts';
import { dragIn } from '../support/gestures.ts';
import { long } from '../support/long.ts';
import { composer, post, shows, texts, type Window } from '../support/page.ts';

// One server, one page of the editor and one of the chat for all; each test leaves the graph as it was, or a later revision.

let chat: Chat;
let window: Window;
let editor: Page;

beforeAll(async () => {
  chat = await Chat.start({}, { EDITOR_SECRET: SECRET, EDITOR_CODE: 'on' });
  window = await openEditor(chat.origin, { viewport: { width: 1280, height: 720 } });
  editor = window.page;
});
afterEach(async () => {
  await restore(editor);
  expect(window.faults).toEqual([]);
});
afterAll(() => chat?.stop());

/** The size of the smallest text on the screen, in pixels. */
const SMALLEST = `(() => {
  const zoom = new DOMMatrix(getComputedStyle(document.querySelector('.react-flow__viewport')).transform).a;
  const sizes = [...document.querySelectorAll('body *')]
    .filter(one => [...one.childNodes].some(({ nodeType, data }) => nodeType === 3 && data.trim()) && one.checkVisibility())
    .map(one => parseFloat(getComputedStyle(one).fontSize) * (one.closest('.react-flow__viewport') ? zoom : 1));
  return Math.round(10 * Math.min(...sizes)) / 10;
})()`;

describe('the editor', () => {
  it('takes the secret out of the address, and shows what is live', async () => {
    expect(editor.url()).toBe(`${chat.origin}/editor/`);
    expect(await editor.locator('.card').count()).toBe(12);
    await shows(() => truth(editor), 'Live, revision 1');
    expect(await editor.evaluate('localStorage.length')).toBe(0);
  });

  it('shows no text smaller than 11 pixels at first sight in a window of 1280 by 720, and all of the graph', async () => {
    await shows(() => editor.evaluate(SMALLEST), 11);
    expect(await editor.getByText('out of view').count()).toBe(0);
  });

  long('adds a component, wires and sets it by keyboard alone, undoes all of it, and does it again', async () => {
    await editor.getByRole('button', { name: 'Library' }).focus();
    await editor.keyboard.press('Enter');
    await editor.getByRole('searchbox', { name: 'Find a component' }).focus();
    await editor.keyboard.type('checkp');
    await editor.keyboard.press('ArrowDown');
    await editor.keyboard.press('Enter');
    await card(editor, 'checkPost').waitFor();
    await editor.getByRole('combobox', { name: 'Connect OUT to' }).selectOption('limit IN');
    await editor.getByRole('button', { name: 'to limit IN' }).waitFor();
    await setting(editor, 'MAXTEXT', '280');
    await shows(() => card(editor, 'checkPost').locator('.settings code').allTextContents(), ['280']);
    await editor.keyboard.press('Escape');
    await editor.locator('.canvas').focus();
    await editor.evaluate('document.activeElement.blur()');
    for (let steps = 0; steps < 3; steps++) await editor.keyboard.press('Control+z');
    await shows(() => card(editor, 'checkPost').count(), 0);
    await shows(() => truth(editor), 'Live, revision 1');
    for (let steps = 0; steps < 3; steps++) await editor.keyboard.press('Control+y');
    await shows(() => card(editor, 'checkPost').locator('.settings code').allTextContents(), ['280']);
  });

  it('says a fault of a setting once in the form, at its field', async () => {
    await select(editor, 'storage');
    await setting(editor, 'STORE', '');
    await card(editor, 'storage').locator('.fault').waitFor();
    const form = editor.getByRole('complementary', { name: 'Node storage' });
    const said = await form.locator('.wrong, .fault').allTextContents();
    expect(said).toEqual([expect.stringMatching(/STORE/)]);
    await editor.getByRole('button', { name: /^Undo/ }).click();
    await shows(() => form.locator('.wrong, .fault').allTextContents(), []);
  });

  it('keeps edits while the connection is lost, and brings them in when it is back', async () => {
    await editor.context().setOffline(true);
    await shows(() => truth(editor), 'Connection lost');
    await select(editor, 'check');
    await setting(editor, 'MAXTEXT', '77');
    await shows(() => truth(editor), 'Connection lost, 1 edit kept');
    await editor.context().setOffline(false);
    await shows(() => truth(editor), 'Draft, 1 change');
    await editor.reload();
    await card(editor, 'check').getByText('77').waitFor();
    await discard(editor);
  });

  it('shows what another editor changes at once', async () => {
    const { page: other, faults } = await openEditorTab(window, chat.origin);
    await editor.getByText('1 other editor').waitFor();
    await select(editor, 'limit');
    await setting(editor, 'BURST', '7');
    await card(other, 'limit').getByText('7', { exact: true }).waitFor();
    const form = editor.getByRole('complementary', { name: 'Node limit' });
    await form.getByRole('textbox', { name: 'Name' }).fill('pace');
    await editor.keyboard.press('Enter');
    await card(other, 'pace').waitFor();
    await shows(async () => /^Draft, \d+ changes$/.test((await truth(other)) ?? ''), true);
    await other.close();
    expect(faults).toEqual([]);
  });
});

describe('a part of the page that fails', () => {
  afterEach(() => {
    // What failed was meant to.
    window.faults.length = 0;
  });
  const alert = (words: RegExp) => editor.getByRole('alert').filter({ hasText: words });

  it('offers to reload where its file is gone, as after an update, and the rest stays', async () => {
    await editor.route('**/assets/CodePanel-*', route => route.fulfill({ status: 404 }));
    await editor.getByRole('button', { name: 'Code', exact: true }).click();
    await alert(/^Code failed: it could not be loaded, as flowchat was updated/).waitFor();
    await editor.getByText('flowchat was updated. Your edits and your code are kept in this window.').waitFor();
    expect(await editor.locator('.card').count()).toBe(12);
    await editor.unroute('**/assets/CodePanel-*');
    await editor.getByRole('button', { name: 'Reload', exact: true }).click();
    await card(editor, 'router').waitFor();
    await shows(() => editor.getByRole('alert').count(), 0);
    await editor.getByRole('button', { name: 'Code', exact: true }).click();
    await editor.getByRole('heading', { name: 'Code' }).waitFor();
    await shows(() => editor.getByRole('alert').count(), 0);
  });

  it.each<[what: string, broken: string, words: RegExp, cards: number, open: () => Promise<unknown>]>([
    [
      'a panel',
      "Date.prototype.toLocaleString = () => { throw new Error('odd'); }",
      /^Revisions failed: odd/,
      12,
      () => editor.getByRole('button', { name: 'Revisions' }).click(),
    ],
    [
      'the whole page',
      "Object.defineProperty(document, 'title', { set() { throw new Error('odd'); } })",
      /^This page failed: odd/,
      0,
      async () => {
        await select(editor, 'check');
        await setting(editor, 'MAXTEXT', '5');
      },
    ],
  ])('says so in a sentence, and offers to reload: %s', async (_, broken, words, cards, open) => {
    await editor.evaluate(broken);
    await open();
    await alert(words).waitFor();
    await editor
      .getByText('Nothing was changed, and what is live keeps running. Your edits and code are kept.')
      .waitFor();
    expect(await editor.locator('.card').count()).toBe(cards);
    await editor.getByRole('button', { name: 'Reload the page' }).click();
    await card(editor, 'router').waitFor();
    await shows(() => editor.getByRole('alert').count(), 0);
    if (cards === 0) await discard(editor);
  });
});

describe('beside a chat, the editor', () => {
  let ann: Guest;
  beforeAll(async () => {
    await editor.setViewportSize({ width: 1440, height: 900 });
    ann = await join(chat.origin, 'Ann', 'lobby');
  });
  afterEach(() => {
    expect(ann.faults).toEqual([]);
    // Whatever was changed, her connection has never dropped.
    expect(ann.again).toEqual([]);
  });

  async function enterRoom(name: string): Promise<void> {
    await ann.page.evaluate(`location.hash = '#/${name}'`);
    await ann.page.getByText(`No messages in ${name} yet`).waitFor();
  }
  /** The server refuses what the page would not send. */
  const refused = (room: string, text: string, why: string) =>
    expect(chat.post(room, text, { author: 'Ann' })).rejects.toThrow(why);
  const close = () => editor.getByRole('button', { name: 'Close the inspector' }).click();
  const faultAt = (node: string) => card(editor, node).locator('.fault');

  it('shows the way of a message that was posted before anybody asked, and the packet on the wire', async () => {
    await enterRoom('ways');
    await shows(() => editor.locator('.card').count(), 12);
    await post(ann.page, 'where does this go');
    await shows(() => texts(ann.page), ['where does this go']);
    await panel(editor, 'Messages');
    await editor.getByRole('button', { name: 'Ann: where does this go' }).click();
    const lit = editor.locator('.card[data-way="lit"] .head strong');
    const way = ['admit', 'check', 'limit', 'publish', 'responder', 'router', 'sender', 'storage'];
    await shows(async () => (await lit.allTextContents()).sort(), way);
    await editor.getByText(/201 answered/).waitFor();
    await editor.getByText(/in revision 1$/).waitFor();
    expect(await violations(editor, { within: ['.side'] })).toEqual([]);
    await panel(editor, 'Outline');
    await editor.getByRole('button', { name: 'OUT to storage POST' }).click();
    await editor.getByText('Packets on this wire appear here.').waitFor();
    await post(ann.page, 'what is on the wire');
    await editor.locator('.stream').getByText('"what is on the wire"').waitFor();
    expect(await violations(editor, { within: ['.inspector'] })).toEqual([]);
  });

  it('says a fault at the node while the chat goes on, and undoes and redoes it', async () => {
    await enterRoom('faults');
    await select(editor, 'limit');
    await editor.getByRole('button', { name: 'Disconnect limit REFUSED → IN responder' }).click();
    await close();
    const sentence = 'limit REFUSED leads nowhere, so its failures would be lost; draw a wire from it';
    await shows(() => faultAt('limit').allTextContents(), [sentence]);
    await shows(() => truth(editor), 'Draft with 1 fault, revision 1 live');
    expect(await violations(editor, { within: ['[data-id="limit"] .fault', '.header'] })).toEqual([]);
    await editor.getByRole('button', { name: 'Publish', exact: true }).click();
    expect(await editor.getByRole('button', { name: 'Publish the draft' }).isDisabled()).toBe(true);
    await post(ann.page, 'all is well');
    await shows(() => texts(ann.page), ['all is well']);
    await editor.getByRole('button', { name: /^Undo: / }).click();
    await shows(() => truth(editor), 'Live, revision 1');
    await shows(() => faultAt('limit').count(), 0);
    await editor.getByRole('button', { name: /^Redo: / }).click();
    await shows(() => faultAt('limit').allTextContents(), [sentence]);
    await editor.getByRole('button', { name: /^Undo: / }).click();
    await shows(() => truth(editor), 'Live, revision 1');
  });

  it('keeps the draft through a reload, says what differs before it is published, and takes back what was published', async () => {
    await enterRoom('drafts');
    await select(editor, 'check');
    await setting(editor, 'MAXTEXT', '5');
    await shows(() => truth(editor), 'Draft, 1 change');
    await editor.reload();
    await shows(() => card(editor, 'check').locator('.settings code').allTextContents(), ['5']);
    await shows(() => truth(editor), 'Draft, 1 change');
    await post(ann.page, 'still as before');
    await shows(() => texts(ann.page), ['still as before']);
    await editor.getByRole('button', { name: 'Publish', exact: true }).click();
    await editor.getByRole('button', { name: "check: MAXTEXT is '5', was '4000'" }).waitFor();
    expect(await editor.locator('[data-sign="+"]').textContent()).toBe("+ '5' -> MAXTEXT check");
    await editor.getByRole('button', { name: 'Publish the draft' }).click();
    await shows(() => truth(editor), 'Live, revision 2');
    await composer(ann.page).fill('far too long');
    await ann.page.getByText('7 characters too many').waitFor();
    await refused('drafts', 'far too long', 'text has 12 characters; 5 is the most');
    await composer(ann.page).fill('');
    await panel(editor, 'Revisions');
    await editor.getByRole('button', { name: 'View revision 1' }).click();
    await editor.getByText('Revision 1, read-only').waitFor();
    await editor.getByRole('button', { name: 'Go back to revision 1' }).click();
    await shows(() => truth(editor), 'Live, revision 3');
    await shows(() => card(editor, 'check').locator('.settings code').allTextContents(), ['4000']);
    await post(ann.page, 'long enough again');
    await shows(async () => (await texts(ann.page)).includes('long enough again'), true);
    await shows(() => ann.page.locator('.delivery').count(), 0);
  });

  it('takes a component in by mouse, wires it, sets it and publishes it, and the chat obeys it', async () => {
    await enterRoom('wires');
    await select(editor, 'sender');
    await editor.getByRole('button', { name: 'Disconnect sender OUT → IN check' }).click();
    await close();
    await dragIn(editor, 'CheckPost', 300, 640);
    await card(editor, 'checkPost').waitFor();
    await setting(editor, 'MAXTEXT', '5');
    await close();
    await panel(editor, 'Library');
    await editor.getByRole('button', { name: 'Fit View' }).click();
    await draw(editor, ['sender', 'out'], ['checkPost', 'in']);
    await draw(editor, ['checkPost', 'out'], ['check', 'in']);
    await draw(editor, ['checkPost', 'refused'], ['responder', 'in']);
    await shows(() => faultAt('checkPost').count(), 0);
    await post(ann.page, 'not yet');
    await shows(() => texts(ann.page), ['not yet']);
    await publish(editor);
    await shows(() => truth(editor), 'Live, revision 4');
    await composer(ann.page).fill('too long for it');
    await ann.page.getByText('10 characters too many').waitFor();
    await refused('wires', 'too long for it', 'text has 15 characters; 5 is the most');
    await post(ann.page, 'short');
    await shows(() => texts(ann.page), ['not yet', 'short']);
    await panel(editor, 'Messages');
    await editor.getByRole('button', { name: 'Ann: too long for it' }).click();
    await editor.getByText('422 refused by checkPost: text has 15 characters; 5 is the most').waitFor();
    await shows(() => editor.locator('.card[data-way="failed"] .head strong').allTextContents(), ['checkPost']);
    expect(await violations(editor, { within: ['.side', '.card[data-way="failed"]'] })).toEqual([]);
    await panel(editor, 'Revisions');
    await editor.getByRole('button', { name: 'Go back to revision 3' }).click();
    await shows(() => truth(editor), 'Live, revision 5');
  });
});
