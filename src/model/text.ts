/** The most characters that a text may have, unless a graph says otherwise. */
export const MAX_TEXT_LENGTH = 4000;

/** Anything but blanks, controls, formats, fillers, and accents without a letter. */
const VISIBLE = /[^\p{Z}\p{Cc}\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Whether a text has a character that a reader can see. */
export function hasVisible(text: string): boolean {
  return VISIBLE.test(text);
}

/** A text that begins with a capital. */
export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A reason as a sentence, with a capital and a full stop. */
export const asSentence = (reason: string): string => capitalised(reason).replace(/\.?$/, '.');

/** A pattern for one emoji of Unicode's list. No literal, as the list is read with the file that has one: that takes 20 ms. */
export const EMOJI = '\\p{RGI_Emoji}';

/**
 * What a terminal would obey rather than show, and what would turn round or hide what stands beside it: control characters
 * (C0, C1, DEL), the ends of lines and paragraphs of Unicode, and its marks of direction.
 */
const INVISIBLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** A text on one line of a terminal, with such characters as `\x1b` or `\u202e`. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, character => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** The same where a text has lines of its own. */
export const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n');
