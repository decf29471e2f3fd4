import { type Rate, type RateLimiter, take } from '../model/bucket.ts';
import type { Store } from './store.ts';

/** Limits of rooms: in total, and their creation per address. */
export interface RoomLimits {
  readonly all: number;
  /** Per address. */
  readonly rate: Rate;
}

/** Why a room can't be created: the total is reached, or the seconds to wait. */
export type Enough = { readonly all: number } | { readonly wait: number };

/** Limits the creation of rooms per address. */
export class NewRooms {
  readonly #buckets = new Map<string, RateLimiter>();
  /** Rooms whose first message is being stored. */
  readonly #begun = new Set<string>();

  /**
   * Runs `work`, which stores a message in a room, unless it would exceed the limit of rooms. Rejects as `work` does.
   */
  async allow<T>(
    store: Store,
    room: string,
    from: string,
    limits: RoomLimits,
    work: () => Promise<T>,
  ): Promise<T | Enough> {
    if (this.#begun.has(room) || (await store.has(room))) return work();
    if ((await store.rooms()).length >= limits.all) return { all: limits.all };
    // Another call may have created it meanwhile.
    if (this.#begun.has(room)) return work();
    const wait = Math.ceil(take(this.#buckets, from, performance.now(), limits.rate));
    if (wait > 0) return { wait };
    this.#begun.add(room);
    try {
      return await work();
    } finally {
      this.#begun.delete(room);
    }
  }
}
