import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { violations } from '../support/axe.ts';
import { panel } from '../support/editor-live.ts';
import {
  card,
  openEditor,
  openEditorTab,
  publish,
  restore,
  SECRET,
  select,
  setting,
  truth,
} from '../support/editor-page.ts';
import { carry, drag, middle, pointOf, wireSelector, wires } from '../support/gestures.ts';
import { CHAT } from '../support/graphs.ts';
import { launchServer, sweep } from '../support/launch.ts';
import { long } from '../support/long.ts';
import { say, shows, type Window } from '../support/page.ts';
import { Project } from '../support/project.ts';
import { ROOT } from '../support/source.ts';

// A graph with a subgraph, opened in place on the editor's page.

const GATES = `INPORT=check.IN:IN
INPORT=check.MAXTEXT:MAXTEXT
OUTPORT=limit.OUT:OUT
OUTPORT=check.REFUSED:REFUSED
OUTPORT=limit.REFUSED:LIMITED
check(chat/CheckPost) OUT -> IN limit(chat/LimitRate)
`;
const MAIN = CHAT.replace('check(chat/CheckPost) OUT -> IN limit(chat/LimitRate)', 'limits(chat/Gates)')
  .replace('OUT -> IN check\n', 'OUT -> IN limits\n')
  .replace('check REFUSED', 'limits REFUSED')
  .replace('limit REFUSED', 'limits LIMITED')
  .replace('MAXTEXT check', 'MAXTEXT limits')
  .replace(/^'.*' -> (BURST|RATE) limit\n/gm, '');

let project: Project;
let file: string;
let origin: string;
let window: Window;
let page: Page;

beforeAll(async () => {
  project = new Project({ startable: true });
  symlinkSync(join(ROOT, 'public'), join(project.root, 'public'));
  project.write('graphs/Gates.fbp', GATES);
  file = project.write('graphs/chat.fbp', MAIN);
  const args = ['--data', join(project.root, 'data'), '--graph', file];
  const { url } = await launchServer(args, { EDITOR_SECRET: SECRET }, project.root);
  ({ origin } = url);
  window = await openEditor(origin);
  ({ page } = window);
});
afterEach(() => expect(window.faults).toEqual([]));
afterAll(async () => {
  sweep();
  project?.remove();
});

const node = (path: string): Locator => page.getByTestId(`rf__node-${path}`);
const handle = (path: string, id: string, type: 'source' | 'target'): Locator =>
  page.locator(`.react-flow__handle.${type}[data-nodeid="${path}"][data-handleid="${id}"]`);
const names = () => page.locator('.card .head strong').allTextContents();

/** Where nodes stand on the picture, whatever part of it is in sight. */
const spots = (...paths: readonly string[]): Promise<string[]> =>
  Promise.all(
    paths.map(
      async path => /transform: translate\((.*?)\)/.exec((await node(path).getAttribute('style')) ?? '')?.[1] ?? '',
    ),
  );

