import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from '../accounts/accounts.ts';
import { RefusalError } from '../http/answer.ts';
import { ServerFrame } from '../model/chat-frames.ts';
import { follows, isBefore, isSameEpoch } from '../model/events.ts';
import type { EphemeralEvent, Event, Subscription } from '../model/packets.ts';
import { type EventPage, History } from './history.ts';
import { expectSubscription, QuestionRefused, type Questions } from './questions.ts';

/** Why a connection ends; `code` is that of a refusal, if known. */
export type DisconnectReason = Error & { readonly code?: string };

/** One connection that receives events. */
export interface Subscriber {
  /** Encodes events for this kind of connection; subscribers with the same framing share the bytes. */
  readonly framing: Framing;
  /** Sends bytes made by `framing`. */
  send(bytes: Buffer): void;
  /** Bytes sent but still buffered. */
  readonly backlog: number;
  /** Resolves once the buffer has drained, or the connection has closed. */
  drained(): Promise<void>;
  /** Closes the connection and says why. */
  disconnect(reason: DisconnectReason): void;
  /** Tells the client that the graph refused its subscription to a topic, which the hub has ended. */
  refuse(topic: string, reason: QuestionRefused): void;
}

export interface Framing {
  event(topic: string, event: string, cursor: string, data: string): Buffer;
  /** Encodes that events up to this cursor are lost. */
  gap(topic: string, cursor: string): Buffer;
  /** Encodes a transient event; undefined if this connection doesn't get such events. */
  readonly ephemeral: ((event: string, data: object) => Buffer) | undefined;
}

/** A subscriber's subscription to one topic. */
interface TopicSubscription {
  readonly client: Subscriber;
  readonly topic: string;
  /** Path of the questions that read its history; NO_HISTORY for a long poll, which only waits for the next event. */
  readonly history: string;
  readonly audience: string | undefined;
  readonly caller: Caller;
  /** Cursor of the subscriber's last event; undefined to get only new ones. */
  last: string | undefined;
  /** Events queued while the subscriber catches up or is being admitted again; undefined while it is live. */
  waiting: Event[] | undefined;
}

/** Unsent bytes above which a subscriber is disconnected. */
const MAX_BACKLOG_BYTES = 1024 * 1024;
/** Limit of queued events of a subscriber that is not live; above it, it is disconnected. */
const MAX_WAITING_EVENTS = 10_000;
/**
 * Delay in milliseconds between a new revision and the recheck of its subscribers, as an edge may be removed and drawn
 * again.
 */
const SETTLE_MS = 1000;
/** Number of rechecks per batch, and the pause between batches in milliseconds. */
const RECHECKED_AT_ONCE = 16;
const RECHECK_PAUSE_MS = 10;

/**
 * Fans events out to subscribers. Each event is serialised once, framed once per kind of connection, and sent to all.
 */
export class Hub {
  readonly #topics = new Map<string, Map<Subscriber, TopicSubscription>>();
  readonly #questions: Questions;
  readonly #history: History;
  /** Number of the latest `recheckAll`. */
  #round = 0;
  #settling: NodeJS.Timeout | undefined;
  #delivered = 0;
  #disconnected = 0;

  constructor(questions: Questions) {
    this.#questions = questions;
    this.#history = new History(questions);
  }

