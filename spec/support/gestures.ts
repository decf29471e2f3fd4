import { setTimeout as sleep } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';
import { panel } from './editor-live.ts';

// Mouse gestures on the editor's canvas.

export type Place = readonly [x: number, y: number];

/** The descriptions of the wires on the canvas. */
export const wires = (page: Page): Promise<string[]> =>
  page.locator('.react-flow__edge').evaluateAll(edges => edges.map(edge => edge.ariaLabel ?? '').toSorted());

export const wireSelector = (name: string) => `.react-flow__edge[aria-label="${name}"]`;

export async function middle(locator: Locator): Promise<Place> {
  const box = await locator.first().boundingBox();
  if (!box) throw new Error('it is not on the picture');
  return [box.x + box.width / 2, box.y + box.height / 2];
}

/** A point of a line on the canvas; 0 is its start. */
export const pointOf = (page: Page, line: string, at = 0.5): Promise<Place> =>
  page.evaluate<Place>(`(() => {
    const path = document.querySelector(${JSON.stringify(`${line} .react-flow__edge-path`)});
    const { x, y } = path.getPointAtLength(path.getTotalLength() * ${at}).matrixTransform(path.getScreenCTM());
    return [x, y];
  })()`);

/** Drags from one point to another, without releasing. */
export async function drag(page: Page, from: Place, to: Place): Promise<void> {
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(from[0] + 8, from[1] + 8, { steps: 2 });
  await page.mouse.move(...to, { steps: 8 });
  // The page notices a drag with the second move.
  await page.mouse.move(...to);
  await page.mouse.move(...to);
}

/** Waits until the page has rendered, however long a frame takes on a busy machine. */
const drawn = (page: Page): Promise<void> =>
  page.evaluate('new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))');

/** A point of the canvas, once that has moved to make room for a panel. */
export async function settled(page: Page, place: () => Promise<Place>): Promise<Place> {
  for (let before = await place(); ; ) {
    await sleep(100);
    await drawn(page);
    const now = await place();
    if (String(now) === String(before)) return now;
    before = now;
  }
}

/** Drags a component or a recipe from the library to a point of the canvas, without releasing. */
export async function carry(page: Page, name: string, to: () => Promise<Place>): Promise<void> {
  const field = page.getByRole('searchbox', { name: 'Find a component' });
  if (!(await field.isVisible())) await panel(page, 'Library');
  await field.fill(name);
  const title = page
    .getByRole('region', { name: 'Library' })
    .locator('li button strong', { hasText: new RegExp(`^${name}$`) });
  await title.scrollIntoViewIfNeeded();
  const place = await settled(page, to);
  await drag(page, await settled(page, () => middle(title)), place);
  // On a busy machine the picture may have moved since.
  for (let before = place; ; ) {
    const now = await settled(page, to);
    if (String(now) === String(before)) return;
    await page.mouse.move(...now);
    await page.mouse.move(...now);
    before = now;
  }
}

/** Drags a component from the library to a point of the canvas, relative to its upper left corner. */
export async function dragIn(page: Page, component: string, x: number, y: number): Promise<void> {
  await carry(page, component, async () => {
    const box = (await page.locator('.react-flow').boundingBox())!;
    return [box.x + x, box.y + y];
  });
  await page.mouse.up();
}
