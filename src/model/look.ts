import { CONFUSABLES } from './confusables.ts';

let skeletons: ReadonlyMap<string, string> | undefined;
/** What a character looks like, if that is another one. The list is read for the first that needs it. */
function skeletonOf(character: string): string | undefined {
  skeletons ??= new Map(
    Array.from(CONFUSABLES.matchAll(/(?<!\S)(\S+) (\S+)/g), ([, look = '', characters = '']) =>
      Array.from(characters, (character): [string, string] => [character, look]),
    ).flat(),
  );
  return skeletons.get(character);
}

const lookOfCharacter = (character: string) => skeletonOf(character) ?? character.toLowerCase();

/** What the characters of ASCII look like: most names have no others. Made for the first name. */
let asciiLooks: readonly string[] | undefined;

/** The look of a name in visible ASCII, which has none of what makes no difference; undefined of any other. */
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
 * What a name looks like: two names with the same look are hard to tell apart. It is the skeleton of UTS #39, beyond which
 * capitals, accents, blanks and what can't be seen make no difference. It is for comparing, never for showing.
 */
export function lookOf(name: string): string {
  const look = asciiLook(name);
  if (look !== undefined) return look;
  const plain = name.normalize('NFKD').replace(/[\p{M}\p{Z}\p{C}\p{Default_Ignorable_Code_Point}]/gu, '');
  return Array.from(plain, lookOfCharacter).join('');
}

const ASCII = /^[\0-\x7f]*$/;

/** A text in small letters without accents, with Latin letters in place of those that look like them; for comparing words. */
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
