import type { Message } from '../model/packets.ts';
import type { MessageRange, Slice } from './store.ts';

/** What is read of a room that has no messages. */
export const NOTHING: Slice = Object.freeze({ messages: Object.freeze([]), last: 0, first: 1 });

/** The first and the last sequence number of what a range means in a room that keeps `first` to `last`; crossed where it is nothing. */
export function span({ after, before, limit }: MessageRange, first: number, last: number): [low: number, high: number] {
  if (after !== undefined) {
    const low = Math.max(after + 1, first);
    return [low, Math.min(last, low + limit - 1)];
  }
  const high = before === undefined ? last : Math.min(before - 1, last);
  return [Math.max(first, high - limit + 1), high];
}

/** The newest messages of a room, without a hole between them. */
export class MessageWindow {
  #messages: Message[] = [];

  get size(): number {
    return this.#messages.length;
  }

  /** The sequence number of the oldest message here; undefined where there is none. */
  get first(): number | undefined {
    return this.#messages[0]?.seq;
  }

  /** The sequence number of the newest message, 0 where there is none. */
  get last(): number {
    return this.#messages.at(-1)?.seq ?? 0;
  }

  /** The message with this sequence number, if it is here. */
  at(seq: number): Message | undefined {
    return this.#messages[seq - (this.first ?? 0)];
  }

  /** Adds the message that comes next. */
  push(message: Message): void {
    this.#messages.push(message);
  }

  /** Adds the messages that come just before the oldest one here. */
  unshift(older: readonly Message[]): void {
    this.#messages.unshift(...older);
  }

  /** Takes the oldest message away. */
  shift(): Message | undefined {
    return this.#messages.shift();
  }

  /** Those of the messages `low` to `high` that are here and have a greater `time` than `since`, in seconds. */
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

/** What is held of a room; `oldest` is the first sequence number that the room still has, on the disk or here. */
interface CachedRoom {
  readonly window: MessageWindow;
  readonly oldest: number;
}

/** Where messages come from that are not held. */
interface MessageSource {
  /** The newest `limit` messages of a room whose sequence number is less than `before`, oldest first. */
  older(room: string, before: number, limit: number): Message[];
  /** The sequence number of the oldest message of a room that has messages. */
  oldest(room: string): number;
}

interface CacheEntry {
  readonly window: MessageWindow;
  /** Not known as long as only new messages came in and nobody read. */
  oldest?: number;
}

/** The most messages that are held of a room. */
const MAX_PER_ROOM = 200;
/** The most that is held of all rooms together, in characters: about 64 MB at the worst. */
const MAX_CHARACTERS = 32e6;
/** What a message weighs beside its text. */
const FRAME = 300;

const weight = ({ author, text }: Message) => FRAME + author.length + text.length;

/** Holds the newest messages of the rooms that were used last, so that most reads need no disk and share their objects. */
export class MessageCache {
  readonly #source: MessageSource;
  readonly #depth: number;
  readonly #budget: number;
  /** The room that was used last comes last. */
  readonly #rooms = new Map<string, CacheEntry>();
  #weight = 0;

  constructor(source: MessageSource, depth = MAX_PER_ROOM, budget = MAX_CHARACTERS) {
    this.#source = source;
    this.#depth = depth;
    this.#budget = budget;
  }

  /** The newest messages of a room, from the source where they are not here; undefined where the room has none. */
  held(room: string): CachedRoom | undefined {
    const entry = this.#rooms.get(room) ?? { window: new MessageWindow() };
    const { window } = entry;
    entry.oldest ??= this.#fill(room, window);
    if (!entry.oldest) return;
    this.#use(room, entry);
    return { window, oldest: entry.oldest };
  }

  /** The message with this sequence number, if it is here. */
  at(room: string, seq: number): Message | undefined {
    return this.#rooms.get(room)?.window.at(seq);
  }

  /** Takes in a message that has just been kept, and gives the object that stands for it from now on. */
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

  /** Forgets everything. */
  clear(): void {
    this.#rooms.clear();
    this.#weight = 0;
  }

  /** Fills a tail up to its depth; the oldest sequence number of the room, 0 where it has no messages. */
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
