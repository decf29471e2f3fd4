import { useEffect, useState } from 'react';
import type { Room } from '../model/room.ts';

/** How long it takes a browser to tell a screen reader of what was added; milliseconds. */
const settling = 400;

/** Whether a room's messages change in another way than by new ones, so that a screen reader is to say nothing. */
export function useQuiet({ loaded, epoch, messages, reach }: Room): boolean {
  const beginning = loaded ? `${epoch} ${messages[0]?.seq ?? reach + 1}` : '';
  const [settled, setSettled] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSettled(beginning), settling);
    return () => clearTimeout(timer);
  }, [beginning]);
  return !loaded || settled !== beginning;
}
