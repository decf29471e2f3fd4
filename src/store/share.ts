const shared = new Map<string, { readonly value: unknown; users: number }>();

/** A value that outlives its makers: who shares the same key gets the same value, until the last one has released it. */
export function share<T>(key: string, make: () => T): { readonly value: T; release(): void } {
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
