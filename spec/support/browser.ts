import { delimiter, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { type Machine, machine, provided } from './machine.ts';

/** Chromium's names. The one that can't open a window takes half of the time to start, and less for each page. */
const NAMES = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
];
const PACKAGES = ['chromium-headless-shell', 'chromium'];
const FOLDERS = ['/usr/bin', '/usr/local/bin', '/snap/bin', '/opt/google/chrome'];
const APPLICATIONS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const CURE = 'install it ("apt-get install chromium" on Debian), or say with CHROMIUM where it is';

/** Where Chromium is: at CHROMIUM if that is set, else where systems put it. Throws where CHROMIUM names nothing that runs. */
export function find({ env, runs }: Machine): string | undefined {
  const named = env.CHROMIUM;
  if (named) {
    if (runs(named)) return named;
    throw new Error(`CHROMIUM is ${named}, and that can't be run; give the path of Chromium, or leave it out`);
  }
  const folders = [...new Set([...(env.PATH ?? '').split(delimiter).filter(Boolean), ...FOLDERS])];
  const places = NAMES.flatMap(name => folders.map(folder => join(folder, name)));
  return [...places, ...APPLICATIONS].find(runs);
}

/** Where Chromium is, installed by apt-get if it was nowhere. Throws a sentence with the cure where that can't be done. */
export const provide = (machine: Machine, say: (line: string) => void): string =>
  provided(machine, say, { name: 'Chromium', packages: PACKAGES, cure: CURE, find: () => find(machine) });

/** What Chromium has beside the pages, and does for each of them: pages of its address bar, and processes to spare. */
const BESIDE = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'SpareRendererForSitePerProcess'];

/** What Playwright turns off. Chromium heeds only the last list, which is ours. */
const TURNED_OFF = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
];

/** Starts Chromium without a window, and so that it asks nobody outside this machine for anything. */
export async function launch(): Promise<Browser> {
  const executablePath = find(machine);
  if (!executablePath) throw new Error(`the tests need Chromium, which is not here; ${CURE}`);
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      // Nothing is drawn by a graphics card, so that nothing need be carried to a process that has one.
      '--disable-gpu',
      '--in-process-gpu',
      // A page that lives for seconds gains nothing from threads that compile and collect beside it.
      '--js-flags=--single-threaded',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--disable-features=${[...TURNED_OFF, ...BESIDE].join(',')}`,
    ],
  });
}
