/** How much of what somebody typed a sentence repeats. */
const MOST_QUOTED = 60;

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
  said.length > MOST_QUOTED ? `${quote}${said.slice(0, MOST_QUOTED)}…${after}` : `${quote}${said}${after}`;

/** A sentence of the server as this page says it: with a cure for hands and not for files, and without long quotes. */
export function inWords(sentence: string): string {
  const [pattern, cure] = CURES.find(([pattern]) => pattern.test(sentence)) ?? [];
  const cured = pattern ? sentence.replace(pattern, cure!) : sentence;
  return cured.replace(/(["'])([^"']*)(\1)/g, (_, open, said, close) => cut(open, said, close));
}

/** Text of somebody as a sentence quotes it. */
export const quoted = (words: string): string => cut('"', words, '"');
