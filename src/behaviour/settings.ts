import { excerpt } from '../model/words.ts';

/**
 * What components may use beside noflo and Node, so that behaviour needs no code: settings, templates, expressions,
 * patterns and lists of words.
 */

/** The input of a node's process function. */
interface Input {
  hasData(port: string): boolean;
  getData(port: string): unknown;
}

type Declared = Readonly<
  Record<string, { readonly control: true; readonly required?: boolean; readonly default?: unknown }>
>;

/** The values at a node's control ports, by port; the default if unset. */
export type Values<Ports> = { readonly [Port in keyof Ports]: unknown };

/**
 * Makes a reader of a node's settings: it returns the cached result of `read`, called again when a setting has changed;
 * undefined while a required one is missing. Throws errors of `read`.
 */
export function settingsReader<Ports extends Declared, Meaning>(
  ports: Ports,
  read: (values: Values<Ports>) => Meaning,
): (input: Input) => Meaning | undefined {
  const all = Object.entries(ports);
  const required = all.filter(([, port]) => port.required && port.default === undefined).map(([name]) => name);
  const values = all.map((): unknown => undefined);
  let last: { readonly meaning: Meaning } | undefined;
  // Runs for each packet, so it allocates nothing.
  return input => {
    // Reads no port before all required ones are set, since after a read `process` must call `done()`.
    for (const name of required) if (!input.hasData(name)) return;
    for (let at = 0; at < all.length; at++) {
      const [name, port] = all[at]!;
      const value = input.hasData(name) ? input.getData(name) : port.default;
      if (value === values[at]) continue;
      values[at] = value;
      last = undefined;
    }
    last ??= { meaning: read(Object.fromEntries(all.map(([name], at) => [name, values[at]])) as Values<Ports>) };
    return last.meaning;
  };
}

/** The non-blank lines of a text, or a list unchanged. */
export function linesOf(value: unknown): readonly string[] {
  const all = Array.isArray(value) ? value.map(String) : String(value ?? '').split('\n');
  return all.map(line => line.trim()).filter(line => line !== '');
}

/** The items of a list, separated by commas or lines. */
export function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? linesOf(value) : linesOf(String(value ?? '').split(/[\n,]/));
}

/** Whether a switch is on; .fbp can only express texts. */
export const isOn = (value: unknown): boolean => value === true || value === 'true';

/** A whole number. Throws a sentence for any other value. */
export function wholeAt(port: string, value: unknown, least: number, most: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Error(
    `${port} must be a whole number from ${least} to ${most.toLocaleString('en')}, not ${shortOf(value)}`,
  );
}

/** A whole number of at least 1. Throws a sentence for any other value. */
export function countAt(port: string, value: unknown): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new Error(`${port} must be a whole number of at least 1`);
}

/** A number above 0. Throws a sentence for any other value. */
export function rateAt(port: string, value: unknown): number {
  const number = Number(value);
  if (number > 0 && number < Number.POSITIVE_INFINITY) return number;
  throw new Error(`${port} must be a number above 0`);
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
const LONG: ReadonlyMap<string, string> = new Map([
  ...['second', 'seconds', 'sec'].map((word): [string, string] => [word, 's']),
  ...['minute', 'minutes', 'm'].map((word): [string, string] => [word, 'min']),
  ...['hour', 'hours'].map((word): [string, string] => [word, 'h']),
  ...['day', 'days'].map((word): [string, string] => [word, 'd']),
]);

/** The milliseconds of a time such as `30 s`, `5 min`, `2 h` or `1 d`; a number alone is seconds. Throws a sentence for any other text. */
export function millisecondsAt(port: string, value: unknown): number {
  const [, number, word = 's'] = /^(\d+(?:\.\d+)?)\s*([a-z]+)?$/i.exec(String(value).trim()) ?? [];
  const unit = UNITS.get(LONG.get(word.toLowerCase()) ?? word.toLowerCase());
  const milliseconds = Number(number) * (unit ?? Number.NaN);
  if (milliseconds > 0 && Number.isFinite(milliseconds)) return milliseconds;
  throw new Error(`${port} must be a time such as "30 s", "5 min", "2 h" or "1 d", not ${shortOf(value)}`);
}

/** A value, shortened for a sentence. */
export function shortOf(value: unknown): string {
  return excerpt(JSON.stringify(value) ?? String(value));
}
