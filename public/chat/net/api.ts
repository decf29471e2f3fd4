import type { Failure, Head, Page } from '../model/wire.ts';

/** A request that the server did not grant, or that did not reach it, where `status` is 0. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
  }
}

/** How many messages are asked for at once. */
const pageSize = 50;

/** The server's HTTP API at an address that ends in a slash. Its methods reject with Refusal. */
export class Api {
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  /** Where each room that has messages stands. */
  async rooms(): Promise<readonly Head[]> {
    return (await this.#get<{ rooms: Head[] }>('rooms')).rooms;
  }

  /** The newest messages of a room, or those next to a cursor. */
  messages(room: string, next: { before?: string; after?: string } = {}): Promise<Page> {
    const query = new URLSearchParams({ ...next, limit: String(pageSize) });
    return this.#get(`rooms/${room}/messages?${query}`);
  }

  async #get<T>(path: string): Promise<T> {
    const signal = AbortSignal.timeout(20_000);
    const response = await fetch(this.#base + path, { signal }).catch(() => {
      throw new Refusal(0, 'The server cannot be reached');
    });
    const body = await response.json().catch(() => ({}));
    if (response.ok) return body as T;
    const { detail, title } = body as Partial<Failure>;
    throw new Refusal(response.status, detail ?? title ?? `The server said ${response.status}`);
  }
}
