import { randomUUID } from 'node:crypto';
import { normalName } from '../model/name.ts';
import type { Message } from '../packets.ts';
import type { Draft } from './store.ts';

/** The next instant after `previous`: now, or a microsecond later where now is not later. Whole microseconds since 1970. */
export function tick(previous: number): number {
  return Math.max(Date.now() * 1000, previous + 1);
}

/** An id that nobody can guess. */
export const newId = (): string => randomUUID();

/** A message as it is kept, frozen; `micros` is its instant in whole microseconds since 1970. */
export function message(room: string, seq: number, id: string, author: string, text: string, micros: number): Message {
  const at = new Date(Math.floor(micros / 1000)).toISOString();
  return Object.freeze({ room, seq, id, author, text, at, time: micros / 1e6 });
}

/** Whether a message and a draft under its key say the same, whatever form the name came in then and now. */
export function isSame(kept: Pick<Draft, 'author' | 'text'>, draft: Pick<Draft, 'author' | 'text'>): boolean {
  return kept.text === draft.text && normalName(kept.author) === normalName(draft.author);
}

/**
 * The draft as every store keeps it: UTF-8 has no lone surrogates, so without this a retry under its key would look like
 * another message. Throws where a part of it is no string.
 */
export function wellFormed({ room, author, text, key }: Draft): Draft {
  const draft = { room: string('room', room), author: string('author', author), text: string('text', text) };
  return key === undefined ? draft : { ...draft, key: string('key', key) };
}

function string(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`the ${name} of a message must be a string, not ${typeof value}`);
  return value.toWellFormed();
}
