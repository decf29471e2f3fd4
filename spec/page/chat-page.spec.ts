import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { violations } from '../support/axe.ts';
import { launch, sweep } from '../support/launch.ts';
import { isLong, long } from '../support/long.ts';
import { freePort } from '../support/machine.ts';
import {
  asked,
  composer,
  enter,
  linked,
  open,
  post,
  rows,
  say,
  shows,
  texts,
  Visitor,
  type Window,
} from '../support/page.ts';
import { RestartableServer } from '../support/restartable-server.ts';

let server: RestartableServer;
/** Opens what most tests look at, and what somebody else looks at meanwhile. */
const [visitor, other] = [new Visitor(), new Visitor()];
/** What else a test looks at. */
let windows: Window[] = [];

beforeAll(async () => {
  server = new RestartableServer(await freePort());
  await server.start();
});
afterEach(async () => {
  const faults = [...(await visitor.leave()), ...(await other.leave()), ...windows.flatMap(window => window.faults)];
  await Promise.all(windows.map(({ page }) => page.context().close()));
  windows = [];
  expect(faults).toEqual([]);
});
afterAll(async () => {
  await server.kill();
  server.remove();
  sweep();
});

/** Opens a room as somebody who was never there. */
const visit = (room: string): Promise<Page> => visitor.visit(`${server.origin}/#/${room}`);

/** The same in the window of somebody else. */
const visitAsOther = (room: string): Promise<Page> => other.visit(`${server.origin}/#/${room}`);

/** The same in a window that is closed after the test, where what is done to it can't be undone. */
async function visitApart(room: string): Promise<Page> {
  const window = await open(`${server.origin}/#/${room}`);
  windows.push(window);
  return window.page;
}

/** Opens a room under a name. */
async function guest(name: string, room: string, visiting = visit): Promise<Page> {
  const page = await visiting(room);
  await enter(page, name);
  return page;
}

/** Notes from now on the most often that any text is shown at once. */
const watchDoubles = (page: Page) =>
  page.evaluate(`{
    window.most = 0;
    new MutationObserver(() => {
      const counts = new Map();
      for (const { textContent } of document.querySelectorAll('article .text'))
        counts.set(textContent, (counts.get(textContent) ?? 0) + 1);
      window.most = Math.max(window.most, ...counts.values());
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  }`);

/** The texts of a room, as the server has them. */
async function kept(room: string): Promise<string[]> {
  const response = await fetch(`${server.origin}/api/rooms/${room}/messages?limit=200`);
  const { messages } = (await response.json()) as { messages: { text: string }[] };
  return messages.map(({ text }) => text);
}

/** Waits until nothing of what a page has written is still on its way. */
const delivered = (page: Page) => shows(() => page.locator('.delivery').count(), 0);

/** How often the server is killed while two people write, and how much each of them writes before it is killed again. */
const [KILLS, EACH] = isLong ? [2, 10] : [1, 5];

