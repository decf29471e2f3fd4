import { launch } from './browser.ts';
import NativeEnvironment from './native-environment.js';

/**
 * Gives a spec `browser`, a Chromium of its own. One for all would be reached through Jest's first process, which then takes
 * about a tenth of the time of page specs; to start one takes less than a second of a core.
 */
export default class BrowserEnvironment extends NativeEnvironment {
  #browser;

  async setup() {
    await super.setup();
    this.#browser = await launch();
    this.global.browser = this.#browser;
  }

  async teardown() {
    await this.#browser?.close();
    await super.teardown();
  }
}
