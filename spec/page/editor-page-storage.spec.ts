import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { violations } from '../support/axe.ts';
import { Chat } from '../support/chat.ts';
import { panel } from '../support/editor-live.ts';
import { card, openEditor, openEditorTab, publish, SECRET, select, setting, truth } from '../support/editor-page.ts';
import { long } from '../support/long.ts';
import { shows, type Window } from '../support/page.ts';

// What two people have typed and done in the editor's page is kept, whatever the server, the network and the other one do.

/** What stands between the page of Ann and the server. */
const OPEN = { cut: false, most: Number.POSITIVE_INFINITY, goodbye: {} };
const line = { ...OPEN };

let chat: Chat;
let windows: readonly Window[];
let ann: Page;
let bob: Page;

beforeAll(async () => {
  // What the page has laid out itself is kept with what is placed.
  chat = await Chat.start({ MAXTEXT: '4000' }, { EDITOR_SECRET: SECRET }, '');
  const options = {
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  };
  const other = await openEditor(chat.origin, options);
  const window = await openEditorTab(other, chat.origin, page =>
    page.routeWebSocket(/\/runtime$/, socket => {
      if (line.cut) return void socket.close(line.goodbye);
      const server = socket.connectToServer();
      socket.onMessage(message => {
        if (message.length > line.most) void socket.close({ code: 1009 });
        else server.send(message);
      });
    }),
  );
  windows = [window, other];
  [ann, bob] = [window.page, other.page];
});
afterEach(async () => {
  // Nothing of one test is there in the next.
  Object.assign(line, OPEN);
  for (const page of [ann, bob]) {
    await page.evaluate('document.activeElement.blur()');
    for (let step = 0; step < 4; step++) await page.keyboard.press('Escape');
  }
  await panel(bob, 'Draft');
  const discard = bob.getByRole('button', { name: 'Discard', exact: true });
  await bob.getByText('The draft has no changes.').or(discard).first().waitFor();
  if (await discard.isVisible()) {
    await discard.click();
    await bob.getByRole('button', { name: 'Discard it' }).click();
  }
  await bob.getByText('The draft has no changes.').waitFor();
  await panel(bob, 'Draft');
  for (const page of [ann, bob]) await shows(async () => (await truth(page))?.startsWith('Live') ?? false, true);
  for (const { faults } of windows) expect(faults).toEqual([]);
});
afterAll(async () => {
  await chat?.stop();
});

const notice = (page: Page, words: string | RegExp) =>
  page.getByRole('log', { name: 'Notices' }).getByText(words).first().waitFor();
const field = (page: Page, port: string) => page.getByRole('textbox', { name: new RegExp(`\\b${port}\\b`) });
const undo = (page: Page) => page.getByRole('button', { name: /^Undo: / }).click();
const settings = (page: Page, node: string) => card(page, node).locator('.settings code').allTextContents();

/** Cuts Ann's connection, or lets it be made again. */
async function cut(off: boolean): Promise<void> {
  line.cut = off;
  await ann.evaluate(`dispatchEvent(new Event('${off ? 'offline' : 'online'}'))`);
}

async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate(`{
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', ${JSON.stringify(text)});
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }`);
}

