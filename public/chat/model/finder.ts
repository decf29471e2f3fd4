import { roomName } from './address.ts';
import type { ListedRoom } from './state.ts';

/** A room that one can go to; one that is not there yet is made by writing in it. */
export interface Choice {
  readonly name: string;
  readonly isNew: boolean;
  readonly unread: number;
}

/** The most rooms that are offered at once: with more, one types on. */
export const MAX_OFFERED = 50;

/**
 * The rooms that what is typed may mean: first the one of that very name, then those whose names begin like it, then those
 * that have it in them; and last a new room of that name, where there is none.
 */
export function choices(rooms: readonly ListedRoom[], typed: string): Choice[] {
  const wanted = roomName(typed);
  if (typed.trim() && !wanted) return [];
  const ranks: [Choice[], Choice[], Choice[]] = [[], [], []];
  for (const { name, unread } of rooms) {
    const at = name.indexOf(wanted);
    if (at >= 0) ranks[name === wanted ? 0 : at === 0 ? 1 : 2].push({ name, unread, isNew: false });
  }
  const found = ranks.flat().slice(0, MAX_OFFERED);
  return wanted && !ranks[0].length ? [...found, { name: wanted, unread: 0, isNew: true }] : found;
}

/** The choice after (1) or before (-1) one, round and round. */
export const step = (active: number, by: 1 | -1, count: number): number => (count ? (active + by + count) % count : -1);
