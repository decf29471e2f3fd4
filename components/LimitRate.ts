import { Component } from 'noflo';
import { Retries } from '../src/behaviour/retries.ts';
import { countAt, millisecondsAt, rateAt, settingsReader, shortOf, type Values } from '../src/behaviour/settings.ts';
import { type Template, template } from '../src/behaviour/template.ts';
import { type Rate, type RateLimiter, secondsToToken, take } from '../src/model/bucket.ts';
import { refusal } from '../src/model/codes.ts';
import { lookOf } from '../src/model/look.ts';
import type { Post } from '../src/model/packets.ts';
import { setting } from '../src/model/port-options.ts';
import { sharedByNode } from '../src/store/handles.ts';

/** The default rate of one author from one address. */
const RATE: Rate = { burst: 100, rate: 20 };
/** The default rate of an address, as a multiple of an author's. */
const AUTHORS = 3;

/** The rates, by what posts are counted. */
interface RateLimits {
  /** Set if posts are counted by this key only, at the rate of `author`. */
  readonly key?: Template;
  readonly author: Rate;
  readonly address: Rate;
  /** Undefined if rooms are not limited. */
  readonly room: Rate | undefined;
}

/** Counts posts by author and address, by address, and by room, or by a key of the graph. */
export class Counter {
  readonly #authors = new Map<string, RateLimiter>();
  readonly #addresses = new Map<string, RateLimiter>();
  readonly #rooms = new Map<string, RateLimiter>();
  readonly #keys = new Map<string, RateLimiter>();
  readonly #retries = new Retries();

