import { cursorOf, cursorText } from '../../../src/model/events.ts';
import type { Room } from './room.ts';

/** The read position of each room: a cursor by room name. */
export type ReadPositions = ReadonlyMap<string, string>;

/** The sequence number up to which a room is read; 0 if nothing of its current history is read. */
export function readIn(room: Room, readPositions: ReadPositions): number {
  const { epoch, seq } = cursorOf(readPositions.get(room.name) ?? '');
  return epoch === room.epoch ? seq : 0;
}

/** How many messages of a room are unread. */
export const unreadIn = (room: Room, readPositions: ReadPositions): number =>
  Math.max(0, room.latest - readIn(room, readPositions));

/** Read positions after reading a room up to a sequence number; the same object if nothing changed. */
export function read(readPositions: ReadPositions, room: Room, seq: number): ReadPositions {
  if (!room.epoch) return readPositions;
  const cursor = cursorText({ epoch: room.epoch, seq });
  const known = readPositions.get(room.name);
  if (known === cursor || (known !== undefined && readIn(room, readPositions) > seq)) return readPositions;
  const changed = new Map(readPositions);
  // Most recently read rooms come last.
  changed.delete(room.name);
  return changed.set(room.name, cursor);
}

/**
 * Merges read positions with another window's. Positions only move forward. If the histories differ, the one of the
 * room's current history wins, otherwise the other window's.
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

/** Limit of stored read positions. */
const MOST_KEPT = 1_000;

/** The read positions to store: the most recently read rooms. */
export const storedReadPositions = (readPositions: ReadPositions): [string, string][] =>
  [...readPositions].slice(-MOST_KEPT);
