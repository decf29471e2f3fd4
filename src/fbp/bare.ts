import { quoteEnd } from './cursor.ts';

/** Stands for each character of what is blanked. */
export const BLANK = '¤';

const DOUBLE_QUOTED = /"(?:\\.|[^"\\\n])*("?)/y;

/** A part of the text with its quoted packets blanked and without its comment; offsets stay the same. Takes linear time. */
export function bareOf(text: string): string {
  let bare = '';
  let at = 0;
  // An unclosed quote is looked at once: all later ones up to where it was sought are escaped, and unclosed as well.
  let noSingle = false;
  let noDoubleBefore = 0;
  for (const { index, 0: quote } of text.matchAll(/['"]/g)) {
    if (index < at || (quote === "'" ? noSingle : index < noDoubleBefore)) continue;
    const end = quote === "'" ? quoteEnd(text, index) : doubleQuoteEnd(text, index);
    if (end === undefined && quote === "'") noSingle = true;
    else if (end === undefined) noDoubleBefore = DOUBLE_QUOTED.lastIndex;
    else {
      bare += text.slice(at, index) + BLANK.repeat(end - index);
      at = end;
    }
  }
  return (bare + text.slice(at)).replace(/#.*/, '');
}

function doubleQuoteEnd(text: string, start: number): number | undefined {
  DOUBLE_QUOTED.lastIndex = start;
  return DOUBLE_QUOTED.exec(text)?.[1] === '"' ? DOUBLE_QUOTED.lastIndex : undefined;
}
