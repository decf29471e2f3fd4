import { lookOf } from './look.ts';
import { nameFault, normalName } from './name.ts';

/** The most characters of a person's name. */
export const MAX_PERSON_NAME = 40;

/** Reserved names. */
const RESERVED = new Set(
  [
    'everyone',
    'everybody',
    'all',
    'here',
    'channel',
    'system',
    'admin',
    'owner',
    'moderator',
    'anonymous',
    'guest',
  ].map(lookOf),
);

/** Scripts that one name may mix; other scripts may not be mixed. */
const TOGETHER = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
  ...'Cyrillic Greek Armenian Hebrew Arabic Syriac Thaana Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Georgian Ethiopic Cherokee Khmer Mongolian Canadian_Aboriginal Tifinagh Nko Adlam'
    .split(' ')
    .map(script => [script]),
].map(
  scripts =>
    new RegExp(
      `^[${scripts.map(script => `\\p{Script_Extensions=${script}}`).join('')}\\p{Script=Common}\\p{Script=Inherited}]*$`,
      'u',
    ),
);

/** A person's name in its stored form. */
export const personName = (name: string): string => normalName(name.normalize('NFKC'));

/** The fault of a person's name, as a sentence; undefined for a good one. Does not check whether the name is taken. */
export function personNameFault(name: string): string | undefined {
  const fault = nameFault(name, MAX_PERSON_NAME);
  if (fault !== undefined) return `a name ${fault}`.replace('a name has no', 'a name needs a letter; this has no');
  if (!/[\p{L}\p{N}]/u.test(name)) return 'a name needs a letter or a digit';
  if (/[/@#:]|\(guest\)$/iu.test(name)) return 'a name has none of the signs / @ # : and does not end in (guest)';
  if (RESERVED.has(lookOf(name))) return `nobody is called ${name} here; take another name`;
  if (!TOGETHER.some(scripts => scripts.test(name)))
    return 'a name is written in one script; this mixes several, of which letters look alike';
  return undefined;
}
