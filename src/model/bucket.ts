/** State of a token bucket: its tokens at a moment, in milliseconds. */
export interface RateLimiter {
  readonly tokens: number;
  readonly at: number;
}

/** The allowed rate: `burst` at once, then `rate` per second. */
export interface Rate {
  readonly burst: number;
  readonly rate: number;
}

/** Beyond this number of buckets, full ones are dropped. */
const MAX_BUCKETS = 10_000;

/** The tokens in a bucket at a later time. */
export function tokensAt(bucket: RateLimiter | undefined, now: number, { burst, rate }: Rate): number {
  return bucket ? Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * rate) : burst;
}

/** Seconds until the next token; 0 if there is one. */
export function secondsToToken(
  buckets: ReadonlyMap<string, RateLimiter>,
  who: string,
  now: number,
  rate: Rate,
): number {
  const tokens = tokensAt(buckets.get(who), now, rate);
  return tokens < 1 ? (1 - tokens) / rate.rate : 0;
}

/** Takes one token from somebody's bucket. Returns 0, or the seconds until there is one. */
export function take(buckets: Map<string, RateLimiter>, who: string, now: number, rate: Rate): number {
  const wait = secondsToToken(buckets, who, now, rate);
  if (wait > 0) return wait;
  buckets.set(who, { tokens: tokensAt(buckets.get(who), now, rate) - 1, at: now });
  if (buckets.size > MAX_BUCKETS) sweep(buckets, now, rate);
  return 0;
}

/** Drops full buckets: they equal new ones. */
function sweep(buckets: Map<string, RateLimiter>, now: number, rate: Rate): void {
  for (const [who, bucket] of buckets) if (tokensAt(bucket, now, rate) >= rate.burst) buckets.delete(who);
}

/** One token bucket: lets `burst` through at once, then `rate` per second. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #now: () => number;
  #bucket: RateLimiter | undefined;

  constructor(rate: number, burst: number, now = () => performance.now()) {
    this.#rate = { rate, burst };
    this.#now = now;
  }

  /** Takes a token; false if there is none. */
  take(): boolean {
    const at = this.#now();
    const tokens = tokensAt(this.#bucket, at, this.#rate);
    const passes = tokens >= 1;
    this.#bucket = { tokens: passes ? tokens - 1 : tokens, at };
    return passes;
  }
}
