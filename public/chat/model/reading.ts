import { cursorOf, cursorText } from './cursor.ts';
import { read, readIn, unreadIn } from './marks.ts';
import { lined, type Room } from './room.ts';
import { roomIn, type State, withRoom } from './state.ts';
import type { Page } from './wire.ts';

/** The most unread messages that are loaded when a room is opened; with more of them it opens at its newest. */
export const MOST_UNREAD = 2_000;
/** How many read messages stand above the first unread one. */
const CONTEXT = 25;

/**
 * The cursor from which a room is to be loaded so that it begins where one stopped to read. Undefined where the page of
 * its newest messages has that place, or it is unknown or too far away.
 */
export function startOf(newest: Page, mark: string | undefined): string | undefined {
  const { epoch, seq } = cursorOf(mark ?? '');
  const page = cursorOf(newest.cursor);
  const firstSeq = newest.messages[0]?.seq ?? 0;
  if (epoch !== page.epoch || seq + 1 >= firstSeq || page.seq - seq > MOST_UNREAD) return undefined;
  return cursorText({ epoch, seq: Math.max(0, seq - CONTEXT) });
}

/** The state after a room changed: what came is read where a person looks at it, otherwise a line marks where it begins. */
export function noticed(state: State, name: string, before: Room): State {
  const room = roomIn(state, name);
  if (name === state.here && state.attended) return seen(state);
  if (unreadIn(before, state.marks) > 0 || unreadIn(room, state.marks) === 0) return state;
  return withRoom(state, lined(room, readIn(room, state.marks)));
}

/** The state with the room on show read up to its end. */
export function seen(state: State): State {
  const room = roomIn(state, state.here);
  return room.loaded ? marked(state, room, room.reach) : state;
}

/** The state with everything read that a room has had so far, for somebody who comes for the first time. */
export const caughtUp = (state: State, name: string): State => {
  const room = roomIn(state, name);
  return marked(state, room, room.newest);
};

/** The state with one's own message read, where nothing unread is before it. */
export function wrote(state: State, name: string, seq: number): State {
  const room = roomIn(state, name);
  if (readIn(room, state.marks) !== seq - 1) return state;
  const unlined = room.line === seq - 1 ? withRoom(state, lined(room, undefined)) : state;
  return marked(unlined, room, seq);
}

/** The state without the line in a room that has nothing unread. */
export function settled(state: State, name: string): State {
  const room = roomIn(state, name);
  return unreadIn(room, state.marks) ? state : withRoom(state, lined(room, undefined));
}

function marked(state: State, room: Room, seq: number): State {
  const marks = read(state.marks, room, seq);
  return marks === state.marks ? state : { ...state, marks };
}
