import { TestEnvironment } from 'jest-environment-node';
import { type Browser, chromium } from 'playwright-core';

/** Gives a spec `browser`, and leaves none of its pages open. */
export default class BrowserEnvironment extends TestEnvironment {
  #browser: Browser | undefined;

  override async setup(): Promise<void> {
    await super.setup();
    this.#browser = await chromium.connect(process.env.BROWSER_SERVER!);
    this.global.browser = this.#browser;
  }

  override async teardown(): Promise<void> {
    await this.#browser?.close();
    await super.teardown();
  }
}
