import type { ChangeKind } from '../model/chat.ts';
import type { Entry, Message } from '../model/packets.ts';
import type { DecidedRecords, RecordStore, SharedDirectory } from './directory.ts';

/** A message to store. The caller has validated it; the store only makes it well-formed Unicode. */
export interface NewMessage {
  readonly room: string;
  readonly author: string;
  /** The id of the person or bot with an account whose message it is; undefined of a guest. */
  readonly by?: string;
  readonly text: string;
  /** Idempotency key: in the same room it returns the same message without storing it again, as long as that message is kept. */
  readonly key?: string;
  /** What proves that the message is its author's; the store keeps only a keyed hash of it. */
  readonly owner?: string;
}

/** A change of a message to store. */
export interface NewChange {
  readonly room: string;
  readonly kind: ChangeKind;
  /** Id of the message that it is about. */
  readonly about: string;
  /** The message's new text; empty unless it is edited. */
  readonly text: string;
  /** The emoji of a reaction. */
  readonly emoji?: string;
  /** The name of who reacts. */
  readonly author?: string;
  /** The id of the account of who reacts; undefined of a guest. */
  readonly by?: string;
  /** What has to prove that the message is the caller's; nothing proves it of a message that was stored without. Of a reaction, by what it is known whose it is. */
  readonly owner?: string;
  /** Seconds after which a message can't be changed any more. */
  readonly within?: number;
  /** Whether it may be done whosever the message is and however old, as by a moderator or the operator. */
  readonly bypassesOwnership?: boolean;
  /** Whether `follow` tells of it: for changes that do not come to Storage through the graph, which tells of its own. */
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
  /** Sequence number of the oldest message still kept; `last + 1` if there is none. */
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
  /** As it is now. */
  readonly message: Message;
  /** What was stored; undefined if the message was so already. */
  readonly entry?: Entry;
  /** The texts that a removed message had, so that copies of it are found. */
  readonly texts?: readonly string[];
}

/** What was removed, so that whoever has copies of it forgets them. */
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

/** Which messages the operator means: all of a room, one by its id, or all of an author, however the name is written, and of the account with the id `by`. */
export type MessageSelection =
  | { readonly room: string }
  | { readonly message: string }
  | { readonly author: string; readonly by?: string | undefined };

/** The place of a message among those of all rooms. */
export interface MessagePlace {
  readonly room: string;
  readonly seq: number;
}

/** Some of the messages that a selection means. */
export interface Selected {
  readonly messages: readonly Pick<Message, 'room' | 'id' | 'seq'>[];
  /** How many it means beside these that were removed before. */
  readonly removed: number;
  /** Where to go on; undefined at the end. */
  readonly next?: MessagePlace;
}

/** Number and total duration of commits. */
export interface Commits {
  readonly count: number;
  readonly seconds: number;
}

/**
 * What this folder is for: a log of entries per room (messages, edits, removals, reactions), and the messages as they are
 * now. This is a handle on an open store, as who uses it gets it from `open`; several may have one on the same store. What
 * implements a kind of store is a StoreBackend. An entry is durable, as far as the store goes, before its promise resolves
 * and before anyone can read it. Sequence numbers have no gaps; `time` strictly increases over all rooms, while `at` is the
 * clock's time. Messages are frozen, and reads return the same object for the same message while it is in memory and
 * unchanged. Text is well-formed Unicode; nothing of a removed message's is kept. If the store fails, promises reject with
 * StoreFailed.
 */
export interface Store {
  /** Resolves once the store can be used. Rejects with StoreFailed if it can't be opened; then every other method rejects too. */
  opened(): Promise<void>;
  /** Identifies this history: cursors of another epoch are invalid here. Created with the store and kept as long as it. */
  epoch(): Promise<string>;
  /**
   * Stores a message. Rejects with KeyReused if its key was used for another author or text. With `decided`, as `change` of the directory gives it,
   * it also writes these records, in the same transaction, or stores nothing: then it also rejects with RecordsStale, and with KeyReused
   * wherever the key is known. `follow` tells of it then, as it comes past the nodes that tell of messages.
   */
  append(draft: NewMessage, decided?: DecidedRecords): Promise<AppendResult>;
  /** Edits or removes a message, or adds or takes back a reaction. Rejects with ChangeRefused if that can't be. */
  change(draft: NewChange): Promise<ChangeResult>;
  /** Reads a section of a room's messages as they are now; empty if the room has none. */
  read(room: string, range: MessageRange): Promise<Slice>;
  /** Reads the oldest `limit` entries after a sequence number, without it the newest. An old change may be left out where a newer one of the same message is there. */
  entries(room: string, range: Pick<MessageRange, 'after' | 'limit'>): Promise<LogSlice>;
  /**
   * Rooms that have messages which are not removed, sorted by name: those after `after`, at most `limit`. Lists all as
   * the same object until one changes.
   */
  rooms(after?: string, limit?: number): Promise<readonly RoomHead[]>;
  /** Whether there ever was a message in a room. */
  has(room: string): Promise<boolean>;
  /** Whether there is a message under an idempotency key. */
  knows(room: string, key: string): Promise<boolean>;
  /** Selects messages that are not removed. Looks at a few only, from a place on, so that nobody waits for it. */
  select(selection: MessageSelection, from?: MessagePlace): Promise<Selected>;
  /**
   * Calls back with each entry of the operator's or of a moderator's queue from now on, and of another process's, which no node tells of; not with
   * what nodes of a graph keep, as each tells of its own. Of several listeners only the newest is called, as two
   * revisions share a store while one takes over from the other. Returns a function that ends it.
   */
  follow(listener: (entry: Entry) => void): () => void;
  /** People, rooms and who is in them, as all users of the store share it. Rejects with StoreFailed if it can't be read. */
  directory(): Promise<SharedDirectory>;
  /** The same where it has been read, so that nobody waits for it. */
  loadedDirectory(): SharedDirectory | undefined;
  /** Revisions of the graph, if several processes can share this store. Rejects as `opened` does. */
  revisions(): Promise<SharedRevisions | undefined>;
  /** A secret that all processes have in common which share this store; undefined if only one can use it. Rejects as `opened` does. */
  sharedSecret(): Promise<string | undefined>;
  /** Says in a sentence why messages can't be stored or read at the moment; undefined if they can. */
  health(): string | undefined;
  /** Commits since the store was opened. */
  commits(): Commits;
  /** Gives the handle back: the last one closes the store, once every append is settled. Don't use it afterwards. */
  close(): Promise<void>;
}

