import type { DeclaredPort } from './component.ts';

/** How much of what somebody typed a sentence repeats. */
const MAX_QUOTED = 60;

/** Cures that speak of files, and what one does here in their place. */
const CURES: readonly (readonly [RegExp, string])[] = [
  [/; write '.*' -> \S+ \S+$/, '; set it in the form of the node'],
  [/; write NODE OUT -> \S+ \S+$/, '; draw a wire to it'],
  [/; write \S+ \S+ -> IN NODE$/, '; draw a wire from it'],
  [/; write \S+\(COMPONENT\)$/, '; delete it, and take one out of the library'],
  [/; declare it with its component$/, '; take one out of the library'],
  [/; write (IN|OUT)PORT=NODE\.PORT:\S+$/, "; make a node's port one, in the form of the node"],
  [/; write (?:IN|OUT)PORT=(\S+)\.(\S+):\S+$/, '; make $1 $2 one, in the form of the node'],
  [/; write "(?:in|out)ports": .*$/, "; make a node's port one, in the form of the node"],
  [/; write 'true' or 'false'$/, '; choose true or false'],
  [/; (write an? [a-z ]+, as in) '([^']*)'$/, '; $1 $2'],
  [/ with "force"$/, ''],
];

const cut = (quote: string, said: string, after: string): string =>
  said.length > MAX_QUOTED ? `${quote}${said.slice(0, MAX_QUOTED)}…${after}` : `${quote}${said}${after}`;

/** A sentence of the server as this page says it: with a cure for hands and not for files, and without long quotes. */
export function pageSentence(sentence: string): string {
  const [pattern, cure] = CURES.find(([pattern]) => pattern.test(sentence)) ?? [];
  const cured = pattern ? sentence.replace(pattern, cure!) : sentence;
  return cured.replace(/(["'])([^"']*)(\1)/g, (_, open, said, close) => cut(open, said, close));
}

/** Text of somebody as a sentence quotes it. */
const quoted = (words: string): string => cut('"', words, '"');

/** The kind of field that a port is set by. */
type Kind = 'text' | 'number' | 'choice' | 'switch' | 'json';

export function kindOf({ datatype, values }: Pick<DeclaredPort, 'datatype' | 'values'>): Kind {
  if (values.length > 0) return 'choice';
  if (datatype === 'boolean') return 'switch';
  if (['int', 'integer', 'number'].includes(datatype)) return 'number';
  return ['string', 'color', 'date'].includes(datatype) ? 'text' : 'json';
}

/** What stands in the field. */
export function typed(data: unknown, kind: Kind): string {
  if (data === undefined) return '';
  return kind === 'json' && typeof data !== 'string'
    ? JSON.stringify(data, null, 2)
    : typeof data === 'string'
      ? data
      : JSON.stringify(data);
}

type Parsed = { readonly data: unknown } | { readonly fault: string };

/** The packet that a person means by what is typed; none where the field is empty. A number stays a text where it was one, as in .fbp files. */
export function parsed(text: string, datatype: string, kind: Kind, before: unknown): Parsed {
  const words = text.trim();
  if (kind === 'text') return { data: text === '' ? undefined : text };
  if (words === '') return { data: undefined };
  if (kind === 'number') {
    const number = Number(words);
    if (!Number.isFinite(number)) return { fault: `${quoted(words)} is no number; write one such as 50` };
    if (datatype !== 'number' && !Number.isInteger(number)) return { fault: `${quoted(words)} is no whole number` };
    return { data: typeof before === 'number' ? number : words };
  }
  if (kind === 'switch') return { data: typeof before === 'boolean' ? words === 'true' : words };
  if (kind === 'choice') return { data: words };
  try {
    return { data: JSON.parse(words) };
  } catch {
    // Where any packet will do, what is no JSON is a text.
    if (datatype === 'all' || datatype === 'bang') return { data: text };
    return { fault: 'this is no JSON; write it as in {"key": "value"}' };
  }
}
