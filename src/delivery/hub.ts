import type { Gate } from '../gate/gate.ts';
import { SELF } from '../gate/shares.ts';
import { RefusalError } from '../http/answer.ts';
import { type LogPage, ServerFrame } from '../model/chat.ts';
import { codeOf } from '../model/codes.ts';
import { MAX_PAGE_LENGTH } from '../model/limits.ts';
import type { EphemeralEvent, Event, Subscription } from '../model/packets.ts';
import { eventName } from '../model/public-message.ts';
import { guest } from '../model/who.ts';

/** Why a connection ends; its code, if known, is that of a refusal. */
export type DisconnectReason = Error & { readonly code?: string };

/** One connection that receives events. */
export interface Subscriber {
  /** How this kind of connection encodes an event; subscribers with the same framing share the bytes. */
  readonly framing: Framing;
  /** Sends bytes that `framing` made. */
  send(bytes: Buffer): void;
  /** Bytes sent but still buffered. */
  readonly backlog: number;
  /** Resolves once the buffer has drained, or the connection has closed. */
  drained(): Promise<void>;
  /** Closes the connection and says why. */
  disconnect(reason: DisconnectReason): void;
}

export interface Framing {
  event(topic: string, event: string, cursor: string, data: string): Buffer;
  /** Encodes that events up to this cursor are lost. */
  gap(topic: string, cursor: string): Buffer;
  /** Encodes an event without a place. Undefined if such events are of no interest. */
  readonly ephemeral: ((event: string, data: object) => Buffer) | undefined;
}

/** One page of a topic's history. */
export interface EventPage {
  readonly events: readonly {
    readonly cursor: string;
    readonly event: string;
    readonly data: string;
  }[];
  readonly cursor: string;
  /** End of a gap: events after the requested cursor and before this one are lost. */
  readonly gap?: string | undefined;
}

/** Reads the events after a cursor; empty at the end. Rejects if the graph refuses. */
export type ReadHistory = (path: string, after: string) => Promise<EventPage>;

/** A subscriber's subscription to one topic. */
interface TopicSubscription {
  readonly client: Subscriber;
  readonly topic: string;
  /** Path of the questions that read its history. */
  readonly history: string;
  /** Cursor of the subscriber's last event; undefined if it only wants new ones. */
  last: string | undefined;
  /** Events queued while the subscriber catches up; undefined once it is live. */
  waiting: Event[] | undefined;
}

/** Bytes a subscriber may lag before it is disconnected. */
const MAX_BACKLOG_BYTES = 1024 * 1024;
/** Events that may queue for a subscriber that catches up before it is disconnected. */
const MAX_WAITING_EVENTS = 10_000;

/**
 * What this folder is for: fans events out to subscribers. Each event is serialised once, framed once per kind of
 * connection, and sent to all.
 */
export class Hub {
  readonly #topics = new Map<string, Map<Subscriber, TopicSubscription>>();
  readonly #history: ReadHistory;
  readonly #reading = new Map<string, Promise<EventPage>>();
  #delivered = 0;
  #disconnected = 0;

  constructor(history: ReadHistory) {
    this.#history = history;
  }

