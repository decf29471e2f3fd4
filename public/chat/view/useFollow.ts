import { useEffect, useRef } from 'react';
import type { Outbox } from '../model/outbox.ts';

/** Goes to the end of a room whenever one has written something there; what was written before the room was shown does not count. */
export function useFollow(outbox: Outbox, room: string, toEnd: () => void): void {
  const written = outbox.findLast(entry => entry.room === room)?.at ?? 0;
  const latest = useRef(written);
  useEffect(() => {
    if (written > latest.current) toEnd();
    latest.current = Math.max(latest.current, written);
  });
}