describe('two browsers', () => {
  it('show what the other writes, and go on as if nothing had been when the server is killed and comes back', async () => {
    const [ann, bob] = await Promise.all([guest('Ann', 'talk'), guest('Bob', 'talk', visitAsOther)]);
    await Promise.all([ann, bob].map(watchDoubles));
    await post(ann, 'hello');
    await shows(() => texts(bob), ['hello']);
    await post(bob, 'hi Ann');
    await shows(() => texts(ann), ['hello', 'hi Ann']);

    await server.kill();
    await Promise.all([ann, bob].map(page => linked(page, 'Offline')));
    await ann.getByText(/again in \d+ s/).waitFor();
    await post(ann, 'away 1');
    await post(ann, 'away 2');
    await post(bob, 'away 3');
    await shows(() => ann.getByText('Waiting for the connection').count(), 2);
    await shows(() => texts(bob), ['hello', 'hi Ann', 'away 3']);

    await server.start();
    // It may be back by itself before the button is pressed.
    await Promise.any([ann.getByRole('button', { name: 'Try now' }).click(), linked(ann, 'Live')]);
    await Promise.all([ann, bob].map(page => linked(page, 'Live')));
    for (const page of [ann, bob]) {
      await shows(async () => (await texts(page)).sort(), ['away 1', 'away 2', 'away 3', 'hello', 'hi Ann']);
      await delivered(page);
    }
    await post(bob, 'back');
    await shows(async () => (await texts(ann)).at(-1), 'back');

    const all = await kept('talk');
    expect(all.filter(text => /[12]$/.test(text))).toEqual(['away 1', 'away 2']);
    expect(new Set(all).size).toBe(6);
    for (const page of [ann, bob]) {
      await shows(() => texts(page), all);
      expect(await page.evaluate('window.most')).toBe(1);
    }
  });

  it('lose and double nothing that is on its way when the server is killed', async () => {
    const guests = await Promise.all([guest('Ann', 'flow'), guest('Bob', 'flow', visitAsOther)]);
    await Promise.all(guests.map(watchDoubles));
    const write = async (from: number) => {
      for (let count = from; count < from + EACH; count++)
        for (const [index, page] of guests.entries()) await post(page, `${'ab'[index]} ${count}`);
    };
    for (let round = 0; round < KILLS; round++) {
      const writing = write(EACH * round);
      await shows(async () => (await texts(guests[0]!)).some(text => text === `a ${EACH * round + 1}`), true);
      await server.kill();
      await writing;
      await server.start();
    }
    const inOrder = (who: string) => Array.from({ length: EACH * KILLS }, (_, count) => `${who} ${count}`);
    await shows(async () => (await kept('flow')).length, 2 * EACH * KILLS);
    await Promise.all(guests.map(delivered));
    const all = await kept('flow');
    for (const who of ['a', 'b']) expect(all.filter(text => text.startsWith(who))).toEqual(inOrder(who));
    for (const page of guests) {
      await shows(() => texts(page), all);
      expect(await page.evaluate('window.most')).toBe(1);
    }
  });

  it('send what was written while the server was away once, though the window was closed in the meantime', async () => {
    const ann = await guest('Ann', 'closed', visitApart);
    await server.kill();
    await linked(ann, 'Offline');
    await post(ann, 'later');
    await shows(() => texts(ann), ['later']);
    const tabs = ann.context();
    await ann.close();
    await server.start();
    const again = await tabs.newPage();
    await again.goto(`${server.origin}/#/closed`);
    await linked(again, 'Live');
    await shows(() => kept('closed'), ['later']);
    await delivered(again);
    expect(await texts(again)).toEqual(['later']);
    expect(await kept('closed')).toEqual(['later']);
  });
});

