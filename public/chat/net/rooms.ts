import type { Room } from '../model/room.ts';
import { listed, roomIn, type State, withRoom } from '../model/state.ts';
import type { Cell } from './cell.ts';

/** The rooms in the state of the page. */
export class Rooms {
  readonly #cell: Cell<State>;
  readonly #changed: (room: Room, before: Room) => void;

  /** `changed` is told of each room that became another. */
  constructor(cell: Cell<State>, changed: (room: Room, before: Room) => void) {
    this.#cell = cell;
    this.#changed = changed;
  }

  /** A room, known or not. */
  get(name: string): Room {
    return roomIn(this.#cell.get(), name);
  }

  /** The room on show. */
  get here(): Room {
    return this.get(this.#cell.get().here);
  }

  /** All rooms that are known. */
  get all(): Room[] {
    return [...this.#cell.get().rooms.values()];
  }

  /** Up to where a room is read, as a cursor. */
  mark(name: string): string | undefined {
    return this.#cell.get().marks.get(name);
  }

  /** The names of all rooms, those first that matter most. */
  get names(): string[] {
    return listed(this.#cell.get()).map(({ name }) => name);
  }

  /** Puts what `change` makes of a room in its place. */
  update(name: string, change: (room: Room) => Room): void {
    const before = this.get(name);
    const room = change(before);
    this.#cell.update(state => withRoom(state, room));
    if (room !== before) this.#changed(room, before);
  }
}
