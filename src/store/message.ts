import { createHmac, randomUUID } from 'node:crypto';
import type { Reactions } from '../model/chat.ts';
import { normalName } from '../model/name.ts';
import type { Entry, Message } from '../model/packets.ts';
import type { MessagePlace, MessageSelection, NewMessage, Selected } from './store.ts';

/** The time of storing a message. */
export interface Moment {
  /** Microseconds since 1970 as an integer, greater than those of every earlier message. */
  readonly micros: number;
  /** Clock time in milliseconds since 1970. */
  readonly at: number;
}

/** Changes of a message since it was posted; null if none. */
export interface MessageStatus {
  /** Milliseconds since 1970. */
  readonly edited: number | null;
  readonly removed: number | null;
  /** Reactions as JSON. */
  readonly reactions: string | null;
}

const UNCHANGED: MessageStatus = { edited: null, removed: null, reactions: null };

/**
 * The moment after `previous` (microseconds): now, or a microsecond after `previous` if the clock is not past it. After
 * the clock was ahead, `micros` stays ahead while `at` is correct again.
 */
export function nextMoment(previous: number): Moment {
  const at = Date.now();
  return { micros: Math.max(at * 1000, previous + 1), at };
}

/** The default for `at`, in milliseconds, if it was not stored. */
export const usualAt = (micros: number): number => Math.floor(micros / 1000);

/** An unguessable id (RFC 9562, version 7): it begins with the time, so that an index writes new ones next to each other. */
export function newId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** Makes a frozen message; `by` is the author's account, null for a guest. */
export function message(
  room: string,
  seq: number,
  id: string,
  author: string,
  by: string | null,
  text: string,
  { micros, at }: Moment,
  { edited, removed, reactions }: MessageStatus = UNCHANGED,
): Message {
  const written = { text, at: new Date(at).toISOString(), time: micros / 1e6 };
  const kept = by === null ? { room, seq, id, author, ...written } : { room, seq, id, author, by, ...written };
  // Most messages are unchanged and need no copy.
  if (edited === null && removed === null && reactions === null) return Object.freeze(kept);
  return Object.freeze({
    ...kept,
    ...(edited !== null && { edited: new Date(edited).toISOString() }),
    ...(removed !== null && { removed: true as const }),
    ...(reactions !== null && { reactions: frozenReactions(JSON.parse(reactions)) }),
  });
}

function frozenReactions(reactions: Reactions): Reactions {
  for (const those of Object.values(reactions)) {
    for (const by of those) Object.freeze(by);
    Object.freeze(those);
  }
  return Object.freeze(reactions);
}

/** The messages among some that the operator's selection includes; `next` is where to continue. */
export function selected(
  selection: MessageSelection,
  among: readonly (Pick<Message, 'room' | 'seq' | 'id' | 'author'> & {
    readonly by?: string | null;
    readonly removed?: unknown;
  })[],
  next?: MessagePlace,
): Selected {
  const author = 'author' in selection ? normalName(selection.author) : undefined;
  const by = 'author' in selection ? selection.by : undefined;
  const found = among.filter(
    message =>
      (!('room' in selection) || message.room === selection.room) &&
      (!('message' in selection) || message.id === selection.message) &&
      (author === undefined || normalName(message.author) === author || (by !== undefined && message.by === by)),
  );
  const messages = found.filter(({ removed }) => !removed);
  return { messages, removed: found.length - messages.length, ...(next && { next }) };
}

/** Estimated overhead of a message in memory, in characters. */
const OVERHEAD = 300;

/** What a message counts for in the limit of a cache, in characters. */
export const weightOf = ({ author, text }: Message): number => OVERHEAD + author.length + text.length;

/** The log entry of a new message. */
export function entryOf(message: Message): Entry {
  const { seq, id, at } = message;
  return Object.freeze({ seq, id, kind: 'message', at, message });
}

/** A keyed hash of a proof of authorship, so that readers of the store can't use it. */
export function ownerHash(secret: string, owner: string | undefined): string | null {
  return owner === undefined ? null : createHmac('sha256', secret).update(owner).digest('base64url');
}

/** Whether a message under a known key has the same author and text. A person may have been renamed since. */
export function isSame(
  kept: Pick<NewMessage, 'author' | 'text'> & { readonly by?: string | null | undefined },
  draft: Pick<NewMessage, 'author' | 'by' | 'text'>,
): boolean {
  if (kept.text !== draft.text) return false;
  if (kept.by && draft.by !== undefined) return kept.by === draft.by;
  return normalName(kept.author) === normalName(draft.author);
}

/**
 * Normalises a message for all stores: without lone surrogates, which UTF-8 can't encode, so that a retry compares
 * equal, and without U+0000, which some databases reject. Throws if a field is not a string.
 */
export function wellFormed({ room, author, by, text, key, owner }: NewMessage): NewMessage {
  return {
    room: string('room', room),
    author: string('author', author),
    ...(by !== undefined && { by: string('by', by) }),
    text: wellFormedText(text),
    ...(key !== undefined && { key: string('key', key) }),
    ...(owner !== undefined && { owner: string('owner', owner) }),
  };
}

/** Normalises a text for all stores. Throws if it is not a string. */
export const wellFormedText = (text: unknown): string => string('text', text);

function string(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`the ${name} of a message must be a string, not ${typeof value}`);
  return value.toWellFormed().replaceAll('\0', '\ufffd');
}
