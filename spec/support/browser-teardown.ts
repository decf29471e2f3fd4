import './browser-setup.ts';

/** Runs once after all specs of pages. */
export default function browserTeardown(): Promise<void> {
  return globalThis.browserServer.close();
}
