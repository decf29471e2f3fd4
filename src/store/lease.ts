import { open } from './open.ts';
import type { Store } from './store.ts';

/** Holds one store at a time on behalf of a node. */
export interface Lease {
  /** The store at a URL, opened on first use; the one that was held before is let go. Throws as `open` does. */
  at(url: string): Store;
  /** Resolves once the store that is held can be used. Rejects with StoreFailed where it can't be opened. */
  opened(): Promise<void>;
  release(): Promise<void>;
}

/** A lease that holds nothing yet. */
export function lease(): Lease {
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
