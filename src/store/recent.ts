import type { Message } from '../packets.ts';
import { Tail } from './tail.ts';

/** What is held of a room; `oldest` is the first sequence number that the room still has, on the disk or here. */
export interface Held {
  readonly tail: Tail;
  readonly oldest: number;
}

/** Where messages come from that are not held. */
export interface Source {
  /** The newest `limit` messages of a room whose sequence number is less than `before`, oldest first. */
  older(room: string, before: number, limit: number): Message[];
  /** The sequence number of the oldest message of a room that has messages. */
  oldest(room: string): number;
}

interface Entry {
  readonly tail: Tail;
  /** Not known as long as only new messages came in and nobody read. */
  oldest?: number;
}

/** The most messages that are held of a room. */
const DEPTH = 200;
/** The most that is held of all rooms together, in characters: about 64 MB at the worst. */
const BUDGET = 32e6;
/** What a message weighs beside its text. */
const FRAME = 300;

const weight = ({ author, text }: Message) => FRAME + author.length + text.length;

/** Holds the newest messages of the rooms that were used last, so that most reads need no disk and share their objects. */
export class Recent {
  readonly #source: Source;
  readonly #depth: number;
  readonly #budget: number;
  /** The room that was used last comes last. */
  readonly #rooms = new Map<string, Entry>();
  #weight = 0;

  constructor(source: Source, depth = DEPTH, budget = BUDGET) {
    this.#source = source;
    this.#depth = depth;
    this.#budget = budget;
  }

  /** The newest messages of a room, from the source where they are not here; undefined where the room has none. */
  held(room: string): Held | undefined {
    const entry = this.#rooms.get(room) ?? { tail: new Tail() };
    const { tail } = entry;
    entry.oldest ??= this.#fill(room, tail);
    if (!entry.oldest) return;
    this.#use(room, entry);
    return { tail, oldest: entry.oldest };
  }

  /** The message with this sequence number, if it is here. */
  at(room: string, seq: number): Message | undefined {
    return this.#rooms.get(room)?.tail.at(seq);
  }

  /** Takes in a message that has just been kept, and gives the object that stands for it from now on. */
  add(message: Message): Message {
    const { room, seq } = message;
    let entry = this.#rooms.get(room) ?? { tail: new Tail() };
    if (seq <= entry.tail.last) return entry.tail.at(seq) ?? message;
    if (entry.tail.size && seq > entry.tail.last + 1) {
      this.#drop(room);
      entry = { tail: new Tail() };
    }
    this.#weight += weight(message);
    entry.tail.push(message);
    if (entry.tail.size > this.#depth) this.#weight -= weight(entry.tail.shift() ?? message);
    this.#use(room, entry);
    return message;
  }

  /** Forgets everything. */
  clear(): void {
    this.#rooms.clear();
    this.#weight = 0;
  }

  /** Fills a tail up to its depth; the oldest sequence number of the room, 0 where it has no messages. */
  #fill(room: string, tail: Tail): number {
    const older = this.#source.older(room, tail.first ?? Number.MAX_SAFE_INTEGER, this.#depth - tail.size);
    const oldest = older.length + tail.size ? this.#source.oldest(room) : 0;
    tail.unshift(older);
    for (const message of older) this.#weight += weight(message);
    return oldest;
  }

  #use(room: string, entry: Entry): void {
    this.#rooms.delete(room);
    this.#rooms.set(room, entry);
    for (const name of this.#rooms.keys()) {
      if (this.#weight <= this.#budget || name === room) break;
      this.#drop(name);
    }
  }

  #drop(room: string): void {
    for (const message of this.#rooms.get(room)?.tail.slice(0, Number.MAX_SAFE_INTEGER) ?? [])
      this.#weight -= weight(message);
    this.#rooms.delete(room);
  }
}
