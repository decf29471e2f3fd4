import { execFileSync } from 'node:child_process';
import { machine, provide } from './browser.ts';

/** Runs once before all tests: sees to it that there is a browser, and a page to open in it. */
export default function setup(): void {
  provide(machine, line => console.error(line));
  execFileSync(process.execPath, ['public/build.ts'], { cwd: `${import.meta.dirname}/../..`, stdio: 'inherit' });
}
