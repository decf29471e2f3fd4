import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { createServer } from 'node:net';

/** The functions needed to find and install a program. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether this process may install packages. */
  readonly root: boolean;
  /** Whether a file can be run. */
  runs(file: string): boolean;
  /** Runs a command. Returns the reason of a failure; undefined on success. */
  command(name: string, ...args: readonly string[]): string | undefined;
}

/** A program that the tests need. */
interface Needed {
  readonly name: string;
  /** Packages of apt-get that provide it, best one first. */
  readonly packages: readonly string[];
  readonly cure: string;
  find(): string | undefined;
  /** Called before something is installed; returns what undoes it. */
  prepare?(): () => void;
}

/** The path of a program; installs it by apt-get if missing. Throws a sentence with the cure on failure. */
export function provided(
  machine: Machine,
  say: (line: string) => void,
  { name, packages, cure, find, prepare }: Needed,
): string {
  const found = find();
  if (found) return found;
  if (!machine.root)
    throw new Error(`the tests need ${name}, which is not here, and only root can install it; ${cure}`);
  const aptGet = ['/usr/bin/apt-get', '/bin/apt-get'].find(file => machine.runs(file));
  if (!aptGet) throw new Error(`the tests need ${name}, which is not here, nor is apt-get to install it; ${cure}`);
  say(`${name} is not here; installing it for the tests with apt-get`);
  // Outdated package lists may suffice if they can't be updated.
  const stale = machine.command(aptGet, 'update');
  let failed: string | undefined;
  const restore = prepare?.();
  try {
    for (const wanted of packages) {
      failed = machine.command(aptGet, 'install', '-y', '--no-install-recommends', wanted);
      const installed = find();
      if (installed) return installed;
    }
  } finally {
    restore?.();
  }
  const reason = failed ?? stale ?? 'it said nothing';
  throw new Error(`the tests need ${name}, which is not here, and apt-get could not install it: ${reason}; ${cure}`);
}

/** The machine that this process runs on. */
export const machine: Machine = {
  env: process.env,
  root: process.getuid?.() === 0,
  runs(file) {
    try {
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  },
  command(name, ...args) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const { status, stderr, error } = spawnSync(name, args, {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (status === 0) return undefined;
    return stderr?.trim().split('\n').at(-1) || error?.message || `${name} ended with ${status}`;
  },
};

/** An unused port that the system doesn't give to outgoing connections. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const isFree = await new Promise<boolean>(resolve => {
      server.once('listening', () => resolve(true)).once('error', () => resolve(false));
      server.listen(port, '127.0.0.1');
    });
    await new Promise(resolve => server.close(resolve));
    if (isFree) return port;
  }
}
