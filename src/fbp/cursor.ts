import { DEEPEST } from '../model/limits.ts';

const JSON_TOKEN = /"[^"\\\n]*(?:\\.[^"\\\n]*)*"|\{(?=\s*["}])|[[\]}]|[\s,:\d.eE+-]+|true|false|null/y;

/** A place in a text, from which patterns that are sticky take what they match. */
export class Cursor {
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
  attempt<Result>(read: (cursor: Cursor) => Result | undefined): Result | undefined {
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
 * it nests more than `DEEPEST` deep.
 */
export function bracketEnd(text: string, start: number): number | undefined {
  const { end, depth } = brackets(text, start);
  return depth === 0 && end > start ? end : undefined;
}

/** Says whether a JSON object or array begins at `start` that nests more than `DEEPEST` deep. */
export function isTooDeep(text: string, start: number): boolean {
  return (text[start] === '{' || text[start] === '[') && brackets(text, start).depth > DEEPEST;
}

/** How far brackets can be followed from `start`, and how many are open there. */
function brackets(text: string, start: number): { end: number; depth: number } {
  const cursor = new Cursor(text, start);
  let depth = 0;
  for (let token = cursor.take(JSON_TOKEN); token; token = cursor.take(JSON_TOKEN)) {
    if (token[0] === '{' || token[0] === '[') depth += 1;
    if (token[0] === '}' || token[0] === ']') depth -= 1;
    if (depth === 0 || depth > DEEPEST) break;
  }
  return { end: cursor.at, depth };
}
