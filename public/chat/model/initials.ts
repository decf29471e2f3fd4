const segmenter = new Intl.Segmenter();

const letters = (word: string): string[] => Array.from(segmenter.segment(word), ({ segment }) => segment);

/**
 * One or two characters that stand for a name: the first ones of its first and last word, or the first two of a single
 * one, so that fewer people look the same.
 */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/u).filter(Boolean);
  const first = words[0] ?? name;
  const last = words.length > 1 ? words.at(-1)! : '';
  const [one = '?', two = ''] = last ? [letters(first)[0], letters(last)[0]] : letters(first);
  // An emoji, and a letter as wide as two, stand alone.
  const isWide = (letter: string) =>
    /\p{Extended_Pictographic}|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}/u.test(letter);
  return isWide(one) || isWide(two) ? one : one.toUpperCase() + (last ? two.toUpperCase() : two);
}
