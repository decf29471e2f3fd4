import type { StateStore } from '../../ui/store.ts';
import type { Room } from '../model/room.ts';
import { type ChatState, listedRooms, roomIn, withRoom } from '../model/state.ts';

/** The rooms in the state of the page. */
export class Rooms {
  readonly #store: StateStore<ChatState>;
  readonly #changed: (room: Room, before: Room) => void;

  /** `changed` is told of each room that became another. */
  constructor(store: StateStore<ChatState>, changed: (room: Room, before: Room) => void) {
    this.#store = store;
    this.#changed = changed;
  }

  /** A room, known or not. */
  get(name: string): Room {
    return roomIn(this.#store.get(), name);
  }

  /** The room on show. */
  get here(): Room {
    return this.get(this.#store.get().here);
  }

  /** All rooms that are known. */
  get all(): Room[] {
    return [...this.#store.get().rooms.values()];
  }

  /** Up to where a room is read, as a cursor. */
  mark(name: string): string | undefined {
    return this.#store.get().readPositions.get(name);
  }

  /** The names of all rooms, those first that matter most. */
  get names(): string[] {
    return listedRooms(this.#store.get()).map(({ name }) => name);
  }

  /** Puts what `change` makes of a room in its place. */
  update(name: string, change: (room: Room) => Room): void {
    const before = this.get(name);
    const room = change(before);
    this.#store.update(state => withRoom(state, room));
    if (room !== before) this.#changed(room, before);
  }
}
