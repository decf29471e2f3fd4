import type { Link } from '../model/state.ts';
import type { Frame, Request } from '../model/wire.ts';
import type { Api } from './api.ts';
import { Polling } from './polling.ts';
import { type Ears, Socket } from './socket.ts';

/** After so many sockets that failed in a row, while the server answers over HTTP, messages are asked for over HTTP. */
const MOST_FAILURES = 2;
/** How many rooms may be heard at once: the server's limit for a socket; over HTTP each needs a connection. */
const MOST_HEARD = { socket: 100, polling: 1 };

/** A connection, for those who only send. */
export type Wire = Pick<Connection, 'send' | 'restart' | 'mostHeard'>;

/**
 * The live connection to the server: a WebSocket, or polling where none gets through. The socket is tried again all the
 * while, and takes over as soon as one does.
 */
export class Connection {
  readonly #api: Api;
  readonly #listener: Ears;
  readonly #socket: Socket;
  readonly #polling: Polling;
  #isPolling = false;
  #failures = 0;

  /** `url` is the socket's address. */
  constructor(api: Api, url: string, listener: Ears) {
    this.#api = api;
    this.#listener = listener;
    this.#socket = new Socket(url, { link: link => this.#linked(link), frame: frame => this.#heard(frame) });
    this.#polling = new Polling(api, { frame: frame => listener.frame(frame), failed: () => this.restart() });
  }

  /** The most rooms that can be heard at once. */
  get mostHeard(): number {
    return this.#isPolling ? MOST_HEARD.polling : MOST_HEARD.socket;
  }

  /** Connects now, unless it is connected or just doing so. */
  connect(): void {
    this.#socket.connect();
  }

  /** Sends a request; false where there is no connection. */
  send(request: Request): boolean {
    return this.#isPolling ? this.#polling.send(request) : this.#socket.send(request);
  }

  /** Gives up a connection that seems dead, and makes a new one. */
  restart(): void {
    this.#endPolling();
    this.#socket.restart();
  }

  /** The network came back: a try that began without it is given up. */
  retry(): void {
    this.#socket.retry();
  }

  /** Gives up a connection that is known to be gone; it is tried again as usual. */
  drop(): void {
    this.#endPolling();
    this.#socket.drop();
  }

  #heard(frame: Frame): void {
    this.#failures = 0;
    this.#listener.frame(frame);
  }

  #linked(link: Link): void {
    if (link.kind === 'live') this.#endPolling();
    if (!this.#isPolling) this.#listener.link(link);
    if (link.kind === 'offline' && !this.#isPolling) void this.#failed();
  }

  /** Counts a socket that failed although the server can be reached. */
  async #failed(): Promise<void> {
    const answers = await this.#api.answers();
    this.#failures = answers ? this.#failures + 1 : 0;
    if (this.#failures < MOST_FAILURES || this.#isPolling || this.#socket.isOpen) return;
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
