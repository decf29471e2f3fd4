import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Entry } from '../model/packets.ts';
import { SharedDirectory } from './directory.ts';
import { Memory } from './memory.ts';
import { entryOf } from './message.ts';
import type { DatabaseVariables } from './postgres-address.ts';
import { Sqlite } from './sqlite.ts';
import { realFile } from './sqlite-schema.ts';
import { startThread } from './sqlite-writer.ts';
import type { Commits, RemovedMessage, SharedRevisions, Store, StoreBackend } from './store.ts';
import { parseStoreUrl, storeFault } from './url.ts';

const scope = new AsyncLocalStorage<string>();

/** Runs work in isolation: stores opened during it are empty, in memory, and not shared with other work. */
export class IsolatedStores {
  readonly #name = randomUUID();

  run<T>(work: () => T): T {
    return scope.run(this.#name, work);
  }
}

/** The id of the isolation of this async context; undefined outside. */
export const isolationName = (): string | undefined => scope.getStore();

/** Whether this async context is a test or dry run, which must leave nothing behind. */
export const isIsolated = (): boolean => isolationName() !== undefined;

interface Shared {
  readonly opening: Promise<StoreBackend>;
  /** Loaded on first use. */
  directory?: Promise<SharedDirectory>;
  loadedDirectory?: SharedDirectory;
  /** Undefined while it is being opened. */
  store?: StoreBackend;
  users: number;
  /**
   * Listeners for entries that no node of this graph emits, newest last: entries by the operator, by a moderator's
   * approval, or by another process.
   */
  readonly followers: ((entry: Entry) => void)[];
  /** Whether a newest message in the future was reported already. */
  isAhead: boolean;
}

/** Tolerance in microseconds for messages whose `time` is ahead of the clock. */
const AHEAD = 60e6;

const NONE: Commits = { count: 0, seconds: 0 };

const shared = new Map<string, Shared>();
let folder = '.';
let database: DatabaseVariables = {};
/** This process's address, for other processes. */
let processName = '';
let warn: (sentence: string) => void = () => {};
/** Totals of closed stores. */
let closedCommits = NONE;

/** Sets the folder of `sqlite:FILE` and the function for warnings, for stores opened from now on. */
export function setDataFolder(path: string, warning: (sentence: string) => void = () => {}): void {
  folder = path;
  warn = warning;
}

/** Sets the address of PostgreSQL and this process's name for other processes, for stores opened from now on. */
export function setDatabase(variables: DatabaseVariables, name = hostname()): void {
  database = variables;
  processName = name;
}

/** The variables given to `setDatabase`. */
export const databaseVariables = (): DatabaseVariables => database;

/** Why an open store can't store messages now, as a sentence; undefined if all can. */
export function health(): string | undefined {
  for (const [key, { store }] of shared) {
    const reason = store ? store.health() : `${key} is being opened`;
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Whether this process runs tasks that one of several processes sharing a store has to run, such as schedules. */
export function isLeading(): boolean {
  return [...shared.values()].every(({ store }) => store?.isLeading ?? true);
}

let secret: string | undefined;

/** Secret shared by all processes of a PostgreSQL store; undefined without one or until read. */
export const sharedSecret = (): string | undefined => secret;

/** Totals of all stores, including closed ones. */
export function commits(): Commits {
  return [...shared.values()].map(({ store }) => store?.commits() ?? NONE).reduce(sum, closedCommits);
}

const sum = (a: Commits, b: Commits): Commits => ({ count: a.count + b.count, seconds: a.seconds + b.seconds });

/** Prepares opening these stores, without touching a file. */
export function prepareStores(urls: readonly string[]): void {
  if (urls.some(url => url.startsWith('sqlite:'))) startThread();
}

/**
 * Opens the store of a URL: `memory:NAME?keep=NUMBER`, not durable, `sqlite:NAME.db`, or `postgres:NAME`. Equal URLs,
 * ignoring the search part, share one store (except in isolated work); the last close closes it, and the newest `keep`
 * applies. Throws a sentence if the URL is wrong or DATA can't be created. Opening continues in the background: await
 * `opened`.
 */
export function open(url: string): Store {
  const { key, make, settle } = ownReading(reading(url));
  const entry = shared.get(key) ?? begin(key, make);
  if (entry.store) settle(entry.store);
  else entry.opening.then(settle, () => {});
  entry.users++;
  return openHandle(key, entry);
}

/**
 * Opens the first of these stores that several processes can share; undefined if there is none, or it can't be opened.
 * Release it after use.
 */
export async function openShared(
  urls: readonly string[],
): Promise<{ readonly revisions: SharedRevisions; release(): void } | undefined> {
  const url = urls.find(url => url.startsWith('postgres:'));
  if (url === undefined || storeFault(url) !== undefined) return;
  const store = open(url);
  const revisions = await store.revisions().catch(() => undefined);
  const release = () => void store.close();
  if (revisions) return { revisions, release };
  release();
  return;
}

function begin(key: string, make: () => Promise<StoreBackend>): Shared {
  const entry: Shared = { opening: make(), users: 0, followers: [], isAhead: false };
  shared.set(key, entry);
  entry.opening.then(
    store => {
      entry.store = store;
      watchClock(entry, key, store.latest);
      void store.sharedSecret?.then(known => {
        secret = known;
      });
      store.follow?.({
        entry(kept, text) {
          entry.followers.at(-1)?.(kept);
          if (kept.kind === 'remove') tellRemoval({ id: kept.message.id, texts: text === undefined ? [] : [text] });
        },
        // If reading fails now, there is another notification after recovery.
        records: () => void entry.directory?.then(directory => directory.refresh()).catch(() => {}),
      });
    },
    () => {
      // The next caller tries again.
      if (shared.get(key) === entry) shared.delete(key);
    },
  );
  return entry;
}

/** Isolated work gets an empty store in memory for any URL. */
function ownReading(found: Reading): Reading {
  const scope = isolationName();
  return scope === undefined ? found : { ...found, key: `${scope} ${found.key}`, make: async () => new Memory() };
}

/**
 * The file of a URL `sqlite:FILE` from the operator: in DATA, or anywhere. Throws a sentence for other URLs, as their
 * stores need the server.
 */
export function databaseFile(url: string): string {
  const [, scheme, file] = /^([a-z]+):(.*)$/s.exec(url) ?? [];
  if (scheme === 'sqlite' && file) return realFile(resolve(folder, file));
  if (scheme !== 'memory') parseStoreUrl(url);
  throw new Error(`${url} ends with its server; only a history in sqlite:FILE or postgres:NAME can be carried`);
}

/** The database files of some stores. */
export function databaseFiles(urls: readonly string[]): readonly string[] {
  return urls.flatMap(url => {
    const named = parseStoreUrl(url);
    return named.kind === 'sqlite' ? [realFile(resolve(folder, named.file))] : [];
  });
}

interface Reading {
  readonly key: string;
  make(): Promise<StoreBackend>;
  /** Applies the URL's search part. */
  settle(store: StoreBackend): void;
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
  if (named.kind === 'postgres') {
    const { name, isStandbySync } = named;
    const deps = { name, isStandbySync, variables: database, place: processName, warn };
    return {
      key: `postgres:${name}`,
      // PostgreSQL's client is loaded on demand.
      make: async () => (await import('./postgres.ts')).Postgres.open(deps),
      settle: () => {},
    };
  }
  const file = realFile(resolve(folder, named.file));
  return { key: `sqlite:${file}`, make: () => Sqlite.open(file, warn), settle: () => {} };
}

const removalListeners = new Set<(removed: RemovedMessage) => void>();

/**
 * Calls back with each message that is removed from an open store. Returns a function that ends it. Stores drop their
 * own copies; other copies are in values of nodes and pending webhooks (behaviour/database.ts), traces and recorded
 * requests (editor/watch/traces.ts), and flowtraces (editor/protocol/trace.ts).
 */
export function onRemoval(listener: (removed: RemovedMessage) => void): () => void {
  removalListeners.add(listener);
  return () => removalListeners.delete(listener);
}

function tellRemoval(removed: RemovedMessage): void {
  for (const listener of removalListeners) listener(removed);
}

/** A handle for one user: closing it twice counts once. */
function openHandle(key: string, entry: Shared): Store {
  const { opening } = entry;
  let closed: Promise<void> | undefined;
  /** Uses the store once it is open; usually at once. */
  const use = <T>(how: (store: StoreBackend) => Promise<T>): Promise<T> =>
    entry.store ? how(entry.store) : opening.then(how);
  return {
    opened: async () => void (await opening),
    epoch: () => use(store => store.epoch()),
    append: async (draft, decided) => {
      const kept = await use(store => store.append(draft, decided));
      if (kept.fresh) watchClock(entry, key, kept.message.time * 1e6);
      if (kept.fresh && decided) entry.followers.at(-1)?.(entryOf(kept.message));
      return kept;
    },
    change: async draft => {
      const changed = await use(store => store.change(draft));
      if (draft.isAnnounced && changed.entry) entry.followers.at(-1)?.(changed.entry);
      const { message, texts } = changed;
      if (texts) tellRemoval({ id: message.id, texts });
      return changed;
    },
    read: (room, range) => use(store => store.read(room, range)),
    entries: (room, range) => use(store => store.entries(room, range)),
    rooms: (after, limit) => use(store => store.rooms(after, limit)),
    has: room => use(store => store.has(room)),
    knows: (room, key) => use(store => store.knows(room, key)),
    select: (selection, from) => use(store => store.select(selection, from)),
    follow(listener) {
      // A new function each time, so that a listener can follow twice.
      const follower = (kept: Entry) => listener(kept);
      entry.followers.push(follower);
      return () => {
        const at = entry.followers.indexOf(follower);
        if (at >= 0) entry.followers.splice(at, 1);
      };
    },
    directory: () => directoryOf(entry),
    loadedDirectory: () => entry.loadedDirectory,
    revisions: () => use(async store => store.revisions),
    sharedSecret: () => use(async store => store.sharedSecret),
    health: () => entry.store?.health(),
    commits: () => entry.store?.commits() ?? NONE,
    close: () => {
      closed ??= release(key, entry);
      return closed;
    },
  };
}

/** After a failed read, the next call tries again. */
function directoryOf(entry: Shared): Promise<SharedDirectory> {
  entry.directory ??= entry.opening.then(SharedDirectory.load);
  entry.directory.then(
    loaded => {
      entry.loadedDirectory = loaded;
    },
    () => {
      delete entry.directory;
    },
  );
  return entry.directory;
}

/** Warns once if messages have a `time` in the future, and again only if that ended in between. */
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
  // It may have been opened again meanwhile.
  if (!store || entry.users > 0 || shared.get(key) !== entry) return;
  shared.delete(key);
  closedCommits = sum(closedCommits, store.commits());
  await store.close();
}
