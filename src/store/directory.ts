import { Directory, type DirectoryRecord } from '../model/directory.ts';
import { Mutex } from '../mutex.ts';

/** How a store keeps the records of its directory: the contract of all stores. */
export interface RecordStore {
  /** The newest record of each key that was written after a place, the oldest first, and the newest place; all of them after 0. */
  records(after: number): Promise<{ readonly records: readonly DirectoryRecord[]; readonly at: number }>;
  /** Writes records at the next place in one transaction, and returns it. Rejects with RecordsStale if the newest place is not `at`. */
  record(records: readonly DirectoryRecord[], at: number): Promise<number>;
}

/** Records were written since those on which new ones rest. */
export class RecordsStale extends Error {
  override readonly name = 'RecordsStale';
}

/** What a decision about people and rooms comes to: the records that it makes, and what whoever asked for it gets. */
interface Decision<T> {
  readonly records: readonly DirectoryRecord[];
  readonly result: T;
}

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
   * the one before has left, also across processes; `decide` may be called again. Rejects with what it throws, or with StoreFailed.
   */
  change<T>(decide: (directory: Directory) => Decision<T>): Promise<T> {
    return this.#mutex.run(async () => {
      for (let tries = 1; ; tries++) {
        const { records, result } = decide(this.now);
        if (records.length === 0) return result;
        try {
          this.#take(records, await this.#store.record(records, this.#at));
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
