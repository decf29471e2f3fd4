/** A node of a network that runs, and the revision that the network is; undefined if it is a sketch or a test. */
export interface Holder {
  readonly node: string;
  readonly revision?: number | undefined;
}

/** A holder and its number in the shared memory; without a holder, the number is free. */
export type Seat = readonly [number: number, holder?: Holder];

/** The places in the shared memory. */
export const BEATS = 0;
export const HOLDER = 1;
export const DEBUGGED = 2;

/**
 * Which node holds the event loop, noted in memory that another thread can read while the loop is stuck. There is one for
 * the process, as there is one event loop.
 */
class Loop {
  readonly memory = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
  readonly #holders = new Map<number, Holder>();
  #last = 0;
  #told: ((seat: Seat) => void) | undefined;

  /** Tells who has which number, from now on and up to now. */
  tell(told: (seat: Seat) => void): void {
    this.#told = told;
    for (const seat of this.#holders) told(seat);
  }

  /** Gives a node the number that it enters with. */
  add(holder: Holder): number {
    this.#last += 1;
    this.#holders.set(this.#last, holder);
    this.#told?.([this.#last, holder]);
    return this.#last;
  }

  remove(number: number): void {
    this.#holders.delete(number);
    this.#told?.([number]);
  }

  /** Notes that a node holds the loop. Returns who held it before, to whom it goes back. */
  enter(number: number): number {
    const before = this.memory[HOLDER]!;
    this.memory[HOLDER] = number;
    return before;
  }

  leave(before: number): void {
    this.memory[HOLDER] = before;
  }
}

export const loop = new Loop();
