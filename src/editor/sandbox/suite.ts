import { isDeepStrictEqual } from 'node:util';
import { LineCounter, parseAllDocuments } from 'yaml';
import type { NodeHarness } from './node-harness.ts';

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
  const found = valuesAt(packet, path);
  if (found.length === 0) return `there is nothing at ${path} in ${JSON.stringify(packet)}`;
  const wrong = found.findIndex(value => !operator(value, expected[name]));
  if (wrong === -1) return;
  return `${path} ${name}: expected ${JSON.stringify(expected[name])}, got ${JSON.stringify(found[wrong])}`;
}

function valuesAt(packet: unknown, path: string): readonly unknown[] {
  const steps = [...path.matchAll(STEP)];
  if (`$${steps.map(([step]) => step).join('')}` !== path)
    throw new Error(`${path} has more than .name ['name'] [0] [*]`);
  const wanted = steps.map(([, name, quoted, index]) => name ?? quoted ?? index);
  const deps = (value: unknown, key?: string) =>
    Object.entries(Object(value)).filter(([at]) => key === '*' || at === key);
  return wanted.reduce<unknown[]>(
    (values, key) => values.flatMap(value => deps(value, key).map(([, part]) => part)),
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

type Ports<T> = Readonly<Record<string, T>>;
type Many<T> = T | readonly T[];

/** One case of fbp-spec's format. */
interface Case {
  readonly name: string;
  readonly assertion: string;
  /** A sequence has as many expectations as inputs. */
  readonly inputs: Many<Ports<unknown>>;
  readonly expect: Many<Ports<Many<Expectation>>>;
  /** In its file, from 1 on. */
  readonly line: number;
}

/** Cases that run in one node, one after another. */
interface Suite {
  readonly name: string;
  /** The component, such as `chat/Router`. */
  readonly topic: string;
  readonly cases: readonly Case[];
}

const all = <T>(value: Many<T>): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/** Reads what fbp-spec's command line reads. Throws a sentence with the place where that can't be. */
export function suites(file: string, text: string): readonly Suite[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  if (!Array.isArray(documents)) throw new Error(`${file}: there is no suite; it needs name, topic and cases`);
  return documents.map(document => {
    const [error] = document.errors;
    const at = (offset: number) => lines.linePos(offset);
    if (error) {
      const { line, col } = at(error.pos[0]);
      throw new Error(`${file}:${line}:${col}: ${error.message}`);
    }
    const { name, topic, cases, ...others } = Object(document.toJS());
    const [odd] = Object.keys(others);
    if (odd !== undefined) throw new Error(`${file}: only fbp-spec's command line knows "${odd}"; leave it out`);
    if (typeof topic !== 'string' || !Array.isArray(cases)) throw new Error(`${file}: a suite needs topic and cases`);
    const lineOf = (i: number) => at(Object(document.getIn(['cases', i], true)).range?.[0] ?? 0).line;
    return { name: name ?? topic, topic, cases: cases.map((one, i) => made(one, file, lineOf(i))) };
  });
}

function made(one: unknown, file: string, line: number): Case {
  const { name = '', assertion = '', inputs, expect } = Object(one);
  if (!inputs || !expect) throw new Error(`${file}:${line}: a case needs name, assertion, inputs and expect`);
  if (all(inputs).length !== all(expect).length) {
    throw new Error(`${file}:${line}: ${name}: ${all(inputs).length} inputs, but ${all(expect).length} expectations`);
  }
  return { name: String(name), assertion: String(assertion), inputs, expect, line };
}

/** Runs a case in a node as fbp-spec does. Says what is wrong, or nothing where it passes; never rejects. */
export async function runCase(node: NodeHarness, { inputs, expect }: Case): Promise<string | undefined> {
  node.forget();
  try {
    for (const [i, packets] of all(inputs).entries()) {
      const wrong = await step(node, packets, all(expect)[i]!);
      if (wrong !== undefined) return wrong;
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function step(
  node: NodeHarness,
  packets: Ports<unknown>,
  expected: Ports<Many<Expectation>>,
): Promise<string | undefined> {
  const ports = Object.keys(packets).sort((a, b) => Number(node.isControl(b)) - Number(node.isControl(a)));
  for (const port of ports) node.send(port, packets[port]);
  for (const [port, expectations] of Object.entries(expected)) {
    const packet: unknown = JSON.parse(JSON.stringify(await node.next(port)));
    const wrong = all(expectations)
      .map(one => unmet(packet, one))
      .find(one => one !== undefined);
    if (wrong !== undefined) return `at ${port}: ${wrong}`;
  }
  return node.left.length > 0 ? `packets left at ${node.left.join(', ')} that nobody expects` : undefined;
}
