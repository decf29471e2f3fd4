import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { violations } from '../support/axe.ts';
import { panel } from '../support/editor-live.ts';
import { card, openEditor, publish, SECRET, select, setting, truth } from '../support/editor-page.ts';
import { CHAT, LAYOUT } from '../support/graphs.ts';
import { long } from '../support/long.ts';
import {
  composer,
  enter,
  linked,
  newWindow,
  open,
  post,
  rows,
  say,
  shows,
  texts,
  type Window,
} from '../support/page.ts';
import { Program } from '../support/program.ts';
import { Project } from '../support/project.ts';
import { ROOT } from '../support/source.ts';

// Changes by hand and by keyboard, as people make them. One server for all, as a project of its own, whose components
// are written to.

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
  program = await Program.start(project.root, { GRAPH, EDITOR_SECRET: SECRET, EDITOR_CODE: 'on' });
  window = await openEditor(program.url, {
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  page = window.page;
});
afterEach(async () => {
  // Nothing of one test is there in the next.
  await page.evaluate('document.activeElement.blur()');
  await shows(async () => {
    await page.keyboard.press('Control+z');
    return undoable().count();
  }, 0);
  for (let step = 0; step < 4; step++) await page.keyboard.press('Escape');
  expect(window.faults).toEqual([]);
});
afterAll(async () => {
  await program?.stop();
  project?.remove();
});

const undoable = (): Locator => page.getByRole('button', { name: /^Undo: / });
const notice = (words: string | RegExp) =>
  page.getByRole('log', { name: 'Notices' }).getByText(words).first().waitFor();
const names = async () => (await page.locator('.card .head strong').allTextContents()).toSorted();
const clipboard = (): Promise<string> => page.evaluate('navigator.clipboard.readText()');

/** Selects nodes on the picture, as with Shift held. */
async function selectAll(...nodes: readonly string[]): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    await card(page, node)
      .locator('.head')
      .click({ modifiers: index === 0 ? [] : [index % 2 === 1 ? 'Shift' : 'ControlOrMeta'] });
  }
  await page.getByRole('complementary', { name: nodes.length > 1 ? 'Selection' : `Node ${nodes[0]}` }).waitFor();
}

/** Pastes a text with Ctrl V. */
async function paste(text: string): Promise<void> {
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  await page.keyboard.press('Control+v');
}

describe('what is selected', () => {
  it('is grouped with Ctrl G, and the group gets a name, and is no more', async () => {
    await selectAll('check', 'limit');
    await page.keyboard.press('Control+g');
    const frames = () => page.locator('.group').allTextContents();
    await shows(frames, ['CheckPost, LimitRate']);
    // The first name is there to be typed over.
    await shows(() => page.evaluate('document.activeElement.value'), 'CheckPost, LimitRate');
    await page.keyboard.type('gates');
    await page.keyboard.press('Enter');
    await shows(frames, ['gates']);
    await page.getByRole('button', { name: 'Ungroup' }).click();
    await shows(frames, []);
    await page.keyboard.press('Control+z');
    await shows(frames, ['gates']);
  });

  it('is deleted with all that hangs on it, and comes back', async () => {
    const before = await names();
    const wires = await page.locator('.react-flow__edge').count();
    await selectAll('check', 'limit');
    await page.keyboard.press('Delete');
    await shows(
      names,
      before.filter(name => name !== 'check' && name !== 'limit'),
    );
    await page.keyboard.press('Control+z');
    await shows(names, before);
    await shows(() => page.locator('.react-flow__edge').count(), wires);
    await shows(() => card(page, 'check').locator('.settings code').allTextContents(), ['4000']);
    await page.keyboard.press('Control+Shift+z');
    await shows(() => card(page, 'check').count(), 0);
  });
});

describe('a graph of many nodes', () => {
  const many = Array.from({ length: 26 }, (_, i) => `n${i}(chat/CheckPost) OUT -> IN n${i + 1}(chat/CheckPost)\n`);
  const at = async (selector: string) => {
    const { x, y } = (await page.locator(selector).first().boundingBox())!;
    return [Math.round(x), Math.round(y)] as const;
  };

  long('goes along wholly where all of it is dragged, stays where it is dropped, and comes back', async () => {
    await paste(many.join(''));
    await card(page, 'n26').waitFor();
    await page.keyboard.press('Control+a');
    await page.getByRole('button', { name: 'Fit View' }).click();
    const [node, wire] = ['[data-id="limit"]', '[aria-label^="check OUT"] path'];
    const [before, beforeWire] = [await at(node), await at(wire)];
    const [x, y] = await at('[data-id="check"]');
    await page.mouse.move(x + 10, y + 6);
    await page.mouse.down();
    await page.mouse.move(x + 40, y + 20, { steps: 4 });
    await page.mouse.move(x + 70, y + 46, { steps: 4 });
    const gone = async () => {
      const [now, nowWire] = [await at(node), await at(wire)];
      return [now[0] - before[0], now[1] - before[1], nowWire[0] - beforeWire[0], nowWire[1] - beforeWire[1]];
    };
    await shows(async () => (await gone()).every(distance => distance > 20), true);
    const dragged = await gone();
    expect(dragged.slice(2)).toEqual(dragged.slice(0, 2));
    await page.mouse.up();
    await shows(gone, dragged);
    await page.keyboard.press('Control+z');
    await shows(gone, [0, 0, 0, 0]);
  });
});

