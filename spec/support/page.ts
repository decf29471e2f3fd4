import { expect, jest } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

/** Timeout in milliseconds, for a busy machine. */
export const PATIENCE = 30_000;
jest.setTimeout(8 * PATIENCE);

/** Runs as long as the tests do, and has no page of another spec. */
export const { browser } = globalThis as unknown as { readonly browser: Browser };

/** A page in a browser profile of its own, and its errors. */
export interface Window {
  readonly page: Page;
  /** Errors of scripts, and violations of the Content-Security-Policy. */
  readonly faults: string[];
}

/** Opens an address as a new visitor with reduced motion, since each animation frame is drawn. */
export async function open(url: string, options: BrowserContextOptions = {}): Promise<Window> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  return openTab(context, url);
}

/**
 * Opens an empty page in a window of its own. Of the tabs of one window all but the last are out of sight, and Chromium
 * gives them one animation frame a second, so that each click would take two seconds.
 */
export async function newWindow(context: BrowserContext): Promise<Page> {
  const beside = context.pages()[0];
  if (!beside) return context.newPage();
  const [page] = await Promise.all([
    context.waitForEvent('page'),
    beside.evaluate("void open('about:blank', '', 'popup,noopener')"),
  ]);
  return page;
}

/** Opens an address in another page of the same visitor; `prepare` runs before it loads. */
export async function openTab(
  context: BrowserContext,
  url: string,
  prepare?: (page: Page) => Promise<void>,
): Promise<Window> {
  const page = await newWindow(context);
  await prepare?.(page);
  const faults: string[] = [];
  page.on('pageerror', error => faults.push(String(error)));
  page.on('console', message => {
    if (/Content Security Policy|Uncaught/.test(message.text())) faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults };
}

/** Opens addresses as a new visitor, but in existing windows. */
export class Visitor {
  readonly #windows = new Map<string, Window>();

  async visit(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const like = JSON.stringify(options);
    const window = this.#windows.get(like);
    if (window) await window.page.goto(url);
    else this.#windows.set(like, await open(url, options));
    return this.#windows.get(like)!.page;
  }

  /** Leaves the pages, and clears their storage. Returns their errors. */
  async leave(): Promise<string[]> {
    const faults: string[] = [];
    for (const window of this.#windows.values()) {
      faults.push(...window.faults.splice(0));
      const { origin } = new URL(window.page.url());
      if (origin === 'null') continue;
      // A page without scripts at the same origin, as Chromium starts a process for the next one at another.
      await window.page.goto(`${origin}/api/about`);
      const session = await window.page.context().newCDPSession(window.page);
      await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
      await session.detach();
    }
    return faults;
  }
}

/** Enters the name that the page asks for, and waits for the connection. */
export async function enter(page: Page, name: string): Promise<void> {
  await asked(page).fill(name);
  await page.getByRole('button', { name: 'Join' }).click();
  await linked(page, 'Live');
}

/** The field for the name on the first visit. */
export const asked = (page: Page) => page.getByRole('textbox', { name: 'What should others call you?' });

/** The composer's field. */
export const composer = (page: Page) => page.getByRole('textbox', { name: /^Message #/ });

/** The messages of the room on show. */
export const rows = (page: Page) => page.getByRole('log').getByRole('article');

/** Writes a text and sends it with Enter. */
export async function post(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press('Enter');
}

/** Waits until the page shows this state of the connection. */
export const linked = (page: Page, words: string) =>
  page.getByRole('status', { name: 'Connection' }).filter({ hasText: words }).waitFor();

/** The texts of the shown room, from top to bottom. */
export const texts = (page: Page) => page.locator('article .text').allTextContents();

/** The first and the longest polling interval in milliseconds; polling without pauses would block the page. */
const PAUSES = [10, 80] as const;

/** Waits until a page shows an expected value. */
export async function shows<T>(look: () => Promise<T>, expected: T): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  for (let pause: number = PAUSES[0]; ; pause = Math.min(pause * 1.5, PAUSES[1])) {
    const seen = await look();
    try {
      return expect(seen).toEqual(expected);
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await new Promise(resolve => setTimeout(resolve, pause));
  }
}

/** Posts a message by the API. */
export async function say(origin: string, room: string, text: string, author = 'zoe'): Promise<void> {
  const response = await fetch(`${origin}/api/rooms/${room}/messages`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ author, text }),
  });
  expect(response.status).toBe(201);
}
