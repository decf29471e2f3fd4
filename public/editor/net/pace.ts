/** Lets things be done as fast as they come up to `burst`, and then so many a second, in order: a server ends connections that ask for more. */
export class Pace {
  readonly #burst: number;
  readonly #rate: number;
  readonly #waiting: (() => void)[] = [];
  #tokens: number;
  #at = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(burst = 1000, rate = 300) {
    this.#burst = burst;
    this.#rate = rate;
    this.#tokens = burst;
  }

  do(action: () => void): void {
    this.#waiting.push(action);
    this.#go();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting.length = 0;
  }

  #go(): void {
    const now = performance.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#rate);
    this.#at = now;
    while (this.#waiting.length > 0 && this.#tokens >= 1) {
      this.#tokens -= 1;
      this.#waiting.shift()!();
    }
    clearTimeout(this.#timer);
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#go(), 50);
  }
}