  /** Number of subscriptions, and totals of deliveries and of subscribers disconnected for being slow. */
  get counts(): { readonly subscriptions: number; readonly delivered: number; readonly disconnected: number } {
    let subscriptions = 0;
    for (const topicSubscriptions of this.#topics.values()) subscriptions += topicSubscriptions.size;
    return { subscriptions, delivered: this.#delivered, disconnected: this.#disconnected };
  }

  /**
   * Subscribes a client to a topic, and first sends what it missed. Resolves once it is live, was ended, or was
   * replaced by a recheck. Events that arrive meanwhile are queued, so that none is lost or sent twice. Rejects with
   * QuestionRefused, without a subscription, if the history can't be read.
   */
  async subscribe(wanted: Subscription, client: Subscriber, caller: Caller): Promise<void> {
    const { after } = wanted;
    const subscription = this.#add(wanted, client, caller);
    if (after !== undefined) await this.#catchUp(subscription, []);
  }

  #add({ topic, history, audience, after }: Subscription, client: Subscriber, caller: Caller): TopicSubscription {
    const topicSubscriptions = this.#topics.get(topic) ?? new Map<Subscriber, TopicSubscription>();
    this.#topics.set(topic, topicSubscriptions);
    const subscription = { client, topic, history, audience, caller, last: after, waiting: undefined };
    topicSubscriptions.set(client, subscription);
    return subscription;
  }

  /** Cancels a client's subscription to a topic, or all of them. */
  leave(client: Subscriber, topic?: string): void {
    for (const name of topic === undefined ? this.#topics.keys() : [topic]) {
      const topicSubscriptions = this.#topics.get(name);
      if (topicSubscriptions?.delete(client) && topicSubscriptions.size === 0) this.#topics.delete(name);
    }
  }

  /**
   * Resolves to true at the topic's next event, or when the caller has to be checked again; to false once `signal`
   * aborts.
   */
  next(topic: string, caller: Caller, signal: AbortSignal): Promise<boolean> {
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
        refuse: aborted,
        drained: async () => {},
      };
      this.#add({ topic, history: NO_HISTORY }, client, caller);
      signal.addEventListener('abort', aborted);
      if (signal.aborted) aborted();
    });
  }

  /**
   * Sends an event to all subscribers of its topic. A subscriber that missed an earlier one gets that first. Throws for
   * a transient event whose kind is invalid or reserved by the protocol.
   */
  push(event: Event | EphemeralEvent): void {
    if (!('cursor' in event)) {
      this.#pushEphemeral(event);
      return;
    }
    const topicSubscriptions = this.#topics.get(event.topic);
    if (!topicSubscriptions) return;
    const data = JSON.stringify(event.data);
    const framed = new Map<Framing, Buffer>();
    // Most live subscribers have the same last event, so it is compared only where it differs from the previous one's.
    let last: string | undefined;
    let next = true;
    for (const subscription of topicSubscriptions.values()) {
      if (subscription.last !== last) {
        last = subscription.last;
        next = last === undefined || follows(event.cursor, last);
      }
      const { client, waiting } = subscription;
      // While it catches up, a subscriber gets one page at a time, so its buffer needs no check.
      if (waiting ? waiting.length >= MAX_WAITING_EVENTS : client.backlog > MAX_BACKLOG_BYTES)
        this.#disconnect(client, TOO_SLOW);
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
      // Slow or catching-up subscribers don't get transient events.
      if (waiting || client.backlog > MAX_BACKLOG_BYTES) continue;
      const { framing } = client;
      if (!framed.has(framing)) framed.set(framing, framing.ephemeral?.(event, data));
      const bytes = framed.get(framing);
      if (bytes) client.send(bytes);
    }
  }

  /**
   * Ignores an event that the subscriber has; if events are missing before it, or its epoch differs, the history
   * decides.
   */
  #resync(subscription: TopicSubscription, event: Event): void {
    if (isBefore(event.cursor, subscription.last!)) return;
    this.#catchUp(subscription, [event]).catch(error => this.#end(subscription, error));
  }

  /**
   * Ends a subscription that the graph refuses. After a temporary refusal (5xx, 408, 429) or none, the whole connection
   * is closed, and the client reconnects later.
   */
  #end({ client, topic }: TopicSubscription, reason: Error): void {
    if (reason instanceof QuestionRefused && reason.isFinal) {
      this.leave(client, topic);
      client.refuse(topic, reason);
    } else this.#disconnect(client, reason);
  }

  /**
   * Asks the graph again whether callers may subscribe, with their present identity. Until the answer they get nothing;
   * then the subscription ends, or continues where it was.
   */
  recheck(whom: (caller: Caller) => boolean): void {
    for (const topicSubscriptions of this.#topics.values()) {
      for (const subscription of [...topicSubscriptions.values()])
        if (whom(subscription.caller)) void this.#recheck(subscription);
    }
  }

  async #recheck({ waiting = [], ...before }: TopicSubscription): Promise<void> {
    const { client, topic } = before;
    if (isWaiter(before)) return client.send(NOTHING);
    // Replaces the subscription, so that a running catch-up under the old identity sends nothing more.
    const subscription: TopicSubscription = { ...before, waiting };
    this.#topics.get(topic)!.set(client, subscription);
    try {
      await this.#admit(subscription);
    } catch (error) {
      if (this.#isCurrent(subscription)) this.#end(subscription, error as Error);
      return;
    }
    if (!this.#isCurrent(subscription)) return;
    const now = asTheyAreNow(waiting);
    const first = subscription.last === undefined ? waiting.shift() : undefined;
    if (first) this.#sendEvent(subscription, now(first));
    if (subscription.last === undefined) subscription.waiting = undefined;
    else await this.#catchUp(subscription, waiting).catch(error => this.#end(subscription, error));
  }

  /** Admits a subscription again. Rejects with QuestionRefused if the caller may not have it now. */
  async #admit({ topic, caller }: TopicSubscription): Promise<void> {
    const request = { ...caller.request, who: caller.visitor.who };
    expectSubscription((await this.#questions.ask(keyOf(caller), request)).outcome, topic);
  }

  /** Call when a new revision is live, which may refuse what the last one allowed. */
  revised(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.recheckAll(), SETTLE_MS).unref();
  }

  /**
   * Rechecks all subscriptions in batches, with one question for equal ones. Delivery continues meanwhile, and a
   * subscription without an answer stays. A later call replaces this one.
   */
  async recheckAll(): Promise<void> {
    this.#round += 1;
    const round = this.#round;
    const all = [...this.#topics.values()].flatMap(subscriptions => [...subscriptions.values()]);
    const groups = Map.groupBy(all, subscription => (isWaiter(subscription) ? subscription : groupOf(subscription)));
    let begun = 0;
    for (const [group, subscriptions] of groups) {
      if (round !== this.#round) return;
      void this.#recheckGroup(group, subscriptions);
      begun += 1;
      if (begun % RECHECKED_AT_ONCE === 0) await sleep(RECHECK_PAUSE_MS, undefined, { ref: false });
    }
  }

  async #recheckGroup(group: unknown, subscriptions: readonly TopicSubscription[]): Promise<void> {
    const [first] = subscriptions as [TopicSubscription];
    if (isWaiter(first)) return first.client.send(NOTHING);
    try {
      await this.#admit(first);
    } catch (error) {
      if (!(error instanceof QuestionRefused && error.isFinal)) return;
      for (const subscription of subscriptions) {
        // A caller whose identity changed meanwhile is checked separately.
        if (this.#isCurrent(subscription) && groupOf(subscription) === group) this.#end(subscription, error);
      }
    }
  }

  #isCurrent(subscription: TopicSubscription): boolean {
    return this.#topics.get(subscription.topic)?.get(subscription.client) === subscription;
  }

  /** Sends the history page by page, until the queued events follow. */
  async #catchUp(subscription: TopicSubscription, waiting: Event[]): Promise<void> {
    const { client, topic } = subscription;
    subscription.waiting = waiting;
    for (;;) {
      const heard = waiting.length;
      let page: EventPage;
      try {
        page = await this.#history.read(subscription, subscription.last!);
      } catch (error) {
        if (!this.#isCurrent(subscription)) return;
        this.leave(client, topic);
        throw error;
      }
      if (!this.#isCurrent(subscription)) return;
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
   * Makes a subscriber live if the queued events follow its last one, or, at the end of the history, if it has them
   * all. `readUntil` is undefined unless the last page was empty; then it is the number of queued events that had
   * arrived before that page was read: reading again would not fill a gap before one of them.
   */
  #join(subscription: TopicSubscription, waiting: Event[], readUntil: number | undefined): boolean {
    let joins = readUntil !== undefined;
    const now = asTheyAreNow(waiting);
    for (const [i, queued] of waiting.entries()) {
      const { cursor } = queued;
      if (isBefore(cursor, subscription.last!)) continue;
      if (follows(cursor, subscription.last!)) joins = true;
      else if (readUntil === undefined || i >= readUntil) {
        waiting.splice(0, i);
        return false;
      }
      // A late event of an ended epoch.
      else if (!isSameEpoch(cursor, subscription.last!)) continue;
      this.#sendEvent(subscription, now(queued));
    }
    if (joins) subscription.waiting = undefined;
    return joins;
  }

  #sendEvent(subscription: TopicSubscription, { topic, event, cursor, data }: Event): void {
    this.#send(subscription, subscription.client.framing.event(topic, event, cursor, JSON.stringify(data)), cursor);
  }

  #send(subscription: TopicSubscription, bytes: Buffer, cursor: string): void {
    subscription.client.send(bytes);
    subscription.last = cursor;
    this.#delivered += 1;
  }

  #disconnect(client: Subscriber, reason: DisconnectReason): void {
    if (reason === TOO_SLOW) this.#disconnected += 1;
    this.leave(client);
    client.disconnect(reason);
  }
}

