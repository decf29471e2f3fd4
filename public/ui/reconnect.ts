/**
 * How long to wait before the next try, in milliseconds: doubles with each failed one up to `most`, and is spread over
 * its upper half, so that clients that lost one server do not come back all at once.
 */
export function backoff(tries: number, { least = 1_000, most = 30_000, random = Math.random } = {}): number {
  const ceiling = Math.min(most, least * 2 ** Math.min(tries, 20));
  return Math.round(ceiling * (0.5 + random() / 2));
}

/** How long a connection may take to be made, and how long it has to last to count as good; milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;
const STEADY_MS = 5_000;

/** When a connection is made again after it was lost: at growing intervals, until one lasts. */
export class Retries {
  readonly #pauses: Parameters<typeof backoff>[1];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;

  constructor(pauses: Parameters<typeof backoff>[1] = {}) {
    this.#pauses = pauses;
  }

  /** Whether no connection has lasted since the last one was lost. */
  get again(): boolean {
    return this.#tries > 0;
  }

  /** A connection is being made; `giveUp` is called where that takes too long. */
  connecting(giveUp: () => void): void {
    this.end();
    this.#timer = setTimeout(giveUp, CONNECT_TIMEOUT_MS);
  }

  /** A connection was made. A server that takes connections and drops them at once is not hammered. */
  connected(): void {
    this.end();
    this.#timer = setTimeout(() => {
      this.#tries = 0;
    }, STEADY_MS);
  }

  /** A connection was lost: calls `connect` after a pause. Returns when that will be, as Date.now() tells it. */
  lost(connect: () => void): number {
    this.end();
    const pause = backoff(this.#tries++, this.#pauses);
    this.#timer = setTimeout(connect, pause);
    return Date.now() + pause;
  }

  /** Waits for nothing any more. */
  end(): void {
    clearTimeout(this.#timer);
  }
}

const MISUNDERSTOOD = 'The server and this page did not understand each other; if that goes on, reload the page';
const RESTART = 'The server stops or restarts';

const reasons: Readonly<Record<number, string>> = {
  1001: RESTART,
  1002: MISUNDERSTOOD,
  1003: MISUNDERSTOOD,
  1007: MISUNDERSTOOD,
  1008: 'The server refused this connection',
  1009: 'Something was longer than the server takes',
  1011: 'Something failed in the server',
  1012: RESTART,
  1013: 'The server has too much to do, or this connection is too slow',
};

/** Why a WebSocket was closed, for people, by its close code; undefined if the code does not tell. */
export const closeReason = (code: number): string | undefined => reasons[code];

/** The codes with which the server closes for more than one reason, which it says in a sentence: its rules, and try again later. */
const TELLING: ReadonlySet<number> = new Set([1008, 1013]);

/** Why the server closed the connection, as a sentence without its full stop; undefined if nobody said so. */
export function lossReason(code: number, reason: string): string | undefined {
  const said = TELLING.has(code) ? reason.trim() : '';
  return said ? said[0]!.toUpperCase() + said.slice(1) : closeReason(code);
}

/** A new idempotency key. It works without https too, where the browser has no crypto.randomUUID. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
