import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { type Running, serve } from '../../src/serve.ts';
import { readSettings } from '../../src/settings.ts';
import { front, originOf } from '../support/gochat-page.ts';
import { isLong } from '../support/long.ts';
import { browser, shows } from '../support/page.ts';
import { ROOT } from '../support/source.ts';

let folder: string;
let running: Running;
let web: Server;
let tabs: BrowserContext;
let pages: Page[] = [];
/** Pages that are to be opened again. */
const spare: Page[] = [];

beforeAll(async () => {
  tabs = await browser.newContext();
  await tabs.clock.install({ time: 0 });
  await tabs.clock.pauseAt(1000);
});

/**
 * Starts server and proxy, and opens the page. Its time stands still but for what the test lets pass: two polls of such a
 * page that are under way at once both bring what is new, as gochat's own do, and how long a poll takes is the machine's
 * affair.
 */
async function open(graph: string, basePath: string, passed: (url: string) => string): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'flowchat-page-'));
  const env = { GRAPH: join(ROOT, graph), DATA: folder, PORT: '0', BASE_PATH: basePath, DEADLINE: '60' };
  running = await serve(readSettings(env, []), () => {});
  web = await front(new URL(running.url).origin, passed);
  pages = [await openPage()];
}

async function close(): Promise<void> {
  for (const page of pages.splice(0)) {
    await page.goto('about:blank');
    spare.push(page);
  }
  web?.closeAllConnections();
  web?.close();
  await running?.stop();
  rmSync(folder, { recursive: true });
}

async function openPage(): Promise<Page> {
  const page = spare.pop() ?? (await tabs.newPage());
  await page.goto(`${originOf(web)}/gochat/`);
  return page;
}

/** Opens the page as often as three people do. */
async function openThree(): Promise<void> {
  while (pages.length < 3) pages.push(await openPage());
}

/** Waits until the page has had all answers. */
const settled = (page: Page) => shows(() => page.evaluate('pending > 0'), false);

/** Lets every page poll twice. */
async function poll(): Promise<void> {
  for (const _ of [1, 2]) {
    await tabs.clock.runFor(200);
    await Promise.all(pages.map(settled));
  }
}

/** The page's form, as far as it is needed; these files know nothing of the browser's own types. */
interface Form {
  readonly elements: Record<'author' | 'text', { value: string }>;
  querySelector(selector: string): { click(): void };
}

/** Fills in the page's form and sends it; not by mouse, which waits for animation frames, and time stands still. */
async function post(page: Page, author: string, text: string): Promise<void> {
  const fill = (form: Form, [author, text]: readonly [string, string]) => {
    form.elements.author.value = author;
    form.elements.text.value = text;
    form.querySelector('button').click();
  };
  await page.$eval('#post', fill as never, [author, text] as const);
  await settled(page);
}

/** What each page shows: ids and texts. */
const shown = () =>
  Promise.all(
    pages.map(page => page.$$eval('#messages li', items => items.map(({ id, textContent }) => ({ id, textContent })))),
  );

const GRAPHS = ['graphs/chat.fbp', 'graphs/gochat.fbp'];
const PROXIES: readonly [how: string, basePath: string, passed: (url: string) => string][] = [
  ['keeps the path', '/', url => url],
  ['cuts the path to /', '/', url => url.replace('/gochat/chat', '/')],
  ['keeps the path, where BASE_PATH is /gochat', '/gochat', url => url],
];

/** Where the graph knows nothing of the proxy, one of them is enough, but for `npm run test:behaviours`. */
const proxiesOf = (graph: string) => (isLong || graph === GRAPHS[0] ? PROXIES : PROXIES.slice(1, 2));

describe.each(GRAPHS)("a page like gochat's, with %s", graph => {
  describe.each(proxiesOf(graph))('behind a proxy that %s', (_, basePath, passed) => {
    beforeAll(() => open(graph, basePath, passed));
    afterAll(close);

    it('shows each message once in every one of three open pages', async () => {
      await post(pages[0]!, 'ann', 'hi');
      // Who comes later sees what was said before.
      await openThree();
      const [ann, bob, eve] = pages as [Page, Page, Page];
      await poll();
      await post(bob, '', 'tea & <b>cake</b>?');
      await post(eve, 'Eve Ødegård', '  yes + 100% 🎉 ');
      await poll();
      await post(ann, 'ann', 'hi');
      await poll();
      const lists = await shown();
      const texts = ['ann: hi', 'anonymous: tea & <b>cake</b>?', 'Eve Ødegård: yes + 100% 🎉', 'ann: hi'];
      for (const list of lists) {
        expect(list.map(({ textContent }) => textContent)).toEqual(texts);
        expect(new Set(list.map(({ id }) => id)).size).toBe(4);
        expect(list).toEqual(lists[0]);
      }
    });

    it('shows five posts within one second once and in order, and polls between them', async () => {
      await openThree();
      await poll();
      const before = (await shown())[0]!.length;
      const send = async (text: string) => {
        const body = new URLSearchParams({ author: 'ann', text });
        const { status } = await fetch(`${originOf(web)}/gochat/chat`, { method: 'POST', body });
        expect(status).toBe(201);
      };
      for (const text of ['1', '2']) await send(text);
      await poll();
      for (const text of ['3', '4', '5']) await send(text);
      await poll();
      for (const list of await shown()) {
        expect(list.slice(before).map(({ textContent }) => textContent)).toEqual(
          ['1', '2', '3', '4', '5'].map(text => `ann: ${text}`),
        );
      }
    });
  });
});
