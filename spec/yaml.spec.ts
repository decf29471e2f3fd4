import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { Node } from './support/node.ts';

// Runs the suites of spec/*.yaml as fbp-spec's command line does: all cases of a suite in one node, one after another.

type Ports<T> = Readonly<Record<string, T>>;
type Many<T> = T | readonly T[];
/** An operator with what it expects, and where: a JSONPath, without it the whole packet. */
type Expectation = Readonly<Record<string, unknown>> & { readonly path?: string };

interface Case {
  readonly name: string;
  readonly assertion: string;
  /** A sequence has as many expectations as inputs. */
  readonly inputs: Many<Ports<unknown>>;
  readonly expect: Many<Ports<Many<Expectation>>>;
}

const OPERATORS: Ports<(actual: unknown, expected: unknown) => void> = {
  equals: (actual, expected) => expect(actual).toEqual(expected),
  type: (actual, expected) => expect(Array.isArray(actual) ? 'array' : typeof actual).toBe(expected),
  above: (actual, expected) => expect(actual).toBeGreaterThan(expected as number),
  below: (actual, expected) => expect(actual).toBeLessThan(expected as number),
  contains: (actual, expected) => expect(actual).toContain(expected),
  haveKeys: (actual, expected) => expect(new Set(Object.keys(actual as object))).toEqual(new Set(expected as string[])),
};

/** A step of the JSONPaths that we use: $.name, ['name'], [0] and [*]. */
const STEP = /\.([A-Za-z_]\w*)|\['([^']+)'\]|\[(\d+|\*)\]/g;

const all = <T>(value: Many<T>): readonly T[] => (Array.isArray(value) ? value : [value as T]);

function find(packet: unknown, path: string): readonly unknown[] {
  const steps = [...path.matchAll(STEP)];
  if (`$${steps.map(([step]) => step).join('')}` !== path)
    throw new Error(`${path} has more than .name ['name'] [0] [*]`);
  const keys = steps.map(([, name, quoted, index]) => name ?? quoted ?? index);
  const parts = (value: unknown, key?: string) =>
    Object.entries(Object(value)).filter(([at]) => key === '*' || at === key);
  const found = keys.reduce<unknown[]>(
    (values, key) => values.flatMap(value => parts(value, key).map(([, part]) => part)),
    [packet],
  );
  if (found.length === 0) throw new Error(`there is nothing at ${path} in ${JSON.stringify(packet)}`);
  return found;
}

function check(packet: unknown, { path = '$', ...expected }: Expectation): void {
  const [name = 'nothing', second] = Object.keys(expected);
  const operator = OPERATORS[name];
  if (!operator || second) throw new Error(`${second ?? name}: expected one of ${Object.keys(OPERATORS)} at ${path}`);
  for (const value of find(packet, path)) operator(value, expected[name]);
}

async function run(node: Node, { inputs, expect: expected }: Case): Promise<void> {
  node.forget();
  expect(all(expected)).toHaveLength(all(inputs).length);
  for (const [i, packets] of all(inputs).entries()) {
    const ports = Object.keys(packets).sort((a, b) => Number(node.isControl(b)) - Number(node.isControl(a)));
    for (const port of ports) node.send(port, packets[port]);
    for (const [port, expectations] of Object.entries(all(expected)[i]!)) {
      const packet: unknown = JSON.parse(JSON.stringify(await node.next(port)));
      for (const expectation of all(expectations)) check(packet, expectation);
    }
    expect(node.left).toEqual([]);
  }
}

const files = readdirSync(import.meta.dirname).filter(file => file.endsWith('.yaml'));

describe.each(files)('%s', file => {
  for (const document of parseAllDocuments(readFileSync(join(import.meta.dirname, file), 'utf8'))) {
    if (document.errors[0]) throw document.errors[0];
    const { name, topic, cases, ...others } = document.toJS();
    if (Object.keys(others).length > 0) throw new Error(`${file}: only fbp-spec itself knows ${Object.keys(others)}`);

    describe(name, () => {
      let node: Node;
      beforeAll(async () => {
        const { getComponent } = await import(`../components/${topic.replace(/^chat\//, '')}.ts`);
        node = await Node.start(getComponent(), {}, { id: topic });
      });
      afterAll(() => node.stop());

      for (const test of cases as Case[]) it(`${test.name} ${test.assertion}`, () => run(node, test));
    });
  }
});