describe('a subgraph on the picture', () => {
  it('opens in its place by the keyboard, shows the way of a message in it, and closes again', async () => {
    const before = [await names(), await spots('limits', 'storage', 'sender')];
    const open = page.getByRole('button', { name: 'Open limits', exact: true });
    expect(await open.getAttribute('aria-expanded')).toBe('false');
    await open.focus();
    await page.keyboard.press('Enter');
    await card(page, 'check').waitFor();
    await page.getByRole('button', { name: 'Close limits', exact: true }).waitFor();
    expect(await names()).toEqual(expect.arrayContaining(['router', 'limits', 'check', 'limit']));
    expect((await spots('storage', 'sender'))[0]).not.toBe((before[1] as string[])[1]);
    expect(await violations(page)).toEqual([]);

    await say(origin, 'lobby', 'through the gates');
    await page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: 'Messages' }).click();
    await page.getByRole('button', { name: 'through the gates' }).click();
    for (const lit of ['limits', 'check', 'limit', 'storage'])
      await shows(() => card(page, lit).getAttribute('data-way'), 'lit');
    expect(await page.locator('.wire[data-line][data-way="lit"]').count()).toBe(2);
    await page.getByRole('button', { name: 'Clear' }).click();
    await shows(() => card(page, 'check').getAttribute('data-way'), null);

    await page.getByRole('button', { name: 'Close limits', exact: true }).press('Enter');
    await shows(async () => [await names(), await spots('limits', 'storage', 'sender')], before);
    await shows(() => page.getByRole('status', { name: 'State' }).textContent(), 'Live, revision 1');
  });

  it('says what is in it, and shows the packets on a wire in it', async () => {
    // By the keyboard, as the picture may still move on a busy machine.
    await page.getByRole('button', { name: 'Open limits', exact: true }).press('Enter');
    await node('limits/check').locator('.head').click();
    const inspector = page.getByRole('complementary', { name: 'Node limits/check' });
    await inspector.getByText('a part of the component chat/Gates').waitFor();
    await inspector.getByRole('button', { name: 'to limit IN', exact: true }).click();
    await page.getByRole('complementary', { name: 'Wire' }).waitFor();
    await shows(async () => {
      await say(origin, 'lobby', 'seen inside');
      return (await page.locator('.stream').getByText('"seen inside"').count()) > 0;
    }, true);
    await page.getByRole('button', { name: 'Open limits alone' }).click();
    await shows(names, ['check', 'limit']);
    await page.getByRole('button', { name: 'Back to the graph' }).click();
    await node('limits/check').waitFor();
    // It is as it was left, with the wire chosen.
    await page.getByRole('complementary', { name: 'Wire' }).waitFor();
    await page.getByRole('button', { name: 'Close the inspector' }).click();
  });

  it('keeps a node where it is dropped while the subgraph is open, for when it is closed', async () => {
    await page.getByRole('button', { name: 'Fit View' }).click();
    const at = await node('publish').boundingBox();
    await page.mouse.move(at!.x + 60, at!.y + 12);
    await page.mouse.down();
    await page.mouse.move(at!.x + 60, at!.y - 60, { steps: 6 });
    const [, dropped] = [await page.mouse.up(), await spots('publish')];
    await page.getByRole('button', { name: /^Undo: move publish/ }).waitFor();
    expect(await spots('publish')).toEqual(dropped);
    await page.getByRole('button', { name: 'Close limits', exact: true }).click();
    await shows(() => node('limits/check').count(), 0);
    const [storage, publish] = (await spots('storage', 'publish')).map(each => Number(/-?[\d.]+/.exec(each)![0]));
    expect(publish).toBeGreaterThan(storage!);
    await page.getByRole('button', { name: 'Open limits', exact: true }).press('Enter');
    await shows(() => spots('publish'), dropped);
  });

  it('stays open while others edit, and takes over what its file becomes', async () => {
    const other = await openEditorTab(window, origin);
    await card(other.page, 'publish').locator('.head').click();
    const form = other.page.getByRole('complementary', { name: 'Node publish' });
    await form.getByRole('textbox', { name: 'Name', exact: true }).fill('told');
    await other.page.keyboard.press('Enter');
    await card(page, 'told').waitFor();
    expect(await card(page, 'check').count()).toBe(1);
    await other.page.getByRole('button', { name: /^Undo/ }).click();
    await card(page, 'publish').waitFor();
    await other.page.close();
    project.write(
      'graphs/Gates.fbp',
      `${readFileSync(join(project.root, 'graphs/Gates.fbp'), 'utf8')}'77' -> BURST limit\n`,
    );
    await shows(() => node('limits/limit').locator('.settings code').allTextContents(), ['77']);
  });

  it('says what is wrong in it at its card, and at the node in it', async () => {
    const gates = readFileSync(join(project.root, 'graphs/Gates.fbp'), 'utf8');
    const sentence = /^in chat\/Gates: .*limit BURST/;
    await page.getByRole('button', { name: 'Close limits', exact: true }).click();
    await node('limits/check').waitFor({ state: 'detached' });
    await card(page, 'publish').locator('.head').click();
    const form = page.getByRole('complementary', { name: 'Node publish' });
    await form.waitFor();
    project.write('graphs/Gates.fbp', gates.replace("'77'", "'many'"));
    await form.getByRole('textbox', { name: 'Name', exact: true }).fill('told');
    await page.keyboard.press('Enter');
    await node('limits').locator('.fault').getByText(sentence).waitFor();
    await shows(() => card(page, 'limits').getAttribute('data-faulty'), 'true');

    await page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: 'Draft' }).click();
    await page.getByRole('button', { name: 'Show limits/limit' }).click();
    const inspector = page.getByRole('complementary', { name: 'Node limits/limit' });
    await inspector.getByText(sentence).first().waitFor();
    await shows(() => inspector.getByText('Error: ').count(), 0);
    await shows(async () => (await node('limits/limit').locator('[data-faulty]').count()) > 0, true);
    await shows(() => node('limits').locator('.frame[data-faulty]').count(), 1);
    expect(await node('limits/check').locator('[data-faulty]').count()).toBe(0);
    expect(await violations(page, { within: ['.inspector', '[data-id^="limits"]'] })).toEqual([]);

    project.write('graphs/Gates.fbp', gates);
    await page.getByRole('button', { name: /^Undo: / }).click();
    await shows(() => page.locator('.card[data-faulty]').count(), 0);
  });

  it('is a nested list in the outline', async () => {
    await page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: 'Outline' }).click();
    const list = page.getByRole('list', { name: 'In limits' });
    await list.getByRole('button', { name: 'limit', exact: true }).click();
    await page.getByRole('complementary', { name: 'Node limits/limit' }).waitFor();
    expect(await violations(page, { within: ['.side'] })).toEqual([]);
  });

  it('has its settings on the settings page by their path, chosen in its forms', async () => {
    const inspector = page.getByRole('complementary', { name: 'Node limits/limit' });
    await inspector.getByText(/^On the settings page: 3 of/).waitFor();
    const before = await truth(page);
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    const part = page.getByRole('region', { name: 'limits/limit' });
    const field = part.getByRole('textbox', { name: 'At once', exact: true });
    await shows(() => field.inputValue(), '77');
    // What leads to an outer port is set at the node around it.
    expect(await page.getByRole('region', { name: 'limits/check' }).count()).toBe(0);
    await field.fill('-1');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await part
      .locator('.wrong')
      .getByText(/^in chat\/Gates: .*BURST/)
      .waitFor();
    expect(await violations(page)).toEqual([]);
    await field.fill('78');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved. It is live now.').waitFor();
    expect(readFileSync(join(project.root, 'graphs/Gates.fbp'), 'utf8')).toContain("'78' -> BURST limit");
    await page.getByRole('button', { name: 'Back to the graph' }).click();
    await shows(() => node('limits/limit').locator('.settings code').allTextContents(), ['78']);
    await shows(() => truth(page), before);
  });
});

