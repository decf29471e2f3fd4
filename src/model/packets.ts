import type { ChangeKind, ChatMessage, HistoryPage, HistoryQuery, LogEntry, NewPost, RoomsPage } from './chat.ts';
import type { RefusalCode } from './codes.ts';
import type { Who } from './who.ts';

/**
 * Every packet type of the graph. A packet is a frozen plain object without hidden state. A packet that needs an answer
 * carries `id`, and keeps it until it leaves at REPLY. A port declares its type in `schema`, such as `chat/question`;
 * the check refuses a wire between two types.
 */

/** A caller's request: an HTTP request, or a socket frame in the same form. */
export interface Question {
  readonly id: string;
  /** In capitals: GET, POST, … */
  readonly method: string;
  /** Decoded, below BASE_PATH, with its leading slash. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The fields of a form or of a JSON object; empty without a body. Their types are unchecked. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The caller's address, as a keyed hash. */
  readonly from: string;
  readonly who: Who;
  /** The caller's Idempotency-Key. */
  readonly key?: string;
  /** A hash of the caller's Owner-Key, which proves authorship. */
  readonly owner?: string;
  /** Parameters that Router or a Route found in the path. */
  readonly params?: Readonly<Record<string, string>>;
  /** The signed parts of a request, for webhooks. */
  readonly signed?: SignedBody;
}

/** What a signature covers; tokens are hashed. */
export interface SignedBody {
  /** The body as it was sent. */
  readonly raw: string;
  /** By lower-case name; only those that signatures use. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Whose API an answer is for: gochat's list or our rooms. */
export type Form = 'gochat' | 'api';

/** A question for a room's messages. At most one of `after`, `before` and `since` is set; without any, the newest. */
export interface Query extends HistoryQuery {
  readonly id: string;
  readonly room: string;
  readonly form: Form;
  /** As in the question. */
  readonly who: Who;
  /** gochat's cursor: only messages whose `time` is greater. Seconds. */
  readonly since?: number;
  /** Whether the room's log is requested instead of its messages. */
  readonly log?: true;
}

/** A new message, or a change of an existing one. */
export interface Post extends NewPost {
  readonly id: string;
  readonly room: string;
  readonly form: Form;
  readonly from: string;
  /** As in the question. */
  readonly who: Who;
  readonly key?: string;
  /** As in the question. */
  readonly owner?: string;
  /** The kind of change; undefined for a new message. */
  readonly kind?: ChangeKind;
  /** The id of the message to change. */
  readonly about?: string;
  /** The emoji of a reaction by `author`. */
  readonly emoji?: string;
  /** Seconds after which the message can no longer be changed. */
  readonly within?: number;
}

/** A stored message. */
export interface Message extends ChatMessage {
  /** Empty if the message was removed. */
  readonly text: string;
  /** Seconds since 1970, in whole microseconds, strictly increasing within a store: gochat's `Time`. */
  readonly time: number;
}

/** An entry of a room's log, with the present state of its message. */
export interface Entry extends LogEntry {
  readonly message: Message;
}

/** The messages that a Query asked for, oldest first. */
export interface MessagePage extends HistoryPage {
  readonly id: string;
  readonly room: string;
  readonly form: Form;
  readonly messages: readonly Message[];
  /** As in the query. */
  readonly wait?: number;
}

/** The part of a room's log that a Query asked for, oldest first; the other fields are as in MessagePage. */
export interface EntryPage extends Omit<MessagePage, 'messages'> {
  readonly entries: readonly Entry[];
}

/** A newly stored entry, for listeners. */
export interface Added extends Entry {
  /** The author of the entry; undefined for the operator, and for another process, whose own nodes have handled it. */
  readonly who?: Who;
  /** The entry's position, `EPOCH:SEQ`. */
  readonly cursor: string;
}

/** Confirms that a post or a change was stored durably. */
export interface Receipt {
  readonly id: string;
  readonly form: Form;
  /** The message after the change. */
  readonly message: Message;
  /** True for a change. */
  readonly changed?: true;
}

/** The rooms that have messages, or a page of them. */
export interface RoomList extends RoomsPage {
  readonly id: string;
  /** As in the reply. */
  readonly etag?: string;
}

/** An expected failure, with its HTTP status. */
export interface Refusal {
  readonly id: string;
  /** 400 to 599. */
  readonly status: number;
  /** The reason, for programs; derived from the status if missing. Your own components may use their own codes. */
  readonly code?: RefusalCode;
  /** A sentence for the caller that names the thing and the cure. */
  readonly detail: string;
  /** HTTP header fields that belong to the status, such as Allow or Retry-After. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A response to the caller. */
export interface Reply {
  readonly id: string;
  readonly status: number;
  /** Serialised in the format of `type`. */
  readonly body: string;
  /** MIME type; `application/json` by default. */
  readonly type?: string;
  /** Version of the body, in quotes. A caller who has it gets 304. */
  readonly etag?: string;
  /** Keeps the caller connected as a subscriber. */
  readonly subscription?: Subscription;
  /** The graph permits the request, and the server's accounts answer it: codes and tokens never enter the graph. */
  readonly accounts?: true;
  /** Asks for a long poll: wait at most `seconds` for an event of the topic, then repeat the question. */
  readonly wait?: { readonly topic: string; readonly seconds: number };
}

/** A subscription of a connected caller. */
export interface Subscription {
  readonly topic: string;
  /** The path of a question that, with `after`, returns earlier events. */
  readonly history: string;
  /** Cursor `EPOCH:SEQ` of the last event that the caller has; without it, only new events are sent. */
  readonly after?: string;
  /**
   * Callers of the same audience get the same history, which is read once for all of them; without it, all guests are
   * one audience.
   */
  readonly audience?: string;
}

/** What leaves the graph at REPLY. */
export type Answer = Reply | Refusal;

/** An event that leaves the graph at PUSH, for all subscribers of its topic. */
export interface Event {
  /** `room/NAME` for events of a room. */
  readonly topic: string;
  /** The event's sequence number in its topic. */
  readonly seq: number;
  /** The same as a cursor, `EPOCH:SEQ`. */
  readonly cursor: string;
  /** Its kind: `message`, `edit`, `remove` or `reaction`. */
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * A transient event such as `typing`: it has no position, is never replayed, and reaches only live subscribers. Its
 * kind is a lower-case word that the protocol itself does not use.
 */
export type EphemeralEvent = Omit<Event, 'seq' | 'cursor'>;