describe('the page', () => {
  it.each(['br', 'gzip'])('comes compressed as %s to whoever takes that', async coding => {
    const html = await (await fetch(server.origin)).text();
    const script = new URL(/src="([^"]+\.js)"/.exec(html)![1]!, server.origin);
    const { headers } = await fetch(script, { headers: { 'accept-encoding': coding } });
    expect(headers.get('content-encoding')).toBe(coding);
  });

  it('asks for a name once, and keeps it', async () => {
    const page = await visit('name');
    expect(await composer(page).count()).toBe(0);
    await enter(page, '  Zoë ');
    await post(page, 'hi');
    await rows(page).filter({ hasText: 'Zoë' }).waitFor();
    await page.reload();
    await composer(page).waitFor();
    expect(await asked(page).count()).toBe(0);
    await page.getByRole('button', { name: 'Zoë (change your name)', exact: true }).waitFor();
  });

  it('takes 4,000 characters, as the server counts them, and no more', async () => {
    const page = await guest('Ann', 'long');
    await composer(page).fill('x'.repeat(4_001));
    await page.getByText('1 character too many').waitFor();
    await composer(page).press('Enter');
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    expect(await texts(page)).toEqual([]);
    const most = '🎉'.repeat(4_000);
    await post(page, most);
    await shows(() => kept('long'), [most]);
    await delivered(page);
  });

  it('shows a refusal with its reason at the message, which one can edit or discard', async () => {
    const page = await guest('Ann', 'refused');
    // The composer holds such a text back, but another version of the page may have left it behind.
    const entries = ['x', 'y'].map((letter, at) => {
      return { key: letter, room: 'refused', author: 'Ann', text: letter.repeat(4_001), at, state: 'waiting' };
    });
    for (const entry of entries)
      await page.evaluate(
        ([name, value]) => localStorage.setItem(name!, value!),
        [`flowchat:/:post/${entry.key}`, JSON.stringify(entry)],
      );
    await page.reload();
    const alert = page.getByRole('alert');
    await shows(() => alert.count(), 2);
    const [x, y] = [0, 1].map(index => rows(page).nth(index)) as [
      ReturnType<Page['locator']>,
      ReturnType<Page['locator']>,
    ];
    for (const row of [x, y]) await row.getByText('Not sent: text has 4001 characters; 4000 is the most').waitFor();
    await y.getByRole('button', { name: 'Discard' }).click();
    await shows(() => alert.count(), 1);
    await x.getByRole('button', { name: 'Edit' }).click();
    await shows(() => composer(page).inputValue(), 'x'.repeat(4_001));
    await composer(page).press('Control+End');
    await composer(page).press('Backspace');
    await composer(page).press('Enter');
    await shows(() => kept('refused'), ['x'.repeat(4_000)]);
    await shows(() => texts(page), ['x'.repeat(4_000)]);
    await delivered(page);
    await page.reload();
    await shows(() => texts(page), ['x'.repeat(4_000)]);
  });

  it('shows what a bot answers where it was asked, until that is hidden', async () => {
    const page = await visitApart('asked');
    await page.routeWebSocket(/\/api\/socket$/, socket => {
      const server = socket.connectToServer();
      socket.onMessage(frame => {
        const { key, room, text } = JSON.parse(String(frame));
        if (text !== '!help') server.send(frame);
        else socket.send(JSON.stringify({ type: 'answer', key, room, author: 'helper', text: 'be kind\nand ask' }));
      });
    });
    await page.reload();
    await enter(page, 'Ann');
    await post(page, '!help');
    await page.getByText('helper answers, and only you see it').waitFor();
    await post(page, 'thanks');
    await shows(() => texts(page), ['!help', 'be kind\nand ask', 'thanks']);
    expect(await violations(page, { within: ['.answered'] })).toEqual([]);
    await page.getByRole('button', { name: 'Hide' }).click();
    await shows(() => texts(page), ['thanks']);
    await delivered(page);
    expect(await kept('asked')).toEqual(['thanks']);
  });

  long('says in one notice that the browser forgets a name, a theme and what was read', async () => {
    const page = await visitApart('full');
    await page.addInitScript(`Storage.prototype.setItem = () => { throw new Error('full'); };`);
    await page.reload();
    await enter(page, 'Ann');
    await page.getByRole('button', { name: 'Theme: system' }).click();
    const notice = page.getByText('This browser has no storage left');
    await shows(() => notice.count(), 1);
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await say(server.origin, 'full', 'hello');
    await shows(() => texts(page), ['hello']);
    expect(await notice.count()).toBe(0);
  });

  it('counts what is unread in another room, and marks where it begins', async () => {
    await say(server.origin, 'news', 'old');
    // What is read already depends on whether this browser was ever here.
    const page = await guest('Ann', 'quiet', visitApart);
    const link = page.getByRole('link', { name: /news/ });
    await link.waitFor();
    expect(await link.textContent()).not.toContain('unread');
    for (const text of ['new 1', 'new 2']) await say(server.origin, 'news', text);
    await page.getByRole('link', { name: 'news 2 unread' }).waitFor();
    await shows(() => page.title(), '(2) #quiet · flowchat');
    await link.click();
    await shows(() => texts(page), ['old', 'new 1', 'new 2']);
    await page.getByRole('heading', { name: 'New messages' }).waitFor();
    const order = await page.locator('article .text, .divider.new').allTextContents();
    expect(order).toEqual(['old', 'New messages', 'new 1', 'new 2']);
    await shows(() => page.title(), '#news · flowchat');
    await shows(async () => (await link.textContent())?.includes('unread'), false);
  });

  it('opens at what is new, which is read when its end was in sight', async () => {
    await say(server.origin, 'morning', 'old');
    const page = await guest('Ann', 'morning');
    await shows(() => texts(page), ['old']);
    await page.evaluate("location.hash = '#/quiet'");
    await page.getByText('No messages in quiet yet').waitFor();
    await page.reload();
    await linked(page, 'Live');
    for (let count = 1; count <= 70; count++) await say(server.origin, 'morning', `new ${count}`);
    // The page is loaded afresh, so that it knows no more than the mark.
    await page.goto('about:blank');
    await page.goto(`${server.origin}/#/morning`);
    await page.getByRole('button', { name: '70 new messages' }).waitFor();
    expect(await page.getByRole('heading', { name: 'New messages' }).isVisible()).toBe(true);
    await shows(() => page.title(), '(70) #morning · flowchat');
    expect((await texts(page)).slice(0, 2)).toEqual(['old', 'new 1']);
    const place = () => page.getByText('new 1', { exact: true }).boundingBox();
    const before = (await place())!;
    await page.evaluate("location.hash = '#/quiet'");
    await page.getByText('No messages in quiet yet').waitFor();
    await page.goBack();
    await shows(async () => Math.abs(((await place())?.y ?? 0) - before.y) < 3, true);
    await page.getByRole('button', { name: '70 new messages' }).click();
    await shows(() => page.title(), '#morning · flowchat');
  });

  it('goes on without WebSocket, and says so', async () => {
    const page = await visitApart('proxy');
    await page.routeWebSocket('**/api/socket', socket => socket.close());
    await page.reload();
    await enter(page, 'Ann');
    await page.getByText('without WebSocket').waitFor();
    await say(server.origin, 'proxy', 'heard');
    await shows(() => texts(page), ['heard']);
    await post(page, 'answered');
    await shows(() => kept('proxy'), ['heard', 'answered']);
    await delivered(page);
    expect(await texts(page)).toEqual(['heard', 'answered']);
  });

  it('offers to be loaded again when the server was updated, and loses nothing', async () => {
    const page = await visitApart('update');
    let version = '1';
    let drop = () => {};
    await page.routeWebSocket('**/api/socket', socket => {
      const upstream = socket.connectToServer();
      upstream.onMessage(frame =>
        socket.send(String(frame).includes('"hello"') ? JSON.stringify({ type: 'hello', version }) : frame),
      );
      drop = () => void socket.close();
    });
    await page.reload();
    await enter(page, 'Ann');
    await composer(page).fill('not sent yet');
    version = '2';
    drop();
    await page.getByText('flowchat was updated').waitFor();
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByText('flowchat was updated').waitFor({ state: 'detached' });
    await shows(() => composer(page).inputValue(), 'not sent yet');
  });

  long('is as quick with 20,000 rooms', async () => {
    const page = await visitApart('crowd');
    const all = Array.from({ length: 20_000 }, (_, index) => ({ room: `z-${100_000 + index}`, cursor: 'e:3' }));
    await page.route('**/api/rooms?*', route => {
      const after = new URL(route.request().url()).searchParams.get('after') ?? '';
      // A long part at once: here it is about the page.
      const part = all.filter(({ room }) => room > after).slice(0, 5_000);
      const next = part.at(-1) === all.at(-1) ? {} : { next: part.at(-1)!.room };
      return route.fulfill({ json: { rooms: part, ...next } });
    });
    await page.reload();
    await page.getByRole('button', { name: '19,802 more rooms' }).waitFor();
    await enter(page, 'Ann');
    await post(page, 'hello');
    await shows(() => kept('crowd'), ['hello']);
    await say(server.origin, 'crowd', 'answer');
    await shows(() => texts(page), ['hello', 'answer']);
    expect(await page.title()).toBe('#crowd · flowchat');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('z-10001');
    await page.getByRole('option', { name: 'Create #z-10001' }).waitFor();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.getByText('No messages in z-10001 yet').waitFor();
  });

  it('sends once what several Enters send in one task', async () => {
    const page = await guest('Ann', 'thrice');
    await composer(page).fill('once');
    await page.evaluate(`for (const _ of [1, 2, 3]) document.activeElement.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }))`);
    await shows(() => kept('thrice'), ['once']);
    await delivered(page);
    expect(await kept('thrice')).toEqual(['once']);
    await page.reload();
    await rows(page).filter({ hasText: 'you' }).waitFor();
  });

  it('loads what is earlier when one scrolls up, and nothing jumps', async () => {
    const all = Array.from({ length: 120 }, (_, index) => `line ${index + 1}`);
    for (const text of all) await say(server.origin, 'history', text);
    const page = await guest('Ann', 'history');
    await shows(async () => (await texts(page)).at(-1), 'line 120');
    const newest = page.getByText('line 120', { exact: true });
    expect(await newest.isVisible()).toBe(true);
    const log = page.getByRole('log');
    await log.hover();
    await page.evaluate(`{
      window.shift = 0;
      new PerformanceObserver(list => {
        for (const { value } of list.getEntries()) window.shift += value;
      }).observe({ type: 'layout-shift' });
    }`);
    await shows(async () => {
      await page.mouse.wheel(0, -400);
      return texts(page);
    }, all);
    await shows(async () => {
      await page.mouse.wheel(0, -400);
      return page.getByText('This is the beginning of #history').isVisible();
    }, true);
    expect(await page.evaluate('window.shift')).toBeLessThan(0.05);
    await page.getByRole('button', { name: 'Jump to latest' }).click();
    await shows(async () => Number((await newest.boundingBox())?.y) < 800, true);

    // The time of a message is a link to it, which leads there also from outside.
    await newest.hover();
    expect(await rows(page).last().locator('.when').getAttribute('href')).toBe('#/history/120');
    await page.goto('about:blank');
    await page.goto(`${server.origin}/#/history/7`);
    const target = page.locator('article[data-target]');
    await shows(() => target.locator('.text').allTextContents(), ['line 7']);
    await shows(async () => Math.abs(Number((await target.boundingBox())?.y) - 400) < 200, true);
    await page.evaluate("location.hash = '#/history/118'");
    await shows(() => target.locator('.text').allTextContents(), ['line 118']);
    await shows(() => target.isVisible(), true);
    const copied = await page.evaluate(`{
      getSelection().selectAllChildren([...document.querySelectorAll('.chunk')].at(-1));
      getSelection().toString();
    }`);
    expect(copied).toMatch(/zoe \d\d?:\d\d( [AP]M)?\nline 119\n+zoe \d\d?:\d\d( [AP]M)?\nline 120/);
  });

  it('shows every text as a text, and links that give nothing away', async () => {
    const text = [
      '<script>alert(1)</script><img src=x onerror=alert(1)> &amp; <b>bold</b>',
      'javascript:alert(1) data:text/html,x',
      'see (https://en.example/wiki/A_(b)), or http://a.example/"onmouseover="x',
    ].join('\n');
    const page = await visit('markup');
    const dialogs: string[] = [];
    page.on('dialog', dialog => {
      dialogs.push(dialog.message());
      return dialog.dismiss();
    });
    await enter(page, '<i>Ann</i>');
    await say(server.origin, 'markup', text, '<img src=x onerror=alert(2)>');
    await shows(() => texts(page), [text]);
    await post(page, text);
    await shows(() => texts(page), [text, text]);
    await delivered(page);
    expect(await page.locator('article .text *:not(a), article b *, article img, article script').count()).toBe(0);
    await rows(page).filter({ hasText: '<img src=x onerror=alert(2)>' }).first().waitFor();
    const links = await page
      .locator('article .text a')
      .evaluateAll(all => all.map(link => ['href', 'target', 'rel'].map(name => link.getAttribute(name))));
    const to = (href: string) => [href, '_blank', 'noopener noreferrer nofollow'];
    const each = [to('https://en.example/wiki/A_(b)'), to('http://a.example/')];
    expect(links).toEqual([...each, ...each]);
    expect(dialogs).toEqual([]);
  });
});

