import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { violations } from '../support/axe.ts';
import { dot, panel } from '../support/editor-live.ts';
import { card, find, openEditor, publish, restore, SECRET, select, setting, truth } from '../support/editor-page.ts';
import { CHAT, LAYOUT } from '../support/graphs.ts';
import { long } from '../support/long.ts';
import { say, shows, type Window } from '../support/page.ts';
import { Program } from '../support/program.ts';
import { Project } from '../support/project.ts';
import { ROOT } from '../support/source.ts';

// Where the focus is, what keys do, and what the page says. One server and one page for all.

let project: Project;
let program: Program;
let window: Window;
let page: Page;

beforeAll(async () => {
  project = new Project({ startable: true });
  symlinkSync(join(ROOT, 'public'), join(project.root, 'public'));
  cpSync(join(ROOT, 'spec/CheckPost.yaml'), join(project.root, 'spec/CheckPost.yaml'));
  const GRAPH = project.write('graphs/chat.fbp', CHAT);
  project.write('graphs/chat.layout', LAYOUT);
  program = await Program.start(project.root, { GRAPH, EDITOR_SECRET: SECRET });
  window = await openEditor(program.url, { viewport: { width: 1440, height: 900 } });
  page = window.page;
});
afterEach(async () => {
  await restore(page);
  await shows(async () => {
    await page.evaluate("document.querySelector('.notice button')?.click()");
    return notices();
  }, []);
  expect(window.faults).toEqual([]);
});
afterAll(async () => {
  await program?.stop();
  project?.remove();
});

const undoable = (): Locator => page.locator('.toolbar button[aria-label^="Undo: "]:enabled');
const inspector = (name: string) => page.getByRole('complementary', { name });
const node = (name: string) => page.locator(`.react-flow__node[data-id="${name}"]`);
const nodeFocused = (name: string) => shows(() => node(name).evaluate(element => element.matches(':focus')), true);
const focused = (locator: Locator) => shows(() => locator.evaluate(element => element.matches(':focus')), true);
const _names = () => page.locator('.card .head strong').allTextContents();
const notices = () => page.locator('.notice p').allTextContents();

/** Chooses a node by keyboard, which gives it the focus. */
async function choose(name: string): Promise<void> {
  await select(page, name);
  await nodeFocused(name);
}

