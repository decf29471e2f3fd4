import { messageHref } from './address.ts';
import type { Outbox, OutboxItem } from './outbox.ts';
import { Lookalikes } from './people.ts';
import type { Room } from './room.ts';

/** A day by the reader's clock, as milliseconds since 1970: its midnight and the next one. */
interface Day {
  readonly start: number;
  readonly end: number;
}

/** The day that a moment falls on, by the local clock. */
export function dayOf(at: number): Day {
  const day = new Date(at);
  // Where the clock goes forward at midnight a day begins at one, and the next one at midnight all the same.
  const [start, end] = [0, 1].map(later =>
    new Date(day.getFullYear(), day.getMonth(), day.getDate() + later).getTime(),
  );
  return { start: start!, end: end! };
}

/** Says days and times in English, with the clock (12 or 24 hours) of the reader's locale. */
export class Calendar {
  readonly #clock: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #year: Intl.DateTimeFormat;
  readonly #full: Intl.DateTimeFormat;

  constructor(locale: string) {
    const english = locale.startsWith('en') ? locale : 'en-GB';
    const { hour12 } = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions();
    const hours = hour12
      ? ({ hour: 'numeric', hourCycle: 'h12' } as const)
      : ({ hour: '2-digit', hourCycle: 'h23' } as const);
    const clock = { ...hours, minute: '2-digit' } as const;
    const day = { weekday: 'long', day: 'numeric', month: 'long' } as const;
    this.#clock = new Intl.DateTimeFormat(english, clock);
    this.#day = new Intl.DateTimeFormat(english, day);
    this.#year = new Intl.DateTimeFormat(english, { ...day, year: 'numeric' });
    this.#full = new Intl.DateTimeFormat(english, { ...day, year: 'numeric', ...clock, second: '2-digit' });
  }

  /** `14:05` */
  clock(at: number): string {
    return this.#clock.format(at);
  }

  /** `Today`, `Yesterday`, `Monday, 2 March`, and with the year where it is another than now. */
  day(at: number, now: number): string {
    const today = dayOf(now);
    if (at >= today.start && at < today.end) return 'Today';
    if (at >= dayOf(today.start - 1).start && at < today.start) return 'Yesterday';
    const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
    return (sameYear ? this.#day : this.#year).format(at);
  }

  /** `Monday, 2 March 2026 at 14:05:09` */
  full(at: number): string {
    return this.#full.format(at);
  }
}

/** A message as it stands in the log: kept by the server, or on its way. */
export interface MessageLine {
  readonly kind: 'line';
  /** Stays the same when a post becomes a message, so that the page's element stays too. */
  readonly key: string;
  /** The message's id, once the server has it. */
  readonly id?: string;
  /** The message's address, once the server has it. */
  readonly href?: string;
  /** Whether the page's address leads to it. */
  readonly target?: boolean;
  readonly author: string;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whether it begins a group and shows its author. */
  readonly opens: boolean;
  /** Its outbox entry, where it is on its way or refused. */
  readonly entry?: OutboxItem;
  /** Whether it was written in this browser. */
  readonly mine: boolean;
  /** Another name in the room that looks like the author's and is not the same. */
  readonly alike?: string | undefined;
}

/** What stands between messages: a day, the beginning of what is new, or a gap. */
export interface Divider {
  readonly kind: 'day' | 'new' | 'gap';
  readonly key: string;
  /** Of a day: its midnight, in milliseconds since 1970. */
  readonly at?: number;
}

/** What the log consists of, from top to bottom. */
export type TimelineItem = MessageLine | Divider;

/** Some consecutive items, which the page draws together. */
export interface Chunk {
  readonly key: string;
  readonly items: readonly TimelineItem[];
}

/** Messages of one author that are no further apart stand in a group, in milliseconds. */
export const GROUP_WINDOW_MS = 5 * 60_000;

/** As many as are loaded at once, so that a page that comes before the others changes none of their chunks. */
const perChunk = 50;

/**
 * Lays out a room's messages and the posts on their way: days, the new line, gaps, groups; in chunks of stable keys.
 * `name` is what one is called, so that names which look like it are found; `target` is the message that the address leads to.
 */
export function timeline(room: Room, outbox: Outbox, name = '', target?: number): Chunk[] {
  const writer = new Writer(room.origin);
  const lookalikes = new Lookalikes([name, ...room.messages.map(({ author }) => author)]);
  let previous = (room.messages[0]?.seq ?? 1) - 1;
  // What cannot be loaded does not keep the line away: then it stands above the first message.
  let before = room.older === 'none' || room.older === 'lost' ? 0 : previous;
  for (const { seq, id, author, text, at } of room.messages) {
    writer.turn(seq);
    if (seq > previous + 1) writer.divide({ kind: 'gap', key: `gap${seq}` });
    const fresh = room.line !== undefined && before <= room.line && room.line < seq;
    const own = room.own.get(seq);
    const mine = own !== undefined;
    const alike = mine ? undefined : lookalikes.of(author);
    const line = { key: own ?? `${seq}-${id}`, id, author, text, at: Date.parse(at) || 0, mine, alike };
    writer.write({ ...line, href: messageHref(room.name, seq), target: seq === target }, fresh);
    previous = seq;
    before = seq;
  }
  let seq = room.reach;
  for (const entry of outbox) {
    if (entry.room !== room.name || (entry.seq ?? Number.POSITIVE_INFINITY) <= room.reach) continue;
    writer.turn(++seq);
    const { key, author, text, at } = entry;
    writer.write({ key, author, text, at, mine: true, ...(entry.state === 'kept' ? {} : { entry }) });
  }
  return writer.chunks;
}

class Writer {
  readonly #origin: number;
  readonly chunks: { key: string; items: TimelineItem[] }[] = [];
  #items: TimelineItem[] = [];
  #chunk = Number.NEGATIVE_INFINITY;
  #day: Day = { start: 0, end: 0 };
  #last: { author: string; at: number; mine: boolean } | undefined;

  constructor(origin: number) {
    this.#origin = origin;
  }

  /** Goes on in the chunk that a sequence number belongs to. */
  turn(seq: number): void {
    // A page's first message stands alone: when the page before it comes, it may lose its day line and its author.
    const from = seq - this.#origin;
    const chunk = 2 * Math.floor(from / perChunk) + (from % perChunk === 0 ? 0 : 1);
    if (chunk === this.#chunk) return;
    this.#chunk = chunk;
    this.#items = [];
    this.chunks.push({ key: `c${chunk}`, items: this.#items });
  }

  divide(divider: Divider): void {
    this.#last = undefined;
    this.#items.push(divider);
  }

  write(line: Omit<MessageLine, 'kind' | 'opens'>, fresh = false): void {
    const { author, at, mine } = line;
    // A clock that went back, or a refused post from yesterday below today's messages, makes no day of its own.
    if (at >= this.#day.end) {
      this.#day = dayOf(at);
      this.divide({ kind: 'day', key: `day${this.#day.start}`, at: this.#day.start });
    }
    if (fresh) this.divide({ kind: 'new', key: 'new' });
    // Whoever takes another's name stands apart from the other at least in the other's own browser.
    const opens = this.#last?.author !== author || this.#last.mine !== mine || at - this.#last.at > GROUP_WINDOW_MS;
    this.#items.push({ ...line, kind: 'line', opens });
    this.#last = { author, at, mine };
  }
}