  /** Current subscriptions, deliveries so far, and subscribers disconnected for being slow so far. */
  get counts(): { readonly subscriptions: number; readonly delivered: number; readonly disconnected: number } {
    let subscriptions = 0;
    for (const topicSubscriptions of this.#topics.values()) subscriptions += topicSubscriptions.size;
    return { subscriptions, delivered: this.#delivered, disconnected: this.#disconnected };
  }

  /**
   * Subscribes a client to a topic and sends first what it has missed. Resolves once it is live. Events that arrive
   * meanwhile are queued, so that none is lost or sent twice. Rejects, without a subscription, if the history can't be
   * read.
   */
  async subscribe({ topic, history, after }: Subscription, client: Subscriber): Promise<void> {
    const topicSubscriptions = this.#topics.get(topic) ?? new Map<Subscriber, TopicSubscription>();
    this.#topics.set(topic, topicSubscriptions);
    const subscription: TopicSubscription = { client, topic, history, last: after, waiting: undefined };
    topicSubscriptions.set(client, subscription);
    if (after !== undefined) await this.#catchUp(subscription, []);
  }

  /** Cancels a client's subscription to a topic, or all of them. */
  leave(client: Subscriber, topic?: string): void {
    for (const name of topic === undefined ? this.#topics.keys() : [topic]) {
      const topicSubscriptions = this.#topics.get(name);
      if (topicSubscriptions?.delete(client) && topicSubscriptions.size === 0) this.#topics.delete(name);
    }
  }

  /** Resolves to true at the topic's next event, to false once `signal` aborts. */
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

  /**
   * Sends an event to all subscribers of its topic. A subscriber that missed an earlier one gets that first. Throws for
   * an ephemeral event whose kind is no word, or one of the protocol's.
   */
  push(event: Event | EphemeralEvent): void {
    if (!('cursor' in event)) {
      this.#pushEphemeral(event);
      return;
    }
    const topicSubscriptions = this.#topics.get(event.topic);
    if (!topicSubscriptions) return;
    // Pages being read may lack this event.
    this.#reading.clear();
    const data = JSON.stringify(event.data);
    const framed = new Map<Framing, Buffer>();
    // All live subscribers have the same last event, so it is compared once for all of them.
    let last: string | undefined;
    let next = true;
    for (const subscription of topicSubscriptions.values()) {
      if (subscription.last !== last) {
        last = subscription.last;
        next = last === undefined || follows(event.cursor, last);
      }
      const { client, waiting } = subscription;
      // A subscriber that catches up gets one page at a time, so its buffer stays small.
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

  #pushEphemeral({ topic, event, data }: EphemeralEvent): void {
    if (typeof event !== 'string' || !/^[a-z][a-z-]{0,31}$/.test(event) || PROTOCOL_EVENTS.has(event))
      throw new Error(
        `an event without a cursor is of a kind of its own, such as typing, not ${JSON.stringify(event)}`,
      );
    const framed = new Map<Framing, Buffer | undefined>();
    for (const { client, waiting } of this.#topics.get(topic)?.values() ?? []) {
      // Who is slow or catches up can do without.
      if (waiting || client.backlog > MAX_BACKLOG_BYTES) continue;
      const { framing } = client;
      if (!framed.has(framing)) framed.set(framing, framing.ephemeral?.(event, data));
      const bytes = framed.get(framing);
      if (bytes) client.send(bytes);
    }
  }

  /** Events are missing in between, or this one is a duplicate, or of another epoch: reading the history decides. */
  #resync(subscription: TopicSubscription, event: Event): void {
    if (isBefore(event.cursor, subscription.last!)) return;
    this.#catchUp(subscription, [event]).catch(error => this.#disconnectSlow(subscription.client, error));
  }

  /** Sends the history page by page until the queued events follow on it. */
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
   * Makes a subscriber live if the queued events follow on its last one, or if it has them all. The first `known`
   * queued events arrived before the history was read to its end: reading again would not fill a gap before one of
   * them.
   */
  #join(subscription: TopicSubscription, waiting: Event[], known: number | undefined): boolean {
    let joins = known !== undefined;
    const removals = new Map(waiting.flatMap(one => (one.event === 'remove' ? [[idOf(one), one] as const] : [])));
    for (const [i, queued] of waiting.entries()) {
      const { topic, cursor } = queued;
      if (isBefore(cursor, subscription.last!)) continue;
      if (follows(cursor, subscription.last!)) joins = true;
      else if (known === undefined || i >= known) {
        waiting.splice(0, i);
        return false;
      }
      // It arrived late, from an epoch that has ended.
      else if (!isSameEpoch(cursor, subscription.last!)) continue;
      // What was removed while it was queued is told as that.
      const { event, data } = removals.get(idOf(queued)) ?? queued;
      this.#send(subscription, subscription.client.framing.event(topic, event, cursor, JSON.stringify(data)), cursor);
    }
    if (joins) subscription.waiting = undefined;
    return joins;
  }

  /** Reads a page of history. Callers in the same turn of the event loop share it; later ones may need more. */
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

  #disconnectSlow(client: Subscriber, reason: DisconnectReason): void {
    this.#disconnected += 1;
    this.leave(client);
    client.disconnect(reason);
  }
}

/** Splits a cursor into epoch and sequence number. */
function split(cursor: string): [epoch: string, seq: number] {
  const colon = cursor.lastIndexOf(':');
  return [cursor.slice(0, colon), Number(cursor.slice(colon + 1))];
}

/** The message that an event tells of; its cursor if it tells of none. */
const idOf = ({ data, cursor }: Event) => data.id ?? cursor;

const isSameEpoch = (one: string, other: string) => split(one)[0] === split(other)[0];

/** Whether a cursor is the next after another. */
function follows(cursor: string, last: string): boolean {
  return isSameEpoch(cursor, last) && split(cursor)[1] === split(last)[1] + 1;
}

/** Whether a cursor is at or before another. */
function isBefore(cursor: string, last: string): boolean {
  return isSameEpoch(cursor, last) && split(cursor)[1] <= split(last)[1];
}

const TOO_SLOW = new RefusalError(
  'too-slow',
  'this connection is too slow; come back with the cursor of the last event that you have',
);

/** For subscribers that only need to know that something happened. */
const NOTHING = Buffer.alloc(0);
const SILENT: Framing = { event: () => NOTHING, gap: () => NOTHING, ephemeral: undefined };

/** Kinds that have a meaning of their own in a stream or a socket. */
const PROTOCOL_EVENTS: ReadonlySet<string> = new Set(ServerFrame.options.map(({ entries }) => entries.type.literal));

/** Reads history as any client does: by asking the graph for the entries after a cursor. */
export function readHistory(gate: Gate): ReadHistory {
  return async (path, after) => {
    const query = { after, limit: String(MAX_PAGE_LENGTH) };
    const { answer } = await gate.ask({ method: 'GET', path, query, body: {}, from: SELF, who: guest(SELF) });
    if (!('body' in answer)) throw Object.assign(new Error(answer.detail), { code: codeOf(answer) });
    const { entries, cursor, gap } = JSON.parse(answer.body) as LogPage;
    const epoch = cursor.slice(0, cursor.lastIndexOf(':'));
    const events = entries.map(({ seq, kind, message }) => ({
      cursor: `${epoch}:${seq}`,
      event: eventName({ kind, message }),
      data: JSON.stringify(message),
    }));
    const first = entries[0];
    return { events, cursor, gap: gap ? (first ? `${epoch}:${first.seq - 1}` : cursor) : undefined };
  };
}
