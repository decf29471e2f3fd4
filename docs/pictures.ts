import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launch } from '../spec/support/browser.ts';
import { serve } from '../src/serve.ts';
import { readSettings } from '../src/settings.ts';

/** Takes the pictures of the editor that the documents show; `npm run pictures` runs it, after `npm run build`. */

const SECRET = 'a secret of pictures';
const WIDE: BrowserContextOptions = { viewport: { width: 1280, height: 680 } };
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const TALK = [
  ['Ann', 'Has anybody seen the graph today?'],
  ['Bob', 'I have it open beside the chat.'],
  ['Ann', 'Then you see this one pass.'],
  ['Bob', 'It took eight nodes.'],
] as const;

async function say(origin: string, [author, text]: (typeof TALK)[number]): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  await fetch(`${origin}/api/rooms/lobby/messages`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ author, text }),
  });
}

/** Lets people talk and read until the page has something to show of it. */
async function talk(origin: string, isEnough: () => Promise<boolean>): Promise<void> {
  for (let count = 0; !(await isEnough()); count++) {
    await say(origin, TALK[count % TALK.length]!);
    await fetch(`${origin}/api/rooms/lobby/messages?limit=5`);
    await new Promise(resolve => setTimeout(resolve, 60));
  }
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });
const open = (page: Page, panel: string) =>
  page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: panel }).click();

async function select(page: Page, node: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.keyboard.type(node);
  await page.keyboard.press('Enter');
  await page.getByRole('complementary', { name: `Node ${node}` }).waitFor();
}

async function limit(page: Page, characters: string): Promise<void> {
  await select(page, 'check');
  const field = page.getByRole('textbox', { name: /\bMAXTEXT\b/ });
  await field.fill(characters);
  await field.press('Enter');
  await page.getByRole('status', { name: 'State' }).filter({ hasText: 'Draft, 1 change' }).waitFor();
}

/** Whether wires have something to do. */
const heated = async (page: Page) => (await page.locator('.wire text', { hasText: /^([3-9]|\d\d)/ }).count()) > 1;

async function showWay(page: Page, origin: string): Promise<void> {
  for (const line of TALK) await say(origin, line);
  await open(page, 'Messages');
  await page.getByRole('button', { name: TALK[2][1] }).click();
  await page.locator('.card[data-way="lit"]').first().waitFor();
  await page.locator('.way li', { hasText: 'sender' }).locator('> details > summary').last().click();
}

/** How each picture comes about, from a page that shows the graph. */
const pictures: Readonly<
  Record<string, readonly [BrowserContextOptions, (page: Page, origin: string) => Promise<void>]>
> = {
  editor: [WIDE, (page, origin) => talk(origin, () => heated(page))],
  way: [WIDE, showWay],
  fault: [
    WIDE,
    async page => {
      await select(page, 'limit');
      await button(page, 'Disconnect limit REFUSED → IN responder').click();
      await page.locator('.card .fault').waitFor();
    },
  ],
  publish: [
    WIDE,
    async page => {
      await limit(page, '280');
      await button(page, 'Close the inspector').click();
      await button(page, 'Publish').click();
      await page.locator('[data-sign="+"]').waitFor();
    },
  ],
  recipe: [
    WIDE,
    async page => {
      await open(page, 'Library');
      await page.getByRole('button', { name: 'Word filter with an alert' }).click();
      await page.getByRole('heading', { name: '3 nodes' }).waitFor();
      await page.locator('.sketch').last().waitFor();
    },
  ],
  phone: [{ ...PHONE, colorScheme: 'dark' }, showWay],
};

async function take(browser: Browser, origin: string, name: string): Promise<void> {
  const [options, prepare] = pictures[name]!;
  const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  await page.goto(`${origin}/editor/#secret=${encodeURIComponent(SECRET)}`);
  await page.locator('.card').nth(9).waitFor();
  await prepare(page, origin);
  await page.mouse.move(0, 0);
  // The picture is moved in a frame of its own after what it shows.
  await page.evaluate('new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
  await page.screenshot({ path: join(import.meta.dirname, 'pictures', `${name}.png`) });
  await context.close();
}

/** Takes each picture from a server of its own, so that none shows what another one has left. */
async function picture(browser: Browser, name: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'flowchat-pictures-'));
  const graph = 'graphs/chat.fbp';
  cpSync(join(import.meta.dirname, '..', graph), join(folder, graph));
  // The page shows the graph's file as it was named.
  process.chdir(folder);
  const given = { PORT: '0', DATA: 'data', GRAPH: graph, EDITOR_SECRET: SECRET };
  const running = await serve(readSettings(given, []), () => {});
  try {
    await take(browser, new URL(running.url).origin, name);
  } finally {
    await running.stop();
    process.chdir(import.meta.dirname);
    rmSync(folder, { recursive: true, force: true });
  }
}

const browser = await launch();
for (const name of Object.keys(pictures)) await picture(browser, name);
await browser.close();
