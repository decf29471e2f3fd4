import { isolationName, open } from './open.ts';
import type { Store } from './store.ts';

const shared = new Map<string, { readonly value: unknown; users: number }>();

/**
 * A value that outlives its makers: who shares the same name gets the same value, until the last
 * one has released it; who runs apart shares it with nobody else.
 */
export function refCounted<T>(name: string, make: () => T): { readonly value: T; release(): void } {
  const key = `${isolationName() ?? ''} ${name}`;
  const entry = shared.get(key) ?? { value: make(), users: 0 };
  shared.set(key, entry);
  entry.users += 1;
  let released = false;
  return {
    value: entry.value as T,
    release() {
      if (released) return;
      released = true;
      entry.users -= 1;
      if (entry.users === 0) shared.delete(key);
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
