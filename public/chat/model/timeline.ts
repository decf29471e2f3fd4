import type { Reactions } from '../../../src/model/chat.ts';
import { messageHref } from './address.ts';
import type { Outbox, OutboxItem } from './outbox.ts';
import { type Authors, authorName, Lookalikes } from './people.ts';
import type { Room } from './room.ts';

/** A day in local time: its midnight and the next one, in milliseconds since 1970. */
interface Day {
  readonly start: number;
  readonly end: number;
}

/** The local day of a moment. */
export function dayOf(at: number): Day {
  const day = new Date(at);
  // If the clock is set forward at midnight, the day begins at one; the next midnight is unaffected.
  const [start, end] = [0, 1].map(later =>
    new Date(day.getFullYear(), day.getMonth(), day.getDate() + later).getTime(),
  );
  return { start: start!, end: end! };
}

/** Formats days and times in English, with the 12 or 24 hour clock of the reader's locale. */
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

  /** `Today`, `Yesterday` or `Monday, 2 March`, with the year if it is not the current one. */
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

/** A message in the log: stored by the server, or in the outbox. */
export interface MessageLine {
  readonly kind: 'line';
  /** Stays the same when a post becomes a message, so its element is reused. */
  readonly key: string;
  /** The message's id, once the server has it. */
  readonly id?: string;
  /** The message's address, once the server has it. */
  readonly href?: string;
  /** Whether the page's address links to it. */
  readonly target?: boolean;
  readonly author: string;
  /** The id of the author's account, if known. */
  readonly by?: string | undefined;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whether it starts a group, and so shows its author. */
  readonly opens: boolean;
  /** Its outbox item, if it is not acknowledged, was refused, or was answered by a bot. */
  readonly outboxItem?: OutboxItem;
  /** Whether it was written in this browser. */
  readonly mine: boolean;
  /** When it was last edited, in milliseconds since 1970. */
  readonly edited?: number | undefined;
  /** Whether it was removed, and so has no text. */
  readonly removed?: true | undefined;
  /** Who reacted, by emoji. */
  readonly reactions?: Reactions | undefined;
  /** A different name in the room that looks like the author's. */
  readonly alike?: string | undefined;
}

/** A line between messages: a day, the beginning of new messages, or a gap. */
export interface Divider {
  readonly kind: 'day' | 'new' | 'gap';
  readonly key: string;
  /** For a day: its midnight, in milliseconds since 1970. */
  readonly at?: number;
}

export type TimelineItem = MessageLine | Divider;

/** The message at the top of the view: its key in the timeline, and its bottom edge relative to the view, in pixels. */
export interface ScrollAnchor {
  readonly key: string;
  readonly offset: number;
}

/** Consecutive items that are drawn together. */
export interface Chunk {
  readonly key: string;
  readonly items: readonly TimelineItem[];
}

/** Messages of one author within this many milliseconds form a group. */
export const GROUP_WINDOW_MS = 5 * 60_000;

/** Equal to the page size, so that loading earlier messages changes no existing chunk. */
const perChunk = 50;

/** The reader of a timeline. */
interface Reader {
  /** The user's name, to find names that look like it. */
  readonly name?: string;
  /** The id of the signed-in person. */
  readonly me?: string | undefined;
  /** The message the address links to. */
  readonly target?: number | undefined;
  readonly authors?: Authors;
}

const NO_AUTHORS: Authors = new Map();

/** Lays out messages and pending posts in chunks with stable keys: days, the new line, gaps and groups. */
export function timeline(
  room: Room,
  outbox: Outbox,
  { name = '', me, target, authors = NO_AUTHORS }: Reader = {},
): Chunk[] {
  const writer = new Writer(room.origin);
  const lookalikes = new Lookalikes([name, ...room.messages.map(message => authorName(message, authors))]);
  const pending = outbox.filter(item => item.room === room.name && (item.seq ?? Number.POSITIVE_INFINITY) > room.reach);
  const answered = pending.filter(({ state }) => state === 'answered');
  // If earlier messages can't be loaded, the line is above the first message.
  let before = room.older === 'none' || room.older === 'lost' ? 0 : (room.messages[0]?.seq ?? 1) - 1;
  for (const message of room.messages) {
    const { seq, id, by, text, at, edited, removed, reactions } = message;
    const author = authorName(message, authors);
    writer.turn(seq);
    while (answered[0] && (answered[0].after ?? 0) < seq) writer.post(answered.shift()!);
    if (room.gaps.has(seq)) writer.divide({ kind: 'gap', key: `gap${seq}` });
    const fresh = room.line !== undefined && before <= room.line && room.line < seq;
    const own = room.own.get(seq);
    const mine = own !== undefined || (me !== undefined && by === me);
    const alike = mine ? undefined : lookalikes.of(author);
    const line = { key: own ?? `${seq}-${id}`, id, author, by, text, at: Date.parse(at) || 0, mine, alike };
    const changed = { edited: edited === undefined ? undefined : Date.parse(edited), removed, reactions };
    writer.write({ ...line, ...changed, href: messageHref(room.name, seq), target: seq === target }, fresh);
    before = seq;
  }
  let seq = room.reach;
  for (const item of pending) {
    if (item.state === 'answered' && !answered.includes(item)) continue;
    writer.turn(++seq);
    writer.post(item);
  }
  return writer.chunks;
}

class Writer {
  readonly #origin: number;
  readonly chunks: { key: string; items: TimelineItem[] }[] = [];
  #items: TimelineItem[] = [];
  #chunk = Number.NEGATIVE_INFINITY;
  #day: Day = { start: 0, end: 0 };
  #last: Pick<MessageLine, 'author' | 'by' | 'at' | 'mine'> | undefined;

  constructor(origin: number) {
    this.#origin = origin;
  }

  /** Continues in the chunk of a sequence number. */
  turn(seq: number): void {
    // A page's first message is a chunk of its own: when the page before it is loaded, it may lose its day line and
    // author.
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

  post(item: OutboxItem): void {
    const { key, author, text, at } = item;
    this.write({ key, author, text, at, mine: true, ...(item.state === 'kept' ? {} : { outboxItem: item }) });
  }

  write(line: Omit<MessageLine, 'kind' | 'opens'>, fresh = false): void {
    const { author, by, at, mine } = line;
    // A clock that went back, or an old refused post below newer messages, starts no new day.
    if (at >= this.#day.end) {
      this.#day = dayOf(at);
      this.divide({ kind: 'day', key: `day${this.#day.start}`, at: this.#day.start });
    }
    if (fresh) this.divide({ kind: 'new', key: 'new' });
    // Messages under the user's own name that were not written here form separate groups.
    const isSame = this.#last?.author === author && (this.#last.by === by || mine) && this.#last.mine === mine;
    const opens = !isSame || at - this.#last!.at > GROUP_WINDOW_MS;
    this.#items.push({ ...line, kind: 'line', opens });
    this.#last = { author, by, at, mine };
  }
}
