import { dropOldest } from '../model/cached.ts';
import { refusedWith } from './people.ts';

/** Tries that cost nothing, and the milliseconds of the first wait, which doubles with each further try, up to a longest one. */
interface Patience {
  readonly free: number;
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Milliseconds after which a failure is forgotten. */
const FORGET_MS = 3_600_000;
/** The most keys that are remembered: the oldest are forgotten first. */
const MAX_KEYS = 10_000;

/** Slows down who guesses: each failure under a key makes the wait for the next try longer. */
export class Attempts {
  readonly #failed = new Map<string, { count: number; at: number }>();
  readonly #patience: Patience;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  /** Milliseconds until a try under this key is taken; 0 if it is. */
  wait(key: string, now = Date.now()): number {
    const known = this.#failed.get(key);
    if (!known || now - known.at > FORGET_MS) return 0;
    const { free, firstMs, longestMs } = this.#patience;
    if (known.count < free) return 0;
    return Math.max(0, known.at + Math.min(longestMs, firstMs * 2 ** (known.count - free)) - now);
  }

  failed(key: string, now = Date.now()): void {
    const known = this.#failed.get(key);
    const count = known && now - known.at <= FORGET_MS ? known.count + 1 : 1;
    this.#failed.delete(key);
    this.#failed.set(key, { count, at: now });
    dropOldest(this.#failed, MAX_KEYS);
  }

  succeeded(key: string): void {
    this.#failed.delete(key);
  }
}

/** Why a guess is not taken yet. */
export function tooMany(...waits: readonly number[]) {
  const wait = Math.ceil(Math.max(...waits) / 1000);
  if (wait === 0) return;
  return refusedWith('too-many-tries', `too many tries; the next one is taken in ${wait} s`, {
    'Retry-After': String(wait),
  });
}
