import type { Message } from '../model/packets.ts';
import { firstIndex } from '../model/sorted.ts';
import { weightOf } from './message.ts';
import type { MessageRange, Slice } from './store.ts';

/** The result of reading a room without messages. */
export const EMPTY_SLICE: Slice = Object.freeze({ messages: Object.freeze([]), last: 0, first: 1 });

/** The newest messages of a room by sequence number, without gaps: all of the room's from `oldest` on. */
export class MessageWindow {
  #messages: Message[] = [];
  /** The last section that was read; undefined after a change. */
  #section: { readonly start: number; readonly end: number; readonly messages: readonly Message[] } | undefined;

  get size(): number {
    return this.#messages.length;
  }

  /** Sequence number of the oldest message in the window; undefined if it is empty. */
  get oldest(): number | undefined {
    return this.#messages[0]?.seq;
  }

  /** The message with this sequence number; undefined if it is not in the window. */
  at(seq: number): Message | undefined {
    const message = this.#messages[this.#index(seq)];
    return message?.seq === seq ? message : undefined;
  }

  /** Appends the next message. */
  push(message: Message): void {
    this.#section = undefined;
    this.#messages.push(message);
  }

  /** Prepends the messages that come just before the oldest one. */
  unshift(older: readonly Message[]): void {
    this.#section = undefined;
    this.#messages.unshift(...older);
  }

  /** Removes the oldest message. */
  shift(): Message | undefined {
    this.#section = undefined;
    return this.#messages.shift();
  }

  /** Replaces a message by its new version. Returns the old one; undefined if it is not in the window. */
  replace(message: Message): Message | undefined {
    this.#section = undefined;
    const before = this.at(message.seq);
    if (before) this.#messages[this.#index(message.seq)] = message;
    return before;
  }

