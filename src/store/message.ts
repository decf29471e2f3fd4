import { randomUUID } from 'node:crypto';
import { normalName } from '../model/name.ts';
import type { Message } from '../model/packets.ts';
import type { NewMessage } from './store.ts';

/** When a message is kept. */
export interface Moment {
  /** Whole microseconds since 1970, later than those of every message before. */
  readonly micros: number;
  /** What the clock says, in milliseconds since 1970. */
  readonly at: number;
}

/**
 * The moment after `previous`, in microseconds: now, or a microsecond later where now is not later. A clock that was ahead
 * once keeps `micros` ahead, and says the right time at `at` again.
 */
export function tick(previous: number): Moment {
  const at = Date.now();
  return { micros: Math.max(at * 1000, previous + 1), at };
}

/** What `at` is where nothing else is known, in milliseconds. */
export const usualAt = (micros: number): number => Math.floor(micros / 1000);

/** An id that nobody can guess. */
export const newId = (): string => randomUUID();

/** A message as it is kept, frozen. */
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

/** Whether a message and a draft under its key say the same, whatever form the name came in then and now. */
export function isSame(kept: Pick<NewMessage, 'author' | 'text'>, draft: Pick<NewMessage, 'author' | 'text'>): boolean {
  return kept.text === draft.text && normalName(kept.author) === normalName(draft.author);
}

/**
 * The draft as every store keeps it: UTF-8 has no lone surrogates, so without this a retry under its key would look like
 * another message, and some databases have no U+0000. Throws where a part of it is no string.
 */
export function wellFormed({ room, author, text, key }: NewMessage): NewMessage {
  const draft = { room: string('room', room), author: string('author', author), text: string('text', text) };
  return key === undefined ? draft : { ...draft, key: string('key', key) };
}

function string(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`the ${name} of a message must be a string, not ${typeof value}`);
  return value.toWellFormed().replaceAll('\0', '\ufffd');
}
