import { useRef, useState } from 'react';
import { hasVisible, MOST_TEXT } from '../../../src/model/text.ts';
import { useChat } from './useChat.ts';

/** What one is about to send to a room. It stays, room by room, until it is sent. */
export interface Draft {
  readonly text: string;
  readonly write: (text: string) => void;
  /** How many characters may still be added; negative where there are too many. */
  readonly left: number;
  /** Whether it can be sent. */
  readonly fit: boolean;
  /** Sends it, if that is possible. */
  readonly send: () => void;
}

/** How many characters may be added to a text; like the server, in code points. */
const leftOf = (text: string): number => MOST_TEXT - [...text.trim()].length;
const isFit = (text: string): boolean => leftOf(text) >= 0 && hasVisible(text);

/** The draft for a room. */
export function useDraft(room: string): Draft {
  const chat = useChat();
  const [text, setText] = useState(() => chat.drafts.read(room));
  // What is there now, though it may not be drawn yet: a second Enter finds that the first one has sent it.
  const now = useRef(text);
  const write = (next: string) => {
    now.current = next;
    setText(next);
    chat.draft(room, next);
  };
  const send = () => {
    if (!isFit(now.current)) return;
    chat.post(now.current);
    write('');
  };
  return { text, write, left: leftOf(text), fit: isFit(text), send };
}
