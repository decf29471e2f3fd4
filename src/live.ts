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
    readonly cursor: string;
    readonly event: string;
    readonly data: string;
  }[];
  readonly cursor: string;
  /** Where a gap ends: what came before this cursor, and after the one that was asked for, is lost. */
  readonly gap?: string | undefined;
}

/** Reads what came after a cursor; empty at the end. Rejects where the graph refuses. */
export type History = (path: string, after: string) => Promise<Past>;

/** One client's interest in one topic. */
interface Seat {
  readonly client: Client;
  readonly topic: string;
  /** The path of the questions for what it has missed. */
  readonly history: string;
  /** Cursor of the last event that the client has; nothing where it wants whatever comes next. */
  last: string | undefined;
  /** Events that wait while the client catches up; nothing while it is live. */
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
  readonly #reading = new Map<string, Promise<Past>>();
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
    const seat: Seat = { client, topic, history, last: after, waiting: undefined };
    seats.set(client, seat);
    if (after !== undefined) await this.#catchUp(seat, []);
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

  /** Sends an event to everybody who is seated at its topic. Who has missed one before it, gets that first. */
  push(event: Event): void {
    const seats = this.#topics.get(event.topic);
    if (!seats) return;
    // What is being read may have been looked up before this event was there.
    this.#reading.clear();
    const data = JSON.stringify(event.data);
    const framed = new Map<Framing, Buffer>();
    // All who are live have the same event last, so that this is worked out once for them.
    let last: string | undefined;
    let next = true;
    for (const seat of seats.values()) {
      if (seat.last !== last) {
        last = seat.last;
        next = last === undefined || follows(event.cursor, last);
      }
      const { client, waiting } = seat;
      // Who catches up gets no more than a page before the last one has left.
      if (waiting ? waiting.length >= MOST_WAITING : client.backlog > MOST_BACKLOG) this.#cutOff(client, TOO_SLOW);
      else if (waiting) waiting.push(event);
      else if (!next) this.#mend(seat, event);
      else {
        let bytes = framed.get(client.framing);
        if (!bytes) {
          bytes = client.framing.event(event.topic, event.event, event.cursor, data);
          framed.set(client.framing, bytes);
        }
        this.#send(seat, bytes, event.cursor);
      }
    }
  }

  /** Something between is missing, or this is known already, or the history is another one: the graph knows. */
  #mend(seat: Seat, event: Event): void {
    if (isBefore(event.cursor, seat.last!)) return;
    this.#catchUp(seat, [event]).catch(error => this.#cutOff(seat.client, (error as Error).message));
  }

  /** Gives a client the past, page by page, until what waits follows on it. */
  async #catchUp(seat: Seat, waiting: Event[]): Promise<void> {
    const { client, topic, history } = seat;
    const isSeated = () => this.#topics.get(topic)?.get(client) === seat;
    seat.waiting = waiting;
    for (;;) {
      const heard = waiting.length;
      let past: Past;
      try {
        past = await this.#read(history, seat.last!);
      } catch (error) {
        if (!isSeated()) return;
        this.leave(client, topic);
        throw error;
      }
      if (!isSeated()) return;
      if (past.gap !== undefined) client.send(client.framing.gap(topic, past.gap));
      for (const { event, cursor, data } of past.events) {
        this.#send(seat, client.framing.event(topic, event, cursor, data), cursor);
      }
      seat.last = past.cursor;
      if (this.#join(seat, waiting, past.events.length === 0 ? heard : undefined)) return;
      await client.drained();
    }
  }

  /**
   * Makes a client live if what waits follows on what it has, or if it has all. `known` says how many of those that wait
   * had come before the past was read to its end: what is missing before one of these, no reading brings.
   */
  #join(seat: Seat, waiting: Event[], known: number | undefined): boolean {
    let joins = known !== undefined;
    for (const [i, { topic, event, cursor, data }] of waiting.entries()) {
      if (isBefore(cursor, seat.last!)) continue;
      if (follows(cursor, seat.last!)) joins = true;
      else if (known === undefined || i >= known) {
        waiting.splice(0, i);
        return false;
      }
      // It is late, and its history is over.
      else if (!isSameEpoch(cursor, seat.last!)) continue;
      this.#send(seat, seat.client.framing.event(topic, event, cursor, JSON.stringify(data)), cursor);
    }
    if (joins) seat.waiting = undefined;
    return joins;
  }

  /** Reads the past. Those who ask for the same in one turn share the answer; later ones may want more than it has. */
  #read(path: string, after: string): Promise<Past> {
    const key = `${path} ${after}`;
    let reading = this.#reading.get(key);
    if (!reading) {
      reading = this.#history(path, after);
      this.#reading.set(key, reading);
      queueMicrotask(() => this.#reading.delete(key));
    }
    return reading;
  }

  #send(seat: Seat, bytes: Buffer, cursor: string): void {
    seat.client.send(bytes);
    seat.last = cursor;
    this.#delivered += 1;
  }

  #cutOff(client: Client, reason: string): void {
    this.#cut += 1;
    this.leave(client);
    client.cut(reason);
  }
}

/** Where a cursor stands: its epoch and its place there. */
function split(cursor: string): [epoch: string, seq: number] {
  const colon = cursor.lastIndexOf(':');
  return [cursor.slice(0, colon), Number(cursor.slice(colon + 1))];
}

const isSameEpoch = (one: string, other: string) => split(one)[0] === split(other)[0];

/** Whether nothing is between two cursors. */
function follows(cursor: string, last: string): boolean {
  return isSameEpoch(cursor, last) && split(cursor)[1] === split(last)[1] + 1;
}

/** Whether who has `last` has this one too. */
function isBefore(cursor: string, last: string): boolean {
  return isSameEpoch(cursor, last) && split(cursor)[1] <= split(last)[1];
}

const TOO_SLOW = 'this connection is too slow; come back with the cursor of the last event that you have';

/** For those who only want to know that something happened. */
const NOTHING = Buffer.alloc(0);
const SILENT: Framing = { event: () => NOTHING, gap: () => NOTHING };
