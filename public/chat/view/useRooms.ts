import { useMemo } from 'react';
import { type Listed, listed } from '../model/state.ts';
import { usePart } from './useChat.ts';

/** The rooms, as the list shows them. */
export function useRooms(): readonly Listed[] {
  const rooms = usePart(state => state.rooms);
  const marks = usePart(state => state.marks);
  const outbox = usePart(state => state.outbox);
  return useMemo(() => listed({ rooms, marks, outbox }), [rooms, marks, outbox]);
}
