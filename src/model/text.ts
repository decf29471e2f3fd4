/** Limit of a message text in characters, unless a graph sets another. */
export const MAX_TEXT_LENGTH = 4000;

/** Says that a text has too many characters (code points), as the end of a sentence; undefined if it hasn't. */
export function tooLong(text: string, most: number): string | undefined {
  if (text.length <= most) return undefined;
  const { length } = [...text];
  return length > most ? `has ${length} characters; ${most} is the most` : undefined;
}

/** A visible character: not blanks, controls, formats, fillers, or accents without a letter. */
const VISIBLE = /[^\p{Z}\p{Cc}\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Whether a text has a visible character. */
export function hasVisible(text: string): boolean {
  return VISIBLE.test(text);
}

/** Capitalises the first letter. */
export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Formats a reason as a sentence, with a capital and a full stop. */
export const asSentence = (reason: string): string => capitalised(reason).replace(/\.?$/, '.');

/**
 * A pattern for one emoji of Unicode's list. Not a regular expression literal, which would take 20 ms when the file is
 * loaded.
 */
export const EMOJI = '\\p{RGI_Emoji}';

/**
 * Characters that a terminal would execute or that would hide or reverse text: control characters (C0, C1, DEL),
 * Unicode's line and paragraph separators, and its marks of direction.
 */
const INVISIBLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** Escapes a text for one line of a terminal, with such characters as `\x1b` or `\u202e`. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, character => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** Escapes each line of a text for a terminal. */
export const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n');
