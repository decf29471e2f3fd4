import type { ChangeKind, ChatMessage, HistoryPage, HistoryQuery, LogEntry, NewPost, RoomsPage } from './chat.ts';
import type { RefusalCode } from './codes.ts';
import type { Who } from './who.ts';

/**
 * Every type that travels through the graph. A packet is a frozen plain object: what an editor shows of it is all
 * there is. What awaits an answer carries `id`, and keeps it from node to node until it leaves at REPLY.
 *
 * A port whose packets have one of these types says so in its `schema`, as `chat/question`, `chat/post` and so on; the
 * check of a graph refuses a wire between two that differ.
 */

/** What a caller asks: an HTTP request, or a frame of a socket told as one. */
export interface Question {
  readonly id: string;
  /** In capitals: GET, POST, … */
  readonly method: string;
  /** Decoded, below BASE_PATH, with its leading slash. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The fields of a form or of a JSON object; empty where there is no body. Their types are as the caller sent them. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The caller's address, as a keyed hash. */
  readonly from: string;
  readonly who: Who;
  /** The caller's Idempotency-Key. */
  readonly key?: string;
  /** A hash of the caller's Owner-Key, which proves whose a message is. */
  readonly owner?: string;
  /** What Router or a Route found in the path, by name. */
  readonly params?: Readonly<Record<string, string>>;
  /** The signature of a request that has one, as webhooks do. */
  readonly signed?: SignedBody;
}

/** What a signature is about. Tokens are in it as hashes. */
export interface SignedBody {
  /** The body as it was sent. */
  readonly raw: string;
  /** By their names in small letters; those only that belong to signatures. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Whose API an answer is for: gochat's list or our rooms. */
export type Form = 'gochat' | 'api';

/** A question for messages that a room keeps. At most one of `after`, `before` and `since` is there; without any, the newest. */
export interface Query extends HistoryQuery {
  readonly id: string;
  readonly room: string;
  readonly form: Form;
  /** As in the question. */
  readonly who: Who;
  /** gochat's cursor: only messages whose `time` is greater. Seconds. */
  readonly since?: number;
  /** Whether the room's log is wanted, not its messages. */
  readonly log?: true;
}

/** A message as its author wants it kept, or what is to become of one that is kept. */
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
  /** Says what is to become of a message, where none is posted. */
  readonly kind?: ChangeKind;
  /** The id of that message. */
  readonly about?: string;
  /** The emoji of a reaction, which is by `author`. */
  readonly emoji?: string;
  /** Seconds after which that message can't be changed any more. */
  readonly within?: number;
}

/** A message as it is kept. */
export interface Message extends ChatMessage {
  /** Empty of a removed message. */
  readonly text: string;
  /** Seconds since 1970, in whole microseconds, strictly increasing within a store: gochat's `Time`. */
  readonly time: number;
}

/** One entry of a room's log, and the message that it is about as that is now. */
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

/** An entry that has just been kept, for those who want to hear of it. */
export interface Added extends Entry {
  /** Who did it; not there of what the operator did, or another process, whose own nodes have heard of it. */
  readonly who?: Who;
  /** Where it stands, `EPOCH:SEQ`. */
  readonly cursor: string;
}

/** A post or a change that is kept for good. */
export interface Receipt {
  readonly id: string;
  readonly form: Form;
  /** As it is now. */
  readonly message: Message;
  /** True of a change. */
  readonly changed?: true;
}

/** The rooms that have messages, or a part of them. */
export interface RoomList extends RoomsPage {
  readonly id: string;
  /** As in the reply. */
  readonly etag?: string;
}

/** Why a question is not answered as asked: an expected failure, with its HTTP status. */
export interface Refusal {
  readonly id: string;
  /** 400 to 599. */
  readonly status: number;
  /** Why, for programs. A component that gives none is told by its status; one of your own may give a code of its own. */
  readonly code?: RefusalCode;
  /** A sentence for the caller that names the thing and the cure. */
  readonly detail: string;
  /** HTTP header fields that belong to the status, such as Allow or Retry-After. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the caller gets. */
export interface Reply {
  readonly id: string;
  readonly status: number;
  /** Serialised, in the form that `type` names. */
  readonly body: string;
  /** MIME type; `application/json` where it is not there. */
  readonly type?: string;
  /** Version of the body, in quotes. Whoever has this body already gets 304. */
  readonly etag?: string;
  /** The caller stays connected and gets what is pushed. */
  readonly subscription?: Subscription;
  /** The graph has let it pass, and the server's accounts answer it: codes and tokens never travel through the graph. */
  readonly accounts?: true;
  /** The caller would rather wait so many seconds for something to happen at a topic, and ask again. */
  readonly wait?: { readonly topic: string; readonly seconds: number };
}

/** What a caller who stays connected gets. */
export interface Subscription {
  readonly topic: string;
  /** The path of a question that gives, with `after`, the events before now. */
  readonly history: string;
  /** Cursor `EPOCH:SEQ` of the last event that the caller has; without it, from now on. */
  readonly after?: string;
  /** Those who name the same get the same history, which is read once for all of them; without it, all guests do. */
  readonly audience?: string;
}

/** What leaves the graph at REPLY. */
export type Answer = Reply | Refusal;

/** What leaves the graph at PUSH, for everybody who is subscribed to its topic. */
export interface Event {
  /** `room/NAME` for what happens in a room. */
  readonly topic: string;
  /** The place of this event in its topic. */
  readonly seq: number;
  /** The same as a cursor, `EPOCH:SEQ`. */
  readonly cursor: string;
  /** Its kind: `message`, `edit`, `remove` or `reaction`. */
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * An event that is of interest only while it happens, such as `typing`: it has no place, nobody catches up with it, and
 * only who is live hears of it. Its kind is a word in small letters that the protocol does not use itself.
 */
export type EphemeralEvent = Omit<Event, 'seq' | 'cursor'>;
