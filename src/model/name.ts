import { cached } from './cached.ts';
import { EMOJI, hasVisible, tooLong } from './text.ts';

/** The default room, also that of gochat's API. */
export const LOBBY = 'lobby';

/** A valid room name. */
export const ROOM_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** Limit of a name, in characters. */
export const MAX_NAME_LENGTH = 64;

/**
 * Invisible characters, and those that change how others are drawn: controls, formats, private use, line breaks,
 * fillers.
 */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]/u;

/** Viramas: after one, a joiner changes how the next consonant is drawn (RFC 5892, A.1 and A.2). */
const VIRAMA =
  '[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u0e3a\u0eba\u0f84\u1039\u103a\u1714\u1715\u1734\u17d2\u1a60\u1b44\u1baa\u1bab\u1bf2\u1bf3\u2d7f\ua806\ua82c\ua8c4\ua953\ua9c0\uaaf6\uabed\u{10a3f}\u{11046}\u{1107f}\u{110b9}\u{11133}\u{11134}\u{111c0}\u{11235}\u{112ea}\u{1134d}\u{11442}\u{114c2}\u{115bf}\u{1163f}\u{116b6}\u{1172b}\u{11839}\u{1193d}\u{1193e}\u{119e0}\u{11a34}\u{11a47}\u{11a99}\u{11c3f}\u{11d44}\u{11d45}\u{11d97}]';
/** Letters of cursive scripts, such as Persian's. */
const JOINING = '[[\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Nko}\\p{Script=Mongolian}\\p{Script=Adlam}]&&\\p{L}]';
/** Of those, letters that don't join the next one. */
const LAST =
  '[\u0621-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06cd\u06cf\u06d2-\u06d5\u06ee\u06ef\u0710\u0715-\u0719\u071e\u0728\u072a\u072c\u072f\u074d\u0759-\u075b\u076b\u076c\u0771\u0773\u0774\u0778\u0779\u0870-\u0882\u088e\u08aa-\u08ae\u08b1\u08b2\u08b9]';
/** A joiner in a place where it changes how letters are drawn. */
const JOINED = `(?<=${VIRAMA})[\u200c\u200d]|(?<=[${JOINING}--${LAST}]\\p{M}{0,4})\u200c(?=\\p{M}{0,4}${JOINING})`;

let drawn: readonly RegExp[] | undefined;
/**
 * A name without emoji and valid joiners: a remaining joiner or selector has no visible effect. The expressions take 20
 * ms to compile, so they are made on first use.
 */
function withoutDrawn(name: string): string {
  drawn ??= [new RegExp(EMOJI, 'gv'), new RegExp(JOINED, 'gv')];
  return drawn.reduce((rest, each) => rest.replace(each, ''), name);
}

/** Accents that combine with any letter. */
const MANY_ACCENTS = /(?:(?![\u0600-\u1aff])[\p{Script=Inherited}&&\p{M}]){3}/v;
/** Some scripts write vowels as marks, up to four per syllable. */
const MANY_MARKS = /\p{M}{5}|(\p{M})\1\1/u;

/** A name in its stored form: NFC, trimmed, with single spaces. */
export const normalName = cached((name: string) =>
  name
    .normalize()
    .trim()
    .replace(/\p{Zs}+/gu, ' '),
);

/**
 * The fault of a normalised name, as the end of a sentence that begins with the name's purpose; undefined for a good
 * one. Characters are code points.
 */
export function nameFault(name: string, most = MAX_NAME_LENGTH): string | undefined {
  return tooLong(name, most) ?? (characterFault(name) || undefined);
}

/** The fault of a normalised name's characters; empty for a good one. */
const characterFault = cached((name: string): string => {
  if (!hasVisible(name)) return 'has no character that can be seen';
  const [odd] = (UNSEEN.test(name) && UNSEEN.exec(withoutDrawn(name))) || [];
  if (odd) return `has the character ${numberOf(odd)}, which can't be seen by itself; leave it out`;
  if (MANY_ACCENTS.test(name) || MANY_MARKS.test(name)) return 'has too many accents on one letter; leave some out';
  return '';
});

const numberOf = (character: string) => `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;

/** Controls, line breaks, and formats that hide or reverse what follows; without those that emoji and words need. */
const HARMFUL = /[\p{Cc}\p{Zl}\p{Zp}\p{Co}\p{Cs}[\p{Cf}--[\u200c\u200d\u{e0020}-\u{e007f}]]]/gv;
/** Marks above and below a letter, beyond what scripts need. */
const PILED = /(\p{M}{4})\p{M}+/gu;

/**
 * A name that is safe to show, whoever chose it and whenever it was stored: without characters that change how its
 * surroundings are drawn. An invisible name is replaced by a word.
 */
export function shownName(name: string): string {
  const harmless = name.replace(HARMFUL, '').replace(PILED, '$1').trim();
  return hasVisible(harmless) ? harmless : 'nameless';
}
