import { RE2JS } from 're2js';
import { shortOf } from './settings.ts';

/** Matches a text; returns the values of the pattern's names, or undefined. */
export type TextPattern = (text: string) => Readonly<Record<string, string>> | undefined;

const MAX_LENGTH = 500;
/** Limit of the compiled size of a node's patterns; matching takes time in proportion to size and text length. */
const MAX_STEPS = 5000;

const FLAGS: ReadonlyMap<string, number> = new Map([
  ['i', RE2JS.CASE_INSENSITIVE],
  ['m', RE2JS.MULTILINE],
  ['s', RE2JS.DOTALL],
]);

/**
 * Compiles patterns for texts: `!time` is that text, `/roll :sides` names a word, `!say :text*` names the rest, a star
 * as in `*refund*` matches anything, and `/re/i` is a regular expression. Matching takes linear time. Throws a sentence
 * for an invalid pattern.
 */
export function textPatterns(port: string, all: readonly string[]): TextPattern {
  if (all.length === 0) throw new Error(`${port} has no pattern; it looks like "!time" or "/roll :sides"`);
  let steps = 0;
  const expressions = all.map(pattern => {
    const expression = compile(port, pattern);
    steps += expression.programSize();
    if (steps > MAX_STEPS) throw new Error(`${port} takes too long to match; make its patterns fewer or shorter`);
    return { expression, first: firstOf(pattern) };
  });
  return text => {
    const begins = text.trimStart()[0];
    for (const { expression, first } of expressions) {
      // Most texts are no command, which this detects fastest.
      if (first !== undefined && first !== begins) continue;
      const match = expression.exec(text) as (string[] & { groups?: Record<string, string> }) | null;
      if (match)
        return Object.fromEntries(Object.entries(match.groups ?? {}).filter(([, value]) => value !== undefined));
    }
  };
}

/** The first character of a command, such as `!`; undefined if the pattern is no command. */
function firstOf(pattern: string): string | undefined {
  return /^\s*([!/?.#$%&+~-])(?!.*\/[ims]*$)/.exec(pattern)?.[1];
}

function compile(port: string, pattern: string): RE2JS {
  const no = (why: string) => new Error(`${port}: ${shortOf(pattern)} is no pattern: ${why}`);
  if (pattern.length > MAX_LENGTH) throw no(`it has more than ${MAX_LENGTH} characters`);
  const [, source, letters = ''] = /^\/(.+)\/([ims]*)$/s.exec(pattern) ?? [];
  const flags = [...letters].reduce((sum, letter) => sum | FLAGS.get(letter)!, 0);
  try {
    if (source !== undefined) return RE2JS.compile(source, flags);
    return RE2JS.compile(expressionOf(pattern), RE2JS.CASE_INSENSITIVE | RE2JS.DOTALL);
  } catch (error) {
    throw no((error as Error).message.replace(/^error parsing regexp: /, ''));
  }
}

/** A regular expression for a pattern with names and stars, matching a whole text. */
function expressionOf(pattern: string): string {
  const names = new Set<string>();
  const words = pattern
    .trim()
    .split(/\s+/)
    .map(word => {
      const [, name, rest] = /^:([A-Za-z_]\w*)(\*?)$/.exec(word) ?? [];
      if (name === undefined) return word.split('*').map(RE2JS.quote).join('.*');
      if (names.has(name)) throw new Error(`:${name} is there twice`);
      names.add(name);
      return `(?P<${name}>${rest ? '.*\\S' : '\\S+'})`;
    });
  return `^\\s*${words.join('\\s+')}\\s*$`;
}

/** Whether a text matches one of a list, where `*` matches anything: `news`, `dev-*`. Takes linear time. */
export function oneOf(all: readonly string[], ignoreCase: boolean): (text: string) => boolean {
  const alike = (text: string) => (ignoreCase ? text.toLowerCase() : text);
  const whole = new Set(all.filter(each => !each.includes('*')).map(alike));
  const parts = all.filter(each => each.includes('*')).map(each => alike(each).split('*'));
  return text => {
    const wanted = alike(text);
    return whole.has(wanted) || parts.some(pieces => hasInOrder(wanted, pieces));
  };
}

/**
 * Whether a text begins with the first piece, ends with the last one, and contains the others in this order in between.
 */
function hasInOrder(text: string, pieces: readonly string[]): boolean {
  const [first = '', ...others] = pieces;
  const last = others.pop() ?? '';
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of others) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
