import type { Commits, Draft, Head, Kept, Range, Slice } from './store.ts';

/** A store that is open, as those who use it share it. */
export interface OpenStore {
  readonly epoch: string;
  /** The `time` of the newest message of all rooms, in whole microseconds since 1970; 0 where there is none. */
  readonly latest: number;
  append(draft: Draft): Promise<Kept>;
  read(room: string, range: Range): Promise<Slice>;
  rooms(after?: string, limit?: number): Promise<readonly Head[]>;
  has(room: string): Promise<boolean>;
  health(): string | undefined;
  commits(): Commits;
  /** Resolves once every draft that it was given is kept or rejected. */
  settled(): Promise<void>;
  close(): Promise<void>;
}
