import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from '../spec/support/browser.ts';
import { serve } from '../src/serve.ts';
import { readSettings } from '../src/settings.ts';
import { SECRET } from './support/editor.ts';
import { unlimited } from './support/graph.ts';
import { judged, median, type Row } from './support/table.ts';

export const title =
  'how soon a page is there from loopback, with nothing cached: milliseconds until it can be used, and kB of script that came by then, without elk';

const ROUNDS = 5;

export async function run(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'flowchat-open-'));
  const given = { PORT: '0', DATA: folder, GRAPH: unlimited({ STORE: 'memory:' }), EDITOR_SECRET: SECRET };
  const running = await serve(readSettings(given, []), () => {});
  const { origin } = new URL(running.url);
  const browser = await launch();
  try {
    const rows = [];
    for (const [page, path, there] of [
      ['chat', '/', 'textarea, input'],
      ['editor', `/editor/#secret=${encodeURIComponent(SECRET)}`, '.card'],
    ] as const) {
      const opened = [];
      for (let round = 0; round < ROUNDS; round++) opened.push(await open(browser, origin + path, there));
      const [{ kB }] = opened as [Opened];
      const row = { page, ms: median(opened.map(({ ms }) => ms)), 'kB of script': kB };
      rows.push(judged(row, { most: { ms: 2000, 'kB of script': 500 } }));
    }
    return rows;
  } finally {
    await browser.close();
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Opened {
  readonly ms: number;
  readonly kB: number;
}

/** Opens a page in a window that has cached nothing. */
async function open(browser: Awaited<ReturnType<typeof launch>>, url: string, there: string): Promise<Opened> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const sizes: Promise<number>[] = [];
  page.on('requestfinished', request => {
    if (/\.js$/.test(request.url()) && !/elk/.test(request.url()))
      sizes.push(request.sizes().then(size => size.responseBodySize));
  });
  const before = performance.now();
  await page.goto(url);
  await page.locator(there).first().waitFor();
  const ms = Math.round(performance.now() - before);
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await context.close();
  return { ms, kB: Math.round(bytes / 1000) };
}
