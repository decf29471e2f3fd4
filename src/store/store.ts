import type { ChangeKind } from '../model/chat.ts';
import type { Entry, Message } from '../model/packets.ts';
import type { DecidedRecords, RecordStore, SharedDirectory } from './directory.ts';

/** A message to store. The caller has validated it; the store only makes it well-formed Unicode. */
export interface NewMessage {
  readonly room: string;
  readonly author: string;
  /** The author's account; undefined for a guest. */
  readonly by?: string;
  readonly text: string;
  /**
   * Idempotency key: repeating it in the same room returns the same message without storing it again, as long as that
   * message exists.
   */
  readonly key?: string;
  /** The proof of authorship; the store saves only a keyed hash. */
  readonly owner?: string;
}

/** A change of a message to store. */
export interface NewChange {
  readonly room: string;
  readonly kind: ChangeKind;
  /** Id of the changed message. */
  readonly about: string;
  /** The message's new text; empty except for an edit. */
  readonly text: string;
  /** The emoji of a reaction. */
  readonly emoji?: string;
  /** The name of the person who reacts. */
  readonly author?: string;
  /** The account of the person who reacts; undefined for a guest. */
  readonly by?: string;
  /**
   * The caller's proof of authorship; a message that was stored without one has no provable author. For a reaction,
   * identifies who reacts.
   */
  readonly owner?: string;
  /** Seconds after which the message can no longer be changed. */
  readonly within?: number;
  /** Whether it is allowed for every message of any age, as for a moderator or the operator. */
  readonly bypassesOwnership?: boolean;
  /** Whether `follow` emits it: for changes outside the graph, which emits its own. */
  readonly isAnnounced?: boolean;
}

/** Selects messages of a room. At most one of `after`, `before` and `since` is given; without any, the newest. */
export interface MessageRange {
  /** Only messages after this sequence number, the oldest `limit` of them. */
  readonly after?: number;
  /** Only messages before this sequence number, the newest `limit` of them. */
  readonly before?: number;
  /** Only messages with a `time` greater than this, in seconds, the newest `limit` of them. */
  readonly since?: number;
  readonly limit: number;
}

/** A section of a room's history, oldest first. */
export interface Slice {
  readonly messages: readonly Message[];
  /** Sequence number of the room's newest entry; 0 if it has none. */
  readonly last: number;
  /** Sequence number of the oldest stored message; `last + 1` if there is none. */
  readonly first: number;
}

/** The result of storing a message. */
export interface AppendResult {
  readonly message: Message;
  /** False if the key was known and the message had been stored before. */
  readonly fresh: boolean;
}

/** The result of changing a message. */
export interface ChangeResult {
  /** The message after the change. */
  readonly message: Message;
  /** The stored entry; undefined if the change made no difference. */
  readonly entry?: Entry;
  /** All texts of a removed message, to find copies. */
  readonly texts?: readonly string[];
}

/** A removed message, so that holders of copies can drop them. */
export interface RemovedMessage {
  readonly id: string;
  readonly texts: readonly string[];
}

/** A section of a room's log, oldest first. */
export interface LogSlice {
  readonly entries: readonly Entry[];
  /** As in Slice. */
  readonly last: number;
  readonly first: number;
}

/** A room, and the sequence number of its newest entry. */
export interface RoomHead {
  readonly room: string;
  readonly last: number;
  /** Sequence number of its newest message. */
  readonly newest: number;
}

/**
 * The operator's selection: all messages of a room, one by its id, or all of an author, by any spelling of the name,
 * and of the account `by`.
 */
export type MessageSelection =
  | { readonly room: string }
  | { readonly message: string }
  | { readonly author: string; readonly by?: string | undefined };

/** A message's position among those of all rooms. */
export interface MessagePlace {
  readonly room: string;
  readonly seq: number;
}

/** A part of the selected messages. */
export interface Selected {
  readonly messages: readonly Pick<Message, 'room' | 'id' | 'seq'>[];
  /** Number of selected messages that were removed before. */
  readonly removed: number;
  /** Where to continue; undefined at the end. */
  readonly next?: MessagePlace;
}

/** Number and total duration of commits. */
export interface Commits {
  readonly count: number;
  readonly seconds: number;
}

/**
 * A handle on an open store, from `open`; a store can have several. It has a log of entries per room (messages, edits,
 * removals, reactions), and the present state of the messages. StoreBackend is what each kind of store implements. An
 * entry is durable, as far as the store is, before its promise resolves and before it can be read. Sequence numbers
 * have no gaps; `time` strictly increases over all rooms, while `at` is the clock's time. Messages are frozen, and
 * reads return the same object for the same message while it is in memory and unchanged. Texts are well-formed Unicode;
 * nothing of a removed message is kept. If the store fails, promises reject with StoreFailed.
 */
