import { Refused } from '../message.ts';

/** A graph that may not go live before somebody has confirmed that it keeps messages elsewhere. */
export class StoresMoved extends Refused {
  constructor(moved: string) {
    super(`${moved}; it goes live once that is confirmed, in the editor or with npm run revisions -- accept`);
  }
}

/** The one thing that waits until somebody confirms it. */
export class Confirmation {
  readonly #notify: (sentence: string) => void;
  #asked: { readonly sentence: string; readonly accept: () => Promise<unknown> } | undefined;

  /** `notify` hears of what has to be confirmed. */
  constructor(notify: (sentence: string) => void) {
    this.#notify = notify;
  }

  /** What has to be confirmed; undefined where nothing has. */
  get sentence(): string | undefined {
    return this.#asked?.sentence;
  }

  /** Lets `accept` wait, in place of what waited before. */
  ask(sentence: string, accept: () => Promise<unknown>): void {
    const isNew = sentence !== this.#asked?.sentence;
    this.#asked = { sentence, accept };
    if (isNew) this.#notify(sentence);
  }

  /** Nothing waits any more. */
  drop(): void {
    this.#asked = undefined;
  }

  /** Does what waits. Rejects where nothing does, or as that does. */
  async accept(): Promise<void> {
    if (!this.#asked) throw new Refused('nothing waits to be confirmed');
    const { accept } = this.#asked;
    this.#asked = undefined;
    await accept();
  }
}