describe('the picture by keyboard', () => {
  it('is one tab stop; arrows, Enter and Tab lead on from the node that has the focus, and Esc back', async () => {
    await choose('check');
    await shows(() => page.locator('.react-flow__node[tabindex="0"]').count(), 1);
    await page.keyboard.press('Escape');
    await shows(() => inspector('Node check').count(), 0);
    await nodeFocused('check');
    await page.keyboard.press('ArrowRight');
    await nodeFocused('limit');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await inspector('Node limit').waitFor();
    await page.keyboard.press('Tab');
    await shows(() => page.evaluate('document.activeElement.closest(".inspector") !== null'), true);
    await page.keyboard.press('Escape');
    await nodeFocused('limit');
    await inspector('Node limit').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press(' ');
    await inspector('Node limit').waitFor();
  });

  it('goes from node to node by arrows, moves one by Alt and them, renames by F2 and deletes', async () => {
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

  it('says of a node its name, its component and its faults', async () => {
    await select(page, 'limit');
    expect(await node('limit').getAttribute('aria-label')).toBe('limit, LimitRate');
    await page.getByRole('button', { name: 'Disconnect limit REFUSED → IN responder' }).click();
    await shows(
      () => node('limit').getAttribute('aria-label'),
      'limit, LimitRate, 1 fault: limit REFUSED leads nowhere, so its failures would be lost; draw a wire from it',
    );
  });

  it('leaves what was typed into a field first, and the field by another Esc', async () => {
    await choose('check');
    const field = page.getByRole('textbox', { name: 'Longest text MAXTEXT' });
    expect(await page.locator('.field', { has: field }).locator('.unit').textContent()).toBe('characters');
    await field.fill('7');
    await page.keyboard.press('Escape');
    await shows(() => field.inputValue(), '4000');
    await focused(field);
    await page.keyboard.press('Escape');
    await nodeFocused('check');
    await shows(() => truth(page), 'Live, revision 1');
  });
});

describe('the focus', () => {
  const rail = (name: string) => page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name });

  it('goes back to what opened a panel or the inspector', async () => {
    await rail('Outline').press('Enter');
    await page.getByRole('button', { name: 'Close Outline' }).press('Enter');
    await focused(rail('Outline'));
    await rail('Outline').press('Enter');
    const entry = page.getByRole('region', { name: 'Outline' }).getByRole('button', { name: 'check', exact: true });
    await entry.press('Enter');
    await page.getByRole('button', { name: 'Close the inspector' }).press('Enter');
    await focused(entry);
    await choose('check');
    await page.getByRole('button', { name: 'Close the inspector' }).press('Enter');
    await nodeFocused('check');
    await rail('Outline').press('Enter');
  });

  it('is at what Ctrl K has found', async () => {
    await find(page, 'storage');
    await nodeFocused('storage');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('post to storage');
    await page.keyboard.press('Enter');
    await inspector('Wire').waitFor();
    await shows(() => page.evaluate('document.activeElement.closest(".inspector") !== null'), true);
  });

  it('leads by Esc out of the form of a wire, past what was typed there, and out of the wire', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('post to storage');
    await page.keyboard.press('Enter');
    const filter = page.getByRole('searchbox', { name: 'Filter packets' });
    await focused(filter);
    await page.keyboard.type('ann');
    await page.keyboard.press('Escape');
    await shows(() => filter.inputValue(), '');
    await focused(filter);
    await page.keyboard.press('Escape');
    await nodeFocused('limit');
    await inspector('Wire').waitFor();
    await page.keyboard.press('Escape');
    await inspector('Wire').waitFor({ state: 'detached' });
    await nodeFocused('limit');
  });

  it('stays on the picture after Delete, and in the panel after Discard', async () => {
    await choose('subscribe');
    await page.keyboard.press('Delete');
    await card(page, 'subscribe').waitFor({ state: 'detached' });
    await shows(() => page.evaluate('document.activeElement.matches(".react-flow__node")'), true);
    await panel(page, 'Draft');
    await page.getByRole('button', { name: 'Discard' }).press('Enter');
    await focused(page.getByRole('button', { name: 'Keep the draft' }));
    await page.getByRole('button', { name: 'Discard it' }).press('Enter');
    await card(page, 'subscribe').waitFor();
    await shows(() => page.evaluate('document.activeElement.closest(".side") !== null'), true);
  });

  it('goes back to a message out of its way', async () => {
    await panel(page, 'Messages');
    await say(program.url, 'lobby', 'where to');
    const line = page.getByRole('button', { name: /where to/ });
    await line.press('Enter');
    await page.getByRole('region', { name: 'What happened' }).waitFor();
    await shows(() => page.evaluate('document.activeElement === document.body'), false);
    await page.keyboard.press('Escape');
    await focused(line);
    await panel(page, 'Messages');
  });
});

describe('a packet that is put on a wire', () => {
  it('has its verdict above the picture, which leads to its steps', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('sender check');
    await page.keyboard.press('Enter');
    await inspector('Wire').waitFor();
    await page.getByText('Send a packet').click();
    const text = page.getByRole('textbox', { name: 'Packet as JSON' });
    const post = { room: 'lobby', form: 'api', author: 'a'.repeat(65), text: 'hello', from: 'here' };
    await text.fill(JSON.stringify(post));
    await page.getByRole('button', { name: 'Send and trace' }).press('Enter');
    const said = page.locator('.glance [role="status"]');
    await shows(
      () => said.textContent(),
      'Trace of a packet at IN of check, tried in the draft: refused with 422 by check',
    );
    expect(await violations(page, { within: ['.glance', '.inspector'] })).toEqual([]);
    await page.getByRole('button', { name: 'Show steps' }).press('Enter');
    await focused(page.getByRole('region', { name: 'What happened' }));
    await page.getByText('a packet at IN of check, ').last().waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await panel(page, 'Try');
  });
});

describe('the way of a message from another revision', () => {
  long('says which of its nodes are not in the graph any more', async () => {
    await say(program.url, 'lobby', 'through the check');
    await choose('check');
    await page.keyboard.press('Delete');
    await card(page, 'check').waitFor({ state: 'detached' });
    await panel(page, 'Messages');
    await page.getByRole('button', { name: /through the check/ }).click();
    await page.getByText('Trace of POST /api/rooms/lobby/messages, in revision 1: answered with 201').waitFor();
    await page.getByText('1 node of this trace is no longer in it.').waitFor();
    await page.getByText('check is no longer in the graph').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await panel(page, 'Messages');
  });
});

