import type { Message } from '../packets.ts';
import type { Range, Slice } from './store.ts';

/** What is read of a room that has no messages. */
export const NOTHING: Slice = Object.freeze({ messages: Object.freeze([]), last: 0, first: 1 });

/** The first and the last sequence number of what a range means in a room that keeps `first` to `last`; crossed where it is nothing. */
export function span({ after, before, limit }: Range, first: number, last: number): [low: number, high: number] {
  if (after !== undefined) {
    const low = Math.max(after + 1, first);
    return [low, Math.min(last, low + limit - 1)];
  }
  const high = before === undefined ? last : Math.min(before - 1, last);
  return [Math.max(first, high - limit + 1), high];
}

/** The newest messages of a room, without a hole between them. */
export class Tail {
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
