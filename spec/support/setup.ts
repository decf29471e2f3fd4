import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machine, provide } from './browser.ts';

/** Runs once before all tests: sees to it that there is a browser, and a page to open in it. */
export default function setup(): void {
  provide(machine, line => console.error(line));
  execFileSync(process.execPath, ['public/build.ts'], { cwd: `${import.meta.dirname}/../..`, stdio: 'inherit' });
  // Many tests start the server as a process; what Node compiles for one of them is there for the next.
  process.env.NODE_COMPILE_CACHE = mkdtempSync(join(tmpdir(), 'flowchat-compiled-'));
}
