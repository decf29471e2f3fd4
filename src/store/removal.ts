import { setTimeout } from 'node:timers/promises';
import { ChangeRefused, type MessageSelection, type Selected, type Store } from './store.ts';

/** What a selection means in some stores. */
export interface Removal {
  /** Number of messages by room. */
  readonly rooms: ReadonlyMap<string, number>;
  /** How many were removed before. */
  readonly removed: number;
}

/** Messages that are removed at once: whoever else writes waits for no more than these. */
const MAX_AT_ONCE = 200;
/** Milliseconds between these, in which others write, and clients receive what they are told. */
const PAUSE_MS = 10;

/** Counts what a selection means. */
export async function findRemovable(stores: readonly Store[], selection: MessageSelection): Promise<Removal> {
  const rooms = new Map<string, number>();
  let removed = 0;
  for await (const { part } of slices(stores, selection)) {
    removed += part.removed;
    for (const { room } of part.messages) count(rooms, room);
  }
  return { rooms, removed };
}

/** Removes what a selection means, as the operator, and resolves to what it removed. Ends early once `isOver`. */
export async function removeAll(
  stores: readonly Store[],
  selection: MessageSelection,
  isOver: () => boolean = () => false,
): Promise<Removal> {
  const rooms = new Map<string, number>();
  let removed = 0;
  for await (const { store, part } of slices(stores, selection)) {
    removed += part.removed;
    for (let at = 0; at < part.messages.length && !isOver(); at += MAX_AT_ONCE) {
      await Promise.all(
        part.messages.slice(at, at + MAX_AT_ONCE).map(async message => {
          if (await removeOne(store, message)) count(rooms, message.room);
        }),
      );
      await setTimeout(PAUSE_MS);
    }
    if (isOver()) break;
  }
  return { rooms, removed };
}

/** Resolves to false if it was removed or forgotten in the meantime. */
async function removeOne(store: Store, { room, id }: Selected['messages'][number]): Promise<boolean> {
  try {
    await store.change({ room, kind: 'remove', about: id, text: '', isOperator: true });
    return true;
  } catch (error) {
    if (error instanceof ChangeRefused) return false;
    throw error;
  }
}

async function* slices(stores: readonly Store[], selection: MessageSelection) {
  for (const store of stores) {
    let part: Selected | undefined;
    do {
      part = await store.select(selection, part?.next);
      yield { store, part };
      // Reading is quick, but there may be very many.
      await setTimeout(0);
    } while (part.next);
  }
}

function count(rooms: Map<string, number>, room: string): void {
  rooms.set(room, (rooms.get(room) ?? 0) + 1);
}
