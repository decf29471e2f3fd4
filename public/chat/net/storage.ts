import type { StateStore } from '../../ui/store.ts';
import { mergedPositions, type ReadPositions, storedReadPositions } from '../model/read-positions.ts';
import { caughtUp, MANY, noticed, withHeads } from '../model/reading.ts';
import type { Room } from '../model/room.ts';
import { type ChatState, withStored } from '../model/state.ts';
import type { RoomSummary } from '../model/wire.ts';

/** What the browser keeps between visits, as JSON under a prefix; where it keeps nothing, this does not fail. */
export class BrowserStorage {
  readonly #prefix: string;
  readonly #storage: Storage | undefined;

  constructor(prefix: string, storage: () => Storage) {
    this.#prefix = prefix;
    try {
      this.#storage = storage();
    } catch {
      this.#storage = undefined;
    }
  }

  /** What is kept under a name; undefined where there is nothing, or nothing readable. */
  read<T>(name: string): T | undefined {
    try {
      return JSON.parse(this.#storage?.getItem(this.#prefix + name) ?? '') as T;
    } catch {
      return undefined;
    }
  }

  /** Keeps a value, or forgets it where it is undefined. False where the storage is full or forbidden, and has what it had. */
  write(name: string, value: unknown): boolean {
    try {
      if (value === undefined) this.#storage?.removeItem(this.#prefix + name);
      else this.#storage?.setItem(this.#prefix + name, JSON.stringify(value));
      return this.#storage !== undefined;
    } catch {
      return false;
    }
  }

  /** The names that begin like this. */
  names(beginning: string): string[] {
    const start = this.#prefix + beginning;
    return Object.keys(this.#storage ?? {})
      .filter(key => key.startsWith(start))
      .map(key => key.slice(this.#prefix.length));
  }

  /** Calls back with the name of what another window of this browser changed. */
  watch(changed: (name: string) => void): void {
    addEventListener('storage', ({ key, storageArea }) => {
      if (storageArea === this.#storage && key?.startsWith(this.#prefix)) changed(key.slice(this.#prefix.length));
    });
  }
}

const draftKey = 'draft/';

/**
 * What one is about to send, room by room. Each window has its own drafts, which outlive a reload, and leaves copies
 * behind, which the next window takes where it has none; it removes a copy only where it wrote the same text itself.
 */
export class Drafts {
  readonly #window: BrowserStorage;
  readonly #copies: BrowserStorage;
  /** What no storage takes. */
  readonly #memory = new Map<string, string>();

  /** `own` lasts as long as the window, `shared` is seen by all windows. */
  constructor(own: BrowserStorage, shared: BrowserStorage) {
    this.#window = own;
    this.#copies = shared;
  }

  /** Whether a draft would be lost if this window were closed. */
  get atRisk(): boolean {
    return [...this.#memory.values()].some(text => text.trim() !== '');
  }

  /** The draft for a room; empty where there is none. */
  read(room: string): string {
    const name = draftKey + room;
    return this.#memory.get(room) ?? this.#window.read<string>(name) ?? this.#copies.read<string>(name) ?? '';
  }

  /** Keeps a draft, or forgets it where it is empty. False where it is only in this window's memory. */
  write(room: string, text: string): boolean {
    const name = draftKey + room;
    const before = this.read(room);
    // An empty draft is kept as well, so that the copy of another window does not come in its place.
    const isOwned = this.#window.write(name, text);
    const isCopy = text || this.#copies.read(name) === before;
    const isCopied = isCopy ? this.#copies.write(name, text || undefined) : true;
    const isKept = isOwned || (isCopied && text !== '');
    if (isKept) this.#memory.delete(room);
    else this.#memory.set(room, text);
    return isKept || text === '';
  }

  /** Leaves a copy of each draft that another window has written over in the meantime; to be called when this one is closed. */
  leave(): void {
    for (const name of this.#window.names(draftKey)) {
      const text = this.#window.read<string>(name);
      if (text && this.#copies.read(name) === undefined) this.#copies.write(name, text);
    }
  }

  /** Gives up the copies, to make room for what is more important. */
  dropCopies(): void {
    for (const name of this.#copies.names(draftKey)) this.#copies.write(name, undefined);
  }
}

const ownKey = 'own/';
/** How many of one's own messages are remembered of a room. */
const most = 100;

interface StoredOwnMessages {
  readonly epoch: string;
  readonly own: readonly (readonly [number, string])[];
}

/** Remembers between visits which messages were written in this browser. */
export class OwnMessages {
  readonly #storage: BrowserStorage;

  constructor(storage: BrowserStorage) {
    this.#storage = storage;
  }

  /** The room with the messages that are remembered as one's own. */
  recalled(room: Room): Room {
    const kept = this.#storage.read<StoredOwnMessages>(ownKey + room.name);
    if (!kept || kept.epoch !== room.epoch) return room;
    return { ...room, own: new Map([...kept.own, ...room.own]) };
  }

  /** Remembers those that are known by now. */
  remember(room: Room): void {
    if (!room.epoch) return;
    const own = [...this.recalled(room).own].sort(([a], [b]) => a - b).slice(-most);
    this.#storage.write(ownKey + room.name, { epoch: room.epoch, own } satisfies StoredOwnMessages);
  }
}

const NAME = 'marks';

/** The marks that the browser has kept. */
export const storedPositionsIn = (storage: BrowserStorage): ReadPositions =>
  new Map(storage.read<[string, string][]>(NAME) ?? []);

/** Keeps up to where each room is read, together with the other windows of this browser. */
export class ReadPositionStore {
  readonly #store: StateStore<ChatState>;
  readonly #storage: BrowserStorage;
  /** Whether nothing was read yet in this browser: then what is there at first counts as read. */
  #isNewcomer: boolean;

  constructor(store: StateStore<ChatState>, storage: BrowserStorage) {
    this.#store = store;
    this.#storage = storage;
    this.#isNewcomer = store.get().readPositions.size === 0;
  }

  /** Takes the list of rooms into the state. */
  list(heads: readonly RoomSummary[]): void {
    const isCaughtUp = this.#isNewcomer || (!this.#store.get().isListed && heads.length > MANY);
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
  change(change: (state: ChatState) => ChatState): void {
    const { readPositions } = this.#store.get();
    this.#store.update(change);
    if (this.#store.get().readPositions === readPositions) return;
    this.merge(NAME);
    const isKept = this.#storage.write(NAME, storedReadPositions(this.#store.get().readPositions));
    this.#store.update(state => withStored(state, NAME, isKept));
  }

  /** Another window changed what is kept under a name: its marks count here too. */
  merge(name: string): void {
    if (name !== NAME) return;
    const others = storedPositionsIn(this.#storage);
    this.#store.update(state => ({
      ...state,
      readPositions: mergedPositions(state.readPositions, others, state.rooms),
    }));
  }
}
