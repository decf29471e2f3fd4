/** Who asks where the server does itself, such as for what a subscriber has missed. */
export const SELF = 'live';

/** Questions that each may have waiting in any case, however small the limit. */
const LEAST_SHARE = 4;
/** What part of the limit is each one's share once half of it is taken. */
const PART = 8;

/** Why there is no place for a question: who asks has too many waiting himself, or all places are taken. */
export interface NoPlace {
  readonly status: 429 | 503;
  readonly detail: string;
}

/** While there is no graph, there is no place for anybody. */
export const STOPPED: NoPlace = { status: 503, detail: 'the graph is stopped; try again when it runs' };

/**
 * Shares the places for questions that wait for their answer among those who ask, by `from`. While half of the places are
 * free, anybody has as many as he likes, such as a school behind one address; after that nobody gets more than an eighth of
 * the limit, and so finds one who has fewer. The server itself has a reserve beyond the limit.
 */
export class Shares {
  readonly #limit: number;
  readonly #share: number;
  readonly #taken = new Map<string, number>();
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.#share = Math.max(LEAST_SHARE, Math.floor(limit / PART));
  }

  /** Takes a place; returns why there is none. */
  take(from: string): NoPlace | undefined {
    const own = this.#taken.get(from) ?? 0;
    if (from === SELF) {
      if (this.#size >= this.#limit + this.#share) return this.#full();
    } else if (own >= this.#share && this.#size >= this.#limit / 2) {
      const detail = `${own} questions from your address are waiting already; try again in a second`;
      return { status: 429, detail };
    } else if (this.#size >= this.#limit) return this.#full();
    this.#taken.set(from, own + 1);
    this.#size += 1;
    return undefined;
  }

  /** Gives a place back. */
  free(from: string): void {
    this.#size -= 1;
    const left = this.#taken.get(from)! - 1;
    if (left > 0) this.#taken.set(from, left);
    else this.#taken.delete(from);
  }

  #full(): NoPlace {
    return { status: 503, detail: `${this.#limit} questions are waiting already; try again in a second` };
  }
}
