import { isDeepStrictEqual } from 'node:util';

/** An operator of fbp-spec with what it expects, and where: a JSONPath, without it the whole packet. */
export type Expectation = Readonly<Record<string, unknown>> & { readonly path?: string };

/** Whether what is there is as expected. Throws a sentence where nobody can expect that. */
type Operator = (actual: unknown, expected: unknown) => boolean;

const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['equals', isDeepStrictEqual],
  ['type', (actual, expected) => kind(actual) === expected],
  ['above', (actual, expected) => Number(actual) > Number(expected)],
  ['below', (actual, expected) => Number(actual) < Number(expected)],
  ['contains', contains],
  ['haveKeys', (actual, expected) => isDeepStrictEqual(new Set(keys(actual)), new Set(texts(expected)))],
  ['includeKeys', (actual, expected) => texts(expected).every(key => keys(actual).includes(key))],
]);

/** A step of the JSONPaths that are understood: $.name, ['name'], [0] and [*]. */
const STEP = /\.([A-Za-z_]\w*)|\['([^']+)'\]|\[(\d+|\*)\]/g;

/** Says what of a packet is not as expected; nothing where all is. Throws a sentence where the expectation is none. */
export function unmet(packet: unknown, { path = '$', ...expected }: Expectation): string | undefined {
  const [name = 'nothing', second] = Object.keys(expected);
  const operator = OPERATORS.get(name);
  if (!operator || second !== undefined) {
    throw new Error(`${second ?? name}: expected one of ${[...OPERATORS.keys()].join(', ')}, and with it only path`);
  }
  const found = find(packet, path);
  if (found.length === 0) return `there is nothing at ${path} in ${JSON.stringify(packet)}`;
  const wrong = found.findIndex(value => !operator(value, expected[name]));
  if (wrong === -1) return;
  return `${path} ${name}: expected ${JSON.stringify(expected[name])}, got ${JSON.stringify(found[wrong])}`;
}

function find(packet: unknown, path: string): readonly unknown[] {
  const steps = [...path.matchAll(STEP)];
  if (`$${steps.map(([step]) => step).join('')}` !== path)
    throw new Error(`${path} has more than .name ['name'] [0] [*]`);
  const wanted = steps.map(([, name, quoted, index]) => name ?? quoted ?? index);
  const parts = (value: unknown, key?: string) =>
    Object.entries(Object(value)).filter(([at]) => key === '*' || at === key);
  return wanted.reduce<unknown[]>(
    (values, key) => values.flatMap(value => parts(value, key).map(([, part]) => part)),
    [packet],
  );
}

function contains(actual: unknown, expected: unknown): boolean {
  return typeof actual === 'string'
    ? actual.includes(String(expected))
    : Array.isArray(actual) && actual.includes(expected);
}

function kind(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

function keys(value: unknown): readonly string[] {
  return Object.keys(Object(value));
}

function texts(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}
