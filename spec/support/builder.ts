import type { Locator, Page } from 'playwright-core';
import { truth } from './editor-page.ts';
import { shows } from './page.ts';

type Place = readonly [x: number, y: number];

/** Positions on a wire for dropping; the middle is preferred. */
const PLACES = [0.5, 0.2, 0.8, 0.35];

/**
 * A user who builds in the editor by mouse or keyboard, counting steps: a drag, a click, a choice from a list, a filled
 * field, or a key press with an effect. Looking, scrolling, zooming and moving the pointer or the focus don't count.
 */
export class Builder {
  readonly #page: Page;
  #steps: string[] = [];
  #revision: number;

  constructor(page: Page, revision = 1) {
    this.#page = page;
    this.#revision = revision;
  }

  /** The steps since the last call. */
  taken(): readonly string[] {
    return this.#steps.splice(0);
  }

  /** Opens the Library. */
  async library(): Promise<void> {
    await this.#click(
      this.#page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: 'Library' }),
      'Library',
    );
  }

  /** Inserts a recipe, which focuses its first setting. */
  async insert(title: string): Promise<void> {
    const recipes = this.#page.getByRole('region', { name: 'Recipes' });
    const recipe = this.#page.getByText(title, { exact: true });
    await this.#click(recipes.getByRole('button').filter({ has: recipe }), title);
    await this.#page.getByRole('complementary', { name: /^(Selection|Node )/ }).waitFor();
  }

  /** Drags a component out of the Library onto a wire, such as `check OUT → IN limit`. */
  async splice(component: string, wire: string): Promise<void> {
    const entry = this.#page.getByRole('region', { name: 'Library' }).locator('li button', {
      has: this.#page.locator('strong', { hasText: new RegExp(`^${component}$`) }),
    });
    await this.#page.getByRole('button', { name: 'Fit View' }).click();
    await entry.scrollIntoViewIfNeeded();
    await this.#zoomInto(wire);
    const mouse = this.#page.mouse;
    const from = await middle(entry);
    await mouse.move(...from);
    await mouse.down();
    await mouse.move(from[0] + 8, from[1] + 8, { steps: 2 });
    // The canvas may still be moving to make room for a panel, and another wire may cover this one.
    let tries = 0;
    await shows(async () => {
      const to = await this.#pointOf(wire, PLACES[tries++ % PLACES.length]);
      await mouse.move(...to, { steps: 4 });
      // The page notices a drag with the second move.
      await mouse.move(...to);
      return this.#page.getByText(`Into ${wire}`, { exact: true }).count();
    }, 1);
    await mouse.up();
    this.#steps.push(`drag ${component}`);
    await this.#page.getByRole('complementary', { name: /^Node / }).waitFor();
  }

  /** Types a value into a setting of the chosen nodes. */
  async set(title: string, value: string, node?: string): Promise<void> {
    const form = node === undefined ? this.#page : this.#page.getByRole('region', { name: `Settings of ${node}` });
    const field = form.getByRole('textbox', { name: new RegExp(`^${title} `) });
    await field.fill(value);
    await field.press('Control+Enter');
    this.#steps.push(`fill ${title}`);
  }

  /** Publishes the draft. */
  async publish(): Promise<void> {
    await this.#click(this.#page.getByRole('button', { name: 'Publish', exact: true }), 'Publish');
    await this.#click(this.#page.getByRole('button', { name: 'Publish the draft' }), 'Publish the draft');
    await this.isLive();
  }

  /** Waits until the published draft is live. */
  async isLive(): Promise<void> {
    this.#revision += 1;
    await shows(() => truth(this.#page), `Live, revision ${this.#revision}`);
  }

  /** Moves the focus to a button or a field by Tab alone. */
  async tabTo(target: Locator): Promise<void> {
    await target.waitFor();
    for (let count = 0; count < 200; count++) {
      if (await target.evaluate(element => element === element.ownerDocument.activeElement)) return;
      await this.#page.keyboard.press('Tab');
    }
    throw new Error('Tab does not lead there');
  }

  /** Presses several keys as one step each. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#page.keyboard.press(key);
    this.#steps.push(`press ${keys.join(', ')}`);
  }

  /** Types into the focused element. */
  async type(text: string): Promise<void> {
    await this.#page.keyboard.type(text);
    this.#steps.push(`type ${text}`);
  }

  /** Undoes the last edits. */
  async undo(times: number): Promise<void> {
    for (let time = 0; time < times; time++)
      await this.#click(this.#page.getByRole('button', { name: /^Undo: / }), 'Undo');
  }

  async #click(button: Locator, what: string): Promise<void> {
    await button.click();
    this.#steps.push(`click ${what}`);
  }

  /** Zooms in until a wire can be hit. */
  async #zoomInto(wire: string): Promise<void> {
    await this.#page.mouse.move(...(await this.#pointOf(wire)));
    await this.#page.mouse.wheel(0, -900);
  }

  /** A point of a wire on the canvas; 0 is its start. */
  #pointOf(wire: string, at = 0.5): Promise<Place> {
    const path = JSON.stringify(`.react-flow__edge[aria-label="${wire}"] .react-flow__edge-path`);
    return this.#page.evaluate<Place>(`(() => {
      const path = document.querySelector(${path});
      const { x, y } = path.getPointAtLength(path.getTotalLength() * ${at}).matrixTransform(path.getScreenCTM());
      return [x, y];
    })()`);
  }
}

async function middle(locator: Locator): Promise<Place> {
  const box = await locator.first().boundingBox();
  if (!box) throw new Error('it is not on the picture');
  return [box.x + box.width / 2, box.y + box.height / 2];
}