describe('a wire dropped on a card', () => {
  /** Draws a wire by mouse from the middle of a port's dot. */
  const draw = async (from: Locator, { x, y }: { readonly x: number; readonly y: number }) => {
    // What was done before is drawn in a frame of its own.
    await page.evaluate('new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
    const start = (await from.boundingBox())!;
    await page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
    await page.mouse.down();
    await page.mouse.move(x, y, { steps: 8 });
    await page.mouse.up();
  };
  const drop = async (from: readonly [string, string], to: string) => {
    const { x, y, width } = (await card(page, to).locator('.head').boundingBox())!;
    await draw(dot(page, 'out', ...from), { x: x + width - 20, y: y + 8 });
  };

  it('leads to the port that fits, or says why to none, until that is not true any more', async () => {
    const wires = () => page.locator('.react-flow__edge').count();
    const before = await wires();
    await select(page, 'limit');
    await page.getByRole('button', { name: 'Disconnect limit OUT → POST storage' }).click();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await shows(wires, before - 1);
    await drop(['limit', 'out'], 'publish');
    await shows(notices, [
      'limit OUT sends chat/post, but publish IN takes chat/added; put a node between them that makes chat/added of chat/post',
    ]);
    await drop(['limit', 'out'], 'storage');
    await shows(wires, before);
    await shows(notices, []);
  });

  long('leads nowhere from a port of the same side or one that does not fit, and says why', async () => {
    const wires = () => page.locator('.react-flow__edge').evaluateAll(all => all.map(({ id }) => id).toSorted());
    const before = await wires();
    await shows(async () => (await truth(page))?.startsWith('Live'), true);
    const both = (one: string, other: string, side: string) =>
      expect.stringContaining(`${one} and ${other} are both ${side}; a wire leads from an outport`);
    const cases = [
      [dot(page, 'in', 'storage', 'post'), dot(page, 'in', 'limit', 'in'), both('storage POST', 'limit IN', 'inports')],
      [dot(page, 'out', 'check', 'out'), dot(page, 'out', 'limit', 'out'), both('check OUT', 'limit OUT', 'outports')],
      [
        dot(page, 'out', 'limit', 'out'),
        dot(page, 'in', 'storage', 'get'),
        expect.stringMatching(/put a node between/),
      ],
    ] as const;
    for (const [from, to, sentence] of cases) {
      const middle = (await to.boundingBox())!;
      const name = (await to.locator('xpath=ancestor::li[1]').boundingBox())!;
      // On the port itself, and on its name.
      for (const { x, y, width, height } of [middle, name]) {
        await draw(from, { x: x + width / 2, y: y + height / 2 });
        await shows<unknown>(notices, [sentence]);
        expect(await wires()).toEqual(before);
        expect(await undoable().count()).toBe(0);
        await page.locator('.notice button').click();
        await shows(notices, []);
      }
    }
  });
});

describe('an empty graph', () => {
  it('has a canvas that says what to do, and takes what is dropped there', async () => {
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.getByText('Drag a component from the library, or click it there. Ctrl K finds it too.').waitFor();
    expect(await violations(page)).toEqual([]);
    await panel(page, 'Library');
    const entry = page.getByRole('region', { name: 'Library' }).getByRole('button', { name: /^CheckPost/ });
    await entry.dragTo(page.locator('.react-flow'), { targetPosition: { x: 300, y: 300 } });
    await card(page, 'checkPost').waitFor();
    await panel(page, 'Library');
  });
});

describe('what is live', () => {
  it('is said not to be saved until it is, compared from the older to the newer one, and gone back from', async () => {
    const file = () => readFileSync(join(project.root, 'graphs/chat.fbp'), 'utf8');
    await select(page, 'check');
    await setting(page, 'MAXTEXT', '280');
    await publish(page);
    await shows(() => truth(page), 'Live, revision 2');
    await page.locator('.truth').getByText('not saved').waitFor();
    await page.getByText('What is live is not in chat.fbp.').waitFor();
    expect(await violations(page, { within: ['.side', '.header'] })).toEqual([]);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('.notice').getByText('saved; the server starts with this graph').waitFor();
    await page.locator('.truth').getByText('not saved').waitFor({ state: 'detached' });
    expect(file()).toContain("'280' -> MAXTEXT check");
    await panel(page, 'Revisions');
    await page.getByRole('button', { name: 'Compare revision 1' }).click();
    await page.getByText('From revision 1 to 2').waitFor();
    expect(await page.locator('.compared .items').textContent()).toContain("MAXTEXT is '280', was '4000'");
    expect(await violations(page, { within: ['.side'] })).toEqual([]);
    await select(page, 'check');
    await setting(page, 'MAXTEXT', '281');
    await shows(() => truth(page), 'Draft, 1 change');
    await page.getByRole('button', { name: 'Go back to revision 1' }).press('Enter');
    await focused(page.getByRole('button', { name: 'Keep the draft' }));
    await page.getByRole('button', { name: 'Go back to it' }).press('Enter');
    await shows(() => truth(page), 'Live, revision 3');
    await focused(page.getByRole('button', { name: 'Go back to revision 1' }));
    await panel(page, 'Revisions');
  });
});