describe('a message of one’s own', () => {
  it('is edited by the arrow up and removed by its menu, in every window, and by nobody else', async () => {
    const [ann, bob] = await Promise.all([guest('Ann', 'own'), guest('Bob', 'own', visitAsOther)]);
    await post(bob, 'of Bob');
    await shows(() => kept('own'), ['of Bob']);
    await post(ann, 'first');
    await post(ann, 'secnod');
    for (const page of [ann, bob]) await shows(() => texts(page), ['of Bob', 'first', 'secnod']);

    await composer(ann).press('ArrowUp');
    const edited = ann.getByRole('textbox', { name: 'Edit message' });
    await shows(() => edited.inputValue(), 'secnod');
    await edited.press('Escape');
    await composer(ann).press('ArrowUp');
    await edited.fill('second');
    await edited.press('Enter');
    for (const page of [ann, bob]) await shows(() => texts(page), ['of Bob', 'first', 'second (edited)']);
    await shows(() => composer(ann).inputValue(), '');

    expect(await bob.getByLabel('change it').count()).toBe(1);
    const row = rows(ann).filter({ hasText: 'first' });
    await row.getByLabel('change it').focus();
    await ann.keyboard.press('Enter');
    await row.getByRole('button', { name: 'Remove…' }).click();
    expect(await violations(ann, { within: ['article'] })).toEqual([]);
    await row.getByRole('button', { name: 'Remove', exact: true }).click();
    for (const page of [ann, bob]) {
      await page.getByText('This message was removed.').waitFor();
      await shows(() => texts(page), ['of Bob', 'second (edited)']);
    }
    // The arrow goes by what is removed.
    await ann.reload();
    await shows(() => texts(ann), ['of Bob', 'second (edited)']);
    await composer(ann).press('ArrowUp');
    await shows(() => edited.inputValue(), 'second');
    expect(await kept('own')).toEqual(['of Bob', undefined, 'second']);
    await edited.press('Escape');

    const operator = launch(['-r', './src/node24.cjs', 'src/main.ts', 'remove', '--author', 'Bob'], {
      DATA: server.data,
    });
    expect(await operator.end).toMatchObject({ code: 0, err: '' });
    for (const page of [ann, bob]) await shows(() => texts(page), ['second (edited)']);
  });

  it('and those of others get reactions, once by everybody, which each takes back, also after a reload', async () => {
    const [ann, bob] = await Promise.all([guest('Ann', 'liked'), guest('Bob', 'liked', visitAsOther)]);
    await post(ann, 'noon?');
    const reactions = (page: Page) => page.locator('.reactions button').allTextContents();
    const mine = (page: Page) =>
      page.locator('.reactions button').evaluateAll(all => all.map(button => button.ariaPressed));
    const row = rows(bob).filter({ hasText: 'noon?' });
    await row.getByLabel('React to this message').focus();
    await bob.keyboard.press('Enter');
    await row.getByRole('button', { name: 'Party' }).focus();
    await bob.keyboard.press('Enter');
    for (const page of [ann, bob]) await shows(() => reactions(page), ['🎉 1']);
    expect(await ann.locator('.reactions button').getAttribute('title')).toBe('Bob reacted with 🎉');
    expect([await mine(ann), await mine(bob)]).toEqual([['false'], ['true']]);
    await ann.locator('.reactions button').click();
    for (const page of [ann, bob]) await shows(() => reactions(page), ['🎉 2']);
    expect(await violations(ann, { within: ['article'] })).toEqual([]);
    await bob.reload();
    await shows(() => reactions(bob), ['🎉 2']);
    await bob.locator('.reactions button').click();
    for (const page of [ann, bob]) await shows(() => reactions(page), ['🎉 1']);
    await shows(() => mine(bob), ['false']);
  });

  it('stays as it is where the server does not let it be changed, and says why', async () => {
    const ann = await guest('Ann', 'kept');
    await post(ann, 'hello');
    await shows(() => texts(ann), ['hello']);
    // Another browser's, as far as the server knows.
    await ann.evaluate(
      `for (const key of Object.keys(localStorage)) if (/owner$/.test(key)) localStorage[key] = '"another key"'`,
    );
    await ann.reload();
    await shows(() => texts(ann), ['hello']);
    await composer(ann).press('ArrowUp');
    await ann.getByRole('textbox', { name: 'Edit message' }).fill('no');
    await ann.keyboard.press('Enter');
    await ann
      .getByRole('alert')
      .getByText(/^The message was not edited: only who posted the message/)
      .waitFor();
    expect(await texts(ann)).toEqual(['hello']);
  });
});
