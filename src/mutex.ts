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
