import type { ChatMessage, Failure, MessagesPage, RoomSummary } from '../model/wire.ts';

/** A request that the server did not grant, or that did not reach it, where `status` is 0. */
export class ApiError extends Error {
  readonly status: number;
  readonly failure: Failure;

  constructor(status: number, failure: Partial<Failure> = {}) {
    super(failure.detail ?? failure.title ?? (status ? `The server said ${status}` : 'The server cannot be reached'));
    this.name = 'Refusal';
    this.status = status;
    this.failure = { title: '', ...failure, status };
  }
}

/** Which messages of a room are asked for: the newest, or those next to a cursor; `wait` is how many seconds to wait for one. */
export interface RangeQuery {
  readonly before?: string;
  readonly after?: string;
  readonly limit?: number;
  readonly wait?: number;
}

/** How many messages are asked for at once, unless more are needed. */
export const PAGE_SIZE = 50;
/** The most that the server gives at once. */
export const MAX_PAGE = 200;

/** Milliseconds until a request counts as lost; one that waits at the server may take its time besides. */
const TIMEOUT_MS = 20_000;

/** The server's HTTP API at an address that ends in a slash. Its methods reject with Refusal. */
export class Api {
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  /** Where each room that has messages stands. The browser keeps the parts of the list, so that only changed ones are sent. */
  async rooms(): Promise<readonly RoomSummary[]> {
    const heads: RoomSummary[] = [];
    let after: string | undefined;
    do {
      const query = after === undefined ? '' : `&after=${after}`;
      const part: { rooms: RoomSummary[]; next?: string } = await this.#ask(`rooms?limit=${MAX_PAGE}${query}`, {});
      heads.push(...part.rooms);
      after = part.next;
    } while (after !== undefined);
    return heads;
  }

  /** Whether the server answers at all. */
  async answers(): Promise<boolean> {
    return this.#ask('rooms?limit=1', {}).then(
      () => true,
      () => false,
    );
  }

  /** A part of a room's messages. */
  messages(
    room: string,
    { before, after, limit = PAGE_SIZE, wait = 0 }: RangeQuery = {},
    signal?: AbortSignal,
  ): Promise<MessagesPage> {
    const query = new URLSearchParams({ limit: String(limit) });
    if (before) query.set('before', before);
    if (after) query.set('after', after);
    if (wait) query.set('wait', String(wait));
    return this.#ask(`rooms/${room}/messages?${query}`, { ...(signal && { signal }) }, wait * 1_000);
  }

  /** Posts a message under an idempotency key. */
  post(room: string, post: Pick<ChatMessage, 'author' | 'text'>, key: string): Promise<ChatMessage> {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
    return this.#ask(`rooms/${room}/messages`, { method: 'POST', headers, body: JSON.stringify(post) });
  }

  async #ask<T>(path: string, init: RequestInit, wait = 0): Promise<T> {
    const late = AbortSignal.timeout(TIMEOUT_MS + wait);
    const signal = init.signal ? AbortSignal.any([init.signal, late]) : late;
    const response = await fetch(this.#base + path, { ...init, signal }).catch(() => {
      throw new ApiError(0);
    });
    const body = await response.json().catch(() => undefined);
    if (response.ok && body !== undefined) return body as T;
    // What is no JSON is the page of a proxy, or was cut off.
    if (response.ok) throw new ApiError(0);
    throw new ApiError(response.status, body as Partial<Failure>);
  }
}