  /**
   * Counts a post, unless it was counted before under its idempotency key. Returns the exceeded limit and the seconds
   * to wait; undefined if it may pass.
   */
  refuse(post: Post, now: number, rates: RateLimits): { readonly what: string; readonly wait: number } | undefined {
    if (this.#retries.countRetry(post)) return;
    const buckets = this.#bucketsOf(post, rates);
    for (const [what, map, who, rate] of buckets) {
      const wait = secondsToToken(map, who, now, rate);
      if (wait > 0) return { what, wait };
    }
    for (const [, map, who, rate] of buckets) take(map, who, now, rate);
    this.#retries.counted(post);
    return;
  }

  #bucketsOf(
    post: Post,
    { key, author: rate, address, room }: RateLimits,
  ): readonly (readonly [what: string, Map<string, RateLimiter>, who: string, Rate])[] {
    if (key) return [['posts', this.#keys, key(post), rate]];
    return [
      ['posts', this.#authors, authorAt(post), rate],
      ['posts from your address', this.#addresses, post.from, address],
      ...(room ? [['posts in this room', this.#rooms, post.room, room] as const] : []),
    ] as const;
  }
}

/** An author at an address, whose hash contains no blank. */
const authorAt = ({ author, from }: Post): string => `${from} ${lookOf(author)}`;

/** Predefined keys. */
const KEYS: ReadonlyMap<string, Template> = new Map<string, Template>([
  ['author', post => authorAt(post as Post)],
  ['room', post => (post as Post).room],
  ['address', post => (post as Post).from],
]);

/** Parses KEY: author, room, address, or a template of a post's fields. Throws a sentence for anything else. */
function keyAt(value: unknown): Template {
  const text = String(value).trim();
  const known = KEYS.get(text);
  if (known) return known;
  if (!text.includes('{{'))
    throw new Error(
      `KEY must be author, room, address or a template such as "{{who.id}} {{room}}", not ${shortOf(value)}`,
    );
  return template(text);
}

/** Parses a rate such as `1 post in 30 s`. Throws a sentence for anything else. */
export function limitAt(value: unknown): Rate {
  const [, count, time] =
    /^(\d{1,6})\s*(?:posts?)?\s*(?:in|per|a|an|every|\/)\s*(\D.*|\d.*)$/i.exec(String(value).trim()) ?? [];
  if (!(Number(count) >= 1) || time === undefined)
    throw new Error(`LIMIT looks like "1 post in 30 s", not ${shortOf(value)}`);
  const seconds = millisecondsAt('LIMIT', /^\d/.test(time) ? time : `1 ${time}`) / 1000;
  return { burst: Number(count), rate: Number(count) / seconds };
}

/** Parses the settings. Throws a sentence for invalid ones. */
function ratesOf(values: Values<Readonly<Record<Port, unknown>>>): RateLimits {
  const at = (port: Port) => (values[port] === undefined ? undefined : Number(values[port]));
  const said = values.limit === undefined ? undefined : limitAt(values.limit);
  const author = said ?? checked('', { burst: at('burst') ?? RATE.burst, rate: at('rate') ?? RATE.rate });
  const address = checked('ADDRESS', {
    burst: at('addressburst') ?? author.burst * AUTHORS,
    rate: at('addressrate') ?? author.rate * AUTHORS,
  });
  const [burst, rate] = [at('roomburst'), at('roomrate')];
  const isSlow = rate !== undefined || burst !== undefined;
  const room = isSlow ? checked('ROOM', { burst: burst ?? 1, rate: rate ?? 1 }) : undefined;
  return { author, address, room, ...(values.key !== undefined && { key: keyAt(values.key) }) };
}

type Port = 'key' | 'limit' | 'burst' | 'rate' | 'addressburst' | 'addressrate' | 'roomburst' | 'roomrate';

const checked = (of: string, { burst, rate }: Rate): Rate => ({
  burst: countAt(`${of}BURST`, burst),
  rate: rateAt(`${of}RATE`, rate),
});

function tooFast(id: string, what: string, seconds: number) {
  const wait = Math.ceil(seconds);
  const detail = `too many ${what} at once; try again in ${wait} s`;
  return refusal(id, 'rate-limited', detail, { 'Retry-After': String(wait) });
}

/** Refuses posts above the rate. A new revision of the graph keeps the counts. */
export const getComponent = () => {
  const settings = {
    limit: setting({
      datatype: 'string',
      title: 'Limit',
      everyday: true,
      description: 'In words, such as "1 post in 30 s"; it counts in place of BURST and RATE',
      check: limitAt,
    }),
    key: setting({
      datatype: 'string',
      title: 'Counted by',
      description:
        'By author, room, address or a template such as {{who.id}} {{room}}; without it, authors, addresses and rooms are each counted',
      check: keyAt,
    }),
    burst: setting({
      datatype: 'int',
      title: 'At once',
      everyday: true,
      unit: 'posts',
      default: RATE.burst,
      description: 'How many pass at once of one author from one address',
      check: (value: unknown) => countAt('BURST', value),
    }),
    rate: setting({
      datatype: 'number',
      title: 'A second',
      everyday: true,
      unit: 'posts',
      default: RATE.rate,
      description: 'How many pass a second of them',
      check: (value: unknown) => rateAt('RATE', value),
    }),
    addressburst: setting({
      datatype: 'int',
      title: 'At once, of one address',
      unit: 'posts',
      description: `How many pass at once of all authors from one address; ${AUTHORS} times BURST unless set`,
      check: (value: unknown) => countAt('ADDRESSBURST', value),
    }),
    addressrate: setting({
      datatype: 'number',
      title: 'A second, of one address',
      unit: 'posts',
      description: `How many pass a second of them; ${AUTHORS} times RATE unless set`,
      check: (value: unknown) => rateAt('ADDRESSRATE', value),
    }),
    roomburst: setting({
      datatype: 'int',
      title: 'At once, in one room',
      unit: 'posts',
      description: 'How many pass at once in one room; no room is slowed down unless this or ROOMRATE is set',
      check: (value: unknown) => countAt('ROOMBURST', value),
    }),
    roomrate: setting({
      datatype: 'number',
      title: 'A second, in one room',
      unit: 'posts',
      description: 'How many pass a second in one room, such as 0.2 for slow mode',
      check: (value: unknown) => rateAt('ROOMRATE', value),
    }),
  };
  const read = settingsReader(settings, ratesOf);
  const component: Component = new Component({
    description: 'Passes so many posts a second of each author, address and room, and refuses the rest',
    icon: 'tachometer',
    inPorts: {
      in: { datatype: 'object', schema: 'chat/post', required: true, description: 'Post' },
      ...settings,
    },
    outPorts: {
      out: { datatype: 'object', schema: 'chat/post', description: 'Post, unchanged' },
      refused: { datatype: 'object', schema: 'chat/refusal', description: 'Refusal 429, with Retry-After' },
    },
    process(input, output) {
      const post: Post | undefined = input.hasData('in') ? input.getData('in') : undefined;
      const rates = read(input);
      if (!post || !rates) return output.done();
      const refused = counter().refuse(post, performance.now(), rates);
      output.sendDone(refused ? { refused: tooFast(post.id, refused.what, refused.wait) } : { out: post });
    },
  });
  const counter = sharedByNode(component, 'rate', () => new Counter());
  return component;
};
