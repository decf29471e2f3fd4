import type {
  AnsweredPost,
  ChatMessage,
  HistoryPage,
  LogPage,
  NewPost,
  RoomSummary,
  RoomsPage,
} from '../../../src/model/chat.ts';
import type { ClientFrame } from '../../../src/model/chat-frames.ts';
import { MAX_PAGE_LENGTH } from '../../../src/model/limits.ts';
import { ApiError, ask, jsonRequest } from '../../ui/api.ts';
import { aboutOf, type KnownAbout, type ShownEntries, type ShownPage, shownMessage } from '../model/wire.ts';

/** A change of a message. */
export type ChangeFrame = Exclude<ClientFrame, { type: 'hello' | 'send' | 'subscribe' | 'unsubscribe' }>;

/**
 * A range of a room's messages: the newest, or those next to a cursor. `wait` is how many seconds the server may wait
 * for one.
 */
export interface RangeQuery {
  readonly before?: string;
  readonly after?: string;
  readonly limit?: number;
  readonly wait?: number;
}

/** Messages per request, unless more are needed. */
export const PAGE_SIZE = 50;

/** The session of an embedded page, in memory only, as there is no cookie. */
export const framed: { token?: string /** Asks that page for another token. */; renew?: () => void } = {};

/** Headers of a request, with a token unless a cookie identifies the user. */
export const signed = (headers: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  framed.token === undefined ? headers : { ...headers, Authorization: `Bearer ${framed.token}` };

/** Timeout of a request in milliseconds, without the waiting time of a long poll. */
const TIMEOUT_MS = 20_000;

const METHODS = { edit: 'PATCH', remove: 'DELETE', react: 'PUT', unreact: 'DELETE' } as const;

const ownerKey = (owner: string | undefined) => (owner === undefined ? {} : { 'Owner-Key': owner });

/** The server's HTTP API; `base` ends in a slash. All methods reject with ApiError. */
export class Api {
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  /**
   * The newest cursor of each room that has messages. The browser caches pages of the list, so only changed pages are
   * sent.
   */
  async rooms(): Promise<readonly RoomSummary[]> {
    const heads: RoomSummary[] = [];
    let after: string | undefined;
    do {
      const query = after === undefined ? '' : `&after=${after}`;
      const part: RoomsPage = await this.#ask(`rooms?limit=${MAX_PAGE_LENGTH}${query}`, {});
      heads.push(...part.rooms);
      after = part.next;
    } while (after !== undefined);
    return heads;
  }

  /** The features of the server's graph. */
  async about(): Promise<KnownAbout | undefined> {
    return aboutOf(await this.#ask('about', {}));
  }

  /** Whether the server answers over HTTP. */
  async answers(): Promise<boolean> {
    return this.#ask('about', {}).then(
      () => true,
      () => false,
    );
  }

  /** A page of a room's messages in their present state. */
  async messages(room: string, range: RangeQuery = {}): Promise<ShownPage> {
    const page: HistoryPage = await this.#part(`rooms/${room}/messages`, range);
    return { ...page, messages: page.messages.map(shownMessage) };
  }

  /** A page of a room's log. */
  async entries(room: string, range: RangeQuery, signal?: AbortSignal): Promise<ShownEntries> {
    const page: LogPage = await this.#part(`rooms/${room}/entries`, range, signal);
    return { ...page, entries: page.entries.map(entry => ({ ...entry, message: shownMessage(entry.message) })) };
  }

  /** Posts a message under an idempotency key, with the proof of authorship. */
  post(room: string, post: NewPost, key: string, owner?: string): Promise<ChatMessage | AnsweredPost> {
    return this.#write('POST', `rooms/${room}/messages`, { 'Idempotency-Key': key, ...ownerKey(owner) }, post);
  }

  /** Edits or removes one of the user's messages, or adds or removes a reaction. */
  change(frame: ChangeFrame): Promise<ChatMessage | AnsweredPost> {
    const message = `rooms/${frame.room}/messages/${encodeURIComponent(frame.id)}`;
    const path = 'emoji' in frame ? `${message}/reactions/${encodeURIComponent(frame.emoji)}` : message;
    const body = frame.type === 'edit' ? { text: frame.text } : 'emoji' in frame ? { author: frame.author } : {};
    return this.#write(METHODS[frame.type], path, ownerKey(frame.owner), body);
  }

  #part<T>(path: string, { before, after, limit = PAGE_SIZE, wait = 0 }: RangeQuery, signal?: AbortSignal): Promise<T> {
    const query = new URLSearchParams({ limit: String(limit) });
    if (before) query.set('before', before);
    if (after) query.set('after', after);
    if (wait) query.set('wait', String(wait));
    return this.#ask(`${path}?${query}`, { ...(signal && { signal }) }, wait * 1_000);
  }

  #write<T>(method: string, path: string, headers: Readonly<Record<string, string>>, body: object): Promise<T> {
    return this.#ask(path, jsonRequest(method, body, headers));
  }

  async #ask<T>(path: string, init: RequestInit & { headers?: Record<string, string> }, wait = 0): Promise<T> {
    const late = AbortSignal.timeout(TIMEOUT_MS + wait);
    const signal = init.signal ? AbortSignal.any([init.signal, late]) : late;
    const answer = await ask(this.#base + path, { ...init, headers: signed(init.headers), signal });
    // A body that is not JSON comes from a proxy, or was cut off.
    if (answer === undefined) throw new ApiError(0);
    return answer as T;
  }
}
