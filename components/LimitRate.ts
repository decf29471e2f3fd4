import { Component } from 'noflo';
import { type Rate, type RateLimiter, secondsToToken, take } from '../src/model/bucket.ts';
import { refusal } from '../src/model/codes.ts';
import { lookOf } from '../src/model/look.ts';
import type { Post } from '../src/model/packets.ts';
import { setting } from '../src/model/port-options.ts';
import { refCounted } from '../src/store/open.ts';

export { fill, type Rate, type RateLimiter, take } from '../src/model/bucket.ts';

/** Of one author from one address. */
const RATE: Rate = { burst: 100, rate: 20 };
/** How many times as much one address may send as one author from there, unless it is said. */
const AUTHORS = 3;
/** Keys that are remembered, and how often a post is sent again before it is counted once more. */
const MAX_KEYS = 10_000;
const MAX_RETRIES = 20;

/** How much passes, by whom it is counted. */
interface RateLimits {
  readonly author: Rate;
  readonly address: Rate;
  /** Undefined where a room is not slowed down. */
  readonly room: Rate | undefined;
}

/** Counts posts by author and address, by address, and by room. */
export class Counter {
  readonly #authors = new Map<string, RateLimiter>();
  readonly #addresses = new Map<string, RateLimiter>();
  readonly #rooms = new Map<string, RateLimiter>();
  /** How often each post under a key was sent again, the oldest first. */
  readonly #retries = new Map<string, number>();

  /** Counts a post, unless it was counted before under its key. Returns why it is too much, and for how many seconds; undefined where it may pass. */
  refuse(post: Post, now: number, rates: RateLimits): { readonly what: string; readonly wait: number } | undefined {
    const { author, from, room, key } = post;
    const known = key === undefined ? undefined : JSON.stringify([from, room, key]);
    if (known !== undefined && this.#isRetry(known)) return;
    const buckets: [what: string, Map<string, RateLimiter>, who: string, Rate][] = [
      ['posts', this.#authors, JSON.stringify([lookOf(author), from]), rates.author],
      ['posts from your address', this.#addresses, from, rates.address],
    ];
    if (rates.room) buckets.push(['posts in this room', this.#rooms, room, rates.room]);
    for (const [what, map, who, rate] of buckets) {
      const wait = secondsToToken(map, who, now, rate);
      if (wait > 0) return { what, wait };
    }
    for (const [, map, who, rate] of buckets) take(map, who, now, rate);
    if (known !== undefined) this.#addRetry(known, 0);
    return;
  }

  #isRetry(known: string): boolean {
    const retries = this.#retries.get(known);
    if (retries === undefined || retries >= MAX_RETRIES) return false;
    this.#addRetry(known, retries + 1);
    return true;
  }

  #addRetry(known: string, retries: number): void {
    this.#retries.delete(known);
    this.#retries.set(known, retries);
    if (this.#retries.size > MAX_KEYS) this.#retries.delete(this.#retries.keys().next().value!);
  }
}

/** What is set at each pair of ports; undefined where nothing is. */
type Setting = (port: string) => number | undefined;

function rates(setting: Setting): RateLimits {
  const author = checked('', { burst: setting('burst') ?? RATE.burst, rate: setting('rate') ?? RATE.rate });
  const address = checked('ADDRESS', {
    burst: setting('addressburst') ?? author.burst * AUTHORS,
    rate: setting('addressrate') ?? author.rate * AUTHORS,
  });
  const [burst, rate] = [setting('roomburst'), setting('roomrate')];
  if (rate === undefined && burst === undefined) return { author, address, room: undefined };
  return { author, address, room: checked('ROOM', { burst: burst ?? 1, rate: rate ?? 1 }) };
}

function checked(of: string, { burst, rate }: Rate): Rate {
  if (!(Number.isInteger(burst) && burst >= 1)) throw new Error(`${of}BURST must be a whole number of at least 1`);
  if (!(rate > 0 && rate < Number.POSITIVE_INFINITY)) throw new Error(`${of}RATE must be a number above 0`);
  return { burst, rate };
}

function tooFast(id: string, what: string, seconds: number) {
  const wait = Math.ceil(seconds);
  const detail = `too many ${what} at once; try again in ${wait} s`;
  return refusal(id, 'rate-limited', detail, { 'Retry-After': String(wait) });
}

/** Holds up those who post too fast. A new revision of the graph does not forget them. */
export const getComponent = () => {
  let shared: { readonly value: Counter; release(): void } | undefined;
  const component: Component = new Component({
    description: 'Passes so many posts a second of each author, address and room, and refuses the rest',
    icon: 'tachometer',
    inPorts: {
      in: { datatype: 'object', schema: 'chat/post', required: true, description: 'Post' },
      burst: setting({
        datatype: 'int',
        title: 'At once',
        unit: 'posts',
        default: RATE.burst,
        description: 'How many pass at once of one author from one address',
      }),
      rate: setting({
        datatype: 'number',
        title: 'A second',
        unit: 'posts',
        default: RATE.rate,
        description: 'How many pass a second of them',
      }),
      addressburst: setting({
        datatype: 'int',
        title: 'At once, of one address',
        unit: 'posts',
        description: `How many pass at once of all authors from one address; ${AUTHORS} times BURST unless set`,
      }),
      addressrate: setting({
        datatype: 'number',
        title: 'A second, of one address',
        unit: 'posts',
        description: `How many pass a second of them; ${AUTHORS} times RATE unless set`,
      }),
      roomburst: setting({
        datatype: 'int',
        title: 'At once, in one room',
        unit: 'posts',
        description: 'How many pass at once in one room; no room is slowed down unless this or ROOMRATE is set',
      }),
      roomrate: setting({
        datatype: 'number',
        title: 'A second, in one room',
        unit: 'posts',
        description: 'How many pass a second in one room, such as 0.2 for slow mode',
      }),
    },
    outPorts: {
      out: { datatype: 'object', schema: 'chat/post', description: 'Post, unchanged' },
      refused: { datatype: 'object', schema: 'chat/refusal', description: 'Refusal 429, with Retry-After' },
    },
    process(input, output) {
      const post: Post | undefined = input.hasData('in') ? input.getData('in') : undefined;
      const found = rates(port => (input.hasData(port) ? Number(input.getData(port)) : undefined));
      if (!post) return output.done();
      const refused = counter().refuse(post, performance.now(), found);
      output.sendDone(refused ? { refused: tooFast(post.id, refused.what, refused.wait) } : { out: post });
    },
  });
  const counter = () => {
    shared ??= refCounted(`rate:${component.nodeId}`, () => new Counter());
    return shared.value;
  };
  // Held from the start, so that a revision which nobody posts to passes them on to the next one.
  component.setUp = async () => {
    counter();
  };
  component.tearDown = async () => {
    shared?.release();
    shared = undefined;
  };
  return component;
};
