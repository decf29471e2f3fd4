import type { Locator, Page } from 'playwright-core';
import { enter, linked, open, type Window } from './page.ts';

/** Somebody who chats, and all connections that the page has made since it was live for the first time. */
export interface Guest extends Window {
  readonly again: readonly string[];
}

/** Joins a room, and stays. */
export async function join(origin: string, name: string, room: string): Promise<Guest> {
  const window = await open(`${origin}/#/${room}`);
  await enter(window.page, name);
  const again: string[] = [];
  window.page.on('websocket', socket => again.push(socket.url()));
  window.page.on('request', request => {
    if (request.resourceType() === 'eventsource') again.push(request.url());
  });
  await linked(window.page, 'Live');
  return { ...window, again };
}

/** The dot of a port, from which wires are drawn. */
export const dot = (page: Page, side: 'in' | 'out', node: string, port: string): Locator =>
  page.locator(`[data-id="${node}"] .react-flow__handle-${side === 'in' ? 'left' : 'right'}[data-handleid="${port}"]`);

/** Draws a wire by mouse. */
export async function draw(page: Page, from: readonly [string, string], to: readonly [string, string]): Promise<void> {
  const middle = async (locator: Locator) => {
    const box = await locator.boundingBox();
    if (!box) throw new Error('the port is not on the picture');
    return [box.x + box.width / 2, box.y + box.height / 2] as const;
  };
  const ends = [await middle(dot(page, 'out', ...from)), await middle(dot(page, 'in', ...to))] as const;
  await page.mouse.move(...ends[0]);
  await page.mouse.down();
  await page.mouse.move(...ends[1], { steps: 8 });
  await page.mouse.up();
}

/** Opens or closes a panel. */
export const panel = (page: Page, name: string): Promise<void> =>
  page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name }).click();
