import { type ChildProcess, fork } from 'node:child_process';
import { answer, end } from './child.ts';

export const TEXT = 'The quick brown fox jumps over the lazy dog, and so on.';

/** What a process is to do. */
export interface PostingOrder {
  readonly writers: number;
  readonly ms: number;
}

/** Processes that keep messages in one schema of PostgreSQL. */
export class ClusterProcesses {
  readonly #children: readonly ChildProcess[];

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children;
  }

  static async start(count: number, url: string, database: string): Promise<ClusterProcesses> {
    const script = new URL('cluster-process.ts', import.meta.url);
    const env = { ...process.env, DATABASE_URL: database };
    const children = Array.from({ length: count }, () => fork(script, [url], { env }));
    await Promise.all(children.map(child => answer(child)));
    return new ClusterProcesses(children);
  }

  /** So many writers in all, each of whom keeps the next message when the last is kept. CPU in microseconds. */
  async post(writers: number, ms: number): Promise<{ readonly count: number; readonly cpu: number }> {
    const share = Math.ceil(writers / this.#children.length);
    const done = this.#children.map(async (child, index) => {
      const answered = answer<{ count: number; cpu: number }>(child);
      child.send({ writers: Math.min(share, writers - index * share), ms } satisfies PostingOrder);
      return answered;
    });
    const all = await Promise.all(done);
    return {
      count: all.reduce((sum, { count }) => sum + count, 0),
      cpu: all.reduce((sum, { cpu }) => sum + cpu, 0),
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map(end));
  }
}
