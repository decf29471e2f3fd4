import type { Room } from '../model/room.ts';
import type { Keep } from './keep.ts';

const shelf = 'own/';
/** How many of one's own messages are remembered of a room. */
const most = 100;

interface Kept {
  readonly epoch: string;
  readonly own: readonly (readonly [number, string])[];
}

/** Remembers between visits which messages were written in this browser. */
export class OwnMessages {
  readonly #keep: Keep;

  constructor(keep: Keep) {
    this.#keep = keep;
  }

  /** The room with the messages that are remembered as one's own. */
  recalled(room: Room): Room {
    const kept = this.#keep.read<Kept>(shelf + room.name);
    if (!kept || kept.epoch !== room.epoch) return room;
    return { ...room, own: new Map([...kept.own, ...room.own]) };
  }

  /** Remembers those that are known by now. */
  remember(room: Room): void {
    if (!room.epoch) return;
    const own = [...this.recalled(room).own].sort(([a], [b]) => a - b).slice(-most);
    this.#keep.write(shelf + room.name, { epoch: room.epoch, own } satisfies Kept);
  }
}
