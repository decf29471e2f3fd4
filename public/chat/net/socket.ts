import { backoff } from '../model/backoff.ts';
import type { Link } from '../model/state.ts';
import { type Frame, frameOf, type Request } from '../model/wire.ts';

/** What a socket tells of. */
export interface Ears {
  link(link: Link): void;
  frame(frame: Frame): void;
}

/** A connection, for those who only send. */
export type Wire = Pick<Socket, 'send' | 'restart'>;

/** How long a connection may take to be made, and how long it has to last to count as good; milliseconds. */
const patience = 10_000;
const steady = 5_000;

/** One WebSocket at a time to the same address, made again whenever it is lost, at growing intervals. */
export class Socket {
  readonly #url: string;
  readonly #ears: Ears;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;

  constructor(url: string, ears: Ears) {
    this.#url = url;
    this.#ears = ears;
  }

  /** Connects now, unless it is connected or just doing so. */
  connect(): void {
    if (this.#socket) return;
    clearTimeout(this.#timer);
    this.#ears.link({ kind: 'connecting', again: this.#tries > 0 });
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#lost(socket), patience);
    socket.onopen = () => this.#live(socket);
    socket.onclose = () => this.#lost(socket);
    socket.onmessage = ({ data }) => {
      const frame = typeof data === 'string' ? frameOf(data) : undefined;
      if (frame && socket === this.#socket) this.#ears.frame(frame);
    };
  }

  /** Sends a request; false where there is no connection. */
  send(request: Request): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(request));
    return true;
  }

  /** Gives up a connection that seems dead, and makes a new one. */
  restart(): void {
    if (this.#socket) this.#lost(this.#socket);
    this.connect();
  }

  /** The network came back: a try that began without it is given up. */
  retry(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) this.restart();
  }

  /** Gives up a connection that is known to be gone; it is tried again as usual. */
  drop(): void {
    if (this.#socket) this.#lost(this.#socket);
  }

  #live(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    clearTimeout(this.#timer);
    // A server that takes connections and drops them at once is not hammered.
    this.#timer = setTimeout(() => {
      this.#tries = 0;
    }, steady);
    this.#ears.link({ kind: 'live' });
  }

  #lost(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    socket.close();
    clearTimeout(this.#timer);
    const pause = backoff(this.#tries++);
    this.#timer = setTimeout(() => this.connect(), pause);
    this.#ears.link({ kind: 'offline', until: Date.now() + pause });
  }
}
