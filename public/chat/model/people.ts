import { lookOf } from '../../../src/model/look.ts';

const segmenter = new Intl.Segmenter();

const letters = (word: string): string[] => Array.from(segmenter.segment(word), ({ segment }) => segment);

/**
 * One or two characters for a name: of its first and last word, or the first two of a single word, so that fewer people
 * look the same.
 */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/u).filter(Boolean);
  const first = words[0] ?? name;
  const last = words.length > 1 ? words.at(-1)! : '';
  const [one = '?', two = ''] = last ? [letters(first)[0], letters(last)[0]] : letters(first);
  // An emoji or a double-width letter stands alone.
  const isWide = (letter: string) =>
    /\p{Extended_Pictographic}|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}/u.test(letter);
  return isWide(one) || isWide(two) ? one : one.toUpperCase() + (last ? two.toUpperCase() : two);
}

/** Cache of `lookOf`. */
const looks = new Map<string, string>();

function lookOfKnown(name: string): string {
  const known = looks.get(name);
  if (known !== undefined) return known;
  if (looks.size > 10_000) looks.clear();
  const look = lookOf(name);
  looks.set(name, look);
  return look;
}

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
