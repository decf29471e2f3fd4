/** The most characters that a text may have, unless a graph says otherwise. */
export const MOST_TEXT = 4000;

/** Anything but blanks, controls, formats, fillers, and accents without a letter. */
const VISIBLE = /[^\p{Z}\p{Cc}\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Whether a text has a character that a reader can see. */
export function hasVisible(text: string): boolean {
  return VISIBLE.test(text);
}
