import { firstIndex } from '../model/sorted.ts';
import type { RoomHead } from './store.ts';

interface KnownRoom {
  readonly head: RoomHead;
  /** Number of its oldest message that was not removed; undefined if all were. */
  readonly oldest: number | undefined;
}

/**
 * Rooms by name, with their newest sequence numbers. A room whose messages were all removed is stored, but not listed.
 * Returns the same list until a room changes.
 */
export class RoomIndex {
  readonly #next: (room: string, after: number) => number | undefined;
  readonly #rooms = new Map<string, KnownRoom>();
  /** Names of the listed rooms, sorted. */
  readonly #names: string[];
  #all: readonly RoomHead[] | undefined;

  /** `next` finds a room's oldest message after a number that was not removed. */
  constructor(
    next: (room: string, after: number) => number | undefined,
    known: Iterable<RoomHead & Pick<KnownRoom, 'oldest'>> = [],
  ) {
    this.#next = next;
    for (const { oldest, ...head } of known) this.#rooms.set(head.room, { head: Object.freeze(head), oldest });
    this.#names = [...this.#rooms].flatMap(([room, { oldest }]) => (oldest === undefined ? [] : [room])).sort();
  }

  /** Records an entry's number, and whether it is a message; older numbers are ignored. */
  add(room: string, seq: number, isMessage: boolean): void {
    const known = this.#rooms.get(room);
    if (known && known.head.last >= seq) return;
    const newest = isMessage ? seq : (known?.head.newest ?? 0);
    this.set({ room, last: seq, newest }, known?.oldest ?? (isMessage ? seq : undefined));
  }

  /** Records that a message was removed or dropped. */
  drop(room: string, seq: number): void {
    const known = this.#rooms.get(room);
    // Only the oldest message matters.
    if (known?.oldest === seq) this.set(known.head, this.#next(room, seq));
  }

  has(room: string): boolean {
    return this.#rooms.has(room);
  }

  /** Rooms whose names sort after `after`, at most `limit`; all by default. */
  list(after?: string, limit?: number): readonly RoomHead[] {
    if (after === undefined && limit === undefined) {
      this.#all ??= this.#heads(this.#names);
      return this.#all;
    }
    const start = after === undefined ? 0 : this.#place(`${after}\0`);
    return this.#heads(this.#names.slice(start, limit === undefined ? undefined : start + limit));
  }

  /** Sets a room's state. */
  set(head: RoomHead, oldest: number | undefined): void {
    const { room } = head;
    const wasListed = this.#rooms.get(room)?.oldest !== undefined;
    const isListed = oldest !== undefined;
    if (isListed && !wasListed) this.#names.splice(this.#place(room), 0, room);
    if (!isListed && wasListed) this.#names.splice(this.#place(room), 1);
    this.#rooms.set(room, { head: Object.freeze(head), oldest });
    this.#all = undefined;
  }

  #heads(names: readonly string[]): readonly RoomHead[] {
    return Object.freeze(names.map(room => this.#rooms.get(room)!.head));
  }

  /** The index of a name, or where it would be inserted. */
  #place(name: string): number {
    return firstIndex(this.#names.length, index => this.#names[index]! < name);
  }
}
