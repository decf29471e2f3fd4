import { setImmediate } from 'node:timers/promises';
import type { Steps } from './model/steps.ts';

/** Works that run one after the other, in the order in which they came; one that fails keeps no other from running. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  /** Does a work when its turn has come. Rejects as the work does. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** Milliseconds of work in one turn of the event loop, so that requests don't wait for longer. */
const SLICE_MS = 10;

/** A time slice: lets everybody else have their turn once it is used up. */
export class TimeSlice {
  #start = performance.now();

  get isOver(): boolean {
    return performance.now() - this.#start > SLICE_MS;
  }

  /** Lets everybody else have their turn, and begins the next slice. */
  async next(): Promise<void> {
    await setImmediate();
    this.#start = performance.now();
  }
}

/** Does work in steps, with a break whenever a time slice is used up. Rejects with what the work throws. */
export async function inSlices<Result>(steps: Steps<Result>): Promise<Result> {
  const slice = new TimeSlice();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (slice.isOver) await slice.next();
  }
}
