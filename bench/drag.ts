import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { launch } from '../spec/support/browser.ts';
import { serve } from '../src/serve.ts';
import { readSettings } from '../src/settings.ts';
import { connect, SECRET } from './support/editor.ts';
import { judged, type Row, rounded } from './support/table.ts';

export const title = 'how smoothly the editor drags a graph of 300 nodes; frames a second in Chromium';

const NODES = 300;
const COLUMNS = 25;
const DRAG_MS = 4000;

/** Fills the draft with a field of nodes, each wired to the next and to the one below. */
async function fill(origin: string): Promise<void> {
  const { ask, close } = await connect(origin);
  const { graph } = await ask('runtime', 'getruntime', { secret: SECRET });
  await ask('flowchat', 'open', { hold: true });
  const name = (index: number) => `node${index}`;
  for (let index = 0; index < NODES; index++) {
    const metadata = { x: (index % COLUMNS) * 320, y: Math.floor(index / COLUMNS) * 200 };
    await ask('graph', 'addnode', { id: name(index), component: 'chat/CheckPost', metadata, graph });
  }
  for (let index = 0; index < NODES - 1; index++) {
    const tgt = { node: name(index + 1), port: 'in' };
    await ask('graph', 'addedge', { src: { node: name(index), port: 'out' }, tgt, metadata: {}, graph });
  }
  close();
}

const FRAMES = `new Promise(resolve => {
  const times = [];
  const frame = time => {
    times.push(time);
    if (time - times[0] < ${DRAG_MS}) return requestAnimationFrame(frame);
    const gaps = times.slice(1).map((time, index) => time - times[index]).sort((a, b) => a - b);
    resolve([gaps.length / (time - times[0]) * 1000, gaps[Math.floor(gaps.length * 0.95)], gaps.at(-1)]);
  };
  requestAnimationFrame(frame);
})`;

/** Where a node is, once it has come to rest. */
async function rest(page: Page, name: string) {
  const box = () => page.locator(`[data-id="${name}"]`).boundingBox();
  for (let [before, now] = [await box(), await box()]; ; [before, now] = [now, await box()]) {
    if (now && JSON.stringify(before) === JSON.stringify(now)) return now;
    await sleep(300);
  }
}

/** Drags from a place in circles, and counts frames meanwhile. */
async function drag(page: Page, what: string, x: number, y: number): Promise<Row> {
  const where = async () => JSON.stringify(await page.locator('[data-id="node60"]').boundingBox());
  const before = await where();
  await page.mouse.move(x, y);
  await page.mouse.down();
  const counted = page.evaluate<[number, number, number]>(FRAMES);
  const end = performance.now() + DRAG_MS;
  for (let step = 0; performance.now() < end; step++) {
    await page.mouse.move(x + 120 * Math.sin(step / 20), y + 80 * (1 - Math.cos(step / 20)));
  }
  const [perSecond, slow, slowest] = await counted;
  if ((await where()) === before) throw new Error(`${what} did not move`);
  await page.mouse.up();
  return judged(
    { what, 'frames/s': rounded(perSecond), '95 of 100 within ms': rounded(slow), 'slowest ms': rounded(slowest) },
    { least: { 'frames/s': 50 } },
  );
}

export async function* run(): AsyncGenerator<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'flowchat-drag-'));
  const graph = join(folder, 'chat.fbp');
  cpSync(join(import.meta.dirname, '../graphs/chat.fbp'), graph);
  const given = { PORT: '0', DATA: join(folder, 'data'), GRAPH: graph, EDITOR_SECRET: SECRET };
  const running = await serve(readSettings(given, []), () => {});
  const { origin } = new URL(running.url);
  const browser = await launch();
  try {
    await fill(origin);
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(`${origin}/editor/#secret=${encodeURIComponent(SECRET)}`);
    await page.locator('.card').nth(NODES).waitFor();
    await page.getByRole('button', { name: 'Fit View' }).click();
    const grip = async () => {
      await sleep(1000);
      const { x, y, width } = await rest(page, 'node60');
      return [x + width / 2, y + 6] as const;
    };
    yield [await drag(page, 'one node', ...(await grip()))];
    yield [await drag(page, 'the whole picture', 300, 120)];
    await page.keyboard.press('Control+a');
    yield [await drag(page, 'all nodes at once', ...(await grip()))];
  } finally {
    await browser.close();
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
