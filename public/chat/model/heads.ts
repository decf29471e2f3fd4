import { readIn, unreadIn } from './marks.ts';
import { headed, lined } from './room.ts';
import { roomIn, type State, withRooms } from './state.ts';
import type { Head } from './wire.ts';

/** From this many rooms on, those in which a person has never been do not count as unread: nobody reads so many. */
export const MANY = 1_000;

/**
 * The state after the list of rooms was read, in one step however long the list is. With `caughtUp` the rooms that are
 * new to this browser count as read.
 */
export function withHeads(state: State, heads: readonly Head[], caughtUp: boolean): State {
  const rooms = [];
  const marks = new Map(state.marks);
  for (const { room: name, cursor } of heads) {
    const before = roomIn(state, name);
    const room = headed(before, cursor);
    if (room === before) continue;
    const isLookedAt = name === state.here && state.attended;
    if (caughtUp && !before.epoch && !marks.has(name)) marks.set(name, cursor);
    const fresh = !isLookedAt && unreadIn(before, marks) === 0 && unreadIn(room, marks) > 0;
    rooms.push(fresh ? lined(room, readIn(room, marks)) : room);
  }
  if (!rooms.length) return state;
  return withRooms(marks.size > state.marks.size ? { ...state, marks } : state, rooms);
}
