/** The right to work in a mutex until that work ends. */
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
