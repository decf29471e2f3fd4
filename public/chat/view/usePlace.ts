import { type RefObject, useLayoutEffect, useRef, useState } from 'react';
import { Place } from './place.ts';
import { useChat } from './useChat.ts';

/** Keeps the place in what scrolls whenever the component is drawn, loads earlier messages where the beginning comes near, and goes to the end on demand. */
export function usePlace(scroller: RefObject<HTMLElement | null>, content: RefObject<HTMLElement | null>) {
  const chat = useChat();
  const place = useRef<Place>(undefined);
  const [ended, setEnded] = useState(true);
  useLayoutEffect(() => {
    place.current = new Place(scroller.current!, content.current!, { ended: setEnded, near: () => chat.older() });
    return () => place.current?.release();
  }, [chat, scroller, content]);
  useLayoutEffect(() => place.current?.restore());
  return { ended, toEnd: () => place.current?.toEnd() };
}
