import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

const scope = new AsyncLocalStorage<string>();

/** Runs work apart from all else: every store that is opened in its course is an empty one in memory that nobody else has. */
export class Apart {
  readonly #name = randomUUID();

  run<T>(work: () => T): T {
    return scope.run(this.#name, work);
  }
}

/** The name of what runs apart, where this is called in its course. */
export function apart(): string | undefined {
  return scope.getStore();
}
