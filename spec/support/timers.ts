import { jest } from '@jest/globals';

/** Lets this process end though timers of a library or a page go on that nobody can stop. To be called before any is set. */
export function unrefTimers(): void {
  const { setTimeout: later } = globalThis;
  jest.spyOn(globalThis, 'setTimeout').mockImplementation((...given) => later(...given).unref());
}
