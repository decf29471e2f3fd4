import { isolationName, open } from './open.ts';
import type { Store } from './store.ts';

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

/** What a component has, whichever NoFlo made it. */
interface SharingNode {
  readonly nodeId: string | null;
  setUp(...given: never[]): Promise<void>;
  tearDown(...given: never[]): Promise<void>;
}

/**
 * What a node shares with the nodes of its name in other revisions, such as counts. It is held from the node's start on, so that
 * a revision which no packet comes to passes it on to the next one, until its own `tearDown`, which is set before, is done.
 */
export function sharedByNode<T>(node: SharingNode, kind: string, make: () => T): () => T {
  const { setUp, tearDown } = node;
  let shared: { readonly value: T; release(): void } | undefined;
  const value = () => {
    shared ??= refCounted(`${kind}:${node.nodeId}`, make);
    return shared.value;
  };
  node.setUp = () => {
    value();
    return setUp.call(node);
  };
  node.tearDown = async () => {
    await tearDown.call(node);
    shared?.release();
    shared = undefined;
  };
  return value;
}

/** The place in which a node has at most one store. */
interface StoreSlot {
  /** The store at a URL, opened on first use; the previous one is released. Throws as `open` does. */
  at(url: string): Store;
  /** Resolves once the held store can be used. Rejects with StoreFailed if it can't be opened. */
  opened(): Promise<void>;
  release(): Promise<void>;
}

/** A slot that holds no store yet. */
export function storeSlot(): StoreSlot {
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
