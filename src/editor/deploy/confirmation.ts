import { Refused } from '../../model/refused.ts';
import type { Turn } from '../../mutex.ts';

type Accept = (turn: Turn) => Promise<unknown>;

/** Holds the one action that awaits confirmation. */
export class Confirmation {
  readonly #notify: (sentence: string) => void;
  #asked: { readonly sentence: string; readonly accept: Accept } | undefined;

  /** Calls `notify` with each sentence to confirm. */
  constructor(notify: (sentence: string) => void) {
    this.#notify = notify;
  }

  /** What awaits confirmation; undefined if nothing does. */
  get sentence(): string | undefined {
    return this.#asked?.sentence;
  }

  /** Makes `accept` await confirmation, replacing an earlier action. */
  ask(sentence: string, accept: Accept): void {
    const isNew = sentence !== this.#asked?.sentence;
    this.#asked = { sentence, accept };
    if (isNew) this.#notify(sentence);
  }

  /** Drops what awaits confirmation. */
  drop(): void {
    this.#asked = undefined;
  }

  /** Runs what awaits confirmation. Rejects if nothing does, or as it does. */
  async accept(turn: Turn): Promise<void> {
    if (!this.#asked) throw new Refused('nothing waits to be confirmed');
    const { accept } = this.#asked;
    this.#asked = undefined;
    await accept(turn);
  }
}