describe('the clipboard', () => {
  it('has what was copied as .fbp text, which brings the nodes in again', async () => {
    await selectAll('check', 'limit');
    await page.keyboard.press('Control+c');
    await notice('copied as .fbp text');
    await shows(
      async () => (await clipboard()).includes('check(chat/CheckPost) OUT -> IN limit(chat/LimitRate)'),
      true,
    );
    expect(await clipboard()).toContain("'4000' -> MAXTEXT check");
    await page.keyboard.press('Control+v');
    await page.getByRole('complementary', { name: 'Selection' }).getByRole('heading', { name: 'limit2' }).waitFor();
    await shows(() => card(page, 'check2').locator('.settings code').allTextContents(), ['4000']);
    await page.keyboard.press('Control+z');
    await shows(() => card(page, 'check2').count(), 0);
  });

  it('brings in .fbp text from anywhere, and says why other text can not be', async () => {
    await paste("'5' -> MAXTEXT short(chat/CheckPost) OUT -> IN slow(chat/LimitRate)\n");
    await card(page, 'slow').waitFor();
    await shows(() => card(page, 'short').locator('.settings code').allTextContents(), ['5']);
    const before = await names();
    await paste('Dear all, this is no graph.');
    await notice(/^this can't be pasted: /);
    expect(await names()).toEqual(before);
  });
});

describe('an outer port', () => {
  it('is made of a port, named, refused a name that is taken, removed, and undone', async () => {
    const outers = async () => (await page.locator('.outer').allTextContents()).toSorted();
    const before = await outers();
    await select(page, 'check');
    await page.getByRole('button', { name: 'Make REFUSED an outer port of the graph' }).click();
    await shows(outers, [...before, 'REFUSED'].toSorted());
    const name = page.getByRole('textbox', { name: /^Name of the outer port/ });
    await name.fill('reply');
    await page.getByText('there is an outport REPLY already, at responder; take another name').waitFor();
    await name.fill('turned_away');
    await name.press('Enter');
    await shows(outers, [...before, 'TURNED_AWAY'].toSorted());
    expect(await violations(page, { within: ['.inspector', '.outer'] })).toEqual([]);
    await page.getByRole('button', { name: 'Close the inspector' }).click();
    await page.locator('.outer').getByRole('button', { name: 'TURNED_AWAY' }).click();
    await shows(() => name.evaluate(field => field.matches(':focus')), true);
    await page.getByRole('button', { name: 'Remove the outer port TURNED_AWAY' }).click();
    await shows(outers, before);
    for (const after of ['TURNED_AWAY', 'REFUSED']) {
      await undoable().click();
      await shows(outers, [...before, after].toSorted());
    }
    await page.getByRole('button', { name: /^Redo: / }).click();
    await shows(outers, [...before, 'TURNED_AWAY'].toSorted());
    for (let steps = 0; steps < 2; steps++) await undoable().click();
    await shows(() => truth(page), 'Live, revision 1');
  });
});

describe('by keyboard alone', () => {
  it('adds a node that Ctrl K finds', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('checkpost');
    const component = page.getByRole('option', { name: /Add CheckPost/ });
    await component.waitFor();
    while ((await component.getAttribute('aria-selected')) !== 'true') await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await card(page, 'checkPost').waitFor();
    await page.getByRole('complementary', { name: 'Node checkPost' }).waitFor();
  });
});

