import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { violations } from '../support/axe.ts';
import { Chat } from '../support/chat.ts';
import { dot, panel } from '../support/editor-live.ts';
import { card, discard, openEditor, publish, SECRET, select, truth } from '../support/editor-page.ts';
import {
  wires as allWires,
  carry as carryOn,
  drag as dragOn,
  middle,
  type Place,
  pointOf as pointOfLine,
  settled,
  wireSelector,
} from '../support/gestures.ts';
import { long } from '../support/long.ts';
import { shows, type Window } from '../support/page.ts';

// Nodes that are put into wires and taken out, and ends of wires that are moved: by mouse and by keyboard, each one edit.

let chat: Chat;
let window: Window;
let page: Page;

beforeAll(async () => {
  chat = await Chat.start({}, { EDITOR_SECRET: SECRET });
  window = await openEditor(chat.origin, { viewport: { width: 1440, height: 900 } });
  page = window.page;
});
afterEach(async () => {
  await page.mouse.up();
  await page.evaluate('document.activeElement.blur()');
  for (let step = 0; step < 4; step++) await page.keyboard.press('Escape');
  if (!(await truth(page))?.startsWith('Live')) await discard(page);
  await page.evaluate(`document.querySelector('.side [aria-label^="Close "]')?.click()`);
  await shows(async () => {
    await page.evaluate("document.querySelector('.notice button')?.click()");
    return notices();
  }, []);
  await page.getByRole('button', { name: 'Fit View' }).click();
  expect(window.faults).toEqual([]);
});
afterAll(() => chat?.stop());

const notices = () => page.locator('.notice p').allTextContents();
const inspector = (name: string) => page.getByRole('complementary', { name });
/** The wires of a node as people read them. */
const wires = async (node: string) =>
  (await allWires(page)).filter(label => label.split(' ').includes(node)).toSorted();
const wire = (name: string) => page.locator(wireSelector(name));
const outerSelector = (side: 'in' | 'out', name: string) => `.react-flow__edge[data-id="\t${side}\t${name}"]`;
const pointOf = (line: string, at?: number) => pointOfLine(page, line, at);
const drag = (from: Place, to: Place) => dragOn(page, from, to);
const carry = (component: string, to: () => Promise<Place>) => carryOn(page, component, to);

/** Goes to a wire, whose handles and button show then. */
async function hover(name: string): Promise<void> {
  await page.mouse.move(...(await settled(page, () => pointOf(wireSelector(name)))));
}

const end = (line: Locator, side: 'source' | 'target') => line.locator(`.react-flow__edgeupdater-${side}`);

/**
 * Several people post until they are stopped, at first at ease, then as fast as they are answered; tells what was kept, in
 * the order of each, and other statuses.
 */
function posting(people = 6) {
  let isOver = false;
  let isHurried = false;
  const kept = new Map(Array.from({ length: people }, (_, who): [string, string[]] => [`ann ${who}`, []]));
  const failed: number[] = [];
  const talk = async (author: string, texts: string[]) => {
    for (let count = 0; !isOver; count += 1) {
      const text = `message ${count}`;
      const status = await post(author, text).then(
        response => response.status,
        () => 0,
      );
      if (status === 201) texts.push(text);
      else failed.push(status);
      if (status === 0) return;
      if (!isHurried) await sleep(100);
    }
  };
  const work = Promise.all([...kept].map(([author, texts]) => talk(author, texts)));
  const count = () => [...kept.values()].reduce((sum, texts) => sum + texts.length, 0);
  /** Returns once each has posted some more. */
  const some = async () => {
    const enough = count() + 5 * people;
    await shows(async () => count() >= enough || failed.length > 0, true);
  };
  return {
    async hurry() {
      isHurried = true;
      await some();
    },
    async stop() {
      // To the newest revision.
      await some();
      isOver = true;
      await work;
      return { kept, failed };
    },
  };
}

const MESSAGES = '/api/rooms/lobby/messages';
const post = (author: string, text: string) =>
  fetch(chat.origin + MESSAGES, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ author, text }),
  });

/** The texts of each author in the lobby. */
async function posted(): Promise<ReadonlyMap<string, readonly string[]>> {
  const read = async (query: string) => (await (await fetch(`${chat.origin}${MESSAGES}?${query}`)).json()) as Read;
  const found = new Map<string, string[]>();
  let { cursor } = await read('limit=1');
  for (cursor = cursor.replace(/:.*/, ':0'); ; ) {
    const page = await read(`limit=200&after=${encodeURIComponent(cursor)}`);
    for (const { author, text } of page.messages) found.set(author, [...(found.get(author) ?? []), text]);
    if (page.messages.length === 0) return found;
    ({ cursor } = page);
  }
}

