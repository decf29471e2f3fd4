import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { open, type Window } from './page.ts';

/** What the editor's page asks for at first. */
export const SECRET = 'a secret of tests';

/** Opens the editor as somebody who has the secret in the address, and waits for the picture. */
export async function openEditor(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
  secret = SECRET,
): Promise<Window> {
  const window = await open(browser, `${origin}/editor/#secret=${encodeURIComponent(secret)}`, options);
  await card(window.page, 'router').waitFor();
  return window;
}

/** Opens the editor in a window that is there, which has forgotten all but what a browser may keep of files; a server at the same port spares it to fetch and compile them again. */
export async function reopenEditor({ page }: Window, origin: string, secret = SECRET): Promise<void> {
  await page.goto(`${origin}/editor/#secret=${encodeURIComponent(secret)}`);
  await card(page, 'router').waitFor();
}

/** Leaves the editor, so that the window does not notice that its server ends. */
export async function leaveEditor({ page }: Window): Promise<void> {
  if (page.url() === 'about:blank') return;
  await page.evaluate('sessionStorage.clear(); localStorage.clear()');
  await page.goto('about:blank');
}

/** A node on the picture. */
export const card = (page: Page, name: string): Locator =>
  page.locator('.card').filter({ has: page.locator('.head strong', { hasText: new RegExp(`^${name}$`) }) });

/** What the badge says. */
export const truth = (page: Page): Promise<string | null> => page.getByRole('status', { name: 'State' }).textContent();

/** Selects a node by the search palette. */
export async function select(page: Page, name: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.keyboard.type(name);
  await page.keyboard.press('Enter');
  await page.getByRole('complementary', { name: `Node ${name}` }).waitFor();
}

/** Types a value into a setting of the selected node. */
export async function setting(page: Page, port: string, value: string): Promise<void> {
  const field = page.getByRole('textbox', { name: new RegExp(`^${port} `) });
  await field.fill(value);
  await field.press('Enter');
}

/** Opens the draft and publishes it. */
export async function publish(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.getByRole('button', { name: 'Publish the draft' }).click();
}