describe('messages', () => {
  const listed = (text: string) => page.getByRole('button', { name: text });
  const litUp = async () => (await page.locator('.card[data-way="lit"] .head strong').allTextContents()).toSorted();
  const WAY = ['admit', 'check', 'limit', 'publish', 'responder', 'router', 'sender', 'storage'];

  it('are listed after a reload as before it', async () => {
    await say(program.url, 'lobby', 'before the reload', 'ann');
    await panel(page, 'Messages');
    await listed('ann: before the reload').waitFor();
    await page.reload();
    await panel(page, 'Messages');
    await listed('ann: before the reload').click();
    await shows(litUp, WAY);
  });

  it('are found by #message= in the address, also beside the secret, and it is said where one is not kept', async () => {
    await say(program.url, 'links', 'where does this go', 'ann');
    const { messages } = (await program.ask('/api/rooms/links/messages')).body as { messages: { id: string }[] };
    await page.goto(`${program.url}/editor/#secret=${encodeURIComponent(SECRET)}&message=${messages[0]!.id}`);
    await page.getByText('ann: where does this go').waitFor();
    await shows(litUp, WAY);
    expect(page.url()).toBe(`${program.url}/editor/`);
    await page.evaluate("location.hash = 'message=never-was'");
    await notice('there is no trace of message never-was');
  });

  it('in the chat lead to their ways while the editor is open in the same browser', async () => {
    const chat = await newWindow(page.context());
    const faults: string[] = [];
    chat.on('pageerror', error => faults.push(String(error)));
    await chat.goto(`${program.url}/#/beside`);
    await enter(chat, 'Bea');
    await post(chat, 'take me there');
    const row = rows(chat).filter({ hasText: 'take me there' });
    await row.getByRole('button', { name: 'Trace this message' }).press('Enter');
    await row.getByRole('button', { name: 'Shown in the editor' }).waitFor();
    await page.getByText('Bea: take me there').waitFor();
    await shows(litUp, WAY);
    expect(await violations(chat, { within: ['article'] })).toEqual([]);
    await page.goto(`${program.url}/`);
    await shows(() => chat.getByRole('button', { name: /^(Trace this message|Shown in the editor)/ }).count(), 0);
    await page.goto(`${program.url}/editor/`);
    await row.getByRole('button', { name: /^(Trace this message|Shown in the editor)/ }).waitFor();
    await chat.close();
    expect(faults).toEqual([]);
    await card(page, 'router').waitFor();
  });
});

describe('a page of the chat that is open', () => {
  it('follows what is set and wired, and keeps what is being written', async () => {
    const { page: chat, faults } = await open(`${program.url}/#/wired`);
    await enter(chat, 'Bea');
    const written = 'x'.repeat(270);
    await composer(chat).fill(written);
    const hint = () => chat.locator('#hint').textContent();
    const unlive = chat.getByText('New messages don’t arrive live at the moment.');
    const put = async () => {
      await publish(page);
      await shows(async () => /^Live, revision \d+$/.test((await truth(page)) ?? ''), true);
      await panel(page, 'Draft');
    };

    await select(page, 'check');
    await setting(page, 'MAXTEXT', '280');
    await put();
    await shows(hint, '10 characters left');

    await select(page, 'router');
    await page.getByRole('button', { name: /^Disconnect router SUBSCRIBE/ }).click();
    await put();
    await unlive.waitFor();
    await linked(chat, 'Connected');
    expect(await violations(chat)).toEqual([]);
    await say(program.url, 'wired', 'asked for');
    await shows(() => texts(chat), ['asked for']);

    await page.keyboard.press('Control+z');
    await put();
    await linked(chat, 'Live');
    await shows(() => unlive.count(), 0);
    await say(program.url, 'wired', 'told');
    await shows(() => texts(chat), ['asked for', 'told']);
    expect(await composer(chat).inputValue()).toBe(written);
    expect(await chat.evaluate('document.activeElement.id')).toBe('composer');
    await page.keyboard.press('Control+z');
    await put();
    await chat.context().close();
    expect(faults).toEqual([]);
  });
});

