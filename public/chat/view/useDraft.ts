import { useState } from 'react';
import { useChat } from './useChat.ts';

/** The longest text that the server takes; like it, in code points. */
const most = 4_000;

/** What one is about to send to a room. It stays, room by room, until it is sent. */
export interface Draft {
  readonly text: string;
  readonly write: (text: string) => void;
  /** How many letters may still be added; negative where there are too many. */
  readonly left: number;
  /** Whether it can be sent. */
  readonly fit: boolean;
  /** Sends it, if that is possible. */
  readonly send: () => void;
}

/** The draft for a room. */
export function useDraft(room: string): Draft {
  const chat = useChat();
  const [text, setText] = useState(() => chat.keep.read<string>(`draft/${room}`) ?? '');
  const left = most - [...text.trim()].length;
  const fit = left >= 0 && text.trim() !== '';
  const write = (next: string) => {
    setText(next);
    chat.keep.write(`draft/${room}`, next || undefined);
  };
  const send = () => {
    if (!fit) return;
    chat.post(text);
    write('');
  };
  return { text, write, left, fit, send };
}
