import type { RoomHead } from './store.ts';

/** Rooms by name, each with its newest sequence number. Repeated lists return the same object until a room changes. */
export class RoomIndex {
  readonly #rooms = new Map<string, RoomHead>();
  /** Sorted. */
  readonly #names: string[];
  #all: readonly RoomHead[] | undefined;

  constructor(heads: Iterable<readonly [room: string, last: number]> = []) {
    for (const [room, last] of heads) this.#rooms.set(room, Object.freeze({ room, last }));
    this.#names = [...this.#rooms.keys()].sort();
  }

  /** Records a message's sequence number; an older one changes nothing. */
  add(room: string, seq: number): void {
    const known = this.#rooms.get(room);
    if (known && known.last >= seq) return;
    if (!known) this.#names.splice(this.#place(room), 0, room);
    this.#rooms.set(room, Object.freeze({ room, last: seq }));
    this.#all = undefined;
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

  #heads(names: readonly string[]): readonly RoomHead[] {
    return Object.freeze(names.map(room => this.#rooms.get(room)!));
  }

  /** The index at which a name is, or would be inserted. */
  #place(name: string): number {
    let [low, high] = [0, this.#names.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#names[middle]! < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
