import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { Memory } from './memory.ts';
import { realFile, Sqlite } from './sqlite.ts';
import type { Commits, OpenStore, Store } from './store.ts';
import { parseStoreUrl } from './url.ts';

const scope = new AsyncLocalStorage<string>();

/** Runs work apart from all else: every store that is opened in its course is an empty one in memory that nobody else has. */
export class IsolatedStores {
  readonly #name = randomUUID();

  run<T>(work: () => T): T {
    return scope.run(this.#name, work);
  }
}

/** The name of what runs apart, where this is called in its course. */
export function isolationName(): string | undefined {
  return scope.getStore();
}

interface Shared {
  readonly opening: Promise<OpenStore>;
  /** Undefined while it is being opened. */
  store?: OpenStore;
  users: number;
  /** Whether somebody was told that its clock is ahead. */
  isAhead: boolean;
}

/** Microseconds that the `time` of messages may be ahead of the clock before somebody is told. */
const AHEAD = 60e6;

const NONE: Commits = { count: 0, seconds: 0 };

const shared = new Map<string, Shared>();
let folder = '.';
let warn: (sentence: string) => void = () => {};
/** Of the stores that are closed. */
let closedCommits = NONE;

/** Says where the files of `sqlite:FILE` are, and who is warned, for all stores opened from now on. */
export function setDataFolder(path: string, warning: (sentence: string) => void = () => {}): void {
  folder = path;
  warn = warning;
}

/** Why one of the open stores can't keep anything at the moment; undefined while all can. */
export function health(): string | undefined {
  for (const [key, { store }] of shared) {
    const reason = store ? store.health() : `${key} is being opened`;
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** What keeping has cost so far in all stores, those that are closed among them. */
export function commits(): Commits {
  return [...shared.values()].map(({ store }) => store?.commits() ?? NONE).reduce(sum, closedCommits);
}

const sum = (a: Commits, b: Commits): Commits => ({ count: a.count + b.count, seconds: a.seconds + b.seconds });

/**
 * Opens the store that a URL names: `memory:NAME?keep=NUMBER`, of which all is lost at the end, or `sqlite:NAME.db`. Who
 * opens the same one again, whatever its search part, shares it, but for who runs apart; the last close closes it, and the newest `keep` holds.
 * Throws a sentence where the URL is wrong or DATA can't be made. The rest is done in its own time: whoever has to know waits for `opened`.
 */
export function open(url: string): Store {
  const { key, make, settle } = ownReading(reading(url));
  const entry = shared.get(key) ?? begin(key, make);
  entry.opening.then(settle, () => {});
  entry.users++;
  return openHandle(key, entry);
}

function begin(key: string, make: () => Promise<OpenStore>): Shared {
  const entry: Shared = { opening: make(), users: 0, isAhead: false };
  shared.set(key, entry);
  entry.opening.then(
    store => {
      entry.store = store;
      watchClock(entry, key, store.latest);
    },
    () => {
      // Whoever tries again gets another one.
      if (shared.get(key) === entry) shared.delete(key);
    },
  );
  return entry;
}

/** What runs apart gets an empty store in memory, whatever the URL names. */
function ownReading(found: Reading): Reading {
  const scope = isolationName();
  return scope === undefined ? found : { ...found, key: `${scope} ${found.key}`, make: async () => new Memory() };
}

/**
 * The file behind a URL `sqlite:FILE` that the operator names: below DATA, or anywhere. Throws a sentence for every other
 * one: only a file outlives its server.
 */
export function databaseFile(url: string): string {
  const [, scheme, file] = /^([a-z]+):(.*)$/s.exec(url) ?? [];
  if (scheme === 'sqlite' && file) return realFile(resolve(folder, file));
  if (scheme !== 'memory') parseStoreUrl(url);
  throw new Error(`${url} ends with its server; only a history in sqlite:FILE can be carried`);
}

interface Reading {
  readonly key: string;
  make(): Promise<OpenStore>;
  /** Applies the search part. */
  settle(store: OpenStore): void;
}

function reading(url: string): Reading {
  const named = parseStoreUrl(url);
  if (named.kind === 'memory') {
    const { name, keep } = named;
    return {
      key: `memory:${name}`,
      make: async () => new Memory(),
      settle: store => {
        if (keep !== undefined && store instanceof Memory) store.keep(keep);
      },
    };
  }
  const file = realFile(resolve(folder, named.file));
  return { key: `sqlite:${file}`, make: () => Sqlite.open(file), settle: () => {} };
}

/** What one opener holds: its close counts once. */
function openHandle(key: string, entry: Shared): Store {
  const { opening } = entry;
  let closed: Promise<void> | undefined;
  return {
    opened: async () => void (await opening),
    epoch: async () => (await opening).epoch,
    append: async draft => {
      const kept = await (await opening).append(draft);
      if (kept.fresh) watchClock(entry, key, kept.message.time * 1e6);
      return kept;
    },
    read: async (room, range) => (await opening).read(room, range),
    rooms: async (after, limit) => (await opening).rooms(after, limit),
    has: async room => (await opening).has(room),
    health: () => entry.store?.health(),
    commits: () => entry.store?.commits() ?? NONE,
    close: () => {
      closed ??= release(key, entry);
      return closed;
    },
  };
}

/** Tells once that messages have a `time` that is yet to come, and once more after that was over. */
function watchClock(entry: Shared, key: string, micros: number): void {
  const isAhead = micros > Date.now() * 1000 + AHEAD;
  if (isAhead && !entry.isAhead)
    warn(
      `${key}: messages have times up to ${new Date(micros / 1000).toISOString()}, which is yet to come: a clock was ahead; "at" is right, and gochat's Time goes on from there`,
    );
  entry.isAhead = isAhead;
}

async function release(key: string, entry: Shared): Promise<void> {
  if (--entry.users > 0) return;
  const store = await entry.opening.catch(() => undefined);
  await store?.settled();
  // Somebody may have opened it while it settled.
  if (!store || entry.users > 0 || shared.get(key) !== entry) return;
  shared.delete(key);
  closedCommits = sum(closedCommits, store.commits());
  await store.close();
}

const counted = new Map<string, { readonly value: unknown; users: number }>();

/** A value shared by name until its last user releases it, so that it outlives a revision; isolated work gets its own. */
export function refCounted<T>(name: string, make: () => T): { readonly value: T; release(): void } {
  const key = `${isolationName() ?? ''} ${name}`;
  const entry = counted.get(key) ?? { value: make(), users: 0 };
  counted.set(key, entry);
  entry.users += 1;
  let released = false;
  return {
    value: entry.value as T,
    release() {
      if (released) return;
      released = true;
      entry.users -= 1;
      if (entry.users === 0) counted.delete(key);
    },
  };
}

/** Holds one store at a time on behalf of a node. */
interface StoreHandle {
  /** The store at a URL, opened on first use; the one that was held before is let go. Throws as `open` does. */
  at(url: string): Store;
  /** Resolves once the store that is held can be used. Rejects with StoreFailed where it can't be opened. */
  opened(): Promise<void>;
  release(): Promise<void>;
}

/** A lease that holds nothing yet. */
export function storeHandle(): StoreHandle {
  let held: { readonly url: string; readonly store: Store } | undefined;
  const release = async () => {
    const last = held;
    held = undefined;
    await last?.store.close();
  };
  return {
    at(url) {
      if (held?.url === url) return held.store;
      const store = open(url);
      void release();
      held = { url, store };
      return store;
    },
    opened: async () => held?.store.opened(),
    release,
  };
}
