import type { Message } from '../model/packets.ts';

/** A message to keep. Whoever calls has checked it: a store keeps what it is given, made well-formed Unicode. */
export interface NewMessage {
  readonly room: string;
  readonly author: string;
  readonly text: string;
  /** The same key in the same room gives the same message again, and keeps nothing, as long as that message is kept. */
  readonly key?: string;
}

/** Which messages of a room are wanted. At most one of `after`, `before` and `since` is given; without any, the newest. */
export interface MessageRange {
  /** Sequence number: only later ones, the oldest `limit` of them. */
  readonly after?: number;
  /** Sequence number: only earlier ones, the newest `limit` of them. */
  readonly before?: number;
  /** Seconds: only those with a greater `time`, the newest `limit` of them. */
  readonly since?: number;
  readonly limit: number;
}

/** A part of a room's history, oldest first. */
export interface Slice {
  readonly messages: readonly Message[];
  /** The sequence number of the newest message in the room, 0 where there is none. */
  readonly last: number;
  /** The sequence number of the oldest message still kept, `last + 1` where none is. */
  readonly first: number;
}

/** What became of a draft. */
export interface AppendResult {
  readonly message: Message;
  /** False where the key was known and the message had been kept before. */
  readonly fresh: boolean;
}

/** A room, and the sequence number of its newest message. */
export interface RoomHead {
  readonly room: string;
  readonly last: number;
}

/** What keeping has cost so far. */
export interface Commits {
  readonly count: number;
  readonly seconds: number;
}

/**
 * Where messages live. All stores keep the same promises: a draft that `append` resolved is durable as far as the
 * store goes, sequence numbers have no holes, `time` is strictly increasing over all rooms while `at` is what the clock
 * said, messages are frozen and the
 * same object is returned for the same message while it is in memory. Nobody reads a message before it is durable.
 * Text is kept as well-formed Unicode. Where the store can't do its work, promises reject with StoreFailed.
 */
export interface Store {
  /** Resolves once the store can be used. Rejects with StoreFailed where it can't be opened; then all else does too. */
  opened(): Promise<void>;
  /** Names this history: a cursor of another epoch points into another one. Made when the store is, kept as long as it. */
  epoch(): Promise<string>;
  /** Keeps a draft. Rejects with KeyReused where the key came with another author or text before. */
  append(draft: NewMessage): Promise<AppendResult>;
  /** Reads a part of a room, empty where the room has no messages. */
  read(room: string, range: MessageRange): Promise<Slice>;
  /** The rooms that have messages, by name: those behind `after`, `limit` at most. All are the same list until one changes. */
  rooms(after?: string, limit?: number): Promise<readonly RoomHead[]>;
  /** Whether a room has messages. */
  has(room: string): Promise<boolean>;
  /** Why nothing can be kept or read at the moment, a sentence; undefined while all is well. */
  health(): string | undefined;
  /** How many transactions there have been since the store was opened, and how long they took. */
  commits(): Commits;
  /** Lets go of what the store holds once the drafts it was given are settled. It is not used afterwards. */
  close(): Promise<void>;
}

/** A key that came a second time with another message. */
export class KeyReused extends Error {
  constructor(key: string) {
    super(`the key ${JSON.stringify(key)} was used for another message; take a new key for a new message`);
    this.name = 'KeyReused';
  }
}

/** A store that can't be opened, read or written; its message says why, and what to do about it. */
export class StoreFailed extends Error {
  override readonly name = 'StoreFailed';
}

/** A store that is open, as those who use it share it. */
export interface OpenStore {
  readonly epoch: string;
  /** The `time` of the newest message of all rooms, in whole microseconds since 1970; 0 where there is none. */
  readonly latest: number;
  append(draft: NewMessage): Promise<AppendResult>;
  read(room: string, range: MessageRange): Promise<Slice>;
  rooms(after?: string, limit?: number): Promise<readonly RoomHead[]>;
  has(room: string): Promise<boolean>;
  health(): string | undefined;
  commits(): Commits;
  /** Resolves once every draft that it was given is kept or rejected. */
  settled(): Promise<void>;
  close(): Promise<void>;
}
