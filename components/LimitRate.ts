import { Component } from 'noflo';
import type { Post, Refusal } from '../src/packets.ts';
import { share } from '../src/store/share.ts';

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

const RATE: Rate = { burst: 100, rate: 20 };
const MOST_BUCKETS = 10_000;

/** What is in a bucket at a later time. */
export function fill(bucket: Bucket | undefined, now: number, { burst, rate }: Rate): number {
  return bucket ? Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * rate) : burst;
}

/** Takes one token out of an author's bucket. Returns 0, or how many seconds are missing to the next token. */
export function take(buckets: Map<string, Bucket>, who: string, now: number, rate: Rate): number {
  const tokens = fill(buckets.get(who), now, rate);
  if (tokens < 1) return (1 - tokens) / rate.rate;
  buckets.set(who, { tokens: tokens - 1, at: now });
  if (buckets.size > MOST_BUCKETS) sweep(buckets, now, rate);
  return 0;
}

/** Forgets those whose bucket is full again: they have as much as somebody new. */
function sweep(buckets: Map<string, Bucket>, now: number, rate: Rate): void {
  for (const [who, bucket] of buckets) if (fill(bucket, now, rate) >= rate.burst) buckets.delete(who);
}

function checked({ burst, rate }: Rate): Rate {
  if (!(Number.isInteger(burst) && burst >= 1)) throw new Error('BURST must be a whole number of at least 1');
  if (!(rate > 0 && rate < Number.POSITIVE_INFINITY)) throw new Error('RATE must be a number above 0');
  return { burst, rate };
}

function refusal(id: string, seconds: number): Refusal {
  const wait = Math.ceil(seconds);
  const detail = `too many posts at once; try again in ${wait} s`;
  return Object.freeze({ id, status: 429, detail, headers: Object.freeze({ 'Retry-After': String(wait) }) });
}

/** Holds up those who post too fast, by author and address. A new revision of the graph does not forget them. */
export const getComponent = () => {
  let shared: { readonly value: Map<string, Bucket>; release(): void } | undefined;
  const component: Component = new Component({
    description: 'Passes so many posts a second of each author and address, and refuses the rest',
    icon: 'tachometer',
    inPorts: {
      in: { datatype: 'object', schema: 'chat/post', required: true, description: 'Post' },
      burst: { datatype: 'int', control: true, description: `How many pass at once; ${RATE.burst}` },
      rate: { datatype: 'number', control: true, description: `How many pass a second; ${RATE.rate}` },
    },
    outPorts: {
      out: { datatype: 'object', schema: 'chat/post', description: 'Post, unchanged' },
      refused: { datatype: 'object', schema: 'chat/refusal', description: 'Refusal 429, with Retry-After' },
    },
    process(input, output) {
      const post: Post | undefined = input.hasData('in') ? input.getData('in') : undefined;
      const setting = (name: keyof Rate) => (input.hasData(name) ? Number(input.getData(name)) : RATE[name]);
      const rate = checked({ burst: setting('burst'), rate: setting('rate') });
      if (!post) return output.done();
      const wait = take(buckets(), JSON.stringify([post.author, post.from]), performance.now(), rate);
      output.sendDone(wait > 0 ? { refused: refusal(post.id, wait) } : { out: post });
    },
  });
  const buckets = () => {
    shared ??= share(`rate:${component.nodeId}`, () => new Map());
    return shared.value;
  };
  // Held from the start, so that a revision which nobody posts to passes them on to the next one.
  component.setUp = async () => {
    buckets();
  };
  component.tearDown = async () => {
    shared?.release();
    shared = undefined;
  };
  return component;
};
