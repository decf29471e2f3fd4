import type { Stores } from '../../flow/stores.ts';
import type { Live, Reason } from './live.ts';

/** What was live, and what a roll-back needs to know of it. */
export interface Predecessor {
  readonly live: Live;
  readonly reason: Reason;
  readonly stores: Stores;
  /** Whether it has lived through its trial. */
  readonly isProven: boolean;
}

/** How many revisions without a finished trial are gone back to. */
const MOST_YOUNG = 10;

/** What the live revision is rolled back to: the one before it, and further if that fails as well. */
export class Predecessors {
  #all: readonly Predecessor[] = [];

  /** The one before the live one; undefined where there is nothing to go back to. */
  get last(): Predecessor | undefined {
    return this.#all.at(-1);
  }

  push(one: Predecessor): void {
    this.#all = [...(one.isProven ? [] : this.#all), one];
    const [oldest, ...others] = this.#all;
    // The oldest one is proven.
    if (oldest && others.length > MOST_YOUNG) this.#all = [oldest, ...others.slice(-MOST_YOUNG)];
  }

  pop(): void {
    this.#all = this.#all.slice(0, -1);
  }

  /** The live one is proven: those before it that were not are never gone back to. */
  keepProven(): void {
    this.#all = this.#all.filter(({ isProven }) => isProven);
  }
}
