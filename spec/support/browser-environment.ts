import { TestEnvironment } from 'jest-environment-node';
import type { Browser } from 'playwright-core';
import { launch } from './browser.ts';

/**
 * Gives a spec `browser`, a Chromium of its own. One for all would be reached through Jest's first process, which then takes
 * about a tenth of the time of page specs; to start one takes less than a second of a core.
 */
export default class BrowserEnvironment extends TestEnvironment {
  #browser: Browser | undefined;

  override async setup(): Promise<void> {
    await super.setup();
    this.#browser = await launch();
    this.global.browser = this.#browser;
  }

  override async teardown(): Promise<void> {
    await this.#browser?.close();
    await super.teardown();
  }
}
