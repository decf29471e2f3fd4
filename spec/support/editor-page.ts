import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { open, openTab, shows, type Window } from './page.ts';

/** The editor's secret. */
export const SECRET = 'a secret of tests';

const editorUrl = (origin: string, secret = SECRET) => `${origin}/editor/#secret=${encodeURIComponent(secret)}`;

/** Opens the editor as somebody who has the secret in the address, and waits for the picture. */
export async function openEditor(
  origin: string,
  options: BrowserContextOptions = {},
  secret = SECRET,
): Promise<Window> {
  const window = await open(editorUrl(origin, secret), options);
  await card(window.page, 'router').waitFor();
  return window;
}

/** Opens the editor in a further tab, which was prepared. */
export async function openEditorTab(
  { page }: Window,
  origin: string,
  prepare?: (page: Page) => Promise<void>,
): Promise<Window> {
  const window = await openTab(page.context(), editorUrl(origin), prepare);
  await card(window.page, 'router').waitFor();
  return window;
}

/** Resets the page between tests: undoes edits, and closes panels. */
export async function restore(page: Page): Promise<void> {
  await page.evaluate('document.activeElement.blur()');
  const undo = page.locator('.toolbar button[aria-label^="Undo: "]:enabled');
  while ((await undo.count()) > 0) await page.keyboard.press('Control+z');
  await page.evaluate('document.activeElement.blur()');
  for (let step = 0; step < 4; step++) await page.keyboard.press('Escape');
  await page.evaluate(`document.querySelector('.side [aria-label^="Close "]')?.click()`);
  await shows(async () => (await truth(page))?.startsWith('Live'), true);
}

/** Discards the draft. */
export async function discard(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.getByRole('button', { name: 'Discard', exact: true }).click();
  await page.getByRole('button', { name: 'Discard it' }).click();
  await shows(async () => (await truth(page))?.startsWith('Live'), true);
}

/** A node on the canvas. */
export const card = (page: Page, name: string): Locator =>
  page.locator('.card').filter({ has: page.locator('.head strong', { hasText: new RegExp(`^${name}$`) }) });

/** The badge's text. Called often; a query by role would take three times as long. */
export const truth = (page: Page): Promise<string | null> =>
  page.locator('.truth [role="status"][aria-label="State"]').textContent();

/** Selects a node by the search palette, which renders with each key. */
export async function find(page: Page, name: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.keyboard.type(name);
  await page.keyboard.press('Enter');
  await page.getByRole('complementary', { name: `Node ${name}` }).waitFor();
}

/** Selects a node by keyboard on the canvas. */
export async function select(page: Page, name: string): Promise<void> {
  await page.locator(`.react-flow__node[data-id="${name}"]`).press(' ');
  await page.getByRole('complementary', { name: `Node ${name}` }).waitFor();
}

/** Types a value into a setting of the selected node. */
export async function setting(page: Page, port: string, value: string): Promise<void> {
  const field = page.getByRole('textbox', { name: new RegExp(`\\b${port}\\b`) });
  await field.fill(value);
  await field.press('Enter');
}

/** Opens the draft and publishes it. */
export async function publish(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.getByRole('button', { name: 'Publish the draft' }).click();
}
