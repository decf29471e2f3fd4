import type { ClientFrame } from '../../../src/model/chat-frames.ts';
import { cursorOf, cursorText } from '../../../src/model/events.ts';
import { MAX_PAGE_LENGTH, MAX_SUBSCRIPTIONS } from '../../../src/model/limits.ts';
import type { ApiError } from '../../ui/api.ts';
import { backoff, closeReason, ReconnectingSocket } from '../../ui/socket.ts';
import type { ChatConnectionState } from '../model/state.ts';
import { frameOf, isTransient, type ReceivedFrame, type ShownEntries } from '../model/wire.ts';
import { type Api, type ChangeFrame, framed } from './api.ts';

interface ConnectionListener {
  link(link: ChatConnectionState): void;
  frame(frame: ReceivedFrame): void;
}

/** Seconds that the server may hold a long poll open. */
const WAIT_S = 25;
/**
 * Milliseconds between two polls of a hidden window, which holds no request open: browsers allow six connections for
 * all windows.
 */
const HIDDEN_PAUSE_MS = 10_000;

interface PollingListener {
  frame(frame: ReceivedFrame): void;
  /** The server does not answer over HTTP either. */
  failed(): void;
}

type Send = Extract<ClientFrame, { type: 'send' }>;

/** Does over HTTP what the socket does: posts, and a long poll for each subscribed room. Reports the same frames. */
export class Polling {
  readonly #api: Api;
  readonly #listener: PollingListener;
  readonly #rooms = new Map<string, AbortController>();
  #running = false;

  constructor(api: Api, listener: PollingListener) {
    this.#api = api;
    this.#listener = listener;
  }

  start(): void {
    this.#running = true;
  }

  /** Stops polling; answers that are still on their way are ignored. */
  stop(): void {
    this.#running = false;
    for (const controller of this.#rooms.values()) controller.abort();
    this.#rooms.clear();
  }

  /** Handles a request as the socket would; false if polling is stopped. */
  send(request: Exclude<ClientFrame, { type: 'hello' }>): boolean {
    if (!this.#running) return false;
    if (request.type !== 'subscribe' && request.type !== 'unsubscribe') void this.#write(request);
    else {
      this.#rooms.get(request.room)?.abort();
      this.#rooms.delete(request.room);
      if (request.type === 'subscribe') void this.#follow(request.room, request.after);
    }
    return true;
  }

  async #write(request: Send | ChangeFrame): Promise<void> {
    const { key, room } = request;
    try {
      const told = await (request.type === 'send'
        ? this.#api.post(room, { author: request.author, text: request.text }, key, request.owner)
        : this.#api.change(request));
      if (!this.#running) return;
      if ('answer' in told) this.#listener.frame({ type: 'answer', key, room, ...told.answer });
      else this.#listener.frame({ type: 'ack', key, room, seq: told.seq });
    } catch (error) {
      if (!this.#running) return;
      const { status, failure } = error as ApiError;
      if (status === 0) this.#listener.failed();
      else this.#listener.frame({ ...failure, type: 'error', key, room });
    }
  }

  async #follow(room: string, after: string | undefined): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#rooms.set(room, controller);
    let cursor = after;
    let tries = 0;
    while (!signal.aborted) {
      try {
        const range = cursor
          ? { after: cursor, limit: MAX_PAGE_LENGTH, wait: document.hidden ? 0 : WAIT_S }
          : { limit: 1 };
        const page = await this.#api.entries(room, range, signal);
        if (signal.aborted) return;
        if (tries === 0 && cursor === after) this.#listener.frame({ type: 'subscribed', room, cursor: page.cursor });
        if (cursor) this.#emit(room, page);
        cursor = page.cursor;
        tries = 0;
        if (document.hidden) await pause(HIDDEN_PAUSE_MS);
      } catch (error) {
        if (signal.aborted) return;
        const { status, failure } = error as ApiError;
        if (status === 0) return this.#listener.failed();
        if (!isTransient(status)) return this.#listener.frame({ ...failure, type: 'error', room });
        await pause(backoff(tries++));
      }
    }
  }

  #emit(room: string, { entries, cursor, gap }: ShownEntries): void {
    const { epoch } = cursorOf(cursor);
    if (gap) this.#listener.frame({ type: 'gap', room, cursor });
    if (gap) return;
    for (const { seq, message } of entries) {
      const type = message.removed ? 'remove' : message.seq === seq ? 'message' : 'edit';
      this.#listener.frame({ ...message, type, cursor: cursorText({ epoch, seq }) });
    }
  }
}

const pause = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds));

