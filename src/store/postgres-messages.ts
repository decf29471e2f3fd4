import type { Message } from '../model/packets.ts';
import { message } from './message.ts';

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

/** Most characters that are kept over all messages. */
const MAX_CHARACTERS = 16e6;
/** Estimated characters that a message costs beside its text. */
const FRAME = 300;

interface KnownMessage {
  readonly version: number;
  readonly message: Message;
}

/** The messages that were read last, so that the same message is the same object while it is unchanged. */
export class KnownMessages {
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
    // A version that is read late must not displace a newer one.
    if (known && known.version === version && known.message.room === room && known.message.seq === seq) {
      this.#known.delete(id);
      this.#known.set(id, known);
      return known.message;
    }
    const made = message(room, seq, id, author, by, text, { micros, at }, { edited, removed, reactions });
    if (known && known.version > version) return made;
    if (known) this.#forget(id, known);
    this.#known.set(id, { version, message: made });
    this.#weight += weight(made);
    for (const [oldest, value] of this.#known) {
      if (this.#weight <= this.#budget || oldest === id) break;
      this.#forget(oldest, value);
    }
    return made;
  }

  /** The text that a message had when it was read last; undefined if it is not known. */
  text(id: string): string | undefined {
    return this.#known.get(id)?.message.text;
  }

  clear(): void {
    this.#known.clear();
    this.#weight = 0;
  }

  #forget(id: string, { message }: KnownMessage): void {
    this.#known.delete(id);
    this.#weight -= weight(message);
  }
}

const weight = ({ author, text }: Message) => FRAME + author.length + text.length;
