/** An observable value. Listeners are called once per frame, however often it changed. */
export class StateStore<T> {
  readonly #listeners = new Set<() => void>();
  readonly #soon: (notify: () => void) => void;
  #value: T;
  #isScheduled = false;

  constructor(value: T, soon: (notify: () => void) => void = notify => queueMicrotask(notify)) {
    this.#value = value;
    this.#soon = soon;
  }

  /** The current value. */
  readonly get = (): T => this.#value;

  /** Replaces the value; does nothing if `change` returns the same one. */
  update(change: (value: T) => T): void {
    const value = change(this.#value);
    if (value === this.#value) return;
    this.#value = value;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#soon(() => {
      this.#isScheduled = false;
      for (const listener of this.#listeners) listener();
    });
  }

  /** Resolves after the next change. */
  changed(): Promise<void> {
    return new Promise(resolve => {
      const stop = this.subscribe(() => {
        stop();
        resolve();
      });
    });
  }

  /** Calls the listener after changes, until the returned function is called. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

/** Calls back before the next paint, or after 200 ms in a hidden window, which never paints. */
export function nextFrame(callback: () => void): void {
  const once = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    callback();
  };
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, 200);
}
