import { closeReason } from '../model/closed.ts';
import type { Link } from '../model/state.ts';
import { type Frame, frameOf, type Request } from '../model/wire.ts';
import { Retries } from './retries.ts';

/** What a socket tells of. */
export interface Ears {
  link(link: Link): void;
  frame(frame: Frame): void;
}

/** One WebSocket at a time to the same address, made again whenever it is lost, at growing intervals. */
export class Socket {
  readonly #url: string;
  readonly #ears: Ears;
  readonly #retries = new Retries();
  #socket: WebSocket | undefined;
  #nextTry = 0;
  /** Why the server closed the last connection, where it said so. */
  #why: string | undefined;

  constructor(url: string, ears: Ears) {
    this.#url = url;
    this.#ears = ears;
  }

  /** Connects now, unless it is connected or just doing so. */
  connect(): void {
    if (this.#socket) return;
    this.#ears.link({ kind: 'connecting', again: this.#retries.again });
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#retries.connecting(() => this.#lost(socket));
    socket.onopen = () => this.#live(socket);
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#why = closeReason(code) ?? this.#why;
      this.#lost(socket);
    };
    socket.onmessage = ({ data }) => {
      const frame = typeof data === 'string' ? frameOf(data) : undefined;
      if (frame && socket === this.#socket) this.#ears.frame(frame);
    };
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** When a lost connection is tried again, as Date.now() tells it. */
  get nextTry(): number {
    return this.#nextTry;
  }

  /** Sends a request; false where there is no connection. */
  send(request: Request): boolean {
    if (!this.isOpen) return false;
    this.#socket!.send(JSON.stringify(request));
    return true;
  }

  /** Gives up a connection that seems dead, and makes a new one. */
  restart(): void {
    if (this.#socket) this.#lost(this.#socket);
    this.connect();
  }

  /** The network came back: a try that began without it is given up. */
  retry(): void {
    if (!this.isOpen) this.restart();
  }

  /** Gives up a connection that is known to be gone; it is tried again as usual. */
  drop(): void {
    if (this.#socket) this.#lost(this.#socket);
  }

  #live(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#why = undefined;
    this.#retries.connected();
    this.#ears.link({ kind: 'live' });
  }

  #lost(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    socket.close();
    this.#nextTry = this.#retries.lost(() => this.connect());
    this.#ears.link({ kind: 'offline', until: this.#nextTry, why: this.#why });
  }
}
