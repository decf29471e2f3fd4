import { type Rate, type RateLimiter, take } from '../model/bucket.ts';
import type { Store } from './store.ts';

/** How many rooms there may be, and how many one address may begin. */
export interface RoomLimits {
  readonly all: number;
  /** Of one address. */
  readonly rate: Rate;
}

/** Why a room can't be begun: there are enough, or for so many seconds. */
export type Enough = { readonly all: number } | { readonly wait: number };

/** Counts rooms that are begun by the addresses that begin them. */
export class NewRooms {
  readonly #buckets = new Map<string, RateLimiter>();
  /** Rooms whose first message is on its way. */
  readonly #begun = new Set<string>();

  /** Does the work that brings a room a message, unless it would begin one too many. Rejects as the work does. */
  async keep<T>(
    store: Store,
    room: string,
    from: string,
    limits: RoomLimits,
    work: () => Promise<T>,
  ): Promise<T | Enough> {
    if (this.#begun.has(room) || (await store.has(room))) return work();
    if ((await store.rooms()).length >= limits.all) return { all: limits.all };
    // Another one may have begun it meanwhile.
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
