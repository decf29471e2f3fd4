/** Milliseconds after the last change when a draft goes live. */
const SETTLED = 300;

/** Waits until nothing has changed for a while. */
export class Settling {
  #timer: NodeJS.Timeout | undefined;

  /** Whether something has changed and is waited for. */
  get isPending(): boolean {
    return this.#timer !== undefined;
  }

  /** Does a work after a while, and not what was to be done before. */
  begin(work: () => void): void {
    this.calm();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      work();
    }, SETTLED);
  }

  /** Waits for nothing any more. */
  calm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
