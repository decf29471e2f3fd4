import { cursorOf, cursorText, type Room } from './room.ts';

/** Up to where each room is read, as cursors by the room's name. */
export type ReadPositions = ReadonlyMap<string, string>;

/** The sequence number up to which a room is read; 0 where nothing of its present history is. */
export function readIn(room: Room, readPositions: ReadPositions): number {
  const { epoch, seq } = cursorOf(readPositions.get(room.name) ?? '');
  return epoch === room.epoch ? seq : 0;
}

/** How many messages of a room are unread. */
export const unreadIn = (room: Room, readPositions: ReadPositions): number =>
  room.newest === 0 ? 0 : Math.max(0, room.newest - readIn(room, readPositions));

/** The marks with a room read up to a sequence number; the same where that is nothing new. */
export function read(readPositions: ReadPositions, room: Room, seq: number): ReadPositions {
  if (!room.epoch) return readPositions;
  const cursor = cursorText({ epoch: room.epoch, seq });
  const known = readPositions.get(room.name);
  if (known === cursor || (known !== undefined && readIn(room, readPositions) > seq)) return readPositions;
  const changed = new Map(readPositions);
  // What was read last comes last.
  changed.delete(room.name);
  return changed.set(room.name, cursor);
}

/**
 * The marks with those of another window. A mark only goes forward; of two histories that of the room as it is known
 * here counts, else the other window's.
 */
export function mergedPositions(
  readPositions: ReadPositions,
  others: ReadPositions,
  rooms: ReadonlyMap<string, Room>,
): ReadPositions {
  const changed = new Map(readPositions);
  for (const [name, other] of others) {
    const known = changed.get(name);
    const [mine, theirs] = [cursorOf(known ?? ''), cursorOf(other)];
    const isForward = mine.epoch === theirs.epoch ? theirs.seq > mine.seq : mine.epoch !== rooms.get(name)?.epoch;
    if (known === undefined || isForward) changed.set(name, other);
  }
  return changed;
}

/** The most marks that are kept between visits. */
const MOST_KEPT = 1_000;

/** The marks to keep between visits: those of the rooms that were read last. */
export const storedReadPositions = (readPositions: ReadPositions): [string, string][] =>
  [...readPositions].slice(-MOST_KEPT);
