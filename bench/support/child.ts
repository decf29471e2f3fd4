import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A server in a process of its own, whose CPU time can be read. */
export interface Child {
  readonly port: number;
  /** CPU time used so far, in microseconds. */
  cpu(): Promise<number>;
  /** Resident memory in bytes, after a garbage collection that also gives empty pages back to the system. */
  memory(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a script of bench/peers that calls `serving` when it listens. */
export async function child(script: string, env: Readonly<Record<string, string>> = {}): Promise<Child> {
  const process_ = fork(new URL(`../peers/${script}.ts`, import.meta.url), {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    execArgv: ['--expose-gc'],
  });
  const { port } = await answer(process_);
  const ask = async (question: string) => {
    const answered = answer(process_);
    process_.send(question);
    return answered;
  };
  return {
    port: port!,
    cpu: async () => (await ask('cpu')).cpu!,
    memory: async () => (await ask('memory')).memory!,
    stop: () => end(process_),
  };
}

/** The next thing that a process says. Rejects where it ends instead. */
export async function answer<T = Record<string, number>>(process_: ChildProcess): Promise<T> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const [message] = await Promise.race([
      once(process_, 'message', { signal }),
      once(process_, 'exit', { signal }).then(([code]) =>
        Promise.reject(new Error(`${process_.spawnfile} ended with ${code}`)),
      ),
    ]);
    return message;
  } finally {
    settled.abort();
  }
}

/** Ends a process, if it has not ended already. */
export async function end(process_: ChildProcess): Promise<void> {
  if (process_.exitCode !== null || process_.signalCode !== null) return;
  const exit = once(process_, 'exit');
  process_.kill('SIGKILL');
  await exit;
}

/** Tells the parent where this process serves, and answers its questions. */
export function serving(port: number): void {
  process.on('message', question => {
    const { user, system } = process.cpuUsage();
    if (question === 'cpu') process.send?.({ cpu: user + system });
    if (question === 'memory') {
      globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
      process.send?.({ memory: process.memoryUsage().rss });
    }
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ port });
}
