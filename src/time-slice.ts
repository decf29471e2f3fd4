import { setImmediate } from 'node:timers/promises';
import type { Steps } from './model/steps.ts';

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
