import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Steps } from './model/steps.ts';

/** The right to work in a mutex, until that work ends. */
export class Turn {}

/** Runs async work one at a time, in order of arrival; a failure does not affect later work. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();
  #turn: Turn | undefined;

  /** Runs `work` once earlier work has finished; at once for the caller who has its `turn`. Rejects as `work` does. */
  run<T>(work: (turn: Turn) => Promise<T>, turn?: Turn): Promise<T> {
    if (turn !== undefined && turn === this.#turn) return work(turn);
    const result = this.#last.then(async () => {
      const own = new Turn();
      this.#turn = own;
      try {
        return await work(own);
      } finally {
        this.#turn = undefined;
      }
    });
    this.#last = result.catch(() => {});
    return result;
  }
}

/** Resolves and rejects as `work` does, or after `ms` milliseconds as `late` does. */
export async function inTime<T>(work: Promise<T>, ms: number, late: () => T): Promise<T> {
  const ended = new AbortController();
  try {
    return await Promise.race([work, setTimeout(ms, undefined, { signal: ended.signal }).then(late)]);
  } finally {
    ended.abort();
  }
}

/** Milliseconds of work per turn of the event loop, so that requests don't wait longer. */
const SLICE_MS = 10;

/** Yields to the event loop whenever a time slice is used up. */
export class TimeSlice {
  #start = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#start > SLICE_MS;
  }

  /** Yields to the event loop and starts the next slice. */
  async next(): Promise<void> {
    await setImmediate();
    this.#start = performance.now();
  }
}

/** Runs work in steps, yielding to the event loop between time slices. Rejects with what the work throws. */
export async function inSlices<Result>(steps: Steps<Result>): Promise<Result> {
  const slice = new TimeSlice();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (slice.isOver) await slice.next();
  }
}
