/** A token bucket: what may still pass, and when that was so, in milliseconds. */
export interface RateLimiter {
  readonly tokens: number;
  readonly at: number;
}

/** How much passes: `burst` at once, and `rate` a second. */
export interface Rate {
  readonly burst: number;
  readonly rate: number;
}

/** The most buckets that are kept before those that are full again are forgotten. */
const MAX_BUCKETS = 10_000;

/** What is in a bucket at a later time. */
export function fill(bucket: RateLimiter | undefined, now: number, { burst, rate }: Rate): number {
  return bucket ? Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * rate) : burst;
}

/** How many seconds are missing to the next token; 0 where one is there. */
export function secondsToToken(
  buckets: ReadonlyMap<string, RateLimiter>,
  who: string,
  now: number,
  rate: Rate,
): number {
  const tokens = fill(buckets.get(who), now, rate);
  return tokens < 1 ? (1 - tokens) / rate.rate : 0;
}

/** Takes one token out of somebody's bucket. Returns 0, or how many seconds are missing to the next token. */
export function take(buckets: Map<string, RateLimiter>, who: string, now: number, rate: Rate): number {
  const wait = secondsToToken(buckets, who, now, rate);
  if (wait > 0) return wait;
  buckets.set(who, { tokens: fill(buckets.get(who), now, rate) - 1, at: now });
  if (buckets.size > MAX_BUCKETS) sweep(buckets, now, rate);
  return 0;
}

/** Forgets those whose bucket is full again: they have as much as somebody new. */
function sweep(buckets: Map<string, RateLimiter>, now: number, rate: Rate): void {
  for (const [who, bucket] of buckets) if (fill(bucket, now, rate) >= rate.burst) buckets.delete(who);
}

/** A bucket by itself: lets `burst` through at once, and then `rate` a second. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #now: () => number;
  #bucket: RateLimiter | undefined;

  constructor(rate: number, burst: number, now = () => performance.now()) {
    this.#rate = { rate, burst };
    this.#now = now;
  }

  /** Whether one more may pass. */
  take(): boolean {
    const at = this.#now();
    const tokens = fill(this.#bucket, at, this.#rate);
    const passes = tokens >= 1;
    this.#bucket = { tokens: passes ? tokens - 1 : tokens, at };
    return passes;
  }
}