interface Read {
  readonly messages: readonly { readonly author: string; readonly text: string }[];
  readonly cursor: string;
}

describe('a node that is dropped on a wire', () => {
  it('goes into it by one drag, and live, while six people post as fast as they can: one undo, and no post is doubled, lost or refused', async () => {
    const { hurry, stop } = posting();
    await carry('CheckPost', () => pointOf(wireSelector('limit OUT → POST storage')));
    await shows(() => wire('limit OUT → POST storage').locator('.wire').getAttribute('data-splice'), 'yes');
    await page.getByText('Into limit OUT → POST storage', { exact: true }).waitFor();
    await page.mouse.up();
    await inspector('Node checkPost').waitFor();
    const around = ['checkPost OUT → POST storage', 'checkPost REFUSED → IN responder', 'limit OUT → IN checkPost'];
    expect(await wires('checkPost')).toEqual(around);
    // It covers no other card.
    expect(await overlaps()).toEqual([]);
    await page.getByRole('button', { name: 'Undo: put checkPost into limit OUT → POST storage' }).click();
    await shows(() => truth(page), 'Live, revision 1');
    await page.getByRole('button', { name: /^Redo: / }).click();
    await shows(() => wires('checkPost'), around);
    await hurry();
    await publish(page);
    await shows(() => truth(page), 'Live, revision 2');
    const { kept, failed } = await stop();
    expect(failed).toEqual([]);
    expect(await posted()).toEqual(kept);
    await page.keyboard.press('Escape');
    await select(page, 'checkPost');
    await page.getByRole('button', { name: 'Take out' }).click();
    await shows(
      () => wires('limit'),
      ['check OUT → IN limit', 'limit OUT → POST storage', 'limit REFUSED → IN responder'],
    );
    await publish(page);
    await shows(() => truth(page), 'Live, revision 3');
  });

  it('is placed beside it where it does not fit, and a sentence says why', async () => {
    await carry('Schedule', () => pointOf(wireSelector('check OUT → IN limit')));
    await shows(() => wire('check OUT → IN limit').locator('.wire').getAttribute('data-splice'), 'no');
    await page.mouse.up();
    await inspector('Node schedule').waitFor();
    await shows(notices, ["Schedule takes no packets, so it can't be put into a wire"]);
    expect(await wires('check')).toContain('check OUT → IN limit');
    expect(await wires('schedule')).toEqual([]);
  });

  long('goes into it where it was on the picture before, and had no wires', async () => {
    await carry('Words', async () => [900, 700]);
    await page.mouse.up();
    await inspector('Node words').waitFor();
    await page.keyboard.press('Escape');
    await panel(page, 'Library');
    await page.getByRole('button', { name: 'Fit View' }).click();
    await drag(await middle(card(page, 'words').locator('.head')), await pointOf(wireSelector('check OUT → IN limit')));
    await shows(() => wire('check OUT → IN limit').locator('.wire').getAttribute('data-splice'), 'yes');
    await page.mouse.up();
    await shows(() => wires('words'), ['check OUT → IN words', 'words FOUND → IN limit', 'words OUT → IN limit']);
    await shows(notices, [
      'OUT and FOUND of words both lead to limit IN; move the end of one, and the node takes effect',
    ]);
    expect(await overlaps()).toEqual([]);
    // What has wires is only moved.
    await drag(
      await middle(card(page, 'words').locator('.head')),
      await pointOf(wireSelector('controller OUT → GET storage')),
    );
    await page.mouse.up();
    await page.getByRole('button', { name: 'Undo: move words' }).waitFor();
  });

  long('may be a recipe, which goes into it as a whole, or where it belongs if it does not fit', async () => {
    await carry('Slow mode', () => pointOf(wireSelector('limit OUT → POST storage')));
    await page.getByText('Into limit OUT → POST storage', { exact: true }).waitFor();
    await page.mouse.up();
    await page.getByRole('button', { name: 'Undo: insert Slow mode' }).waitFor();
    await shows(
      () => wires('slowed'),
      ['limit OUT → IN slowed', 'slowed ELSE → POST storage', 'slowed MATCH → IN slow'],
    );
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Fit View' }).click();
    await carry('!time', () => pointOf(wireSelector('check OUT → IN limit')));
    await shows(() => wire('check OUT → IN limit').locator('.wire').getAttribute('data-splice'), 'no');
    await page.mouse.up();
    await shows(notices, [
      '!time goes into no wire here: it lets no packet through to where the wire leads; it is put where it belongs',
    ]);
    await shows(() => wires('asked'), ['asked MATCH → IN clock', 'storage ADDED → IN asked']);
  });

  long('goes between the port of the graph and what that stood for', async () => {
    await carry('Route', () => pointOf(outerSelector('in', 'request')));
    await page.mouse.up();
    await shows(() => wires('route'), ['REQUEST → IN route', 'route ELSE → IN admit', 'route MATCH → IN admit']);
    await inspector('Node route').getByRole('textbox', { name: 'Name of the outer port REQUEST' }).waitFor();
  });
});