describe('a subgraph made on the picture', () => {
  const text = (path: string) => readFileSync(join(project.root, path), 'utf8');
  const status = async (words: string): Promise<number> => {
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ author: 'ann', text: words });
    return (await fetch(`${origin}/api/rooms/posts/messages`, { method: 'POST', headers, body })).status;
  };

  /** The revision that was live at first. */
  let first = 0;
  const isLive = (more: number) => shows(() => truth(page), `Live, revision ${first + more}`);

  it('is made of three nodes by mouse and keyboard, is one undo, and is edited alone', async () => {
    await restore(page);
    first = Number(/\d+$/.exec((await truth(page)) ?? ''));
    await page.getByRole('button', { name: 'Fit View' }).click();
    const close = page.getByRole('button', { name: 'Close limits', exact: true });
    if ((await close.count()) > 0) await close.click();
    await card(page, 'sender').locator('.head').click();
    for (const name of ['change', 'limits'])
      await card(page, name)
        .locator('.head')
        .click({ modifiers: ['Shift'] });
    await page.getByRole('complementary', { name: 'Selection' }).waitFor();
    await page.keyboard.press('Control+Shift+G');
    await page.keyboard.type('posts');
    await page.getByText('a subgraph begins with a capital').waitFor();
    await page.getByLabel('Subgraph of these nodes').fill('Posts');
    expect(await violations(page, { within: ['.inspector'] })).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Node posts' }).waitFor();
    await shows(() => card(page, 'sender').count(), 0);

    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('Control+z');
    await card(page, 'sender').waitFor();
    await isLive(0);
    await page.keyboard.press('Control+y');
    await card(page, 'posts').waitFor();
    await shows(() => card(page, 'sender').count(), 0);

    await select(page, 'posts');
    await page.getByRole('button', { name: 'Open alone' }).click();
    await shows(async () => (await names()).toSorted(), ['change', 'limits', 'sender']);
    await page.getByRole('status').getByText('Subgraph Posts').waitFor();
    await select(page, 'limits');
    await setting(page, 'MAXTEXT', '50');
    await shows(() => node('limits').locator('.settings code').allTextContents(), ['50']);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Control+z');
    await shows(() => node('limits').locator('.settings code').allTextContents(), ['4000']);
    await page.keyboard.press('Control+y');
    await shows(() => node('limits').locator('.settings code').allTextContents(), ['50']);
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await card(page, 'router').waitFor();
  });

  it('survives a reload, is published as a file of its own, and rolled back with the graph around it', async () => {
    await page.reload();
    await card(page, 'posts').waitFor();
    await publish(page);
    await isLive(1);
    expect(text('graphs/Posts.fbp')).toContain("'50' -> MAXTEXT limits");
    expect(await status('x'.repeat(51))).toBe(422);
    await page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: 'Revisions' }).click();
    await page.getByRole('button', { name: `Go back to revision ${first}` }).click();
    await shows(() => status('x'.repeat(51)), 201);
    await card(page, 'sender').waitFor();
    await page.getByRole('button', { name: `Go back to revision ${first + 1}` }).click();
    await shows(() => status('x'.repeat(51)), 422);
    await card(page, 'posts').waitFor();
  });

  it('is edited in its place', async () => {
    await node('posts').locator('.head').dblclick();
    await node('posts/sender').locator('.head').click();
    const form = page.getByRole('complementary', { name: 'Node posts/sender' });
    await form.getByRole('textbox', { name: 'Name', exact: true }).fill('author');
    await page.keyboard.press('Enter');
    await node('posts/author').waitFor();
    await page.getByRole('complementary', { name: 'Node posts/author' }).waitFor();
    await node('posts/limits').locator('.head').click();
    await page.getByRole('complementary', { name: 'Node posts/limits' }).waitFor();
    await setting(page, 'MAXTEXT', '60');
    await shows(() => node('posts/limits').locator('.settings code').allTextContents(), ['60']);
    expect(await violations(page, { within: ['.inspector', '[data-id^="posts"]'] })).toEqual([]);
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('Delete');
    await shows(() => node('posts/limits').count(), 0);
    for (let step = 0; step < 3; step += 1) await page.keyboard.press('Control+z');
    await node('posts/sender').waitFor();
    await shows(() => node('posts/limits').locator('.settings code').allTextContents(), ['50']);
    await isLive(3);
    await select(page, 'posts');
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('Enter');
    await shows(() => node('posts/sender').count(), 0);
  });

  long(
    'is built in its place by mouse as the graph around it: splice, wires, their ends, its own ports, and out again',
    async () => {
      const told = async (part: string) =>
        (await wires(page)).filter(name => name.startsWith('posts/') && name.includes(part));
      // By the keyboard, as the picture may still move on a busy machine.
      await page.getByRole('button', { name: 'Open posts', exact: true }).press('Enter');
      await node('posts/sender').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Fit View' }).click();

      const between = 'posts/sender OUT → IN posts/limits';
      await carry(page, 'Words', () => pointOf(page, wireSelector(between)));
      await page.getByText('Into sender OUT → IN limits', { exact: true }).waitFor();
      await page.mouse.up();
      await page.getByRole('complementary', { name: 'Node posts/words' }).waitFor();
      await shows(
        () => told('words'),
        [
          'posts/sender OUT → IN posts/words',
          'posts/words FOUND → IN posts/limits',
          'posts/words OUT → IN posts/limits',
        ],
      );
      await page.getByRole('button', { name: 'Take out' }).click();
      await shows(() => told('sender OUT'), [between]);

      // Beside the wires it comes into the subgraph as well.
      await carry(page, 'Drop', async () => {
        const { x, y, width, height } = (await node('posts').boundingBox())!;
        return [x + width / 2, y + height - 8];
      });
      await page.mouse.up();
      await page.getByRole('complementary', { name: 'Node posts/drop' }).waitFor();
      await page.keyboard.press('Escape');
      await panel(page, 'Library');
      await page.getByRole('button', { name: 'Fit View' }).click();
      await drag(
        page,
        await middle(handle('posts/sender', 'refused', 'source')),
        await middle(node('posts/drop').locator('.head')),
      );
      await page.mouse.up();
      await shows(() => told('drop'), ['posts/sender REFUSED → IN posts/drop']);

      await drag(
        page,
        await middle(handle('posts/limits', 'out', 'source')),
        await middle(card(page, 'storage').locator('.head')),
      );
      await page.mouse.up();
      await page
        .getByText(/^posts\/limits is in the subgraph posts, and storage around it; a wire stays in one graph/)
        .waitFor();

      // The subgraph's own port.
      await drag(
        page,
        await middle(handle('posts', '\tinner\tsender_in', 'source')),
        await middle(handle('posts/drop', 'in', 'target')),
      );
      await page.getByText('Moving the end of SENDER_IN → IN sender').waitFor();
      await page.mouse.up();
      await page.getByRole('button', { name: 'Undo: move the end of SENDER_IN → IN sender to drop IN' }).waitFor();

      // A faulty subgraph stays below what is in it.
      await node('posts').locator('.frame[data-faulty]').waitFor();
      const z = (path: string) =>
        page
          .evaluate(`getComputedStyle(document.querySelector('.react-flow__node[data-id="${path}"]')).zIndex`)
          .then(Number);
      expect(await z('posts/drop')).toBeGreaterThan(await z('posts'));

      await page.getByRole('button', { name: 'Fit View' }).click();
      const [x, y] = await middle(node('posts/drop').locator('.head'));
      await drag(page, [x, y], [x + 60, y + 30]);
      await page.mouse.up();
      await page.getByRole('button', { name: 'Undo: move posts/drop' }).waitFor();
      await node('posts/drop').locator('.head').click();
      await page.getByRole('complementary', { name: 'Node posts/drop' }).waitFor();
      await page.keyboard.press('Alt+ArrowDown');
      expect(await violations(page, { within: ['.inspector', '[data-id^="posts"]'] })).toEqual([]);
      await page.evaluate('document.activeElement.blur()');
      for (let edit = 0; edit < 7; edit += 1) await page.keyboard.press('Control+z');
      await isLive(3);
      await select(page, 'posts');
      await page.evaluate('document.activeElement.blur()');
      await page.keyboard.press('Enter');
      await shows(() => node('posts/sender').count(), 0);
    },
  );

  long('shows what others change in it, and is inlined by keyboard', async () => {
    const other = await openEditorTab(window, origin);
    await select(other.page, 'posts');
    await other.page.getByRole('button', { name: 'Open alone' }).click();
    await card(other.page, 'limits').waitFor();
    await select(page, 'posts');
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('Shift+Enter');
    await card(page, 'limits').waitFor();
    await select(other.page, 'sender');
    await other.page.getByRole('textbox', { name: 'Name', exact: true }).fill('author');
    await other.page.keyboard.press('Enter');
    await card(page, 'author').waitFor();
    await other.page.getByRole('button', { name: /^Undo/ }).click();
    await card(page, 'sender').waitFor();
    await other.page.close();

    await page.getByRole('button', { name: 'Back to the graph' }).click();
    await page.getByRole('complementary', { name: 'Node posts' }).waitFor();
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('Control+Shift+G');
    await card(page, 'sender').waitFor();
    await shows(() => card(page, 'posts').count(), 0);
    await shows(() => page.locator('.card[data-faulty]').count(), 0);
    await page.keyboard.press('Control+z');
    await card(page, 'posts').waitFor();
    await isLive(3);
  });
});
