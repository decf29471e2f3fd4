import type { Head } from './store.ts';

/** Rooms by name, each with its newest sequence number; what was listed is listed again as the same object until it changes. */
export class RoomList {
  readonly #last = new Map<string, number>();
  /** In order. */
  readonly #names: string[] = [];
  #all: readonly Head[] | undefined;

  constructor(heads: Iterable<readonly [room: string, last: number]> = []) {
    for (const [room, last] of heads) this.#last.set(room, last);
    this.#names.push(...[...this.#last.keys()].sort());
  }

  /** Takes in the number of a message; an older one changes nothing. */
  add(room: string, seq: number): void {
    const last = this.#last.get(room);
    if (last !== undefined && last >= seq) return;
    if (last === undefined) this.#names.splice(this.#place(room), 0, room);
    this.#last.set(room, seq);
    this.#all = undefined;
  }

  /** Rooms whose names come behind `after`, `limit` at most; all unless given. */
  list(after?: string, limit?: number): readonly Head[] {
    if (after === undefined && limit === undefined) {
      this.#all ??= this.#heads(this.#names);
      return this.#all;
    }
    const start = after === undefined ? 0 : this.#place(`${after}\0`);
    return this.#heads(this.#names.slice(start, limit === undefined ? undefined : start + limit));
  }

  #heads(names: readonly string[]): readonly Head[] {
    return Object.freeze(names.map(room => Object.freeze({ room, last: this.#last.get(room) ?? 0 })));
  }

  /** Where a name stands among the others, or would stand. */
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
