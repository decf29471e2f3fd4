import type { Duplex } from 'node:stream';
import type { Gate } from '../gate/gate.ts';
import { SELF } from '../gate/shares.ts';
import type { Event, Subscription } from '../model/packets.ts';

/** Resolves when a connection takes more, or is gone. */
export function drained(socket: Duplex): Promise<void> {
  if (!socket.writableNeedDrain) return Promise.resolve();
  return new Promise(resolve => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}

/** One connection that events go to. */
export interface Subscriber {
  /** How this kind of connection wraps an event; clients that share it share the bytes. */
  readonly framing: Framing;
  /** Sends bytes that `framing` made. */
  send(bytes: Buffer): void;
  /** Bytes that were sent and have not left yet. */
  readonly backlog: number;
  /** Resolves when so much has left that more may be sent, or when the connection is gone. */
  drained(): Promise<void>;
  /** Ends the connection because it is too slow. */
  disconnect(reason: string): void;
}

export interface Framing {
  event(topic: string, event: string, cursor: string, data: string): Buffer;
  /** Tells that events up to this cursor are lost. */
  gap(topic: string, cursor: string): Buffer;
}

/** A part of the past, as the graph answers a question for it. */
export interface EventPage {
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
export type ReadHistory = (path: string, after: string) => Promise<EventPage>;

/** One client's interest in one topic. */
interface TopicSubscription {
  readonly client: Subscriber;
  readonly topic: string;
  /** The path of the questions for what it has missed. */
  readonly history: string;
  /** Cursor of the last event that the client has; nothing where it wants whatever comes next. */
  last: string | undefined;
  /** Events that wait while the client catches up; nothing while it is live. */
  waiting: Event[] | undefined;
}

/** Bytes that a client may be behind before it is cut. */
const MAX_BACKLOG_BYTES = 1024 * 1024;
/** Events that may wait for one client to catch up before it is cut. */
const MAX_WAITING_EVENTS = 10_000;

/** Who hears what. An event is serialised once, framed once for each kind of connection, and sent to all. */
export class Hub {
  readonly #topics = new Map<string, Map<Subscriber, TopicSubscription>>();
  readonly #history: ReadHistory;
  readonly #reading = new Map<string, Promise<EventPage>>();
  #delivered = 0;
  #disconnected = 0;

  constructor(history: ReadHistory) {
    this.#history = history;
  }

  /** Subscriptions held, deliveries so far, and clients cut for being slow so far. */
  get counts(): { readonly subscriptions: number; readonly delivered: number; readonly disconnected: number } {
    let subscriptions = 0;
    for (const topicSubscriptions of this.#topics.values()) subscriptions += topicSubscriptions.size;
    return { subscriptions, delivered: this.#delivered, disconnected: this.#disconnected };
  }

  /**
   * Seats a client at a topic, and gives it first what it has missed. Resolves when it is live. What comes meanwhile
   * waits, so that there is neither a hole nor a double. Rejects where the past can't be read, and the client is not seated.
   */
  async subscribe({ topic, history, after }: Subscription, client: Subscriber): Promise<void> {
    const topicSubscriptions = this.#topics.get(topic) ?? new Map<Subscriber, TopicSubscription>();
    this.#topics.set(topic, topicSubscriptions);
    const subscription: TopicSubscription = { client, topic, history, last: after, waiting: undefined };
    topicSubscriptions.set(client, subscription);
    if (after !== undefined) await this.#catchUp(subscription, []);
  }

  /** Takes a client's seat at a topic, or all its seats. */
  leave(client: Subscriber, topic?: string): void {
    for (const name of topic === undefined ? this.#topics.keys() : [topic]) {
      const topicSubscriptions = this.#topics.get(name);
      if (topicSubscriptions?.delete(client) && topicSubscriptions.size === 0) this.#topics.delete(name);
    }
  }

  /** Resolves with true at the next event of a topic, with false when `signal` says that nobody waits any more. */
  next(topic: string, signal: AbortSignal): Promise<boolean> {
    return new Promise(resolve => {
      const settle = (event: boolean) => {
        this.leave(client, topic);
        signal.removeEventListener('abort', aborted);
        resolve(event);
      };
      const aborted = () => settle(false);
      const client: Subscriber = {
        framing: SILENT,
        backlog: 0,
        send: () => settle(true),
        disconnect: aborted,
        drained: async () => {},
      };
      void this.subscribe({ topic, history: '' }, client);
      signal.addEventListener('abort', aborted);
      if (signal.aborted) aborted();
    });
  }

  /** Sends an event to everybody who is seated at its topic. Who has missed one before it, gets that first. */
  push(event: Event): void {
    const topicSubscriptions = this.#topics.get(event.topic);
    if (!topicSubscriptions) return;
    // What is being read may have been looked up before this event was there.
    this.#reading.clear();
    const data = JSON.stringify(event.data);
    const framed = new Map<Framing, Buffer>();
    // All who are live have the same event last, so that this is worked out once for them.
    let last: string | undefined;
    let next = true;
    for (const subscription of topicSubscriptions.values()) {
      if (subscription.last !== last) {
        last = subscription.last;
        next = last === undefined || follows(event.cursor, last);
      }
      const { client, waiting } = subscription;
      // Who catches up gets no more than a page before the last one has left.
      if (waiting ? waiting.length >= MAX_WAITING_EVENTS : client.backlog > MAX_BACKLOG_BYTES)
        this.#disconnectSlow(client, TOO_SLOW);
      else if (waiting) waiting.push(event);
      else if (!next) this.#resync(subscription, event);
      else {
        let bytes = framed.get(client.framing);
        if (!bytes) {
          bytes = client.framing.event(event.topic, event.event, event.cursor, data);
          framed.set(client.framing, bytes);
        }
        this.#send(subscription, bytes, event.cursor);
      }
    }
  }

  /** Something between is missing, or this is known already, or the history is another one: the graph knows. */
  #resync(subscription: TopicSubscription, event: Event): void {
    if (isBefore(event.cursor, subscription.last!)) return;
    this.#catchUp(subscription, [event]).catch(error =>
      this.#disconnectSlow(subscription.client, (error as Error).message),
    );
  }

  /** Gives a client the past, page by page, until what waits follows on it. */
  async #catchUp(subscription: TopicSubscription, waiting: Event[]): Promise<void> {
    const { client, topic, history } = subscription;
    const isSeated = () => this.#topics.get(topic)?.get(client) === subscription;
    subscription.waiting = waiting;
    for (;;) {
      const heard = waiting.length;
      let page: EventPage;
      try {
        page = await this.#read(history, subscription.last!);
      } catch (error) {
        if (!isSeated()) return;
        this.leave(client, topic);
        throw error;
      }
      if (!isSeated()) return;
      if (page.gap !== undefined) client.send(client.framing.gap(topic, page.gap));
      for (const { event, cursor, data } of page.events) {
        this.#send(subscription, client.framing.event(topic, event, cursor, data), cursor);
      }
      subscription.last = page.cursor;
      if (this.#join(subscription, waiting, page.events.length === 0 ? heard : undefined)) return;
      await client.drained();
    }
  }

  /**
   * Makes a client live if what waits follows on what it has, or if it has all. `known` says how many of those that wait
   * had come before the past was read to its end: what is missing before one of these, no reading brings.
   */
  #join(subscription: TopicSubscription, waiting: Event[], known: number | undefined): boolean {
    let joins = known !== undefined;
    for (const [i, { topic, event, cursor, data }] of waiting.entries()) {
      if (isBefore(cursor, subscription.last!)) continue;
      if (follows(cursor, subscription.last!)) joins = true;
      else if (known === undefined || i >= known) {
        waiting.splice(0, i);
        return false;
      }
      // It is late, and its history is over.
      else if (!isSameEpoch(cursor, subscription.last!)) continue;
      this.#send(subscription, subscription.client.framing.event(topic, event, cursor, JSON.stringify(data)), cursor);
    }
    if (joins) subscription.waiting = undefined;
    return joins;
  }

  /** Reads the past. Those who ask for the same in one turn share the answer; later ones may want more than it has. */
  #read(path: string, after: string): Promise<EventPage> {
    const key = `${path} ${after}`;
    let reading = this.#reading.get(key);
    if (!reading) {
      reading = this.#history(path, after);
      this.#reading.set(key, reading);
      queueMicrotask(() => this.#reading.delete(key));
    }
    return reading;
  }

  #send(subscription: TopicSubscription, bytes: Buffer, cursor: string): void {
    subscription.client.send(bytes);
    subscription.last = cursor;
    this.#delivered += 1;
  }

  #disconnectSlow(client: Subscriber, reason: string): void {
    this.#disconnected += 1;
    this.leave(client);
    client.disconnect(reason);
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

/** Messages that are read at once. */
const PAGE_SIZE = 200;

/** Reads what was missed as anybody would: by asking the graph for the messages after a cursor. */
export function readHistory(gate: Gate): ReadHistory {
  return async (path, after) => {
    const query = { after, limit: String(PAGE_SIZE) };
    const { answer } = await gate.ask({ method: 'GET', path, query, body: {}, from: SELF });
    if (!('body' in answer)) throw new Error(answer.detail);
    const { messages, cursor, gap } = JSON.parse(answer.body) as {
      messages: { seq: number }[];
      cursor: string;
      gap: boolean;
    };
    const epoch = cursor.slice(0, cursor.lastIndexOf(':'));
    const events = messages.map(message => ({
      cursor: `${epoch}:${message.seq}`,
      event: 'message',
      data: JSON.stringify(message),
    }));
    const first = messages[0];
    return { events, cursor, gap: gap ? (first ? `${epoch}:${first.seq - 1}` : cursor) : undefined };
  };
}
