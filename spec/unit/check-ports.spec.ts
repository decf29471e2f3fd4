import { describe, expect, it } from '@jest/globals';
import { check, printFault } from '../../src/check/check.ts';
import { readGraph } from '../../src/fbp/read.ts';
import type { ComponentLookup, ComponentSpec, PortSpec } from '../../src/model/component-spec.ts';

const port = (name: string, more: Partial<PortSpec> = {}): PortSpec => ({
  ...{ name, datatype: 'object', required: false, addressable: false, control: false, description: '', preset: false },
  ...more,
});

const component = (name: string, inports: readonly PortSpec[], outports: readonly PortSpec[] = []): ComponentSpec => ({
  ...{ name, description: '', icon: '', inports, outports },
});

/** Throws what is no whole word. */
const aWord = (value: unknown) => {
  if (!/^\w+$/.test(String(value))) throw new Error(`"${value}" is no word`);
};

const specs = [
  component('any/Set', [
    port('word', { datatype: 'string', control: true, check: aWord }),
    port('kind', { datatype: 'string', control: true, values: ['a', 'b', 'c'] }),
    port('most', { datatype: 'int', control: true, values: [1, 2] }),
  ]),
];
const lookup: ComponentLookup = {
  names: specs.map(({ name }) => name),
  find: name => specs.find(spec => spec.name === name),
};

/** What the check says of a subgraph. */
const faults = (text: string) =>
  check(readGraph('T.fbp', text).graph, lookup)
    .map(printFault)
    .filter(fault => !fault.includes('there is no outer'));

describe('a setting', () => {
  it.each([
    ["'two words' -> WORD s", 's: "two words" is no word'],
    ["'d' -> KIND s", "s KIND takes 'a', 'b' or 'c', not 'd'"],
    ["'3' -> MOST s", "s MOST takes 1 or 2, not '3'"],
  ])('that makes no sense is a fault: %s', (packet, sentence) => {
    expect(faults(`s(any/Set)\n${packet}\n`)).toEqual([`T.fbp:2:1: ${sentence}`]);
  });

  it.each(["'word' -> WORD s", "'b' -> KIND s", "'2' -> MOST s", '1 -> MOST s'])(
    'that its node can take is none: %s',
    packet => {
      expect(faults(`s(any/Set)\n${packet}\n`)).toEqual([]);
    },
  );
});
