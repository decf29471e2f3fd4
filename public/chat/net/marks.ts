import { MANY, withHeads } from '../model/heads.ts';
import { keptMarks, type Marks, merged } from '../model/marks.ts';
import { caughtUp, noticed } from '../model/reading.ts';
import type { Room } from '../model/room.ts';
import { type State, withKept } from '../model/state.ts';
import type { Head } from '../model/wire.ts';
import type { Cell } from './cell.ts';
import type { Keep } from './keep.ts';

const NAME = 'marks';

/** The marks that the browser has kept. */
export const marksIn = (keep: Keep): Marks => new Map(keep.read<[string, string][]>(NAME) ?? []);

/** Keeps up to where each room is read, together with the other windows of this browser. */
export class ReadMarks {
  readonly #cell: Cell<State>;
  readonly #keep: Keep;
  /** Whether nothing was read yet in this browser: then what is there at first counts as read. */
  #isNewcomer: boolean;

  constructor(cell: Cell<State>, keep: Keep) {
    this.#cell = cell;
    this.#keep = keep;
    this.#isNewcomer = cell.get().marks.size === 0;
  }

  /** Takes the list of rooms into the state. */
  list(heads: readonly Head[]): void {
    const isCaughtUp = this.#isNewcomer || (!this.#cell.get().isListed && heads.length > MANY);
    this.#isNewcomer = false;
    this.change(state => withHeads({ ...state, isListed: true }, heads, isCaughtUp));
  }

  /** A room became another: what came may be read already. */
  notice(room: Room, before: Room): void {
    if (this.#isNewcomer && !before.epoch) this.change(state => caughtUp(state, room.name));
    else if (room.newest !== before.newest || room.reach !== before.reach)
      this.change(state => noticed(state, room.name, before));
  }

  /** Changes the state, and keeps its marks if they changed, with those of the other windows. */
  change(change: (state: State) => State): void {
    const { marks } = this.#cell.get();
    this.#cell.update(change);
    if (this.#cell.get().marks === marks) return;
    this.merge(NAME);
    const isKept = this.#keep.write(NAME, keptMarks(this.#cell.get().marks));
    this.#cell.update(state => withKept(state, NAME, isKept));
  }

  /** Another window changed what is kept under a name: its marks count here too. */
  merge(name: string): void {
    if (name !== NAME) return;
    const others = marksIn(this.#keep);
    this.#cell.update(state => ({ ...state, marks: merged(state.marks, others, state.rooms) }));
  }
}
