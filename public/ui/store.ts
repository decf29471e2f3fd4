/** One changing value. Its listeners are told once per frame, however often it changed in between. */
export class StateStore<T> {
  readonly #listeners = new Set<() => void>();
  readonly #soon: (notify: () => void) => void;
  #value: T;
  #isNotifying = true;

  constructor(value: T, soon: (notify: () => void) => void = notify => queueMicrotask(notify)) {
    this.#value = value;
    this.#soon = soon;
  }

  /** The value as it is now. */
  readonly get = (): T => this.#value;

  /** Puts a new value in place of the old one. */
  update(change: (value: T) => T): void {
    const value = change(this.#value);
    if (value === this.#value) return;
    this.#value = value;
    if (!this.#isNotifying) return;
    this.#isNotifying = false;
    this.#soon(() => {
      this.#isNotifying = true;
      for (const listener of this.#listeners) listener();
    });
  }

  /** Tells the listener of changes until the returned function is called. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

/** Calls back before the next paint; in a hidden window, where there is none, after a moment. */
export function nextFrame(callback: () => void): void {
  const once = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    callback();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, 200);
}
