import type { RefusalCode } from '../model/codes.ts';

/** The `from` of the server's own questions, such as reads of history for a subscriber. */
export const SELF = 'live';

/** Pending questions that each caller may always have, however small the limit. */
const LEAST_SHARE = 4;
/** Once half of the limit is used, each caller gets this fraction of it: an eighth. */
const PART = 8;

/** Limit of idle callers that are kept: to delete and add one for each question would cost more. */
const MAX_IDLE = 1000;

/** Why a question was rejected: its caller has too many pending, or all places are taken. */
export interface NoPlace {
  readonly code: RefusalCode;
  readonly detail: string;
}

/** The refusal while the graph is stopped. */
export const STOPPED: NoPlace = { code: 'graph-stopped', detail: 'the graph is stopped; try again when it runs' };

/** The refusal while the server stops. */
export const ENDING: NoPlace = { code: 'graph-stopped', detail: 'the server ends; try again once it runs again' };

/**
 * Divides the places for pending questions among callers, by `from`. While half of them are free, a caller may use any
 * number, for example a school behind one address; after that, at most an eighth of the limit each. The server itself
 * has a reserve beyond the limit.
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

  /** Places reserved for the server itself. */
  get reserve(): number {
    return this.#share;
  }

  /** Takes a place; undefined, or the reason why there is none. */
  take(from: string): NoPlace | undefined {
    const own = this.#taken.get(from) ?? 0;
    if (from === SELF) {
      if (this.#size >= this.#limit + this.#share) return this.#full();
    } else if (own >= this.#share && this.#size >= this.#limit / 2) {
      const detail = `${own} questions from your address are waiting already; try again in a second`;
      return { code: 'too-many-waiting', detail };
    } else if (this.#size >= this.#limit) return this.#full();
    this.#taken.set(from, own + 1);
    this.#size += 1;
    return undefined;
  }

  /** Returns a place. */
  free(from: string): void {
    this.#size -= 1;
    const left = this.#taken.get(from)! - 1;
    if (left > 0 || this.#taken.size < MAX_IDLE) this.#taken.set(from, left);
    else this.#taken.delete(from);
  }

  #full(): NoPlace {
    return { code: 'server-full', detail: `${this.#limit} questions are waiting already; try again in a second` };
  }
}