  /** Sequence number of the next message that was not removed; undefined if there is none. */
  next(seq: number): number | undefined {
    let at = this.#index(seq + 1);
    while (this.#messages[at]?.removed) at++;
    return this.#messages[at]?.seq;
  }

  /** The oldest `limit` messages after a sequence number. */
  after(seq: number, limit: number): Message[] {
    const start = this.#index(seq + 1);
    return this.#messages.slice(start, start + limit);
  }

  /**
   * The newest `limit` messages before a sequence number whose `time` is greater than `since` (seconds). Returns the
   * same list until a change, or until another section is read.
   */
  before(seq: number, limit: number, since = 0): readonly Message[] {
    const end = this.#index(seq);
    let start = Math.max(0, end - limit);
    if (since > 0) {
      const oldest = start;
      start = end;
      while (start > oldest && this.#messages[start - 1]!.time > since) start--;
    }
    if (this.#section?.start !== start || this.#section.end !== end)
      this.#section = { start, end, messages: Object.freeze(this.#messages.slice(start, end)) };
    return this.#section.messages;
  }

  /** Index of the first message whose sequence number is at least `seq`. */
  #index(seq: number): number {
    return firstIndex(this.#messages.length, index => this.#messages[index]!.seq < seq);
  }
}

/** The cached part of a room that has messages. */
interface CachedRoom {
  readonly window: MessageWindow;
  /** Sequence number of the room's oldest message in the store, cached or not, */
  readonly first: number;
  /** and of the newest entry that the cache includes. */
  readonly last: number;
}

/** A room's state in the store at one moment. */
interface RoomSnapshot extends Omit<CachedRoom, 'window'> {
  /** Oldest first. */
  readonly messages: readonly Message[];
}

/** Reads uncached messages. */
interface MessageSource {
  /**
   * The newest `limit` messages of a room with sequence numbers below `before`; undefined if the source has nothing to
   * read.
   */
  read(room: string, before: number, limit: number): RoomSnapshot | undefined;
}

interface CachedWindow {
  readonly window: MessageWindow;
  /** Sequence number of the room's oldest message in the store; undefined until the room is read for the first time. */
  first?: number;
  /** Sequence number of the newest entry that the window includes. */
  last: number;
}

/** Limit of cached messages per room. */
const MAX_PER_ROOM = 200;
/** Limit of cached characters over all rooms: about 64 MB at worst. */
const MAX_CHARACTERS = 32e6;
/** Caches the newest messages of the most recently used rooms, so that most reads need no disk and share their objects. */
export class MessageCache {
  readonly #source: MessageSource;
  readonly #depth: number;
  readonly #budget: number;
  /** Least recently used first. */
  readonly #rooms = new Map<string, CachedWindow>();
  #weight = 0;

  constructor(source: MessageSource, depth = MAX_PER_ROOM, budget = MAX_CHARACTERS) {
    this.#source = source;
    this.#depth = depth;
    this.#budget = budget;
  }

  /**
   * A room's newest messages, read from the source if they are not cached; undefined if the source has nothing to read.
   */
  held(room: string): CachedRoom | undefined {
    const known = this.#rooms.get(room);
    const entry = known?.first === undefined ? this.#filled(room, known) : known;
    if (!entry) return;
    this.#use(room, entry);
    return { window: entry.window, first: entry.first ?? 1, last: entry.last };
  }

  /** The messages of a range; undefined unless all are cached, or can be filled from the source. */
  slice(room: string, { after, before, since = 0, limit }: MessageRange): Slice | undefined {
    const held = this.held(room);
    if (!held) return;
    const { window, first, last } = held;
    const oldest = window.oldest ?? last + 1;
    if (after !== undefined)
      return after >= oldest - 1 ? { messages: Object.freeze(window.after(after, limit)), first, last } : undefined;
    const seq = before ?? last + 1;
    const all = window.before(seq, limit);
    const messages = since > 0 ? window.before(seq, limit, since) : all;
    const isWhole = all.length === limit || oldest === first || messages.length < all.length;
    return isWhole ? { messages, first, last } : undefined;
  }

  /** Caches the newest messages of a room that were read elsewhere than by `source`. */
  fill(room: string, { messages, first, last }: RoomSnapshot): void {
    const known = this.#rooms.get(room);
    const newer = known?.window.after(last, Number.MAX_SAFE_INTEGER) ?? [];
    // Since this was read, some of its messages may have been changed.
    if (known && known.last > last + newer.length) return;
    if (known?.first !== undefined && known.last >= last && known.window.size >= messages.length) return;
    this.#drop(room);
    const window = new MessageWindow();
    window.unshift([...messages, ...newer].slice(-this.#depth));
    for (const message of window.after(0, this.#depth)) this.#weight += weightOf(message);
    this.#use(room, { window, first, last: last + newer.length });
  }

  /** The message with this sequence number; undefined if it is not cached. */
  at(room: string, seq: number): Message | undefined {
    return this.#rooms.get(room)?.window.at(seq);
  }

  /** Caches a message that was just stored. Returns the shared object for it. */
  add(message: Message): Message {
    const { room, seq } = message;
    const entry = this.#upTo(room, seq);
    // It was read from the source before this call.
    if (entry.last >= seq) return entry.window.at(seq) ?? message;
    entry.last = seq;
    this.#weight += weightOf(message);
    entry.window.push(message);
    if (entry.window.size > this.#depth) this.#weight -= weightOf(entry.window.shift() ?? message);
    this.#use(room, entry);
    return message;
  }

  /** Records that entry `seq` changed a message. */
  change(seq: number, message: Message): void {
    const { room } = message;
    if (!this.#rooms.has(room)) return;
    const entry = this.#upTo(room, seq);
    // The cached version may be newer, if it was read from the source.
    if (entry.last >= seq) {
      this.#drop(room);
      return;
    }
    entry.last = seq;
    const before = entry.window.replace(message);
    if (before) this.#weight += weightOf(message) - weightOf(before);
  }

  clear(): void {
    this.#rooms.clear();
    this.#weight = 0;
  }

  /** The cache of a room, or a new one if there is none or it lacks entries before `seq`. */
  #upTo(room: string, seq: number): CachedWindow {
    const entry = this.#rooms.get(room);
    if (entry && entry.last >= seq - 1) return entry;
    if (entry) this.#drop(room);
    return { window: new MessageWindow(), last: seq - 1 };
  }

  /** Fills a room's window up to its maximum; undefined if the source has nothing to read. */
  #filled(room: string, known: CachedWindow | undefined): CachedWindow | undefined {
    const window = known?.window ?? new MessageWindow();
    const found = this.#source.read(room, window.oldest ?? Number.MAX_SAFE_INTEGER, this.#depth - window.size);
    if (!found) return;
    if (known && found.last > known.last) {
      this.#drop(room);
      return this.#filled(room, undefined);
    }
    window.unshift(found.messages);
    for (const message of found.messages) this.#weight += weightOf(message);
    return Object.assign(known ?? { window, last: found.last }, { first: found.first });
  }

  #use(room: string, entry: CachedWindow): void {
    this.#rooms.delete(room);
    this.#rooms.set(room, entry);
    if (this.#weight <= this.#budget) return;
    for (const name of this.#rooms.keys()) {
      if (this.#weight <= this.#budget || name === room) break;
      this.#drop(name);
    }
  }

  #drop(room: string): void {
    for (const message of this.#rooms.get(room)?.window.after(0, Number.MAX_SAFE_INTEGER) ?? [])
      this.#weight -= weightOf(message);
    this.#rooms.delete(room);
  }
}
