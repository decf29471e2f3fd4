import { machine, provide } from './browser.ts';

/** Runs once before all tests: sees to it that there is a browser. */
export default function setup(): void {
  provide(machine, line => console.error(line));
}
