import { useEffect } from 'react';
import { useChat } from './useChat.ts';

const events = ['focus', 'blur', 'visibilitychange'];

/** Tells the chat whether a person looks at the end of the log: it is in sight, and the window is in front. */
export function useAttention(ended: boolean): void {
  const chat = useChat();
  useEffect(() => {
    const tell = () => chat.attend(ended && !document.hidden && document.hasFocus());
    tell();
    for (const event of events) addEventListener(event, tell);
    return () => {
      for (const event of events) removeEventListener(event, tell);
    };
  }, [chat, ended]);
}
