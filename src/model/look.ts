import { CONFUSABLES } from './confusables.ts';

const SKELETONS = new Map(
  Array.from(CONFUSABLES.matchAll(/(?<!\S)(\S+) (\S+)/g), ([, look = '', characters = '']) =>
    Array.from(characters, (character): [string, string] => [character, look]),
  ).flat(),
);

/**
 * What a name looks like: two names with the same look are hard to tell apart. It is the skeleton of UTS #39, beyond which
 * capitals, accents, blanks and what can't be seen make no difference. It is for comparing, never for showing.
 */
export function lookOf(name: string): string {
  const plain = (text: string) =>
    text.normalize('NFKD').replace(/[\p{M}\p{Z}\p{C}\p{Default_Ignorable_Code_Point}]/gu, '');
  return Array.from(plain(name), character => SKELETONS.get(character) ?? character.toLowerCase()).join('');
}
