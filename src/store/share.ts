import { apart } from './apart.ts';

const shared = new Map<string, { readonly value: unknown; users: number }>();

/**
 * A value that outlives its makers: who shares the same name gets the same value, until the last
 * one has released it; who runs apart shares it with nobody else.
 */
export function share<T>(name: string, make: () => T): { readonly value: T; release(): void } {
  const key = `${apart() ?? ''} ${name}`;
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
