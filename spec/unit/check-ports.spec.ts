import { describe, expect, it } from '@jest/globals';
import { check, printFault } from '../../src/check/check.ts';
import { readGraph } from '../../src/fbp/read.ts';
import type { ComponentLookup, ComponentSpec, PortSpec, RequiredPorts } from '../../src/model/component-spec.ts';
import { outside } from '../../src/registry/registry.ts';

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
  component(
    'any/Pick',
    [port('in', { required: true })],
    [port('match', { sameAs: 'in' }), port('else', { sameAs: 'in' })],
  ),
  component('any/Router', [port('in', { schema: 'chat/question' })], [port('send', { schema: 'chat/question' })]),
  component('any/Sender', [port('in', { schema: 'chat/question' })], [port('out', { schema: 'chat/post' })]),
  component('any/Store', [port('in', { schema: 'chat/post' })], [port('out'), port('added', { schema: 'chat/added' })]),
  component('any/Answer', [port('in')], [port('out', { schema: 'chat/reply' })]),
  component('any/Tell', [port('in', { schema: 'chat/added' })], [port('out', { schema: 'chat/event' })]),
  component('any/Refuse', [port('in')], [port('out', { schema: 'chat/refusal' })]),
];
const lookup: ComponentLookup = {
  names: specs.map(({ name }) => name),
  find: name => specs.find(spec => spec.name === name),
};

const DOORS: RequiredPorts = { entry: 'request', exit: 'reply', push: 'push' };

/** What the check says of a server's graph with these lines. */
const serverFaults = (lines: string) => check(readGraph('t.fbp', lines).graph, lookup, DOORS).map(printFault);

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

const SERVER = `INPORT=router.IN:REQUEST
OUTPORT=answer.OUT:REPLY
router(any/Router) SEND -> IN sender(any/Sender)
store(any/Store) OUT -> IN answer(any/Answer)
`;

describe('an outport that sends on what came in', () => {
  it('has the type of what comes in, through one node or many', () => {
    const good = `${SERVER}sender OUT -> IN a(any/Pick) MATCH -> IN b(any/Pick) MATCH -> IN store\na ELSE -> IN b\nb ELSE -> IN answer\n`;
    expect(serverFaults(good)).toEqual([]);
    const bad = good.replace('sender(any/Sender)', 'a').replace('sender OUT -> IN a(any/Pick)', 'a(any/Pick)');
    expect(serverFaults(bad)).toEqual([
      't.fbp:5:37: b MATCH sends chat/question, but store IN takes chat/post; put a node between them that makes chat/post of chat/question',
    ]);
  });

  it('has every type that comes in, and none that is not known', () => {
    const both = `${SERVER}sender OUT -> IN a(any/Pick) MATCH -> IN store\nrouter SEND -> IN a\na ELSE -> IN answer\n`;
    expect(serverFaults(both).filter(fault => fault.includes('sends'))).toEqual([
      't.fbp:5:30: a MATCH sends chat/question, but store IN takes chat/post; put a node between them that makes chat/post of chat/question',
    ]);
    const open = `${SERVER}sender OUT -> IN store\nstore OUT -> IN a(any/Pick) MATCH -> IN sender\na ELSE -> IN answer\n`;
    expect(serverFaults(open).filter(fault => fault.includes('sends'))).toEqual([]);
  });

  it('is a question where it stands at REQUEST', () => {
    const at = (end: string) =>
      `INPORT=a.IN:REQUEST\nOUTPORT=answer.OUT:REPLY\na(any/Pick) MATCH -> IN ${end}\na ELSE -> IN answer(any/Answer)\n`;
    expect(serverFaults(at('sender(any/Sender) OUT -> IN answer'))).toEqual([]);
    expect(serverFaults(at('store(any/Store) OUT -> IN answer'))).toEqual([
      't.fbp:3:13: a MATCH sends chat/question, but store IN takes chat/post; put a node between them that makes chat/post of chat/question',
    ]);
  });

  it('is followed round a loop', () => {
    const loop = `${SERVER}sender OUT -> IN a(any/Pick) MATCH -> IN b(any/Pick) MATCH -> IN a\na ELSE -> IN store\nb ELSE -> IN sender\n`;
    expect(serverFaults(loop).filter(fault => fault.includes('sends'))).toEqual([
      't.fbp:7:3: b ELSE sends chat/post, but sender IN takes chat/question; put a node between them that makes chat/question of chat/post',
    ]);
  });

  it('may lead nowhere where nobody waits for what it sends, and not where somebody does', () => {
    const beside = (from: string) =>
      `${SERVER}sender OUT -> IN store\n${from} -> IN a(any/Pick) MATCH -> IN tell(any/Answer)\n`;
    expect(serverFaults(beside('store ADDED'))).toEqual([]);
    expect(serverFaults(`${SERVER}sender OUT -> IN a(any/Pick) MATCH -> IN store\n`)).toEqual([
      't.fbp:5:18: a ELSE leads nowhere, so a question that leaves by it gets no answer; write a ELSE -> IN NODE',
    ]);
  });

  it('is of the type that comes through a subgraph, as the subgraph looks from outside', () => {
    const outer = (text: string) => outside('chat/Guard', readGraph('graphs/Guard.fbp', text).graph, lookup).outports;
    const through = outer(
      'INPORT=a.IN:IN\nOUTPORT=b.MATCH:OUT\nOUTPORT=no.OUT:REFUSED\na(any/Pick) MATCH -> IN b(any/Pick)\nb ELSE -> IN no(any/Refuse)\n',
    );
    expect(through).toMatchObject([
      { name: 'out', sameAs: 'in' },
      { name: 'refused', schema: 'chat/refusal' },
    ]);
    expect(outer('INPORT=s.IN:IN\nOUTPORT=b.MATCH:OUT\ns(any/Sender) OUT -> IN b(any/Pick)\n')).toMatchObject([
      { name: 'out', schema: 'chat/post' },
    ]);
    const [two] = outer('INPORT=a.IN:IN\nINPORT=a.IN:OTHER\nOUTPORT=a.MATCH:OUT\na(any/Pick)\n');
    expect([two?.schema, two?.sameAs]).toEqual([undefined, undefined]);
  });
});
