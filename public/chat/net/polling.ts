import { backoff } from '../model/backoff.ts';
import { cursorOf, cursorText } from '../model/cursor.ts';
import { type Frame, type Page, passing, type Request } from '../model/wire.ts';
import { type Api, MOST_PAGE, type Refusal } from './api.ts';

/** Seconds that the server may wait for a message before it answers without one. */
const WAIT = 25;
/** Milliseconds between two questions of a hidden window, which holds no connection: browsers have six for all windows. */
const HIDDEN_PAUSE = 10_000;

/** What polling tells of. */
export interface PollingListener {
  frame(frame: Frame): void;
  /** The server does not answer over HTTP either. */
  failed(): void;
}

type Send = Extract<Request, { type: 'send' }>;

/** Does over HTTP what a socket does: posts, and long polls for each subscribed room, told as the frames of a socket. */
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

  /** Asks for nothing any more; what is on its way is not told. */
  stop(): void {
    this.#running = false;
    for (const controller of this.#rooms.values()) controller.abort();
    this.#rooms.clear();
  }

  /** Takes a request as a socket does; false while it does not run. */
  send(request: Request): boolean {
    if (!this.#running) return false;
    if (request.type === 'send') void this.#post(request);
    else {
      this.#rooms.get(request.room)?.abort();
      this.#rooms.delete(request.room);
      if (request.type === 'subscribe') void this.#follow(request.room, request.after);
    }
    return true;
  }

  async #post({ key, room, author, text }: Send): Promise<void> {
    try {
      const { seq } = await this.#api.post(room, { author, text }, key);
      if (this.#running) this.#listener.frame({ type: 'ack', key, room, seq });
    } catch (error) {
      if (!this.#running) return;
      const { status, failure } = error as Refusal;
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
        const range = cursor ? { after: cursor, limit: MOST_PAGE, wait: document.hidden ? 0 : WAIT } : { limit: 1 };
        const page = await this.#api.messages(room, range, signal);
        if (signal.aborted) return;
        if (tries === 0 && cursor === after) this.#listener.frame({ type: 'subscribed', room, cursor: page.cursor });
        if (cursor) this.#tell(room, page);
        cursor = page.cursor;
        tries = 0;
        if (document.hidden) await pause(HIDDEN_PAUSE);
      } catch (error) {
        if (signal.aborted) return;
        const { status, failure } = error as Refusal;
        if (status === 0) return this.#listener.failed();
        if (!passing(status)) return this.#listener.frame({ ...failure, type: 'error', room });
        await pause(backoff(tries++));
      }
    }
  }

  #tell(room: string, { messages, cursor, gap }: Page): void {
    const { epoch } = cursorOf(cursor);
    if (gap) this.#listener.frame({ type: 'gap', room, cursor });
    if (gap) return;
    for (const message of messages)
      this.#listener.frame({ ...message, type: 'message', cursor: cursorText({ epoch, seq: message.seq }) });
  }
}

const pause = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds));
