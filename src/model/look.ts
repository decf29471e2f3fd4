import { CONFUSABLES } from './confusables.ts';

let skeletons: ReadonlyMap<string, string> | undefined;
/** The character that this one resembles, if it is a different one. The list is loaded on first use. */
function skeletonOf(character: string): string | undefined {
  skeletons ??= new Map(
    Array.from(CONFUSABLES.matchAll(/(?<!\S)(\S+) (\S+)/g), ([, look = '', characters = '']) =>
      Array.from(characters, (character): [string, string] => [character, look]),
    ).flat(),
  );
  return skeletons.get(character);
}

const lookOfCharacter = (character: string) => skeletonOf(character) ?? character.toLowerCase();

/** Skeletons of ASCII, enough for most names; made on first use. */
let asciiLooks: readonly string[] | undefined;

/** The look of a name in visible ASCII; undefined for other names. */
function asciiLook(name: string): string | undefined {
  asciiLooks ??= Array.from({ length: 0x7f }, (_, code) => lookOfCharacter(String.fromCharCode(code)));
  let look = '';
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f) return undefined;
    look += asciiLooks[code];
  }
  return look;
}

/**
 * The look of a name: two names with the same look are hard to tell apart. It is the skeleton of UTS #39, then without
 * case, accents, blanks and invisible characters. For comparison, never for display.
 */
export function lookOf(name: string): string {
  const look = asciiLook(name);
  if (look !== undefined) return look;
  const plain = name.normalize('NFKD').replace(/[\p{M}\p{Z}\p{C}\p{Default_Ignorable_Code_Point}]/gu, '');
  return Array.from(plain, lookOfCharacter).join('');
}

const ASCII = /^[\0-\x7f]*$/;

/** A text in lower case without accents, with Latin letters for similar ones; for comparing words. */
export function plainLetters(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return Array.from(text.normalize('NFKD').replace(/[\p{M}\p{Cf}]/gu, ''), character =>
    ASCII.test(character) ? character.toLowerCase() : plainLetter(character),
  ).join('');
}

function plainLetter(character: string): string {
  const small = character.toLowerCase();
  return (skeletonOf(small) ?? skeletonOf(character) ?? small).toLowerCase();
}

const segmenter = new Intl.Segmenter();

const letters = (word: string): string[] => Array.from(segmenter.segment(word), ({ segment }) => segment);

/**
 * A monogram of one or two characters: the initials of the first and last word, or the first two letters of a single
 * word.
 */
export function monogram(name: string): string {
  const words = name.split(/[\s._-]+/u).filter(Boolean);
  const first = words[0] ?? name;
  const last = words.length > 1 ? words.at(-1)! : '';
  const [one = '?', two = ''] = last ? [letters(first)[0], letters(last)[0]] : letters(first);
  // An emoji or a double-width letter is a monogram by itself.
  const isWide = (letter: string) =>
    /\p{Extended_Pictographic}|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}/u.test(letter);
  return isWide(one) || isWide(two) ? one : one.toUpperCase() + (last ? two.toUpperCase() : two);
}
