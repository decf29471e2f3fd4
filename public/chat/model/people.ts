import { cached } from '../../../src/model/cached.ts';
import { lookOf } from '../../../src/model/look.ts';

/** What the page knows of an author with an account. */
export interface KnownAuthor {
  readonly id: string;
  readonly kind: string;
  /** The present name. */
  readonly name: string;
  readonly gone?: true;
}

/** The displayed name at a message or reaction: the present one if known. */
export function authorName(
  { author, by = '' }: { readonly author: string; readonly by?: string | undefined },
  known: Authors,
): string {
  const found = known.get(by);
  if (!found) return author;
  return found.gone && found.kind === 'person' ? 'Former member' : found.name;
}

/** Authors by id. */
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
