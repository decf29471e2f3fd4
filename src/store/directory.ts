import { Directory, type DirectoryRecord } from '../model/directory.ts';
import { Mutex } from '../mutex.ts';

/** How a store reads and writes directory records: the contract of all stores. */
export interface RecordStore {
  /**
   * The newest record of each key that was written after a position, oldest first, and the newest position. Position 0
   * selects all.
   */
  records(after: number): Promise<{ readonly records: readonly DirectoryRecord[]; readonly at: number }>;
  /**
   * Writes records with distinct keys in one transaction at the next position, and returns that. Rejects with
   * RecordsStale if the newest position is not `at`.
   */
  record(records: readonly DirectoryRecord[], at: number): Promise<number>;
}

/** Records, and the newest position when they were decided. */
export interface DecidedRecords {
  readonly records: readonly DirectoryRecord[];
  readonly at: number;
}

/** Thrown if records were written since the decision was made. */
export class RecordsStale extends Error {
  override readonly name = 'RecordsStale';
}

/**
 * A decision about people and rooms: its records, and the caller's result. Of several records of one key the last is
 * stored; listeners get all.
 */
interface Decision<T> {
  readonly records: readonly DirectoryRecord[];
  readonly result: T;
}

/** The last record of each key. */
const lastOf = (records: readonly DirectoryRecord[]): readonly DirectoryRecord[] => [
  ...new Map(records.map(record => [`${record.kind} ${record.key}`, record])).values(),
];

/** Attempts to repeat a decision because another process wrote first. */
const MAX_TRIES = 20;

/** The directory of an open store, shared by all its users; `refresh` reads what other processes wrote. */
export class SharedDirectory {
  /** The present state; read-only. */
  readonly now = new Directory();
  readonly #store: RecordStore;
  readonly #mutex = new Mutex();
  readonly #listeners = new Set<(records: readonly DirectoryRecord[]) => void>();
  #at = 0;

  private constructor(store: RecordStore) {
    this.#store = store;
  }

  /** Loads the directory. Rejects with StoreFailed. */
  static async load(store: RecordStore): Promise<SharedDirectory> {
    const directory = new SharedDirectory(store);
    await directory.refresh();
    return directory;
  }

  /** Reads records that were written since. Rejects with StoreFailed. */
  refresh(): Promise<void> {
    // After a change under way, which tells all of its records, also if a notice of it comes before its answer.
    return this.#mutex.run(() => this.#read());
  }

  /**
   * Writes the records that `decide` returns for the present state. Decisions are made one at a time, each on the
   * result of the one before, also across processes; `decide` may be called repeatedly. `write` writes the records
   * together with other data of the result. Rejects with errors of `decide` and `write`, or with StoreFailed.
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
          await this.#read();
        }
      }
    });
  }

  /** Calls back after each change with its records. Returns a function that ends it. */
  follow(listener: (records: readonly DirectoryRecord[]) => void): () => void {
    const follower = (records: readonly DirectoryRecord[]) => listener(records);
    this.#listeners.add(follower);
    return () => this.#listeners.delete(follower);
  }

  async #read(): Promise<void> {
    const { records, at } = await this.#store.records(this.#at);
    this.#take(records, at);
  }

  #take(records: readonly DirectoryRecord[], at: number): void {
    if (at <= this.#at) return;
    this.#at = at;
    this.now.take(records);
    for (const listener of this.#listeners) listener(records);
  }
}
