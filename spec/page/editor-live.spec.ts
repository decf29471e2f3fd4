import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { violations } from '../support/axe.ts';
import { launch } from '../support/browser.ts';
import { Chat } from '../support/chat.ts';
import { dragIn, draw, type Guest, join, panel } from '../support/editor-live.ts';
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
import { post, rows, shows, texts, type Window } from '../support/page.ts';
import { freePort } from '../support/process.ts';

jest.setTimeout(120_000);

let browser: Browser;
let port: number;
let chat: Chat;
let ann: Guest;
/** One for all tests, each of which begins with a server of its own at the same port. */
let window: Window | undefined;
let editor: Page;

beforeAll(async () => {
  [browser, port] = await Promise.all([launch(), freePort()]);
});
beforeEach(async () => {
  chat = await Chat.start({}, { EDITOR_SECRET: SECRET, PORT: String(port) });
  ann = await join(browser, chat.origin, 'Ann', 'lobby');
  if (window) await reopenEditor(window, chat.origin);
  else {
    const options = { viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' as const };
    window = await openEditor(browser, chat.origin, options);
  }
  editor = window.page;
});
afterEach(async () => {
  const again = [...ann.again];
  await ann.page.context().close();
  if (window) await leaveEditor(window);
  await chat.stop();
  expect([...ann.faults, ...(window?.faults ?? [])]).toEqual([]);
  // Whatever was changed, nobody's connection has dropped.
  expect(again).toEqual([]);
});
afterAll(() => browser?.close());

/** The page says why a message was not taken. */
const refused = (words: string) => rows(ann.page).getByText(words).waitFor();

const close = () => editor.getByRole('button', { name: 'Close the inspector' }).click();

const faultAt = (node: string) => card(editor, node).locator('.fault');

describe('beside a chat, the editor', () => {
  it('shows the way of a message that was posted before anybody asked, and the packet on the wire', async () => {
    await shows(() => editor.locator('.card').count(), 11);
    await post(ann.page, 'where does this go');
    await shows(() => texts(ann.page), ['where does this go']);
    await panel(editor, 'Messages');
    await editor.getByRole('button', { name: 'Ann: where does this go' }).click();
    const lit = editor.locator('.card[data-way="lit"] .head strong');
    const way = ['check', 'limit', 'publish', 'responder', 'router', 'sender', 'storage'];
    await shows(async () => (await lit.allTextContents()).sort(), way);
    await editor.getByText(/201 answered/).waitFor();
    await editor.getByText(/in revision 1$/).waitFor();
    expect(await violations(editor)).toEqual([]);
    await panel(editor, 'Outline');
    await editor.getByRole('button', { name: 'OUT to storage POST' }).click();
    await editor.getByText('Packets on this wire appear here.').waitFor();
    await post(ann.page, 'what is on the wire');
    await editor.locator('.stream').getByText('"what is on the wire"').waitFor();
    expect(await violations(editor)).toEqual([]);
  });

  it('takes a component in by mouse, wires it, sets it and publishes it, and the chat obeys it', async () => {
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
    await shows(() => truth(editor), 'Live, revision 2');
    await post(ann.page, 'far too long');
    await refused('Not sent: text has 12 characters; 5 is the most');
    await post(ann.page, 'short');
    await shows(() => texts(ann.page), ['not yet', 'short', 'far too long']);
    await panel(editor, 'Messages');
    await editor.getByRole('button', { name: 'Ann: far too long' }).click();
    await editor.getByText('422 refused by checkPost: text has 12 characters; 5 is the most').waitFor();
    await shows(() => editor.locator('.card[data-way="failed"] .head strong').allTextContents(), ['checkPost']);
    expect(await violations(editor)).toEqual([]);
  });

  it('says a fault at the node while the chat goes on, and undoes and redoes it', async () => {
    await select(editor, 'limit');
    await editor.getByRole('button', { name: 'Disconnect limit REFUSED → IN responder' }).click();
    await close();
    const sentence = 'limit REFUSED leads nowhere, so its failures would be lost; draw a wire from it';
    await shows(() => faultAt('limit').allTextContents(), [sentence]);
    await shows(() => truth(editor), 'Draft with 1 fault, revision 1 live');
    expect(await violations(editor)).toEqual([]);
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

  it('keeps the draft when it is reloaded in the middle, and takes back what was published', async () => {
    await select(editor, 'check');
    await setting(editor, 'MAXTEXT', '5');
    await shows(() => truth(editor), 'Draft, 1 change');
    await editor.reload();
    await shows(() => card(editor, 'check').locator('.settings code').allTextContents(), ['5']);
    await shows(() => truth(editor), 'Draft, 1 change');
    await post(ann.page, 'still as before');
    await shows(() => texts(ann.page), ['still as before']);
    await publish(editor);
    await shows(() => truth(editor), 'Live, revision 2');
    await post(ann.page, 'far too long');
    await refused('Not sent: text has 12 characters; 5 is the most');
    await panel(editor, 'Revisions');
    await editor.getByRole('button', { name: 'Go back to revision 1' }).click();
    await shows(() => truth(editor), 'Live, revision 3');
    await post(ann.page, 'long enough again');
    await shows(async () => (await texts(ann.page)).includes('long enough again'), true);
    await shows(() => ann.page.locator('.delivery').count(), 1);
  });
});
