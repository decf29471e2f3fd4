import { backoff } from '../model/backoff.ts';

/** How long a connection may take to be made, and how long it has to last to count as good; milliseconds. */
const PATIENCE = 10_000;
const STEADY = 5_000;

/** When a connection is made again after it was lost: at growing intervals, until one lasts. */
export class Retries {
  readonly #pauses: Parameters<typeof backoff>[1];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;

  constructor(pauses: Parameters<typeof backoff>[1] = {}) {
    this.#pauses = pauses;
  }

  /** Whether no connection has lasted since the last one was lost. */
  get again(): boolean {
    return this.#tries > 0;
  }

  /** A connection is being made; `giveUp` is called where that takes too long. */
  connecting(giveUp: () => void): void {
    this.end();
    this.#timer = setTimeout(giveUp, PATIENCE);
  }

  /** A connection was made. A server that takes connections and drops them at once is not hammered. */
  connected(): void {
    this.end();
    this.#timer = setTimeout(() => {
      this.#tries = 0;
    }, STEADY);
  }

  /** A connection was lost: calls `connect` after a pause. Returns when that will be, as Date.now() tells it. */
  lost(connect: () => void): number {
    this.end();
    const pause = backoff(this.#tries++, this.#pauses);
    this.#timer = setTimeout(connect, pause);
    return Date.now() + pause;
  }

  /** Waits for nothing any more. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
