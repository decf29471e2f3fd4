import { existsSync } from 'node:fs';

/** A file or folder that has to be in DATA while the server runs. */
export interface Guarded {
  readonly path: string;
  /** Whether it is to be there at the moment. */
  isExpected(): boolean;
  /** Makes it anew. Returns, as the end of a sentence, what that can't bring back, or what else is to be done. Throws what the file system does. */
  restore(): string;
}

/** Milliseconds between two looks. */
const LOOK_MS = 5000;

/**
 * Notices within 5 s when something was removed or moved out of DATA while the server runs, makes it anew and warns of it.
 * Tries again at each look for as long as that fails, and warns of that once.
 */
export class FolderGuard {
  readonly #guarded: readonly Guarded[];
  readonly #warn: (sentence: string) => void;
  /** What could not be made anew. */
  readonly #missing = new Set<Guarded>();
  readonly #timer: NodeJS.Timeout;

  constructor(guarded: readonly Guarded[], warn: (sentence: string) => void) {
    this.#guarded = guarded;
    this.#warn = warn;
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  look(): void {
    for (const one of this.#guarded) {
      if (one.isExpected() && !existsSync(one.path)) this.#restore(one);
      else this.#missing.delete(one);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #restore(one: Guarded): void {
    const lost = `${one.path} was removed while the server runs`;
    try {
      const rest = one.restore();
      this.#missing.delete(one);
      this.#warn(`${lost}; ${rest}`);
    } catch (error) {
      if (!this.#missing.has(one)) this.#warn(`${lost}, and can't be made anew: ${(error as Error).message}`);
      this.#missing.add(one);
    }
  }
}
