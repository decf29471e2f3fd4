import { randomUUID } from 'node:crypto';
import { normalName } from '../model/name.ts';
import type { Message } from '../model/packets.ts';
import type { NewMessage } from './store.ts';

/** When a message is stored. */
export interface Moment {
  /** Microseconds since 1970 as an integer, greater than those of every earlier message. */
  readonly micros: number;
  /** Clock time in milliseconds since 1970. */
  readonly at: number;
}

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

/** An unguessable id. */
export const newId = (): string => randomUUID();

/** Makes a frozen message. */
export function message(
  room: string,
  seq: number,
  id: string,
  author: string,
  text: string,
  { micros, at }: Moment,
): Message {
  return Object.freeze({ room, seq, id, author, text, at: new Date(at).toISOString(), time: micros / 1e6 });
}

/** Whether a stored message and a new one under the same key have the same author and text. */
export function isSame(kept: Pick<NewMessage, 'author' | 'text'>, draft: Pick<NewMessage, 'author' | 'text'>): boolean {
  return kept.text === draft.text && normalName(kept.author) === normalName(draft.author);
}

/**
 * The message as every store keeps it: without lone surrogates, which UTF-8 can't encode, so that a retry under the
 * same key compares equal, and without U+0000, which some databases reject. Throws if a field is not a string.
 */
export function wellFormed({ room, author, text, key }: NewMessage): NewMessage {
  const draft = { room: string('room', room), author: string('author', author), text: string('text', text) };
  return key === undefined ? draft : { ...draft, key: string('key', key) };
}

function string(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`the ${name} of a message must be a string, not ${typeof value}`);
  return value.toWellFormed().replaceAll('\0', '\ufffd');
}
