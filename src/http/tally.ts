/** Counts how many of something each one has, and lets nobody have more than so many. */
export class Tally {
  readonly #most: number;
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes one more; false where that would be too many. */
  take(whose: string): boolean {
    const count = this.#counts.get(whose) ?? 0;
    if (count >= this.#most) return false;
    this.#counts.set(whose, count + 1);
    return true;
  }

  /** Gives one back. */
  free(whose: string): void {
    const left = this.#counts.get(whose)! - 1;
    if (left > 0) this.#counts.set(whose, left);
    else this.#counts.delete(whose);
  }
}
