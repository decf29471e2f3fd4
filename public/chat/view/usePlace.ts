import { type RefObject, useLayoutEffect, useRef, useState } from 'react';
import type { Room } from '../model/room.ts';
import { Place } from './place.ts';
import { useChat } from './useChat.ts';

/**
 * Keeps the place in a room's messages whenever the component is drawn, loads earlier ones where the beginning comes near,
 * and goes to the end on demand. Whether the end is in sight is undefined until one has begun to read.
 */
export function usePlace(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  { name, loaded }: Room,
) {
  const chat = useChat();
  const place = useRef<Place>(undefined);
  const [ended, setEnded] = useState<boolean>();
  useLayoutEffect(() => {
    const watch = {
      ended: setEnded,
      near: () => chat.older(),
      stopped: (stop: Parameters<typeof chat.places.set>[1] | undefined) =>
        stop ? chat.places.set(name, stop) : chat.places.delete(name),
    };
    place.current = new Place(scroller.current!, content.current!, watch, chat.places.get(name));
    return () => place.current?.release();
  }, [chat, scroller, content, name]);
  useLayoutEffect(() => place.current?.restore(loaded));
  return {
    ended,
    toEnd: () => place.current?.toEnd(),
    toLine: () => place.current?.toLine(),
    toTarget: () => place.current?.toTarget() === true,
  };
}