/** The id of an event's message, or else its cursor. */
const idOf = ({ data, cursor }: Event) => data.id ?? cursor;

/** Returns a function that gives a queued event, or its removal if that is queued too, under the event's own cursor. */
function asTheyAreNow(waiting: readonly Event[]): (queued: Event) => Event {
  const removals = new Map(waiting.flatMap(one => (one.event === 'remove' ? [[idOf(one), one] as const] : [])));
  return queued => {
    const { event, data } = removals.get(idOf(queued)) ?? queued;
    return { ...queued, event, data };
  };
}

const TOO_SLOW = new RefusalError(
  'too-slow',
  'this connection is too slow; come back with the cursor of the last event that you have',
);

/** The key of subscriptions that the graph answers equally. */
const groupOf = ({ topic, caller }: TopicSubscription) => `${topic} ${keyOf(caller)}`;

function keyOf({ visitor: { who }, request: { path, query, from } }: Caller): string {
  return JSON.stringify([path, query, from, who.kind, who.role, who.id]);
}

/** The history of a long poll, which only waits for the next event. */
const NO_HISTORY = '';
/** Whether a subscriber only waits for an event, and then asks the graph itself. */
const isWaiter = ({ history }: Pick<TopicSubscription, 'history'>) => history === NO_HISTORY;

/** Frames for subscribers that only need to know that an event happened. */
const NOTHING = Buffer.alloc(0);
const SILENT: Framing = { event: () => NOTHING, gap: () => NOTHING, ephemeral: undefined };

/** Kinds of events that the protocol reserves. */
const PROTOCOL_EVENTS: ReadonlySet<string> = new Set(ServerFrame.options.map(({ entries }) => entries.type.literal));
