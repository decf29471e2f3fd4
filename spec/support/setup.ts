import { execFileSync } from 'node:child_process';
import { mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machine, provide } from './browser.ts';

/** Runs once before all tests: sees to it that there is a browser, and a page to open in it. */
export default function setup(): void {
  provide(machine, line => console.error(line));
  execFileSync(process.execPath, ['public/build.ts'], { cwd: `${import.meta.dirname}/../..`, stdio: 'inherit' });
  process.env.FLOWCHAT_TESTS = mkdtempSync(join(roomInMemory() ?? tmpdir(), 'flowchat-tests-'));
  process.env.TMPDIR = process.env.FLOWCHAT_TESTS;
  // Many tests start the server as a process; what Node compiles for one of them is there for the next.
  process.env.NODE_COMPILE_CACHE = mkdtempSync(join(tmpdir(), 'flowchat-compiled-'));
}

/** Bytes that have to be free. */
const ROOM = 2 ** 30;

/** Where files are kept in memory, if there is room: a server waits for the disk with each message and with each start. */
function roomInMemory(place = '/dev/shm'): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(place);
    return bavail * bsize >= ROOM ? place : undefined;
  } catch {
    return undefined;
  }
}
