import { cached } from '../../../src/model/cached.ts';
import { lookOf } from '../../../src/model/look.ts';

/** What the page knows of somebody with an account who has written something. */
export interface KnownAuthor {
  readonly id: string;
  readonly kind: string;
  /** As it is now. */
  readonly name: string;
  readonly gone?: true;
}

/** The name that a message or a reaction is shown by: that of now, where it is known. */
export function authorName(
  { author, by = '' }: { readonly author: string; readonly by?: string | undefined },
  known: Authors,
): string {
  const found = known.get(by);
  if (!found) return author;
  return found.gone && found.kind === 'person' ? 'Former member' : found.name;
}

/** By their ids. */
export type Authors = ReadonlyMap<string, KnownAuthor>;

const lookOfKnown = cached(lookOf, 10_000);

/** Finds names that look like another name without being equal. */
export class Lookalikes {
  readonly #others = new Map<string, string>();

  constructor(names: Iterable<string>) {
    const byLook = Map.groupBy(new Set(names), lookOfKnown);
    for (const [first, ...rest] of byLook.values()) {
      if (first === undefined || first === '' || rest.length === 0) continue;
      for (const name of rest) this.#others.set(name, first);
      this.#others.set(first, rest[0]!);
    }
  }

  /** The name that looks like this one; undefined if there is none. */
  of(name: string): string | undefined {
    return this.#others.get(name);
  }
}