/** Cards that lie over each other. */
const overlaps = () =>
  page.evaluate<string[]>(`(() => {
    const all = [...document.querySelectorAll('.react-flow__node-card')].map(card => card.dataset.id);
    const box = id => document.querySelector('.react-flow__node-card[data-id="' + id + '"]').getBoundingClientRect();
    const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    return all.flatMap((a, at) => all.slice(at + 1).filter(b => meet(box(a), box(b))).map(b => a + ' ' + b));
  })()`);

describe('the button on a wire', () => {
  it('offers what fits, by mouse', async () => {
    await hover('limit OUT → POST storage');
    const button = wire('limit OUT → POST storage').locator('.insert');
    await page.mouse.move(...(await middle(button.locator('circle'))));
    await shows(
      () => page.evaluate(`getComputedStyle(document.querySelector('.react-flow__edge:hover .insert')).opacity`),
      '1',
    );
    await page.mouse.down();
    await page.mouse.up();
    await page.getByRole('dialog', { name: 'Insert a node into limit OUT → POST storage' }).waitFor();
    const offered = await page.getByRole('option').allTextContents();
    expect(offered.some(text => text.includes('Words'))).toBe(true);
    expect(offered.some(text => text.includes('SendController') || text.includes('Drop'))).toBe(false);
    await page.getByRole('option').filter({ hasText: 'Words' }).first().click();
    await shows(
      () => wires('words'),
      ['limit OUT → IN words', 'words FOUND → POST storage', 'words OUT → POST storage'],
    );
  });

  it('is a key and a button of the form as well, and the node that is put there has the focus', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('check limit');
    await page.keyboard.press('Enter');
    await inspector('Wire').waitFor();
    expect(await violations(page, { within: ['.inspector'] })).toEqual([]);
    await inspector('Wire').getByRole('button', { name: 'Insert a node' }).press('Enter');
    await page.getByRole('dialog').waitFor();
    expect(await violations(page, { within: ['dialog'] })).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('+');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('count');
    await page.keyboard.press('Enter');
    await shows(() => page.evaluate('document.activeElement.dataset.id'), 'count');
    await shows(() => wires('count'), ['check OUT → IN count', 'count OUT → IN limit', 'count OVER → IN limit']);
    // Deleting it with Ctrl closes the gap.
    await page.keyboard.press('Control+Delete');
    await shows(
      () => wires('check'),
      ['change OUT → IN check', 'check OUT → IN limit', 'check REFUSED → IN responder', 'sender OUT → IN check'],
    );
  });
});

