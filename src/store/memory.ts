import { randomUUID } from 'node:crypto';
import type { Message } from '../model/packets.ts';
import { isSame, message, newId, tick, wellFormed } from './message.ts';
import { MessageWindow, NOTHING, span } from './message-cache.ts';
import { RoomIndex } from './room-index.ts';
import {
  type AppendResult,
  KeyReused,
  type MessageRange,
  type NewMessage,
  type OpenStore,
  type RoomHead,
  type Slice,
} from './store.ts';

interface Room {
  readonly window: MessageWindow;
  /** Messages by key, oldest first. */
  readonly keyed: Map<string, Message>;
}

/** Keeps the newest messages of each room for as long as the process runs; a key is forgotten with its message. */
export class Memory implements OpenStore {
  readonly epoch = randomUUID().slice(0, 8);
  latest = 0;
  readonly #rooms = new Map<string, Room>();
  readonly #list = new RoomIndex();
  #keep = 50;
  #commits = 0;

  /** Sets how many messages are kept per room; older ones are dropped at once. */
  keep(most: number): void {
    this.#keep = most;
    for (const room of this.#rooms.values()) this.#trim(room);
  }

  async append(draft: NewMessage): Promise<AppendResult> {
    const formed = wellFormed(draft);
    const { room: name, author, text, key } = formed;
    const room = this.#rooms.get(name) ?? { window: new MessageWindow(), keyed: new Map() };
    const known = key === undefined ? undefined : room.keyed.get(key);
    if (key !== undefined && known) {
      if (!isSame(known, formed)) throw new KeyReused(key);
      return { message: known, fresh: false };
    }
    const moment = tick(this.latest);
    this.latest = moment.micros;
    const kept = message(name, room.window.last + 1, newId(), author, text, moment);
    room.window.push(kept);
    if (key !== undefined) room.keyed.set(key, kept);
    this.#rooms.set(name, room);
    this.#list.add(name, kept.seq);
    this.#trim(room);
    this.#commits++;
    return { message: kept, fresh: true };
  }

  async read(name: string, range: MessageRange): Promise<Slice> {
    const window = this.#rooms.get(name)?.window;
    if (!window) return NOTHING;
    const { first = 1, last } = window;
    const messages = window.slice(...span(range, first, last), range.since);
    return { messages: Object.freeze(messages), first, last };
  }

  async rooms(after?: string, limit?: number): Promise<readonly RoomHead[]> {
    return this.#list.list(after, limit);
  }

  async has(room: string): Promise<boolean> {
    return this.#list.has(room);
  }

  health(): undefined {}

  commits() {
    return { count: this.#commits, seconds: 0 };
  }

  async settled(): Promise<void> {}

  async close(): Promise<void> {
    this.#rooms.clear();
  }

  #trim({ window, keyed }: Room): void {
    while (window.size > this.#keep) {
      const forgotten = window.shift();
      const oldest = keyed.entries().next().value;
      if (oldest && oldest[1] === forgotten) keyed.delete(oldest[0]);
    }
  }
}
