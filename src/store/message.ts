import { createHmac, randomUUID } from 'node:crypto';
import { normalName } from '../model/name.ts';
import type { Entry, Message } from '../model/packets.ts';
import type { ChangeFault, NewChange, NewMessage } from './store.ts';

/** When a message is stored. */
export interface Moment {
  /** Microseconds since 1970 as an integer, greater than those of every earlier message. */
  readonly micros: number;
  /** Clock time in milliseconds since 1970. */
  readonly at: number;
}

/** What became of a message since: milliseconds since 1970, null if it never was. */
export interface MessageStatus {
  readonly edited: number | null;
  readonly removed: number | null;
}

const UNCHANGED: MessageStatus = { edited: null, removed: null };

/**
 * The moment after `previous` (microseconds): now, or a microsecond later than `previous` if the clock is not past it.
 * If the clock was ahead once, `micros` stays ahead while `at` is right again.
 */
export function tick(previous: number): Moment {
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

/** Makes a frozen message. */
export function message(
  room: string,
  seq: number,
  id: string,
  author: string,
  text: string,
  { micros, at }: Moment,
  { edited, removed }: MessageStatus = UNCHANGED,
): Message {
  const kept = { room, seq, id, author, text, at: new Date(at).toISOString(), time: micros / 1e6 };
  // Most messages stay as they are: these need no copy.
  if (edited === null && removed === null) return Object.freeze(kept);
  return Object.freeze({
    ...kept,
    ...(edited !== null && { edited: new Date(edited).toISOString() }),
    ...(removed !== null && { removed: true as const }),
  });
}

/** The log's entry of a message itself. */
export function entryOf(message: Message): Entry {
  const { seq, id, at } = message;
  return Object.freeze({ seq, id, kind: 'message', at, message });
}

/** A keyed hash of what proves that a message is its author's, so that nobody who reads the store can use it. */
export function ownerHash(secret: string, owner: string | undefined): string | null {
  return owner === undefined ? null : createHmac('sha256', secret).update(owner).digest('base64url');
}

/** Whether a stored message and a new one under the same key have the same author and text. */
export function isSame(kept: Pick<NewMessage, 'author' | 'text'>, draft: Pick<NewMessage, 'author' | 'text'>): boolean {
  return kept.text === draft.text && normalName(kept.author) === normalName(draft.author);
}

/** What is known of a message that somebody wants to change. */
interface Subject {
  readonly owner: string | null;
  readonly isRemoved: boolean;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Says why a message can't be changed; undefined if it can. `owner` is the hash of what the caller proves. */
export function changeFault(
  subject: Subject | undefined,
  owner: string | null,
  { within, isOperator = false }: Pick<NewChange, 'within' | 'isOperator'>,
  now: number,
): ChangeFault | undefined {
  if (!subject) return 'missing';
  const isTheirs = isOperator || (owner !== null && owner === subject.owner);
  // Whose message it is comes first: nobody else learns more of it.
  if (!isTheirs) return 'foreign';
  if (subject.isRemoved) return 'removed';
  return !isOperator && within !== undefined && now - subject.at > within * 1000 ? 'late' : undefined;
}

/**
 * The message as every store keeps it: without lone surrogates, which UTF-8 can't encode, so that a retry under the
 * same key compares equal, and without U+0000, which some databases reject. Throws if a field is not a string.
 */
export function wellFormed({ room, author, text, key, owner }: NewMessage): NewMessage {
  return {
    room: string('room', room),
    author: string('author', author),
    text: wellFormedText(text),
    ...(key !== undefined && { key: string('key', key) }),
    ...(owner !== undefined && { owner: string('owner', owner) }),
  };
}

/** A text as every store keeps it. Throws if it is not a string. */
export const wellFormedText = (text: unknown): string => string('text', text);

function string(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`the ${name} of a message must be a string, not ${typeof value}`);
  return value.toWellFormed().replaceAll('\0', '\ufffd');
}