describe('the code of a component', () => {
  const code = () => page.locator('.code .cm-content');
  const posted = async (text: string) => {
    const body = JSON.stringify({ author: 'ann', text });
    const headers = { 'Content-Type': 'application/json' };
    return (await program.ask('/api/rooms/code/messages', { method: 'POST', headers, body })).status;
  };

  /** Puts another source over all that is there. */
  async function write(text: string): Promise<void> {
    await code().click();
    await page.keyboard.press('Control+a');
    await paste(text);
  }

  it('is changed, tried, saved in the draft, published, and no unsaved text is lost on the way', async () => {
    const before = readFileSync(join(project.root, 'components/CheckPost.ts'), 'utf8');
    expect(await posted('a shout')).toBe(201);
    await panel(page, 'Code');
    const choice = page.getByRole('combobox', { name: 'Component' });
    await choice.selectOption('chat/CheckPost');
    await shows(async () => (await code().textContent())?.includes('Passes good posts on'), true);
    await write(`const broken = ;\n${before}`);
    await page.getByRole('button', { name: 'Run tests' }).click();
    await page.getByRole('alert').getByText('line 1: unexpected `;`').waitFor();
    // The caret is there.
    await shows(() => code().evaluate(field => field.matches(':focus')), true);
    await page.keyboard.type('1');
    await shows(async () => (await code().textContent())?.startsWith('const broken = 1;'), true);
    await page.keyboard.press('Backspace');
    expect(await violations(page, { within: ['.side'] })).toEqual([]);
    await choice.selectOption('chat/Router');
    await page.getByRole('button', { name: 'Router.ts' }).waitFor();
    await page.getByRole('button', { name: 'Close Code' }).click();
    await panel(page, 'Code');
    await choice.selectOption({ label: 'CheckPost, not saved' });
    await shows(async () => (await code().textContent())?.startsWith('const broken = ;'), true);
    await page.reload();
    await panel(page, 'Code');
    await choice.selectOption({ label: 'CheckPost, not saved' });
    await shows(async () => (await code().textContent())?.startsWith('const broken = ;'), true);
    expect(await violations(page, { within: ['.side'] })).toEqual([]);
    // The field draws the lines that are in sight, so what is looked for stands in the first one.
    const quiet = before.replace(
      'const found =',
      "const found = post.text === 'a shout' ? { code: 'text-too-long', detail: 'do not shout' } :",
    );
    await write(`// Nobody shouts.\n${quiet}`);
    await page.getByRole('button', { name: 'Run tests' }).click();
    await page.getByText(/^All \d+ passed$/).waitFor();
    expect(await posted('a shout')).toBe(201);
    await page.getByRole('button', { name: 'Save in the draft' }).click();
    await page.getByText('Saved in the draft. The live graph is unchanged.').waitFor();
    await shows(() => truth(page), 'Draft, 1 change');
    await shows(async () => (await choice.locator('option:checked').textContent()) ?? '', 'CheckPost, in the draft');
    expect(await posted('a shout')).toBe(201);
    expect(readFileSync(join(project.root, 'components/CheckPost.ts'), 'utf8')).toBe(before);
    expect(await violations(page, { within: ['.side', '.header'] })).toEqual([]);
    await page.getByRole('button', { name: 'Publish the draft …' }).click();
    await page.getByText('CheckPost: its code is another one').waitFor();
    await page.locator('.textual', { hasText: 'components/CheckPost.ts' }).getByText('do not shout').waitFor();
    await shows(() => page.locator('.card[data-mark="changed"] .head strong').allTextContents(), ['check']);
    expect(await violations(page, { within: ['.side', '.card[data-mark]'] })).toEqual([]);
    await page.getByRole('button', { name: 'Publish the draft', exact: true }).click();
    await shows(async () => /^Live, revision \d+$/.test((await truth(page)) ?? ''), true);
    expect(await posted('a shout')).toBe(422);
    expect(await posted('a whisper')).toBe(201);
    expect(readFileSync(join(project.root, 'components/CheckPost.ts'), 'utf8')).toContain('do not shout');
  });

  long('goes live as it is saved where nothing waits for the button', async () => {
    const before = readFileSync(join(project.root, 'components/CheckPost.ts'), 'utf8');
    const button = page.getByRole('checkbox', { name: /^Publish manually/ });
    await panel(page, 'Draft');
    await button.click();
    await shows(() => button.isChecked(), false);
    await panel(page, 'Code');
    await page.getByRole('combobox', { name: 'Component' }).selectOption('chat/CheckPost');
    await shows(async () => (await code().textContent())?.startsWith('// Nobody shouts.'), true);
    await write(before.replace('a shout', 'a roar'));
    await page.getByRole('button', { name: 'Save and publish' }).click();
    await page.getByText(/^Saved, and live in revision \d+\.$/).waitFor();
    expect(await posted('a roar')).toBe(422);
    await panel(page, 'Draft');
    await button.click();
    await shows(() => button.isChecked(), true);
  });

  long('is new, comes to the library, and goes live with the draft that places it', async () => {
    await panel(page, 'Code');
    await page.getByRole('textbox', { name: 'Name of a new component' }).fill('Passer');
    await page.getByRole('button', { name: 'New', exact: true }).click();
    await page.getByRole('button', { name: 'Save in the draft' }).click();
    await page.getByText('Not used yet').waitFor();
    await page.getByRole('button', { name: 'Add to the graph' }).click();
    await page.getByRole('complementary', { name: 'Node passer' }).waitFor();
    await shows(() => page.evaluate('document.activeElement.dataset.id'), 'passer');
    await page.keyboard.press('Delete');
    await select(page, 'check');
    await setting(page, 'MAXTEXT', '7');
    await publish(page);
    await shows(async () => /^Live, revision \d+$/.test((await truth(page)) ?? ''), true);
    expect(await posted('far too long')).toBe(422);
  });
});
