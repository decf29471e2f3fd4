import { delimiter, join } from 'node:path';
import type { Browser } from 'playwright-core';
import { type Machine, machine, provided } from './machine.ts';

/** Chromium's names. The headless shell starts in half of the time, and is faster for each page. */
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

/** The path of Chromium: CHROMIUM if set, otherwise the usual places. Throws if CHROMIUM can't be run. */
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

/** The path of Chromium; installs it by apt-get if missing. Throws a sentence with the cure on failure. */
export const provide = (machine: Machine, say: (line: string) => void): string =>
  provided(machine, say, { name: 'Chromium', packages: PACKAGES, cure: CURE, find: () => find(machine) });

/** Features that Chromium runs beside the pages: pages of its address bar, and spare processes. */
const BESIDE = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'SpareRendererForSitePerProcess'];

/** Features that Playwright turns off. Chromium uses only the last list, which is ours. */
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

/** Starts Chromium without a window and without requests to other machines. */
export async function launch(): Promise<Browser> {
  const executablePath = find(machine);
  if (!executablePath) throw new Error(`the tests need Chromium, which is not here; ${CURE}`);
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      // Disables the graphics process.
      '--disable-gpu',
      '--in-process-gpu',
      // A short-lived page gains nothing from background compilation and collection.
      '--js-flags=--single-threaded',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--disable-features=${[...TURNED_OFF, ...BESIDE].join(',')}`,
    ],
  });
}
