import type { Entry, Message } from '../model/packets.ts';
import { message, weightOf } from './message.ts';
import { MessageCache } from './message-cache.ts';
import type { MessageRange, Slice } from './store.ts';

/** The columns of a message. */
export type StoredRow = readonly [
  room: string,
  seq: number,
  id: string,
  author: string,
  text: string,
  micros: number,
  at: number,
  edited: number | null,
  removed: number | null,
  reactions: string | null,
  version: number,
  by: string | null,
];

/** Limit of cached characters over all messages. */
const MAX_CHARACTERS = 16e6;

interface KnownMessage {
  readonly version: number;
  readonly message: Message;
}

/** Caches recently read messages, so that an unchanged message is always the same object. */
export class MessageInterner {
  /** By id, least recently used first. */
  #known = new Map<string, KnownMessage>();
  #weight = 0;
  readonly #budget: number;

  constructor(budget = MAX_CHARACTERS) {
    this.#budget = budget;
  }

  /** The message of a row. */
  of([room, seq, id, author, text, micros, at, edited, removed, reactions, version, by]: StoredRow): Message {
    const known = this.#known.get(id);
    // A version that is read late must not replace a newer one.
    if (known && known.version === version && known.message.room === room && known.message.seq === seq) {
      this.#known.delete(id);
      this.#known.set(id, known);
      return known.message;
    }
    const made = message(room, seq, id, author, by, text, { micros, at }, { edited, removed, reactions });
    if (known && known.version > version) return made;
    if (known) this.#forget(id, known);
    this.#known.set(id, { version, message: made });
    this.#weight += weightOf(made);
    if (this.#weight > this.#budget) this.#shrink(id);
    return made;
  }

  /** The text that a message had when last read; undefined if it is not cached. */
  text(id: string): string | undefined {
    return this.#known.get(id)?.message.text;
  }

  clear(): void {
    this.#known.clear();
    this.#weight = 0;
  }

  /** Drops many at once, as finding the oldest key of a Map is slow after many deletions. */
  #shrink(newest: string): void {
    for (const [id, known] of this.#known) {
      if (this.#weight <= 0.9 * this.#budget || id === newest) break;
      this.#forget(id, known);
    }
  }

  #forget(id: string, { message }: KnownMessage): void {
    this.#known.delete(id);
    this.#weight -= weightOf(message);
  }
}

/** Reads the number of the newest entry of each of these rooms. */
type AskHeads = (rooms: readonly string[]) => Promise<ReadonlyMap<string, number>>;

/**
 * Caches the newest messages of rooms, updated by entries of this process and by notifications. Each read asks
 * PostgreSQL whether a room has newer entries, so that an acknowledged message is never missing; concurrent reads share
 * the next query.
 */
export class RecentMessages {
  readonly #cache = new MessageCache({ read: () => undefined });
  readonly #askHeads: AskHeads;
  #asking: Promise<unknown> = Promise.resolve();
  #next: { readonly rooms: Set<string>; readonly heads: ReturnType<AskHeads> } | undefined;

  constructor(askHeads: AskHeads) {
    this.#askHeads = askHeads;
  }

  /** The messages of a range; undefined if some are not cached, or there are newer ones. */
  async read(room: string, range: MessageRange): Promise<Slice | undefined> {
    if (!this.#cache.slice(room, range)) return;
    const last = await this.#head(room);
    const found = this.#cache.slice(room, range);
    return found && found.last >= last ? found : undefined;
  }

  /** Caches the newest messages of a room. */
  fill(room: string, newest: Slice): void {
    this.#cache.fill(room, newest);
  }

  /** Call for each stored entry of any process. Entries of a room come in order; otherwise the room is read again. */
  add({ kind, seq, message }: Pick<Entry, 'kind' | 'seq' | 'message'>): void {
    if (kind === 'message') this.#cache.add(message);
    else this.#cache.change(seq, message);
  }

  clear(): void {
    this.#cache.clear();
  }

  async #head(room: string): Promise<number> {
    this.#next ??= this.#begin();
    this.#next.rooms.add(room);
    return (await this.#next.heads).get(room) ?? 0;
  }

  #begin() {
    const rooms = new Set<string>();
    const heads = this.#asking.then(() => {
      this.#next = undefined;
      return this.#askHeads([...rooms]);
    });
    this.#asking = heads.catch(() => {});
    return { rooms, heads };
  }
}
