import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { ROOT } from './source.ts';

/** A process's exit and output. */
export interface End {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A started process, with its end. */
export interface Launched {
  readonly child: ChildProcess;
  readonly end: Promise<End>;
}

const running = new Set<ChildProcess>();

/** Kills processes that a test has left running. */
export function sweep(): void {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
}

/** Starts Node in a project's folder, ours unless given, with nothing more in its environment than every process here has. */
export function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = ROOT): Launched {
  const child = spawn(process.execPath, args, { cwd, env: { PATH: process.env.PATH, ...env } });
  running.add(child);
  const end = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { child, end: end.then(([out, err, [code]]) => ({ code, out, err })) };
}

/** Starts the server and waits until it says that it is ready. */
export async function launchServer(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = ROOT,
): Promise<Launched & { readonly line: string; readonly url: URL }> {
  const { child, end } = launch(['-r', './src/node24.cjs', 'src/main.ts', '--port', '0', ...args], env, cwd);
  const [line] = (await Promise.race([
    once(createInterface(child.stdout!), 'line'),
    end.then(({ err }) => Promise.reject(new Error(`it ended: ${err}`))),
  ])) as [string];
  return { child, end, line, url: new URL(/http\S+/.exec(line)?.[0] ?? '') };
}
