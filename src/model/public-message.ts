import type { LogEntry } from './chat.ts';
import type { Message } from './packets.ts';

/** A message as callers of the API see it: without gochat's time, and without the text if it was removed. */
export function publicMessage({
  time: _,
  ...message
}: Message): Omit<Message, 'time' | 'text'> & { readonly text?: string } {
  if (!message.removed) return message;
  const { text: _text, ...removed } = message;
  return removed;
}

/** The event of an entry. Of a message that was removed since, nothing else is left to tell. */
export function eventName({ kind, message }: Pick<LogEntry, 'kind' | 'message'>): string {
  if (message.removed) return 'remove';
  return kind === 'react' || kind === 'unreact' ? 'reaction' : kind;
}
