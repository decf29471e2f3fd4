import type { BrowserServer } from 'playwright-core';
import { launchServer } from './browser.ts';
import setup from './setup.ts';

declare global {
  /** The browser of all specs of pages: it takes as long to start as a test. */
  var browserServer: BrowserServer;
}

/** Runs once before all specs of pages: starts the browser that they share. */
export default async function browserSetup(): Promise<void> {
  setup();
  globalThis.browserServer = await launchServer();
  process.env.BROWSER_SERVER = globalThis.browserServer.wsEndpoint();
}
