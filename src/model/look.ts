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

/** Texts that have none of what makes no difference, as most names. */
const VISIBLE_ASCII = /^[!-~]*$/;

/**
 * What a name looks like: two names with the same look are hard to tell apart. It is the skeleton of UTS #39, beyond which
 * capitals, accents, blanks and what can't be seen make no difference. It is for comparing, never for showing.
 */
export function lookOf(name: string): string {
  const plain = (text: string) =>
    text.normalize('NFKD').replace(/[\p{M}\p{Z}\p{C}\p{Default_Ignorable_Code_Point}]/gu, '');
  return Array.from(
    VISIBLE_ASCII.test(name) ? name : plain(name),
    character => skeletonOf(character) ?? character.toLowerCase(),
  ).join('');
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
