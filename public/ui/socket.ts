import { capitalised } from '../../src/model/text.ts';
/** A new random id, such as an idempotency key. Works without https too, where browsers have no crypto.randomUUID. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}

interface Pauses {
  readonly least?: number;
  readonly most?: number;
  readonly random?: () => number;
}

/**
 * The pause before the next attempt, in milliseconds: doubles with each failure up to `most`, randomised over its upper
 * half, so that clients of one server don't reconnect all at once.
 */
export function backoff(tries: number, { least = 1_000, most = 30_000, random = Math.random }: Pauses = {}): number {
  const ceiling = Math.min(most, least * 2 ** Math.min(tries, 20));
  return Math.round(ceiling * (0.5 + random() / 2));
}

const MISUNDERSTOOD = 'The server and this page did not understand each other; if this persists, reload the page';
const RESTART = 'The server is stopping or restarting';

const reasons: Readonly<Record<number, string>> = {
  1001: RESTART,
  1002: MISUNDERSTOOD,
  1003: MISUNDERSTOOD,
  1007: MISUNDERSTOOD,
  1008: 'The server refused this connection',
  1009: 'A message exceeded the server’s limit',
  1011: 'Something failed in the server',
  1012: RESTART,
  1013: 'The server has too much to do, or this connection is too slow',
};

/** Why a WebSocket was closed, as a sentence, by its close code; undefined if the code does not tell. */
export const closeReason = (code: number): string | undefined => reasons[code];

/** Close codes for several reasons, explained by the server's sentence: policy violation, and try again later. */
const EXPLAINED: ReadonlySet<number> = new Set([1008, 1013]);

/** Why the server closed the connection, as a sentence without its full stop; undefined if unknown. */
export function lossReason(code: number, reason: string): string | undefined {
  return (EXPLAINED.has(code) && capitalised(reason.trim())) || closeReason(code);
}

/** Milliseconds until a connection attempt fails, and after which a connection counts as stable. */
const CONNECT_TIMEOUT_MS = 10_000;
const STABLE_MS = 5_000;

/**
 * The state of a socket. `again` if no connection was stable since the last loss; `until` is when it is retried, in
 * milliseconds since 1970; `why` is why the server closed it, if known.
 */
type SocketState =
  | { readonly kind: 'connecting'; readonly again: boolean; readonly why: string | undefined }
  | { readonly kind: 'live' }
  | { readonly kind: 'offline'; readonly until: number; readonly why: string | undefined };

interface SocketOptions {
  readonly protocols?: string;
  readonly pauses?: Pauses;
  /** Why the server closed the connection; undefined keeps the last known reason. */
  reasonOf(code: number, reason: string): string | undefined;
  link(state: SocketState): void;
  message(text: string): void;
  /** The server closed the connection; called before `link`. */
  closed?(code: number): void;
}

/** One WebSocket at a time to the same address. Reconnects at growing intervals until a connection is stable. */
export class ReconnectingSocket {
  readonly #url: string;
  readonly #options: SocketOptions;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;
  #nextTry = 0;
  #why: string | undefined;

  constructor(url: string, options: SocketOptions) {
    this.#url = url;
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** When a lost connection is tried again, in milliseconds since 1970. */
  get nextTry(): number {
    return this.#nextTry;
  }

  /** Connects now, unless it is connected or connecting. */
  connect(): void {
    if (this.#socket) return;
    const { link, message, closed, reasonOf, protocols } = this.#options;
    link({ kind: 'connecting', again: this.#tries > 0, why: this.#why });
    const socket = new WebSocket(this.#url, protocols);
    this.#socket = socket;
    this.#after(CONNECT_TIMEOUT_MS, () => this.#lost(socket));
    socket.onopen = () => this.#live(socket);
    socket.onclose = ({ code, reason }) => {
      if (socket === this.#socket) this.#why = reasonOf(code, reason) ?? this.#why;
      closed?.(code);
      this.#lost(socket);
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket && typeof data === 'string') message(data);
    };
  }

  /** Sends a text; false if not connected. */
  send(text: string): boolean {
    if (!this.isOpen) return false;
    this.#socket!.send(text);
    return true;
  }

  /** Closes the connection until `connect` is called. */
  close(): void {
    this.#why = undefined;
    this.drop();
    clearTimeout(this.#timer);
  }

  /** Drops a connection that is known to be lost; reconnects as usual. */
  drop(): void {
    if (this.#socket) this.#lost(this.#socket);
  }

  /** Replaces a connection that seems dead by a new one. */
  restart(): void {
    this.drop();
    this.connect();
  }

  /** The browser is online again: connects now instead of waiting for the next try. */
  retry(): void {
    if (!this.isOpen) this.restart();
  }

  #live(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#why = undefined;
    // Avoids fast retries with a server that drops new connections at once.
    this.#after(STABLE_MS, () => {
      this.#tries = 0;
    });
    this.#options.link({ kind: 'live' });
  }

  #lost(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    socket.close();
    const pause = backoff(this.#tries++, this.#options.pauses);
    this.#after(pause, () => this.connect());
    this.#nextTry = Date.now() + pause;
    this.#options.link({ kind: 'offline', until: this.#nextTry, why: this.#why });
  }

  #after(milliseconds: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, milliseconds);
  }
}
