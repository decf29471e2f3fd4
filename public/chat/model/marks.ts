import { cursorOf, cursorText } from './cursor.ts';
import type { Room } from './room.ts';

/** Up to where each room is read, as cursors by the room's name. */
export type Marks = ReadonlyMap<string, string>;

/** The sequence number up to which a room is read; 0 where nothing of its present history is. */
export function readIn(room: Room, marks: Marks): number {
  const { epoch, seq } = cursorOf(marks.get(room.name) ?? '');
  return epoch === room.epoch ? seq : 0;
}

/** How many messages of a room are unread. */
export const unreadIn = (room: Room, marks: Marks): number => Math.max(0, room.newest - readIn(room, marks));

/** The marks with a room read up to a sequence number; the same where that is nothing new. */
export function read(marks: Marks, room: Room, seq: number): Marks {
  if (!room.epoch) return marks;
  const cursor = cursorText({ epoch: room.epoch, seq });
  const known = marks.get(room.name);
  if (known === cursor || (known !== undefined && readIn(room, marks) > seq)) return marks;
  return new Map(marks).set(room.name, cursor);
}
