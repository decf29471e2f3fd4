import { dropOldest } from '../model/cached.ts';
import { refusedWith } from './people.ts';

/** Free attempts, and the first and longest delay in milliseconds; each further attempt doubles the delay. */
interface Patience {
  readonly free: number;
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Milliseconds after which a failure is dropped. */
const FORGET_MS = 3_600_000;
/** Limit of remembered keys; the oldest are dropped. */
const MAX_KEYS = 10_000;

/** Slows down guessing: each failure under a key doubles the delay of the next attempt. */
export class Attempts {
  readonly #failed = new Map<string, { count: number; at: number }>();
  readonly #patience: Patience;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  /** Milliseconds until an attempt under this key is accepted; 0 for now. */
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

/** The refusal of an attempt that came too early. */
export function tooMany(...waits: readonly number[]) {
  const wait = Math.ceil(Math.max(...waits) / 1000);
  if (wait === 0) return;
  return refusedWith('too-many-tries', `too many tries; the next one is taken in ${wait} s`, {
    'Retry-After': String(wait),
  });
}
