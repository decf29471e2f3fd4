import type { Event, Subscription } from './packets.ts';

/** One connection that events go to. */
export interface Client {
  /** How this kind of connection wraps an event; clients that share it share the bytes. */
  readonly framing: Framing;
  /** Sends bytes that `framing` made. */
  send(bytes: Buffer): void;
  /** Bytes that were sent and have not left yet. */
  readonly backlog: number;
  /** Resolves when so much has left that more may be sent, or when the connection is gone. */
  drained(): Promise<void>;
  /** Ends the connection because it is too slow. */
  cut(reason: string): void;
}

export interface Framing {
  event(topic: string, event: string, cursor: string, data: string): Buffer;
  /** Tells that events up to this cursor are lost. */
  gap(topic: string, cursor: string): Buffer;
}

/** A part of the past, as the graph answers a question for it. */
export interface Past {
  readonly events: readonly {
    readonly seq: number;
    readonly cursor: string;
    readonly event: string;
    readonly data: string;
  }[];
  readonly cursor: string;
  readonly gap: boolean;
}

/** Reads what came after a cursor; empty at the end. Rejects where the graph refuses. */
export type History = (path: string, after: string) => Promise<Past>;

/** One client's interest in one topic. */
interface Seat {
  readonly client: Client;
  /** Events that wait until the client has caught up; nothing once it has. */
  waiting: Event[] | undefined;
}

/** Bytes that a client may be behind before it is cut. */
const MOST_BACKLOG = 1024 * 1024;
/** Events that may wait for one client to catch up before it is cut. */
const MOST_WAITING = 10_000;

/** Who hears what. An event is serialised once, framed once for each kind of connection, and sent to all. */
export class Live {
  readonly #topics = new Map<string, Map<Client, Seat>>();
  readonly #history: History;
  #delivered = 0;
  #cut = 0;

  constructor(history: History) {
    this.#history = history;
  }

  /** Subscriptions held, deliveries so far, and clients cut for being slow so far. */
  get counts(): { readonly subscriptions: number; readonly delivered: number; readonly cut: number } {
    let subscriptions = 0;
    for (const seats of this.#topics.values()) subscriptions += seats.size;
    return { subscriptions, delivered: this.#delivered, cut: this.#cut };
  }

  /**
   * Seats a client at a topic, and gives it first what it has missed. Resolves when it is live. What comes meanwhile
   * waits, so that there is neither a hole nor a double. Rejects where the past can't be read, and the client is not seated.
   */
  async subscribe({ topic, history, after }: Subscription, client: Client): Promise<void> {
    const seats = this.#topics.get(topic) ?? new Map<Client, Seat>();
    this.#topics.set(topic, seats);
    const seat: Seat = { client, waiting: after === undefined ? undefined : [] };
    seats.set(client, seat);
    if (after === undefined) return;
    try {
      const last = await this.#catchUp(topic, history, after, seat, () => seats.get(client) === seat);
      for (const event of seat.waiting ?? []) if (event.seq > last) this.#send(client, event);
      seat.waiting = undefined;
    } catch (error) {
      if (seats.get(client) === seat) this.leave(client, topic);
      throw error;
    }
  }

  /** Takes a client's seat at a topic, or all its seats. */
  leave(client: Client, topic?: string): void {
    for (const name of topic === undefined ? this.#topics.keys() : [topic]) {
      const seats = this.#topics.get(name);
      if (seats?.delete(client) && seats.size === 0) this.#topics.delete(name);
    }
  }

  /** Resolves with true at the next event of a topic, with false when `signal` says that nobody waits any more. */
  next(topic: string, signal: AbortSignal): Promise<boolean> {
    return new Promise(resolve => {
      const settle = (happened: boolean) => {
        this.leave(client, topic);
        signal.removeEventListener('abort', aborted);
        resolve(happened);
      };
      const aborted = () => settle(false);
      const client: Client = {
        framing: SILENT,
        backlog: 0,
        send: () => settle(true),
        cut: aborted,
        drained: async () => {},
      };
      void this.subscribe({ topic, history: '' }, client);
      signal.addEventListener('abort', aborted);
      if (signal.aborted) aborted();
    });
  }

  /** Sends an event to everybody who is seated at its topic. */
  push(event: Event): void {
    const seats = this.#topics.get(event.topic);
    if (!seats) return;
    const data = JSON.stringify(event.data);
    const framed = new Map<Framing, Buffer>();
    for (const { client, waiting } of seats.values()) {
      if (waiting && waiting.length < MOST_WAITING) {
        waiting.push(event);
        continue;
      }
      if (waiting || client.backlog > MOST_BACKLOG) {
        this.#cut += 1;
        this.leave(client);
        client.cut('this connection is too slow; come back with the cursor of the last event that you have');
        continue;
      }
      let bytes = framed.get(client.framing);
      if (!bytes) {
        bytes = client.framing.event(event.topic, event.event, event.cursor, data);
        framed.set(client.framing, bytes);
      }
      client.send(bytes);
      this.#delivered += 1;
    }
  }

  /** Gives a client the past, page by page, until what waits follows on it. Returns the last sequence number that it has. */
  async #catchUp(
    topic: string,
    path: string,
    after: string,
    { client, waiting }: Seat,
    seated: () => boolean,
  ): Promise<number> {
    let cursor = after;
    let last = 0;
    for (;;) {
      const past = await this.#history(path, cursor);
      if (!seated()) return last;
      if (past.gap) client.send(client.framing.gap(topic, past.cursor));
      for (const { event, cursor: at, data } of past.events) client.send(client.framing.event(topic, event, at, data));
      cursor = past.cursor;
      last = past.events.at(-1)?.seq ?? last;
      const next = waiting?.[0]?.seq;
      if (past.events.length === 0 || (next !== undefined && next <= last + 1)) return last;
      await client.drained();
    }
  }

  #send(client: Client, { topic, event, cursor, data }: Event): void {
    client.send(client.framing.event(topic, event, cursor, JSON.stringify(data)));
  }
}

/** For those who only want to know that something happened. */
const NOTHING = Buffer.alloc(0);
const SILENT: Framing = { event: () => NOTHING, gap: () => NOTHING };