/** A key was used again with another author or text. */
export class KeyReused extends Error {
  constructor(key: string) {
    super(`the key ${JSON.stringify(key)} was used for another message; take a new key for a new message`);
    this.name = 'KeyReused';
  }
}

/** Why a message can't be changed: there is none, it was removed, it is somebody else's, it is too old, or has as many reactions as it may. */
export type ChangeFault = 'missing' | 'removed' | 'foreign' | 'late' | 'full';

/** A message can't be changed as asked. */
export class ChangeRefused extends Error {
  override readonly name = 'ChangeRefused';
  readonly fault: ChangeFault;

  constructor(fault: ChangeFault) {
    super(`the message can't be changed: ${fault}`);
    this.fault = fault;
  }
}

/** The store can't be opened, read or written; the message says why and names the cure. */
export class StoreFailed extends Error {
  override readonly name = 'StoreFailed';
  /** Whether it may work again by itself. */
  readonly isPassing: boolean = false;
}

/** Hears of what other processes do in a store. */
export interface OtherProcesses {
  /** They have kept an entry; `text` is the one that a removed message had, if it is known. */
  entry(entry: Entry, text?: string): void;
  /** They may have written records of the directory. */
  records(): void;
}

/** A revision of the graph as the processes that share a store have it. */
export interface SharedRevision {
  /** One more than that of the revision before. */
  readonly number: number;
  /** Grows with each change of any of them. */
  readonly place: number;
  /** On trial only the process that leads runs it. */
  readonly state: 'trial' | 'proven' | 'rolled back';
  readonly record: string;
}

/** What the processes that share a store keep there of the graph. Calls reject with StoreFailed if that can't be done. */
export interface SharedRevisions {
  /** Whether this process is the one that publishes. */
  readonly isLeading: boolean;
  /** Calls back whenever a revision may have changed, or who leads. There is one listener. */
  listen(listener: () => void): void;
  /** Where another process is that leads; undefined if none does. */
  otherLeader(): Promise<string | undefined>;
  /** Those that have changed after a place, by number. */
  since(place: number): Promise<readonly SharedRevision[]>;
  /** Adds one; resolves to false if another has its number, or it is not the next one. */
  add(revision: Omit<SharedRevision, 'place'>): Promise<boolean>;
  /** Changes one. */
  settle(revision: Omit<SharedRevision, 'place'>): Promise<void>;
  /** Adds lines to the record of what editors did. */
  audit(lines: readonly string[]): Promise<void>;
}

/** The methods that a handle passes on to the backend. */
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

/** What a kind of store implements: memory, SQLite, PostgreSQL. It is open, and keeps the promises that Store makes. */
export interface StoreBackend extends RecordStore, Pick<Store, PassedOn> {
  /** `time` of the newest message of all rooms in integer microseconds since 1970; 0 if there is none, or it is not known yet. */
  readonly latest: number;
  /** Calls back with what other processes do, if several can share this store. */
  follow?(listener: OtherProcesses): void;
  /** A secret that all processes have in common which can share this store; resolves once it can be read. */
  readonly sharedSecret?: Promise<string>;
  /** Whether this process is the one of several that does what is to be done once; undefined if there can only be one. */
  readonly isLeading?: boolean;
  /** Revisions of the graph, if several processes can share this store. */
  readonly revisions?: SharedRevisions;
  /** Resolves once every append is settled. */
  settled(): Promise<void>;
  /** Closes it, once its last handle is given back. */
  close(): Promise<void>;
}
