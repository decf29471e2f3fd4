import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { isLong } from './long.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Scope {
  /** These rules instead of all. */
  readonly rules?: readonly string[];
  /** Selectors of the parts that changed since the last check; each must exist. The long form checks the whole page. */
  readonly within?: readonly string[];
}

/** The violations that axe finds in a page: the rule, and the elements. */
export async function violations(page: Page, { rules, within = ['html'] }: Scope = {}): Promise<string[]> {
  // Faded elements have their final colours only at the end of the animation.
  await page.evaluate(`for (const animation of document.getAnimations())
    animation.effect.getComputedTiming().endTime === Infinity ? animation.cancel() : animation.finish()`);
  const session = await page.context().newCDPSession(page);
  // Over the debugger's protocol, which the Content-Security-Policy does not bind; once for each page that is loaded.
  if (!(await page.evaluate("'axe' in window"))) await session.send('Runtime.evaluate', { expression: AXE });
  const options = {
    preload: false,
    resultTypes: ['violations'],
    // Elements are identified by their HTML.
    selectors: false,
    ...(rules ? { runOnly: rules } : { rules: { 'label-content-name-mismatch': { enabled: true } } }),
  };
  const missing = await page.evaluate(`${JSON.stringify(within)}.filter(part => !document.querySelector(part))`);
  expect(missing).toEqual([]);
  const run = `axe.run({ include: ${JSON.stringify(isLong ? ['html'] : within)} }, ${JSON.stringify(options)}).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html + ' ' + failureSummary)))`;
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression: run,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  expect(exceptionDetails).toBeUndefined();
  return result.value;
}
