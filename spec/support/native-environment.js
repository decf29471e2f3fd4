import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';

/** For NativeRuntime: what a spec sees is what Node has, put back after it. */
export default class NativeEnvironment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  fakeTimersModern;
  #env = { ...process.env };
  #exit = process.exit;
  #globals = Object.getOwnPropertyDescriptors(globalThis);

  constructor({ projectConfig }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  async setup() {
    // Jest has begun to look for source maps, and there are none.
    delete Error.prepareStackTrace;
    // Of Jest's 100 lines, which each `expect` collects, twenty tell as much.
    Error.stackTraceLimit = 20;
  }

  async teardown() {
    this.fakeTimersModern.dispose();
    for (const name of Object.keys(globalThis)) if (!Object.hasOwn(this.#globals, name)) delete globalThis[name];
    Object.defineProperties(globalThis, this.#globals);
    for (const name of Object.keys(process.env)) if (!Object.hasOwn(this.#env, name)) delete process.env[name];
    Object.assign(process.env, this.#env);
    process.exit = this.#exit;
  }

  getVmContext() {
    return null;
  }
}