/** Close code for a client that has to sign in again. */
const SIGN_IN_CLOSE = 4401;
/** After this many failed sockets in a row, while HTTP works, the page polls. */
const MAX_FAILURES = 2;
/** Limit of subscribed rooms: the server's limit for a socket; when polling, each room needs a connection. */
const MAX_HEARD = { socket: MAX_SUBSCRIPTIONS, polling: 1 };

/** The part of the connection that senders need. */
export type FrameSender = Pick<ChatConnection, 'send' | 'restart' | 'mostHeard'>;

/** The live connection: a WebSocket, or polling if none gets through. Polling ends once a socket opens. */
export class ChatConnection {
  readonly #api: Api;
  readonly #listener: ConnectionListener;
  readonly #socket: ReconnectingSocket;
  readonly #polling: Polling;
  #isPolling = false;
  #failures = 0;

  /** `url` is the socket's address. */
  constructor(api: Api, url: string, listener: ConnectionListener) {
    this.#api = api;
    this.#listener = listener;
    this.#socket = new ReconnectingSocket(url, {
      reasonOf: closeReason,
      link: link => this.#linked(link),
      message: text => this.#heard(frameOf(text)),
      closed: code => {
        if (code === SIGN_IN_CLOSE) framed.renew?.();
      },
    });
    this.#polling = new Polling(api, { frame: frame => listener.frame(frame), failed: () => this.restart() });
  }

  /** Limit of rooms that can be subscribed at once. */
  get mostHeard(): number {
    return this.#isPolling ? MAX_HEARD.polling : MAX_HEARD.socket;
  }

  /** Connects now, unless it is connected or connecting. */
  connect(): void {
    this.#socket.connect();
  }

  /** Sends a frame; false if not connected. */
  send(request: Exclude<ClientFrame, { type: 'hello' }>): boolean {
    return this.#isPolling ? this.#polling.send(request) : this.#socket.send(JSON.stringify(request));
  }

  /** Replaces a connection that seems dead by a new one. */
  restart(): void {
    this.#endPolling();
    this.#socket.restart();
  }

  /** The browser is online again: connects now instead of waiting for the next try. */
  retry(): void {
    this.#socket.retry();
  }

  /** Drops a connection that is known to be lost; reconnects as usual. */
  drop(): void {
    this.#endPolling();
    this.#socket.drop();
  }

  #heard(frame: ReceivedFrame | undefined): void {
    if (!frame) return;
    this.#failures = 0;
    this.#listener.frame(frame);
  }

  #linked(link: ChatConnectionState): void {
    if (link.kind === 'live') {
      this.#endPolling();
      if (framed.token !== undefined) this.#socket.send(JSON.stringify({ type: 'hello', token: framed.token }));
    }
    if (!this.#isPolling) this.#listener.link(link);
    if (link.kind === 'offline' && !this.#isPolling) void this.#failed();
  }

  /** Counts sockets that failed although HTTP works; after MAX_FAILURES the page polls. */
  async #failed(): Promise<void> {
    const answers = await this.#api.answers();
    this.#failures = answers ? this.#failures + 1 : 0;
    if (this.#failures < MAX_FAILURES || this.#isPolling || this.#socket.isOpen) return;
    this.#isPolling = true;
    this.#polling.start();
    this.#listener.link({ kind: 'live', polled: true });
  }

  #endPolling(): void {
    if (!this.#isPolling) return;
    this.#isPolling = false;
    this.#polling.stop();
    this.#listener.link({ kind: 'offline', until: this.#socket.nextTry });
  }
}
