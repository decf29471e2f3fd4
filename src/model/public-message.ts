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
