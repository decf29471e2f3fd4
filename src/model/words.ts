import { distance } from 'fastest-levenshtein';

interface NamedPort {
  readonly port: string;
  readonly index?: number | undefined;
}

/** A port as graphs write it: `OUT[1]`. */
export function portName({ port, index }: NamedPort): string {
  return `${port.toUpperCase()}${index === undefined ? '' : `[${index}]`}`;
}

/** A node's port as edges begin with it: `router OUT[1]`. */
export function called(port: NamedPort & { readonly node: string }): string {
  return `${port.node} ${portName(port)}`;
}

/** Formats data for a sentence: `'50'` is a text, `50` a number. */
export function shown(data: unknown): string {
  return typeof data === 'string' ? `'${excerpt(data)}'` : excerpt(JSON.stringify(data) ?? 'nothing');
}

/** `a, b or c`. */
export function listInWords(names: readonly string[], word: 'and' | 'or'): string {
  const [last = ''] = names.slice(-1);
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} ${word} ${last}` : last;
}

/**
 * Limits of suggestions: longer names and further names are not compared, since that takes the product of their
 * lengths.
 */
const MAX_SUGGESTED_LENGTH = 100;

/** At most three names within an edit distance of a third of their letters, nearest first. */
export function nearest(name: string, names: readonly string[], key: (name: string) => string): string[] {
  const wanted = key(name).toLowerCase();
  const most = Math.ceil(wanted.length / 3);
  if (wanted.length > MAX_SUGGESTED_LENGTH) return [];
  return names
    .filter(found => Math.abs(key(found).length - wanted.length) <= most)
    .map(found => ({ found, far: distance(wanted, key(found).toLowerCase()) }))
    .filter(({ far }) => far <= most)
    .sort((a, b) => a.far - b.far || (a.found < b.found ? -1 : 1))
    .slice(0, 3)
    .map(({ found }) => found);
}

/** Removes line ends and other control characters, which names and packets may contain. */
export function oneLine(sentence: string): string {
  return sentence.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

/**
 * The beginning of a text for a sentence: at most so many UTF-16 units, never half a character; `…` marks what was cut.
 */
export function excerpt(text: string, most = 60): string {
  return text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…` : text;
}

/** A free name: `name`, else `name2`, `name3` … */
export function freeName(name: string, taken: { has(name: string): boolean }): string {
  if (!taken.has(name)) return name;
  const stem = name.replace(/(?<!\d)\d+$/, '') || name;
  for (let number = 2; ; number += 1) if (!taken.has(`${stem}${number}`)) return `${stem}${number}`;
}
