import { MAX_DEPTH } from '../model/limits.ts';

const JSON_TOKEN = /"[^"\\\n]*(?:\\.[^"\\\n]*)*"|\{(?=\s*["}])|[[\]}]|[\s,:\d.eE+-]+|true|false|null/y;

/** A place in a text, from which patterns that are sticky take what they match. */
export class Scanner {
  readonly text: string;
  at: number;

  constructor(text: string, at: number) {
    this.text = text;
    this.at = at;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text) ?? undefined;
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  /** Goes back to where it was if `read` finds nothing. */
  attempt<Result>(read: (cursor: Scanner) => Result | undefined): Result | undefined {
    const start = this.at;
    const result = read(this);
    if (result === undefined) this.at = start;
    return result;
  }
}

/** The end of the quoted packet that begins at `start`, behind its closing quote; undefined where it has none. */
export function quoteEnd(text: string, start: number): number | undefined {
  let end = text.indexOf("'", start + 1);
  while (end !== -1 && text[end - 1] === '\\') end = text.indexOf("'", end + 1);
  return end === -1 ? undefined : end + 1;
}

/**
 * The end of the JSON object or array that begins at `start`; undefined where a bracket or a quote is left open, or where
 * it nests more than `MAX_DEPTH` deep.
 */
export function bracketEnd(text: string, start: number): number | undefined {
  const { end, depth } = brackets(text, start);
  return depth === 0 && end > start ? end : undefined;
}

/** Says whether a JSON object or array begins at `start` that nests more than `MAX_DEPTH` deep. */
export function isTooDeep(text: string, start: number): boolean {
  return (text[start] === '{' || text[start] === '[') && brackets(text, start).depth > MAX_DEPTH;
}

/** How far brackets can be followed from `start`, and how many are open there. */
function brackets(text: string, start: number): { end: number; depth: number } {
  const cursor = new Scanner(text, start);
  let depth = 0;
  for (let token = cursor.take(JSON_TOKEN); token; token = cursor.take(JSON_TOKEN)) {
    if (token[0] === '{' || token[0] === '[') depth += 1;
    if (token[0] === '}' || token[0] === ']') depth -= 1;
    if (depth === 0 || depth > MAX_DEPTH) break;
  }
  return { end: cursor.at, depth };
}

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
