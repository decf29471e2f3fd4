import { cursorText } from '../../../src/model/events.ts';
import { MAX_PAGE_LENGTH } from '../../../src/model/limits.ts';
import type { ApiError } from '../../ui/api.ts';
import { backoff } from '../../ui/socket.ts';
import type { StateStore } from '../../ui/store.ts';
import { startOf } from '../model/reading.ts';
import {
  continued,
  cursorIn,
  extended,
  extending,
  faulty,
  lacking,
  opened,
  outrun,
  type Room,
  withoutFault,
} from '../model/room.ts';
import { type ChatState, listedRooms, roomIn, withRoom } from '../model/state.ts';
import { isTransient, roomRefusal } from '../model/wire.ts';
import { type Api, PAGE_SIZE } from './api.ts';
import type { OwnMessages } from './storage.ts';

/** The rooms in the page's state. */
export class Rooms {
  readonly #store: StateStore<ChatState>;
  readonly #changed: (room: Room, before: Room) => void;

  /** `changed` is called after each change of a room. */
  constructor(store: StateStore<ChatState>, changed: (room: Room, before: Room) => void) {
    this.#store = store;
    this.#changed = changed;
  }

  /** A room; an empty one if it is not known yet. */
  get(name: string): Room {
    return roomIn(this.#store.get(), name);
  }

  /** The shown room. */
  get here(): Room {
    return this.get(this.#store.get().here);
  }

  /** All known rooms. */
  get all(): Room[] {
    return [...this.#store.get().rooms.values()];
  }

  /** The read position of a room, as a cursor. */
  mark(name: string): string | undefined {
    return this.#store.get().readPositions.get(name);
  }

  /** The names of all rooms, the most important first. */
  get names(): string[] {
    return listedRooms(this.#store.get()).map(({ name }) => name);
  }

  /** Replaces a room by what `change` returns. */
  update(name: string, change: (room: Room) => Room): void {
    const before = this.get(name);
    const room = change(before);
    this.#store.update(state => withRoom(state, room));
    if (room !== before) this.#changed(room, before);
  }
}

/** Loads messages over HTTP: the newest of a room, earlier ones, and those that the connection missed. */
export class HistoryLoader {
  readonly #api: Api;
  readonly #rooms: Rooms;
  readonly #own: OwnMessages;
  readonly #complete: (name: string) => void;
  readonly #busy = new Set<string>();
  #tries = 0;

  /** `complete` is called with a room once all its messages up to the newest are loaded. */
  constructor(api: Api, rooms: Rooms, own: OwnMessages, complete: (name: string) => void) {
    this.#api = api;
    this.#rooms = rooms;
    this.#own = own;
    this.#complete = complete;
  }

  /**
   * Loads missing messages of a room over HTTP, subscribed or not: everything from the read position if it is not
   * loaded or far behind, otherwise the messages missing at its end.
   */
  async load(name: string): Promise<void> {
    if (this.#busy.has(name)) return;
    this.#busy.add(name);
    try {
      let isOpened = false;
      // One page may not be enough, and messages arrive meanwhile. Each round advances the room, so the loop ends.
      for (let room = this.#rooms.get(name); lacking(room); room = this.#rooms.get(name)) {
        const isAfresh: boolean = !room.loaded || (outrun(room) && !isOpened);
        await (isAfresh ? this.#open(name) : this.#catchUp(name));
        isOpened ||= isAfresh;
      }
      this.#tries = 0;
    } catch (error) {
      return this.#failed(name, error as ApiError);
    } finally {
      this.#busy.delete(name);
    }
    this.#complete(name);
  }

  /** Loads messages before the first one of a room. After a failure only with `again`. */
  async older(name: string, again = false, limit = PAGE_SIZE): Promise<void> {
    const { messages, epoch, older } = this.#rooms.get(name);
    const seq = messages[0]?.seq;
    if (seq === undefined || !(older === 'more' || (again && older === 'failed'))) return;
    const update = (change: (room: Room) => Room) =>
      this.#rooms.update(name, room => (room.messages[0]?.seq === seq ? change(room) : room));
    update(room => extending(room, 'loading'));
    const page = await this.#api.messages(name, { before: cursorText({ epoch, seq }), limit }).catch(() => undefined);
    update(room => (page ? extended(room, page) : extending(room, 'failed')));
  }

  async #open(name: string): Promise<void> {
    const newest = await this.#api.messages(name);
    const after = startOf(newest, this.#rooms.mark(name));
    const page = after ? await this.#api.messages(name, { after, limit: MAX_PAGE_LENGTH }) : newest;
    this.#rooms.update(name, room => this.#own.recalled(withoutFault(opened(room, page, newest))));
  }

  async #catchUp(name: string): Promise<void> {
    const room = this.#rooms.get(name);
    const limit = room.newest - room.reach > PAGE_SIZE ? MAX_PAGE_LENGTH : PAGE_SIZE;
    const page = await this.#api.entries(name, { after: cursorIn(room)!, limit });
    this.#rooms.update(name, known => withoutFault(continued(known, page)));
  }

  #failed(name: string, { status, failure }: ApiError): void {
    const refused = status !== 0 && !isTransient(status);
    if (refused) this.#rooms.update(name, room => faulty(room, roomRefusal(failure)));
    else setTimeout(() => this.load(name), backoff(this.#tries++));
  }
}