describe('the end of a wire', () => {
  it('is dragged to another port; the wire stays chosen, and others at its port stay', async () => {
    await hover('change OUT → IN check');
    await drag(
      await middle(end(wire('change OUT → IN check'), 'target')),
      await middle(dot(page, 'in', 'limit', 'in')),
    );
    await page.getByText('Moving the end of change OUT → IN check; another wire at check IN stays').waitFor();
    await page.mouse.up();
    await shows(
      () => wires('change'),
      [
        'change OUT → IN limit',
        'change REFUSED → IN responder',
        'router DELETE → IN change',
        'router EDIT → IN change',
        'router REACT → IN change',
      ],
    );
    await inspector('Wire').waitFor();
    expect(await wires('sender')).toContain('sender OUT → IN check');
    await page.getByRole('button', { name: 'Undo: move the end of change OUT → IN check to limit IN' }).waitFor();
  });

  it('stays where a port does not fit, with the reason', async () => {
    await hover('check OUT → IN limit');
    await drag(
      await middle(end(wire('check OUT → IN limit'), 'target')),
      await middle(dot(page, 'in', 'storage', 'get')),
    );
    await page.mouse.up();
    await shows(notices, [
      'check OUT sends chat/post, but storage GET takes chat/query; put a node between them that makes chat/query of chat/post',
    ]);
    expect(await wires('check')).toContain('check OUT → IN limit');
  });

  it('is moved in the form, which says what stays', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('change check');
    await page.keyboard.press('Enter');
    await inspector('Wire').getByText('Another wire is at check IN; only this one moves.').waitFor();
    await inspector('Wire').getByRole('combobox', { name: 'Leads to' }).selectOption('storage POST');
    await shows(async () => (await wires('change'))[0], 'change OUT → POST storage');
    await inspector('Wire').getByRole('combobox', { name: 'Comes from' }).selectOption('sender OUT');
    await shows(
      () => wires('sender'),
      [
        'router SEND → IN sender',
        'sender OUT → IN check',
        'sender OUT → POST storage',
        'sender REFUSED → IN responder',
      ],
    );
  });
});

describe("the graph's own ports", () => {
  const at = (side: 'in' | 'out', name: string) =>
    page.locator(`.react-flow__node[data-id="\t${side}\t${name}"] .react-flow__handle`);

  long('are dragged to another port, also by their lines, and to where a wire leads', async () => {
    await drag(await middle(at('in', 'request')), await middle(dot(page, 'in', 'sender', 'in')));
    await page.mouse.up();
    await page.getByRole('button', { name: 'Undo: move the end of REQUEST → IN admit to sender IN' }).click();
    await drag(await middle(at('in', 'request')), await middle(dot(page, 'in', 'check', 'in')));
    await page.mouse.up();
    await shows(async () => (await notices()).at(-1), 'REQUEST brings chat/question, but check IN takes chat/post');
    await page.mouse.move(...(await pointOf(outerSelector('out', 'push'))));
    await drag(
      await middle(end(page.locator(outerSelector('out', 'push')), 'source')),
      await middle(dot(page, 'out', 'storage', 'added')),
    );
    await page.mouse.up();
    await page.getByRole('button', { name: 'Undo: move the end of publish OUT → PUSH to storage ADDED' }).click();
    await drag(await middle(at('out', 'reply')), await pointOf(wireSelector('controller OUT → GET storage'), 0.4));
    await page.mouse.up();
    await page.getByRole('button', { name: 'Undo: move the end of responder OUT → REPLY to controller OUT' }).click();
    await drag(await middle(dot(page, 'out', 'storage', 'out')), await middle(at('out', 'reply')));
    await page.mouse.up();
    await page.getByRole('button', { name: 'Undo: move the end of responder OUT → REPLY to storage OUT' }).waitFor();
  });
});

describe('a word filter', () => {
  long('is built in fewer actions than there are nodes and wires, and refuses', async () => {
    await carry('Words', () => pointOf(wireSelector('check OUT → IN limit')));
    await page.mouse.up();
    await inspector('Node words').waitFor();
    const field = page.getByRole('textbox', { name: /^Words/ });
    await field.fill('darn');
    await field.press('Control+Enter');
    await panel(page, 'Library');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Fit View' }).click();
    await carry('Refuse', async () => {
      const [x] = await middle(card(page, 'words'));
      // Above all cards.
      return [x, 150];
    });
    await page.mouse.up();
    await inspector('Node refuse').waitFor();
    const detail = page.getByRole('textbox', { name: /DETAIL/ });
    await detail.fill('Mind your words');
    await detail.press('Control+Enter');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await panel(page, 'Library');
    await page.getByRole('button', { name: 'Fit View' }).click();
    await hover('words FOUND → IN limit');
    await drag(
      await middle(end(wire('words FOUND → IN limit'), 'target')),
      await middle(dot(page, 'in', 'refuse', 'in')),
    );
    await page.mouse.up();
    await page.keyboard.press('Escape');
    await drag(await middle(dot(page, 'out', 'refuse', 'out')), await middle(dot(page, 'in', 'responder', 'in')));
    await page.mouse.up();
    await shows(async () => /^Draft, \d+ changes/.test((await truth(page)) ?? ''), true);
    await publish(page);
    await shows(async () => (await truth(page))?.startsWith('Live'), true);
    const response = await post('ann', 'well, darn it');
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([403, 'Mind your words']);
  });
});
