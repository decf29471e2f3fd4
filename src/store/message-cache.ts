import type { Message } from '../model/packets.ts';
import type { MessageRange, Slice } from './store.ts';

/** The result of reading a room without messages. */
export const NOTHING: Slice = Object.freeze({ messages: Object.freeze([]), last: 0, first: 1 });

/**
 * The first and last sequence number that a range selects in a room that keeps `first` to `last`; first > last if it
 * selects nothing.
 */
export function span({ after, before, limit }: MessageRange, first: number, last: number): [low: number, high: number] {
  if (after !== undefined) {
    const low = Math.max(after + 1, first);
    return [low, Math.min(last, low + limit - 1)];
  }
  const high = before === undefined ? last : Math.min(before - 1, last);
  return [Math.max(first, high - limit + 1), high];
}

/** The newest messages of a room, with consecutive sequence numbers. */
export class MessageWindow {
  #messages: Message[] = [];

  get size(): number {
    return this.#messages.length;
  }

  /** Sequence number of the oldest message in the window; undefined if it is empty. */
  get first(): number | undefined {
    return this.#messages[0]?.seq;
  }

  /** Sequence number of the newest message in the window; 0 if it is empty. */
  get last(): number {
    return this.#messages.at(-1)?.seq ?? 0;
  }

  /** The message with this sequence number; undefined if it is not in the window. */
  at(seq: number): Message | undefined {
    return this.#messages[seq - (this.first ?? 0)];
  }

  /** Appends the next message. */
  push(message: Message): void {
    this.#messages.push(message);
  }

  /** Prepends the messages that come just before the oldest one. */
  unshift(older: readonly Message[]): void {
    this.#messages.unshift(...older);
  }

  /** Removes the oldest message. */
  shift(): Message | undefined {
    return this.#messages.shift();
  }

  /** Those of the messages `low` to `high` that are in the window and whose `time` is greater than `since` (seconds). */
  slice(low: number, high: number, since = 0): Message[] {
    const first = this.first ?? 0;
    const end = Math.max(0, high - first + 1);
    let start = Math.max(0, low - first);
    if (since > 0) {
      const oldest = start;
      start = end;
      while (start > oldest && (this.#messages[start - 1]?.time ?? 0) > since) start--;
    }
    return this.#messages.slice(start, end);
  }
}

/** A room's cached window; `oldest` is the first sequence number that the store still has of it. */
interface CachedRoom {
  readonly window: MessageWindow;
  readonly oldest: number;
}

/** Reads messages that are not cached. */
interface MessageSource {
  /** The newest `limit` messages of a room with sequence numbers below `before`, oldest first. */
  older(room: string, before: number, limit: number): Message[];
  /** Sequence number of a room's oldest message. Call only for rooms that have messages. */
  oldest(room: string): number;
}

interface CacheEntry {
  readonly window: MessageWindow;
  /** Undefined until the room is read for the first time. */
  oldest?: number;
}

/** Most messages cached per room. */
const MAX_PER_ROOM = 200;
/** Most characters cached over all rooms: about 64 MB at worst. */
const MAX_CHARACTERS = 32e6;
/** Estimated characters that a message costs beside its text. */
const FRAME = 300;

const weight = ({ author, text }: Message) => FRAME + author.length + text.length;

/** Caches the newest messages of the most recently used rooms, so that most reads need no disk and share their objects. */
export class MessageCache {
  readonly #source: MessageSource;
  readonly #depth: number;
  readonly #budget: number;
  /** Least recently used first. */
  readonly #rooms = new Map<string, CacheEntry>();
  #weight = 0;

  constructor(source: MessageSource, depth = MAX_PER_ROOM, budget = MAX_CHARACTERS) {
    this.#source = source;
    this.#depth = depth;
    this.#budget = budget;
  }

  /** A room's newest messages, read from the source if they are not cached; undefined if the room has none. */
  held(room: string): CachedRoom | undefined {
    const entry = this.#rooms.get(room) ?? { window: new MessageWindow() };
    const { window } = entry;
    entry.oldest ??= this.#fill(room, window);
    if (!entry.oldest) return;
    this.#use(room, entry);
    return { window, oldest: entry.oldest };
  }

  /** The message with this sequence number; undefined if it is not cached. */
  at(room: string, seq: number): Message | undefined {
    return this.#rooms.get(room)?.window.at(seq);
  }

  /** Caches a message that was just stored. Returns the object to share for it from now on. */
  add(message: Message): Message {
    const { room, seq } = message;
    let entry = this.#rooms.get(room) ?? { window: new MessageWindow() };
    if (seq <= entry.window.last) return entry.window.at(seq) ?? message;
    if (entry.window.size && seq > entry.window.last + 1) {
      this.#drop(room);
      entry = { window: new MessageWindow() };
    }
    this.#weight += weight(message);
    entry.window.push(message);
    if (entry.window.size > this.#depth) this.#weight -= weight(entry.window.shift() ?? message);
    this.#use(room, entry);
    return message;
  }

  clear(): void {
    this.#rooms.clear();
    this.#weight = 0;
  }

  /** Fills a window up to its maximum. Returns the oldest sequence number of the room, 0 if it has no messages. */
  #fill(room: string, window: MessageWindow): number {
    const older = this.#source.older(room, window.first ?? Number.MAX_SAFE_INTEGER, this.#depth - window.size);
    const oldest = older.length + window.size ? this.#source.oldest(room) : 0;
    window.unshift(older);
    for (const message of older) this.#weight += weight(message);
    return oldest;
  }

  #use(room: string, entry: CacheEntry): void {
    this.#rooms.delete(room);
    this.#rooms.set(room, entry);
    for (const name of this.#rooms.keys()) {
      if (this.#weight <= this.#budget || name === room) break;
      this.#drop(name);
    }
  }

  #drop(room: string): void {
    for (const message of this.#rooms.get(room)?.window.slice(0, Number.MAX_SAFE_INTEGER) ?? [])
      this.#weight -= weight(message);
    this.#rooms.delete(room);
  }
}