export interface Store {
  /**
   * Resolves once the store is usable. Rejects with StoreFailed if it can't be opened; then every other method rejects
   * too.
   */
  opened(): Promise<void>;
  /** Identifies this history: cursors of other epochs are invalid. Created with the store, and permanent. */
  epoch(): Promise<string>;
  /**
   * Stores a message. Rejects with KeyReused if its key was used for a different author or text. With `decided`, from
   * the directory's `change`, also writes these records in the same transaction, or nothing: it then also rejects with
   * RecordsStale, and with KeyReused for any known key. Such a message is emitted by `follow`, as it doesn't pass the
   * nodes that emit messages.
   */
  append(draft: NewMessage, decided?: DecidedRecords): Promise<AppendResult>;
  /** Edits or removes a message, or adds or removes a reaction. Rejects with ChangeRefused if that isn't possible. */
  change(draft: NewChange): Promise<ChangeResult>;
  /** Reads a section of a room's messages in their present state; empty if the room has none. */
  read(room: string, range: MessageRange): Promise<Slice>;
  /**
   * Reads the oldest `limit` entries after a sequence number, or the newest. An old change may be omitted if there is a
   * newer one of the same message.
   */
  entries(room: string, range: Pick<MessageRange, 'after' | 'limit'>): Promise<LogSlice>;
  /**
   * Rooms with messages that are not removed, sorted by name: those after `after`, at most `limit`. Without arguments,
   * returns the same list until a room changes.
   */
  rooms(after?: string, limit?: number): Promise<readonly RoomHead[]>;
  /** Whether a room ever had a message. */
  has(room: string): Promise<boolean>;
  /** Whether a message has this idempotency key. */
  knows(room: string, key: string): Promise<boolean>;
  /** Selects messages that are not removed. Examines a limited number per call, from a position on. */
  select(selection: MessageSelection, from?: MessagePlace): Promise<Selected>;
  /**
   * Calls back with each new entry that no node of this graph emits: by the operator, by a moderator's approval, or by
   * another process. Of several listeners only the newest is called, since two revisions share a store during a swap.
   * Returns a function that ends it.
   */
  follow(listener: (entry: Entry) => void): () => void;
  /**
   * People, rooms and memberships, shared by all users of the store. Rejects with StoreFailed if they can't be read.
   */
  directory(): Promise<SharedDirectory>;
  /** The directory if it is loaded already. */
  loadedDirectory(): SharedDirectory | undefined;
  /** Revisions of the graph, if several processes can share this store. Rejects as `opened` does. */
  revisions(): Promise<SharedRevisions | undefined>;
  /** A secret shared by all processes of this store; undefined if only one can use it. Rejects as `opened` does. */
  sharedSecret(): Promise<string | undefined>;
  /** Why messages can't be stored or read now, as a sentence; undefined if they can. */
  health(): string | undefined;
  /** Commits since the store was opened. */
  commits(): Commits;
  /** Releases the handle; the last one closes the store after every append is settled. Don't use it afterwards. */
  close(): Promise<void>;
}

/** A key was reused with a different author or text. */
export class KeyReused extends Error {
  override readonly name = 'KeyReused';

  constructor(key: string) {
    super(`the key ${JSON.stringify(key)} was used for another message; take a new key for a new message`);
  }
}

/**
 * Why a message can't be changed: it is missing, removed, somebody else's, too old, or has the maximum of reactions.
 */
export type ChangeFault = 'missing' | 'removed' | 'foreign' | 'late' | 'full';

/** A message can't be changed as requested. */
export class ChangeRefused extends Error {
  override readonly name = 'ChangeRefused';
  readonly fault: ChangeFault;

  constructor(fault: ChangeFault) {
    super(`the message can't be changed: ${fault}`);
    this.fault = fault;
  }
}

/** The store can't be opened, read or written; the message gives the reason and the cure. */
export class StoreFailed extends Error {
  override readonly name = 'StoreFailed';
  /** Whether it may recover without action. */
  readonly isTransient: boolean = false;
}

/** Listener for what other processes do in a store. */
export interface OtherProcesses {
  /** Another process stored an entry; `text` is the former text of a removed message, if it is cached. */
  entry(entry: Entry, text?: string): void;
  /** Another process may have written directory records. */
  records(): void;
}

/** A revision of the graph that processes share through a store. */
export interface SharedRevision {
  /** One more than the previous revision's. */
  readonly number: number;
  /** Increases with each change of any revision. */
  readonly place: number;
  /** A revision on trial runs only at the leader. */
  readonly state: 'trial' | 'proven' | 'rolled back';
  readonly record: string;
}

/**
 * The graph's revisions and audit log in a store that processes share. Calls reject with StoreFailed if the store is
 * unavailable.
 */
export interface SharedRevisions {
  /** Whether this process is the leader, which publishes. */
  readonly isLeading: boolean;
  /** Sets the only listener for possible changes of revisions or of the leader. */
  listen(listener: () => void): void;
  /** Address of the leading process if it is another. */
  otherLeader(): Promise<string | undefined>;
  /** Revisions that changed after a position, by number. */
  since(place: number): Promise<readonly SharedRevision[]>;
  /** Adds a revision; resolves to false if its number is taken or not the next one. */
  add(revision: Omit<SharedRevision, 'place'>): Promise<boolean>;
  /** Changes a revision. */
  settle(revision: Omit<SharedRevision, 'place'>): Promise<void>;
  /** Appends lines to the editors' audit log. */
  audit(lines: readonly string[]): Promise<void>;
}

/** The methods that a handle forwards to the backend. */
type PassedOn =
  | 'epoch'
  | 'append'
  | 'change'
  | 'read'
  | 'entries'
  | 'rooms'
  | 'has'
  | 'knows'
  | 'select'
  | 'health'
  | 'commits';

/** What each kind of store implements: memory, SQLite, PostgreSQL. It is open, and fulfils the contract of Store. */
export interface StoreBackend extends RecordStore, Pick<Store, PassedOn> {
  /**
   * `time` of the newest message of all rooms in integer microseconds since 1970; 0 if there is none, or it is unknown
   * yet.
   */
  readonly latest: number;
  /** Calls back with what other processes do, if several can share this store. */
  follow?(listener: OtherProcesses): void;
  /** A secret of all processes that can share this store; resolves once it is read. */
  readonly sharedSecret?: Promise<string>;
  /** Whether this process is the leader of several; undefined if there can only be one. */
  readonly isLeading?: boolean;
  /** Revisions of the graph, if several processes can share this store. */
  readonly revisions?: SharedRevisions;
  /** Resolves once every append is settled. */
  settled(): Promise<void>;
  /** Closes it, once its last handle is released. */
  close(): Promise<void>;
}
