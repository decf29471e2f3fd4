import { useMemo } from 'react';
import { type Listed, listed } from '../model/state.ts';
import { usePart } from './useChat.ts';

/** The rooms, as the list shows them. */
export function useRooms(): readonly Listed[] {
  const here = usePart(state => state.here);
  const openedUnread = usePart(state => state.openedUnread);
  const rooms = usePart(state => state.rooms);
  const names = usePart(state => state.names);
  const visited = usePart(state => state.visited);
  const marks = usePart(state => state.marks);
  const outbox = usePart(state => state.outbox);
  return useMemo(
    () => listed({ here, openedUnread, rooms, names, visited, marks, outbox }),
    [here, openedUnread, rooms, names, visited, marks, outbox],
  );
}
