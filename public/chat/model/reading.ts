import type { HistoryPage, RoomSummary } from '../../../src/model/chat.ts';
import { cursorOf, cursorText } from '../../../src/model/events.ts';
import { read, readIn, unreadIn } from './read-positions.ts';
import { type Room, withNewest, withUnreadLine } from './room.ts';
import { type ChatState, roomIn, withRoom, withRooms } from './state.ts';

/** With this many rooms, unvisited ones do not count as unread. */
export const MANY = 1_000;

/**
 * The state after the list of rooms was loaded. With `caughtUp`, rooms new to this browser count as read. One pass,
 * however long the list is.
 */
export function withHeads(state: ChatState, heads: readonly RoomSummary[], caughtUp: boolean): ChatState {
  const rooms = [];
  const readPositions = new Map(state.readPositions);
  for (const { room: name, cursor, newest } of heads) {
    const before = roomIn(state, name);
    const room = withNewest(before, cursor, newest);
    if (room === before) continue;
    const isLookedAt = name === state.here && state.attended;
    if (caughtUp && !before.epoch && !readPositions.has(name)) readPositions.set(name, cursor);
    const fresh = !isLookedAt && unreadIn(before, readPositions) === 0 && unreadIn(room, readPositions) > 0;
    rooms.push(fresh ? withUnreadLine(room, readIn(room, readPositions)) : room);
  }
  if (!rooms.length) return state;
  return withRooms(readPositions.size > state.readPositions.size ? { ...state, readPositions } : state, rooms);
}

/** Limit of unread messages loaded when a room is opened; above it, the room opens at the newest. */
export const MAX_UNREAD = 2_000;
/** How many read messages are shown above the first unread one. */
const CONTEXT = 25;

/**
 * The cursor to load a room from, so that it opens at the read position. Undefined if the page of newest messages
 * contains it, or it is unknown or too far back.
 */
export function startOf(newest: HistoryPage, readPosition: string | undefined): string | undefined {
  const { epoch, seq } = cursorOf(readPosition ?? '');
  const page = cursorOf(newest.cursor);
  const firstSeq = newest.messages[0]?.seq ?? 0;
  if (epoch !== page.epoch || seq + 1 >= firstSeq || page.seq - seq > MAX_UNREAD) return undefined;
  return cursorText({ epoch, seq: Math.max(0, seq - CONTEXT) });
}

/**
 * The state after a room changed: new messages are read if the user is looking, otherwise the "new messages" line marks
 * where they begin.
 */
export function noticed(state: ChatState, name: string, before: Room): ChatState {
  const room = roomIn(state, name);
  if (name === state.here && state.attended) return withRoomRead(state);
  if (unreadIn(before, state.readPositions) > 0 || unreadIn(room, state.readPositions) === 0) return state;
  return withRoom(state, withUnreadLine(room, readIn(room, state.readPositions)));
}

/** The state with the shown room read to its end. */
export function withRoomRead(state: ChatState): ChatState {
  const room = roomIn(state, state.here);
  return room.loaded ? withReadPosition(state, room, room.reach) : state;
}

/** The state with all existing messages of a room read, for a first visit. */
export const caughtUp = (state: ChatState, name: string): ChatState => {
  const room = roomIn(state, name);
  return withReadPosition(state, room, room.newest);
};

/** The state with the user's own message read, if nothing unread is before it. */
export function wrote(state: ChatState, name: string, seq: number): ChatState {
  const room = roomIn(state, name);
  if (readIn(room, state.readPositions) !== seq - 1) return state;
  const unlined = room.line === seq - 1 ? withRoom(state, withUnreadLine(room, undefined)) : state;
  return withReadPosition(unlined, room, seq);
}

/** The state without the "new messages" line of a room that has nothing unread. */
export function withoutLine(state: ChatState, name: string): ChatState {
  const room = roomIn(state, name);
  return unreadIn(room, state.readPositions) ? state : withRoom(state, withUnreadLine(room, undefined));
}

function withReadPosition(state: ChatState, room: Room, seq: number): ChatState {
  const readPositions = read(state.readPositions, room, seq);
  return readPositions === state.readPositions ? state : { ...state, readPositions };
}
