import type { RoomSummary } from '../../../src/model/chat.ts';
import { newKey } from '../../ui/socket.ts';
import type { StateStore } from '../../ui/store.ts';
import { mergedPositions, type ReadPositions, storedReadPositions } from '../model/read-positions.ts';
import { caughtUp, MANY, noticed, withHeads } from '../model/reading.ts';
import type { Room } from '../model/room.ts';
import { type ChatState, withStored } from '../model/state.ts';

/**
 * Storage that outlives the visit: JSON values under a prefix. Methods never throw, even if the browser forbids
 * storage.
 */
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

  /** The stored value; undefined if there is none or it can't be read. */
  read<T>(name: string): T | undefined {
    try {
      return JSON.parse(this.#storage?.getItem(this.#prefix + name) ?? '') as T;
    } catch {
      return undefined;
    }
  }

  /** Stores a value; undefined removes it. Returns false, and changes nothing, if storage is full or forbidden. */
  write(name: string, value: unknown): boolean {
    try {
      if (value === undefined) this.#storage?.removeItem(this.#prefix + name);
      else this.#storage?.setItem(this.#prefix + name, JSON.stringify(value));
      return this.#storage !== undefined;
    } catch {
      return false;
    }
  }

  /** The stored names with this prefix. */
  names(beginning: string): string[] {
    const start = this.#prefix + beginning;
    return Object.keys(this.#storage ?? {})
      .filter(key => key.startsWith(start))
      .map(key => key.slice(this.#prefix.length));
  }

  /** Calls back with each name that another window of this browser changed. */
  watch(changed: (name: string) => void): void {
    addEventListener('storage', ({ key, storageArea }) => {
      if (storageArea === this.#storage && key?.startsWith(this.#prefix)) changed(key.slice(this.#prefix.length));
    });
  }
}

const draftKey = 'draft/';

/**
 * Drafts by room. Each window has its own drafts, which survive a reload, and saves copies for the next window that has
 * no draft. It removes a copy only if it wrote that text itself.
 */
export class Drafts {
  readonly #window: BrowserStorage;
  readonly #copies: BrowserStorage;
  /** Drafts that could not be stored. */
  readonly #memory = new Map<string, string>();

  /** `own` lasts as long as the window; `shared` is seen by all windows. */
  constructor(own: BrowserStorage, shared: BrowserStorage) {
    this.#window = own;
    this.#copies = shared;
  }

  /** Whether closing this window would lose a draft. */
  get atRisk(): boolean {
    return [...this.#memory.values()].some(text => text.trim() !== '');
  }

  /** The draft of a room; empty if there is none. */
  read(room: string): string {
    const name = draftKey + room;
    return this.#memory.get(room) ?? this.#window.read<string>(name) ?? this.#copies.read<string>(name) ?? '';
  }

  /** Saves a draft; an empty text removes it. Returns false if it is only in this window's memory. */
  write(room: string, text: string): boolean {
    const name = draftKey + room;
    const before = this.read(room);
    // An empty draft is stored too, so that another window's copy does not replace it.
    const isOwned = this.#window.write(name, text);
    const isCopy = text || this.#copies.read(name) === before;
    const isCopied = isCopy ? this.#copies.write(name, text || undefined) : true;
    const isKept = isOwned || (isCopied && text !== '');
    if (isKept) this.#memory.delete(room);
    else this.#memory.set(room, text);
    return isKept || text === '';
  }

  /** Saves copies of drafts whose copy another window has removed; call before this window closes. */
  leave(): void {
    for (const name of this.#window.names(draftKey)) {
      const text = this.#window.read<string>(name);
      if (text && this.#copies.read(name) === undefined) this.#copies.write(name, text);
    }
  }

  /** Removes all copies, to free space for unsent posts. */
  dropCopies(): void {
    for (const name of this.#copies.names(draftKey)) this.#copies.write(name, undefined);
  }
}

const ownKey = 'own/';
/** Limit of remembered own messages per room. */
const most = 100;

interface StoredOwnMessages {
  readonly epoch: string;
  readonly own: readonly (readonly [number, string])[];
}

const OWNER = 'owner';
export const REACTED = 'reacted';
/** Limit of remembered own reactions. */
const MOST_REACTIONS = 500;

/** Remembers which messages were written in this browser, and what the user reacted to. */
export class OwnMessages {
  /** The secret that proves to the server who wrote this browser's messages. */
  readonly key: string;
  readonly #storage: BrowserStorage;

  constructor(storage: BrowserStorage) {
    this.#storage = storage;
    this.key = storage.read<string>(OWNER) ?? newKey();
    storage.write(OWNER, this.key);
  }

  /** The room with the remembered own messages. */
  recalled(room: Room): Room {
    const kept = this.#storage.read<StoredOwnMessages>(ownKey + room.name);
    if (!kept || kept.epoch !== room.epoch) return room;
    return { ...room, own: new Map([...kept.own, ...room.own]) };
  }

  /** The remembered reactions of the user, as `reactionKey` gives them. */
  get reactions(): ReadonlySet<string> {
    return new Set(this.#storage.read<string[]>(REACTED) ?? []);
  }

  /** Remembers the user's newest reactions. */
  rememberReactions(reacted: ReadonlySet<string>): void {
    this.#storage.write(REACTED, [...reacted].slice(-MOST_REACTIONS));
  }

  /** Remembers the room's own messages. */
  remember(room: Room): void {
    if (!room.epoch) return;
    const own = [...this.recalled(room).own].sort(([a], [b]) => a - b).slice(-most);
    this.#storage.write(ownKey + room.name, { epoch: room.epoch, own } satisfies StoredOwnMessages);
  }
}

const NAME = 'marks';

/** The stored read positions. */
export const storedPositionsIn = (storage: BrowserStorage): ReadPositions =>
  new Map(storage.read<[string, string][]>(NAME) ?? []);

/** Stores the read position of each room, merged with those of the other windows of this browser. */
export class ReadPositionStore {
  readonly #store: StateStore<ChatState>;
  readonly #storage: BrowserStorage;
  /** Whether this browser has no read position yet; then the existing messages count as read. */
  #isNewcomer: boolean;

  constructor(store: StateStore<ChatState>, storage: BrowserStorage) {
    this.#store = store;
    this.#storage = storage;
    this.#isNewcomer = store.get().readPositions.size === 0;
  }

  /** Merges the list of rooms into the state. */
  list(heads: readonly RoomSummary[]): void {
    const isCaughtUp = this.#isNewcomer || (!this.#store.get().isListed && heads.length > MANY);
    this.#isNewcomer = false;
    this.change(state => withHeads({ ...state, isListed: true }, heads, isCaughtUp));
  }

  /** A room changed: new messages may already count as read. */
  notice(room: Room, before: Room): void {
    if (this.#isNewcomer && !before.epoch) this.change(state => caughtUp(state, room.name));
    else if (room.newest !== before.newest || room.reach !== before.reach)
      this.change(state => noticed(state, room.name, before));
  }

  /** Changes the state, and stores the read positions if they changed. */
  change(change: (state: ChatState) => ChatState): void {
    const { readPositions } = this.#store.get();
    this.#store.update(change);
    if (this.#store.get().readPositions === readPositions) return;
    this.merge(NAME);
    const isKept = this.#storage.write(NAME, storedReadPositions(this.#store.get().readPositions));
    this.#store.update(state => withStored(state, NAME, isKept));
  }

  /** Another window changed the storage: merges its read positions. */
  merge(name: string): void {
    if (name !== NAME) return;
    const others = storedPositionsIn(this.#storage);
    this.#store.update(state => ({
      ...state,
      readPositions: mergedPositions(state.readPositions, others, state.rooms),
    }));
  }
}
