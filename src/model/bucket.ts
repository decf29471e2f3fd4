/** A token bucket: what may still pass, and when that was so, in milliseconds. */
export interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/** How much passes: `burst` at once, and `rate` a second. */
export interface Rate {
  readonly burst: number;
  readonly rate: number;
}

/** The most buckets that are kept before those that are full again are forgotten. */
const MOST_BUCKETS = 10_000;

/** What is in a bucket at a later time. */
export function fill(bucket: Bucket | undefined, now: number, { burst, rate }: Rate): number {
  return bucket ? Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * rate) : burst;
}

/** How many seconds are missing to the next token; 0 where one is there. */
export function missing(buckets: ReadonlyMap<string, Bucket>, who: string, now: number, rate: Rate): number {
  const tokens = fill(buckets.get(who), now, rate);
  return tokens < 1 ? (1 - tokens) / rate.rate : 0;
}

/** Takes one token out of somebody's bucket. Returns 0, or how many seconds are missing to the next token. */
export function take(buckets: Map<string, Bucket>, who: string, now: number, rate: Rate): number {
  const wait = missing(buckets, who, now, rate);
  if (wait > 0) return wait;
  buckets.set(who, { tokens: fill(buckets.get(who), now, rate) - 1, at: now });
  if (buckets.size > MOST_BUCKETS) sweep(buckets, now, rate);
  return 0;
}

/** Forgets those whose bucket is full again: they have as much as somebody new. */
function sweep(buckets: Map<string, Bucket>, now: number, rate: Rate): void {
  for (const [who, bucket] of buckets) if (fill(bucket, now, rate) >= rate.burst) buckets.delete(who);
}
