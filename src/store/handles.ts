import { isolationName, open } from './open.ts';
import type { Store } from './store.ts';

const counted = new Map<string, { readonly value: unknown; users: number }>();

/**
 * Shares a value by name until its last user releases it, so that it outlives a revision; isolated work gets its own.
 */
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

/** The part of NoFlo's component that this needs, for any copy of NoFlo. */
interface SharingNode {
  readonly nodeId: string | null;
  setUp(...given: never[]): Promise<void>;
  tearDown(...given: never[]): Promise<void>;
}

/**
 * State that a node shares with the nodes of its name in other revisions, such as counters. It is held from the node's
 * start, so that a revision without packets still passes it on, until the node's own `tearDown`, set before, has ended.
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

/** Holds a node's store; at most one. */
interface StoreSlot {
  /** The store at a URL, opened on first use; releases the previous one. Throws as `open` does. */
  at(url: string): Store;
  /** Resolves once the store is usable. Rejects with StoreFailed if it can't be opened. */
  opened(): Promise<void>;
  release(): Promise<void>;
}

/** An empty slot. */
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
