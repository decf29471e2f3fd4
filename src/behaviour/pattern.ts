import { RE2JS } from 're2js';
import { shortOf } from './settings.ts';

/** Says what the names of a pattern stand for in a text; undefined if it does not match. */
export type TextPattern = (text: string) => Readonly<Record<string, string>> | undefined;

const MAX_LENGTH = 500;
/** Steps of all patterns of a node: matching takes their number for each character of a text. */
const MAX_STEPS = 5000;

const FLAGS: ReadonlyMap<string, number> = new Map([
  ['i', RE2JS.CASE_INSENSITIVE],
  ['m', RE2JS.MULTILINE],
  ['s', RE2JS.DOTALL],
]);

/**
 * Reads patterns for texts: `!time` is that text, `/roll :sides` has a name for a word, `!say :text*` one for all that follows,
 * `*refund*` takes anything at a star, and `/re/i` is a regular expression. They match in linear time. Throws a sentence for
 * what is no pattern.
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
      // Most texts are no command, which is seen soonest so.
      if (first !== undefined && first !== begins) continue;
      const match = expression.exec(text) as (string[] & { groups?: Record<string, string> }) | null;
      if (match)
        return Object.fromEntries(Object.entries(match.groups ?? {}).filter(([, value]) => value !== undefined));
    }
  };
}

/** The sign that a command begins with, such as `!`; undefined of what is no command. */
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

/** A pattern with names and stars as a regular expression for a whole text. */
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

/** Whether a text is one of a list, where `*` stands for anything: `news`, `dev-*`. It takes linear time. */
export function oneOf(all: readonly string[], ignoreCase: boolean): (text: string) => boolean {
  const alike = (text: string) => (ignoreCase ? text.toLowerCase() : text);
  const whole = new Set(all.filter(each => !each.includes('*')).map(alike));
  const parts = all.filter(each => each.includes('*')).map(each => alike(each).split('*'));
  return text => {
    const wanted = alike(text);
    return whole.has(wanted) || parts.some(pieces => hasInOrder(wanted, pieces));
  };
}

/** Whether a text begins with the first piece, ends with the last one, and has the others in between, in this order. */
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
