import { resolve } from 'node:path';
import { apart } from './apart.ts';
import { Memory } from './memory.ts';
import { realFile, Sqlite } from './sqlite.ts';
import type { Commits, Store } from './store.ts';
import { parseStoreUrl } from './url.ts';

/** A store as it is shared: it can say when the drafts it was given so far are settled. */
interface Base extends Store {
  settled(): Promise<void>;
}

interface Shared {
  readonly store: Base;
  users: number;
}

const shared = new Map<string, Shared>();
let folder = '.';
/** Of the stores that are closed. */
let past: Commits = { count: 0, seconds: 0 };

/** Says where the files of `sqlite:FILE` are, for all stores opened from now on. */
export function locate(path: string): void {
  folder = path;
}

/** Why one of the open stores can't keep anything at the moment; nothing while all can. */
export function health(): string | undefined {
  for (const { store } of shared.values()) {
    const reason = store.health();
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** What keeping has cost so far in all stores, those that are closed among them. */
export function commits(): Commits {
  return [...shared.values()].map(({ store }) => store.commits()).reduce(sum, past);
}

const sum = (a: Commits, b: Commits): Commits => ({ count: a.count + b.count, seconds: a.seconds + b.seconds });

/**
 * Opens the store that a URL names: `memory:NAME?keep=NUMBER`, of which all is lost at the end, or `sqlite:FILE`. Who
 * opens the same one again, whatever its search part, shares it, but for who runs apart; the last close closes it, and the newest `keep` holds.
 * Throws a sentence where the URL is wrong or the file can't be used.
 */
export function open(url: string): Store {
  const { key, make, settle } = ownReading(reading(url));
  const entry = shared.get(key) ?? { store: make(), users: 0 };
  settle(entry.store);
  shared.set(key, entry);
  entry.users++;
  return handle(key, entry);
}

/** What runs apart gets an empty store in memory, whatever the URL names. */
function ownReading(found: Reading): Reading {
  const scope = apart();
  return scope === undefined ? found : { ...found, key: `${scope} ${found.key}`, make: () => new Memory() };
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
  make(): Base;
  /** Applies the search part. */
  settle(store: Base): void;
}

function reading(url: string): Reading {
  const named = parseStoreUrl(url);
  if (named.kind === 'memory') {
    const { name, keep } = named;
    return {
      key: `memory:${name}`,
      make: () => new Memory(),
      settle: store => {
        if (keep !== undefined && store instanceof Memory) store.keep(keep);
      },
    };
  }
  const file = realFile(resolve(folder, named.file));
  return { key: `sqlite:${file}`, make: () => new Sqlite(file), settle: () => {} };
}

/** What one opener holds: its close counts once. */
function handle(key: string, { store }: Shared): Store {
  let closed: Promise<void> | undefined;
  return {
    epoch: store.epoch,
    append: draft => store.append(draft),
    read: (room, range) => store.read(room, range),
    rooms: () => store.rooms(),
    health: () => store.health(),
    commits: () => store.commits(),
    close: () => {
      closed ??= release(key);
      return closed;
    },
  };
}

async function release(key: string): Promise<void> {
  const entry = shared.get(key);
  if (!entry || --entry.users > 0) return;
  await entry.store.settled();
  // Somebody may have opened it while it settled.
  if (entry.users > 0 || shared.get(key) !== entry) return;
  shared.delete(key);
  past = sum(past, entry.store.commits());
  await entry.store.close();
}