describe('an edit that the server does not take', () => {
  it('leaves what was there before', async () => {
    await select(ann, 'storage');
    const before = await field(ann, 'STORE').inputValue();
    await setting(ann, 'STORE', 'x'.repeat(100_000));
    await ann.getByText('this has 100,002 characters as JSON, and a setting has at most 65,536').waitFor();
    await setting(ann, 'STORE', 'sqlite:/elsewhere.db');
    await notice(ann, /^could not set storage STORE to .*: sqlite:\/elsewhere\.db can't be a database/);
    await shows(() => field(ann, 'STORE').inputValue(), before);
    await shows(async () => (await settings(bob, 'storage')).includes(before), true);
    expect(await truth(bob)).toBe('Live, revision 1');
  });

  long('is given up where it is too long for the way, and the others are taken', async () => {
    line.most = 3000;
    await select(ann, 'storage');
    await setting(ann, 'STORE', 'x'.repeat(4000));
    await notice(ann, /^could not set storage STORE to .*: this is more than the server takes at once/);
    await select(ann, 'check');
    await setting(ann, 'MAXTEXT', '77');
    await shows(() => settings(bob, 'check'), ['77']);
  });
});

describe('edits without a connection', () => {
  it('are kept through a reload, but for those that were undone', async () => {
    await cut(true);
    await select(ann, 'check');
    await setting(ann, 'MAXTEXT', '55');
    await select(ann, 'limit');
    await setting(ann, 'BURST', '66');
    await shows(() => truth(ann), 'Connection lost, 2 edits kept');
    await undo(ann);
    await shows(() => truth(ann), 'Connection lost, 1 edit kept');
    await ann.reload();
    await ann.getByText('The server does not answer; trying again').or(ann.getByText('Connecting')).first().waitFor();
    await cut(false);
    await shows(() => settings(bob, 'check'), ['55']);
    await shows(() => settings(ann, 'check'), ['55']);
    expect(await settings(bob, 'limit')).not.toContain('66');
    await undo(ann);
    await shows(() => settings(bob, 'check'), ['4000']);
  });
});

describe('a connection that the server closed', () => {
  long('is told with the reason until it is made again, also after a reload', async () => {
    line.goodbye = { code: 1013, reason: 'an editor takes the place of this viewer; come back later' };
    const words = 'An editor takes the place of this viewer; come back later. The page connects again by itself.';
    await cut(true);
    await ann.locator('.banner').getByText(words).waitFor();
    await ann.reload();
    await ann.getByRole('status').getByText(words).waitFor();
    await cut(false);
    await card(ann, 'router').waitFor();
    await shows(() => ann.getByText(words).count(), 0);
  });
});

describe('what is kept in the window', () => {
  long('does not keep anybody from editing where there is no room for it', async () => {
    await ann.evaluate(`Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    }`);
    await select(ann, 'check');
    await setting(ann, 'MAXTEXT', '88');
    await shows(() => settings(bob, 'check'), ['88']);
    await ann.reload();
    await card(ann, 'check').getByText('88').waitFor();
  });

  it('is forgotten with the secret', async () => {
    await cut(true);
    await select(ann, 'check');
    await setting(ann, 'MAXTEXT', '99');
    await shows(() => truth(ann), 'Connection lost, 1 edit kept');
    await ann.getByRole('button', { name: 'Sign out' }).click();
    const dialog = ann.getByRole('dialog', { name: 'Sign out?' });
    await dialog.getByText('Only this window has 1 edit that was not sent. Signing out forgets that.').waitFor();
    await dialog.getByRole('button', { name: 'Stay' }).click();
    await shows(() => truth(ann), 'Connection lost, 1 edit kept');
    await ann.getByRole('button', { name: 'Sign out' }).click();
    await dialog.getByRole('button', { name: 'Sign out' }).click();
    await ann.getByLabel('Secret').waitFor();
    expect(await ann.evaluate("Object.keys(sessionStorage).join(' ')")).not.toContain('kept');
    line.cut = false;
    await ann.getByLabel('Secret').fill(SECRET);
    await ann.keyboard.press('Enter');
    await card(ann, 'check').getByText('4000').waitFor();
  });
});

describe('undoing', () => {
  long('does nothing where somebody went back to another revision meanwhile, and says so', async () => {
    await select(ann, 'limit');
    const before = await settings(ann, 'limit');
    await setting(ann, 'RATE', '9');
    await publish(ann);
    await shows(() => truth(ann), 'Live, revision 2');
    await select(ann, 'limit');
    await setting(ann, 'BURST', '55');
    await shows(() => truth(ann), 'Draft, 1 change');
    await panel(ann, 'Revisions');
    const back = ann.getByRole('button', { name: 'Go back to revision 1' });
    await back.click();
    const dialog = ann.getByRole('dialog', { name: 'Go back to revision 1?' });
    await dialog.getByText(/^1 change of the draft that is not live is lost\./).waitFor();
    expect(await violations(ann, { within: ['dialog'] })).toEqual([]);
    await ann.keyboard.press('Escape');
    await shows(() => back.evaluate(button => button.matches(':focus')), true);
    await back.click();
    await dialog.getByRole('button', { name: 'Go back to it' }).click();
    await shows(() => truth(ann), 'Live, revision 3');
    await undo(ann);
    await notice(ann, 'could not undo "set limit BURST to 55": limit BURST has another setting now');
    await shows(() => settings(ann, 'limit'), before);
    await shows(() => truth(ann), 'Live, revision 3');
  });
});

describe('throwing the draft away', () => {
  it('is asked for first, and refused where it was changed meanwhile', async () => {
    await select(bob, 'limit');
    await setting(bob, 'BURST', '31');
    await shows(() => truth(ann), 'Draft, 1 change');
    await panel(ann, 'Draft');
    const discard = ann.getByRole('button', { name: 'Discard', exact: true });
    await discard.click();
    const dialog = ann.getByRole('dialog', { name: 'Discard the draft?' });
    await dialog.getByText(/others have it open now/).waitFor();
    await setting(bob, 'RATE', '32');
    await shows(() => truth(ann), 'Draft, 2 changes');
    await dialog.getByRole('button', { name: 'Discard it' }).click();
    await notice(ann, 'the draft was changed meanwhile; look at it again');
    await shows(() => settings(ann, 'limit'), ['31', '32']);
  });
});

describe('what somebody types', () => {
  it('stays when another one sets, renames and deletes the same', async () => {
    await select(ann, 'limit');
    await setting(ann, 'RATE', '7');
    await field(ann, 'BURST').fill('21');
    await select(bob, 'limit');
    await setting(bob, 'BURST', '22');
    await ann.getByText('Another editor set this to 22. Enter keeps your value, Escape takes theirs.').waitFor();
    expect(await field(ann, 'BURST').inputValue()).toBe('21');
    expect(await violations(ann, { within: ['.inspector'] })).toEqual([]);
    const form = bob.getByRole('complementary', { name: 'Node limit' });
    await form.getByRole('textbox', { name: 'Name', exact: true }).fill('slow');
    await bob.keyboard.press('Enter');
    await ann.getByRole('complementary', { name: 'Node slow' }).waitFor();
    expect(await field(ann, 'BURST').inputValue()).toBe('21');
    await field(ann, 'BURST').press('Enter');
    await shows(() => settings(bob, 'slow'), ['21', '7']);
    await bob.evaluate('document.activeElement.blur()');
    await bob.keyboard.press('Delete');
    await notice(ann, 'slow was deleted by another editor');
  });

  long('is a name of a group as soon as Enter is pressed', async () => {
    await card(ann, 'check').locator('.head').click();
    await card(ann, 'limit')
      .locator('.head')
      .click({ modifiers: ['ControlOrMeta'] });
    await ann.keyboard.press('Control+g');
    const name = ann.getByRole('textbox', { name: 'Name of the group' });
    await name.fill('x'.repeat(300));
    await ann.getByText('this name has 300 characters; at most 256 fit').waitFor();
    await name.fill('gates');
    await name.press('Enter');
    await shows(() => bob.locator('.group').allTextContents(), ['gates']);
    await shows(() => name.evaluate(input => input.matches(':focus')), true);
  });
});

describe('text that is pasted', () => {
  it('is wired to nodes that are there, laid out, and brought into sight', async () => {
    const chain = Array.from({ length: 30 }, (_, index) => `OUT -> IN n${index}(core/Repeat)`).join(' ');
    await paste(ann, `check ${chain}`);
    await card(ann, 'n29').waitFor();
    await shows(async () => {
      const boxes = await Promise.all(['n0', 'n29'].map(name => card(ann, name).boundingBox()));
      return boxes.every(box => box && box.x >= 0 && box.x + box.width <= 1440 && box.y >= 0 && box.y <= 900);
    }, true);
    await shows(() => bob.locator('.card').filter({ hasText: 'Repeat' }).count(), 30);
    await panel(bob, 'Draft');
    await bob.getByText('wire check OUT -> IN n0 is new').waitFor();
    await bob.getByText(/^\d+ nodes stay where the layout has put them$/).waitFor();
    expect(await card(bob, 'router').getAttribute('data-mark')).toBeNull();
    await panel(bob, 'Draft');
  });

  it('may be wires only, which place nothing', async () => {
    await paste(ann, 'check OUT -> GET storage');
    await panel(bob, 'Draft');
    await shows(() => bob.locator('.items li').allTextContents(), ['wire check OUT -> GET storage is new']);
    await panel(bob, 'Draft');
  });

  it('is refused with the reason before anything is there', async () => {
    await paste(ann, 'gone OUT -> IN newone(core/Drop)');
    await notice(ann, "this can't be pasted: there is no node gone; give it a component, as in gone(core/Drop)");
    await paste(ann, '#'.repeat(65_537));
    await notice(ann, /^this can't be pasted: this text has 65,537 characters, and at most 65,536/);
    expect(await card(ann, 'newone').count()).toBe(0);
    expect(await truth(ann)).toMatch(/^Live/);
  });
});
