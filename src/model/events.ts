import type { LogEntry } from './chat.ts';
import type { Message } from './packets.ts';

/** The topic of a room's events. */
export const topicOf = (room: string): string => `room/${room}`;

/** A position in a room's history: the history's epoch, and the sequence number of the last entry before it. */
interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

/** Parses `EPOCH:SEQ`. Any other text gives an empty epoch and 0, the beginning of an unknown history. */
export function cursorOf(text: string): Cursor {
  const colon = text.lastIndexOf(':');
  const seq = Number(text.slice(colon + 1));
  if (colon < 1 || colon === text.length - 1 || !Number.isSafeInteger(seq) || seq < 0) return { epoch: '', seq: 0 };
  return { epoch: text.slice(0, colon), seq };
}

/** Formats a cursor, `EPOCH:SEQ`. */
export const cursorText = ({ epoch, seq }: Cursor): string => `${epoch}:${seq}`;

/** Whether two cursors have the same epoch. */
export const isSameEpoch = (one: string, other: string): boolean => cursorOf(one).epoch === cursorOf(other).epoch;

/** Whether a cursor is the next after another. */
export function follows(cursor: string, last: string): boolean {
  const [one, other] = [cursorOf(cursor), cursorOf(last)];
  return one.epoch === other.epoch && one.seq === other.seq + 1;
}

/** Whether a cursor is at or before another. */
export function isBefore(cursor: string, last: string): boolean {
  const [one, other] = [cursorOf(cursor), cursorOf(last)];
  return one.epoch === other.epoch && one.seq <= other.seq;
}

/** A message as callers of the API see it: without gochat's time, and without the text if it was removed. */
export function publicMessage({
  time: _,
  ...message
}: Message): Omit<Message, 'time' | 'text'> & { readonly text?: string } {
  if (!message.removed) return message;
  const { text: _text, ...removed } = message;
  return removed;
}

/** The event of an entry. For a message that was removed since, it is the removal. */
export function eventName({ kind, message }: Pick<LogEntry, 'kind' | 'message'>): string {
  if (message.removed) return 'remove';
  return kind === 'react' || kind === 'unreact' ? 'reaction' : kind;
}
