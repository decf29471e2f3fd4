import { Directory, type DirectoryRecord } from '../model/directory.ts';
import { Mutex } from '../mutex.ts';

/** How a store keeps the records of its directory: the contract of all stores. */
export interface RecordStore {
  /** The newest record of each key that was written after a place, the oldest first, and the newest place; all of them after 0. */
  records(after: number): Promise<{ readonly records: readonly DirectoryRecord[]; readonly at: number }>;
  /** Writes records, each of another key, at the next place in one transaction, and returns it. Rejects with RecordsStale if the newest place is not `at`. */
  record(records: readonly DirectoryRecord[], at: number): Promise<number>;
}

/** Records, and the newest place when they were decided on. */
export interface DecidedRecords {
  readonly records: readonly DirectoryRecord[];
  readonly at: number;
}

/** Records were written since those on which new ones rest. */
export class RecordsStale extends Error {
  override readonly name = 'RecordsStale';
}

/**
 * What a decision about people and rooms comes to: the records that it makes, and what whoever asked for it gets. Of several records of one
 * key the last is kept; those who follow hear of all.
 */
interface Decision<T> {
  readonly records: readonly DirectoryRecord[];
  readonly result: T;
}

/** The last record of each key. */
const lastOf = (records: readonly DirectoryRecord[]): readonly DirectoryRecord[] => [
  ...new Map(records.map(record => [`${record.kind} ${record.key}`, record])).values(),
];

/** How often a decision is made anew because another process was faster. */
const MAX_TRIES = 20;

/** The directory of an open store, shared by all that use it; what other processes write arrives with `refresh`. */
export class SharedDirectory {
  /** What is known at the moment. Read it, and never change it. */
  readonly now = new Directory();
  readonly #store: RecordStore;
  readonly #mutex = new Mutex();
  readonly #listeners = new Set<(records: readonly DirectoryRecord[]) => void>();
  #at = 0;

  private constructor(store: RecordStore) {
    this.#store = store;
  }

  /** Reads all of it. Rejects with StoreFailed. */
  static async load(store: RecordStore): Promise<SharedDirectory> {
    const directory = new SharedDirectory(store);
    await directory.refresh();
    return directory;
  }

  /** Takes what was written since. Rejects with StoreFailed. */
  async refresh(): Promise<void> {
    const { records, at } = await this.#store.records(this.#at);
    if (at > this.#at) this.#take(records, at);
  }

  /**
   * Writes what `decide` makes of what is known, or nothing if it makes no records. Decisions are made one after the other, each on what
   * the one before has left, also across processes; `decide` may be called again. With `write`, that writes the records, together with what else comes
   * of the result. Rejects with what these two throw, or with StoreFailed.
   */
  change<T>(
    decide: (directory: Directory) => Decision<T>,
    write: (decided: DecidedRecords, result: T) => Promise<unknown> = ({ records, at }) =>
      this.#store.record(records, at),
  ): Promise<T> {
    return this.#mutex.run(async () => {
      for (let tries = 1; ; tries++) {
        const { records, result } = decide(this.now);
        if (records.length === 0) return result;
        const at = this.#at;
        try {
          await write({ records: lastOf(records), at }, result);
          this.#take(records, at + 1);
          return result;
        } catch (error) {
          if (!(error instanceof RecordsStale) || tries === MAX_TRIES) throw error;
          await this.refresh();
        }
      }
    });
  }

  /** Calls back with what has changed, after it has. Returns a function that ends it. */
  follow(listener: (records: readonly DirectoryRecord[]) => void): () => void {
    const follower = (records: readonly DirectoryRecord[]) => listener(records);
    this.#listeners.add(follower);
    return () => this.#listeners.delete(follower);
  }

  #take(records: readonly DirectoryRecord[], at: number): void {
    if (at <= this.#at) return;
    this.#at = at;
    this.now.take(records);
    for (const listener of this.#listeners) listener(records);
  }
}
