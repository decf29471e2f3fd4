import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fbp from 'fbp';
import { readGraph } from '../../src/fbp/read.ts';
import type { Graph } from '../../src/model/graph.ts';
import { outside, Registry } from '../../src/registry/registry.ts';
import { expand } from '../../src/runtime/subgraph.ts';
import { Flowing } from '../support/flowing.ts';
import { beside, CHAT } from '../support/graphs.ts';
import { component, Project } from '../support/project.ts';

/** Expands a graph whose subgraphs are given by name, and tells it as lines. */
function expanded(text: string, subgraphs: Readonly<Record<string, string>>): string[] {
  const graphs = new Map(
    Object.entries(subgraphs).map(([name, inner]) => [name, readGraph(`${name}.fbp`, inner).graph]),
  );
  return lines(expand(readGraph('main.fbp', text).graph, name => graphs.get(name)));
}

function lines({ nodes, edges, initials, inports, outports }: Graph): string[] {
  const index = (at?: number) => (at === undefined ? '' : `[${at}]`);
  return [
    ...inports.map(({ name, node, port }) => `INPORT ${node}.${port}:${name}`),
    ...outports.map(({ name, node, port }) => `OUTPORT ${node}.${port}:${name}`),
    ...nodes.map(({ name, component }) => `${name}(${component})`),
    ...edges.map(
      ({ from, to }) => `${from.node} ${from.port}${index(from.index)} -> ${to.port}${index(to.index)} ${to.node}`,
    ),
    ...initials.map(({ data, to }) => `${data} -> ${to.port}${index(to.index)} ${to.node}`),
  ];
}

const PAIR = "INPORT=a.IN:GO\nOUTPORT=b.OUT:GONE\na(A) OUT -> IN b(B)\n'1' -> SIZE a\n";

describe('expand', () => {
  it('leaves a graph without subgraphs as it is', () => {
    const { graph } = readGraph('main.fbp', PAIR);
    expect(lines(expand(graph, () => undefined))).toEqual(lines(graph));
  });

  it("puts a subgraph's nodes in its place, and its wires to what its outer ports stand for", () => {
    expect(
      expanded("INPORT=x.IN:REQUEST\nOUTPORT=y.OUT:REPLY\nx(X) OUT -> GO p(Pair) GONE -> IN y(Y)\n'2' -> GO p\n", {
        Pair: PAIR,
      }),
    ).toEqual([
      'INPORT x.in:request',
      'OUTPORT y.out:reply',
      'x(X)',
      'p/a(A)',
      'p/b(B)',
      'y(Y)',
      'p/a out -> in p/b',
      'x out -> in p/a',
      'p/b out -> in y',
      '1 -> size p/a',
      '2 -> in p/a',
    ]);
  });

  it("lets the graph's own outer ports be those of a subgraph", () => {
    expect(expanded('INPORT=p.GO:REQUEST\nOUTPORT=p.GONE:REPLY\np(Pair)\n', { Pair: PAIR }).slice(0, 2)).toEqual([
      'INPORT p/a.in:request',
      'OUTPORT p/b.out:reply',
    ]);
  });

  it('keeps apart what is placed twice, and wires one to the other', () => {
    const found = expanded('p(Pair) GONE -> GO q(Pair)\n', { Pair: PAIR });
    expect(found).toEqual(expect.arrayContaining(['p/a(A)', 'q/a(A)', 'p/b out -> in q/a']));
    expect(new Set(found).size).toBe(found.length);
  });

  it('expands subgraphs in subgraphs', () => {
    const found = expanded('x(X) OUT -> IN o(Outer)\n', {
      Outer: 'INPORT=p.GO:IN\nOUTPORT=p.GONE:OUT\np(Pair)\n',
      Pair: PAIR,
    });
    expect(found).toEqual(expect.arrayContaining(['o/p/a(A)', 'o/p/b(B)', 'x out -> in o/p/a', '1 -> size o/p/a']));
  });

  it('keeps the indices of array ports', () => {
    const found = expanded('x(X) OUT[2] -> GO p(Pair) GONE -> IN[1] y(Y)\n', { Pair: PAIR });
    expect(found).toEqual(expect.arrayContaining(['x out[2] -> in p/a', 'p/b out -> in[1] y']));
  });

  it.each([
    ['itself', { Loop: 'a(Loop)\n' }],
    ['what contains it', { Loop: 'a(Other)\n', Other: 'b(Loop)\n' }],
  ])('refuses a subgraph that contains %s', (_, subgraphs) => {
    expect(() => expanded('x(Loop)\n', subgraphs)).toThrow(/^Loop\.fbp contains itself; take \w+ out$/);
  });
});

describe('outside', () => {
  it('shows the outer ports of a graph with what the inner ports say of themselves', async () => {
    const project = new Project();
    const { graph } = readGraph(
      'Gate.fbp',
      '# @icon gavel\n# @description Passes\nINPORT=check.IN:POST\nINPORT=check.MAXTEXT:MOST\nOUTPORT=check.REFUSED:NO\ncheck(chat/CheckPost)\n',
    );
    const library = new Registry(project.root);
    await library.prepare(graph);
    const found = outside('chat/Gate', graph, library);
    expect(found).toMatchObject({ name: 'chat/Gate', icon: 'gavel', description: 'Passes' });
    expect(found.inports).toMatchObject([
      { name: 'post', schema: 'chat/post', required: true },
      { name: 'most', datatype: 'int', control: true },
    ]);
    expect(found.outports).toMatchObject([{ name: 'no', schema: 'chat/refusal' }]);
    project.remove();
  });
});

describe('a subgraph', () => {
  let project: Project;
  let flowing: Flowing;

  beforeEach(() => {
    project = new Project();
    flowing = new Flowing(project.root);
  });
  afterEach(async () => {
    await flowing.runtime.stop();
    project.remove();
  });

  const POLITE = (most: string) => `INPORT=check.IN:IN
OUTPORT=check.OUT:OUT
OUTPORT=check.REFUSED:REFUSED
check(chat/CheckPost)
'${most}' -> MAXTEXT check
`;
  const placed = (name = 'Polite') =>
    CHAT.replace('check(chat/CheckPost)', `check(chat/${name})`).replace(/^'\d+' -> MAXTEXT check$/m, '');

  it('is placed as a node, and its nodes are named by the way to them', async () => {
    project.write('graphs/Polite.fbp', POLITE('5'));
    await flowing.publish(placed());
    expect((await flowing.say('hello')).answer.status).toBe(201);
    expect(await flowing.say('hello!')).toMatchObject({ node: 'check/check', answer: { status: 422 } });
    expect(await flowing.read()).toEqual(['hello']);
  });

  it('takes initial packets by its outer ports', async () => {
    project.write('graphs/Polite.fbp', `INPORT=check.MAXTEXT:MAXTEXT\n${POLITE('5').replace(/^'.*$/m, '')}`);
    await flowing.publish(`${placed()}\n'3' -> MAXTEXT check\n`);
    expect((await flowing.say('four')).answer.status).toBe(422);
    expect((await flowing.say('hey')).answer.status).toBe(201);
  });

  it('is placed from FBP JSON as well', async () => {
    project.write('graphs/Polite.json', JSON.stringify(fbp.parse(POLITE('5'))));
    await flowing.publish(placed());
    expect((await flowing.say('hello!')).answer.status).toBe(422);
  });

  it('makes a new revision when its file changes, though the graph is the same', async () => {
    project.write('graphs/Polite.fbp', POLITE('5'));
    await flowing.publish(placed());
    expect((await flowing.say('hello!')).answer.status).toBe(422);
    project.write('graphs/Polite.fbp', POLITE('6'));
    expect(await flowing.publish(placed())).toMatchObject({ number: 2 });
    expect((await flowing.say('hello!')).answer.status).toBe(201);
    expect(await flowing.publish(placed())).toMatchObject({ number: 2 });
  });

  it('has its faults told with the name of its own file, and the old revision lives on', async () => {
    project.write('graphs/Polite.fbp', POLITE('5'));
    await flowing.publish(placed());
    project.write('graphs/Polite.fbp', POLITE('5').replace('-> MAXTEXT', '-> MAXTXT'));
    await expect(flowing.publish(placed())).rejects.toThrow(
      /^graphs\/Polite\.fbp:5:8: check has no inport MAXTXT; it has IN, MAXTEXT$/,
    );
    project.write('graphs/Polite.fbp', `${POLITE('5')}check( ->\n`);
    await expect(flowing.publish(placed())).rejects.toThrow(/^graphs\/Polite\.fbp:6:\d+: /);
    expect((await flowing.say('hello!')).answer.status).toBe(422);
  });

  it('has no faults told of the graph that only follow from its own', async () => {
    project.write('graphs/Polite.fbp', POLITE('5').replace('chat/CheckPost', 'chat/CheckPosts'));
    await expect(flowing.publish(placed())).rejects.toThrow(
      /^graphs\/Polite\.fbp:4:1: there is no component chat\/CheckPosts; did you mean chat\/CheckPost\?$/,
    );
  });

  it('is missed with a sentence when its file is gone', async () => {
    project.write('graphs/Polite.fbp', POLITE('5'));
    await flowing.publish(placed());
    project.remove('graphs/Polite.fbp');
    await expect(flowing.publish(placed())).rejects.toThrow(
      /^graphs\/test\.fbp:\d+:\d+: there is no component chat\/Polite; /,
    );
    expect((await flowing.say('hello!')).answer.status).toBe(422);
  });

  it('has the names of its outer ports checked in the graph', async () => {
    project.write('graphs/Polite.fbp', POLITE('5'));
    const text = placed().replace('-> IN check(', '-> POST check(');
    await expect(flowing.publish(text)).rejects.toThrow(
      /^graphs\/test\.fbp:\d+:\d+: check has no inport POST; it has IN$/m,
    );
  });

  it('takes a change of a component up that only it has', async () => {
    const text = beside({ odd: 'chat/Box' });
    project.component('Inner', component('process() {}'));
    project.write('graphs/Box.fbp', 'INPORT=inner.IN:IN\nOUTPORT=inner.OUT:OUT\ninner(chat/Inner)\n');
    await flowing.publish(text);
    project.touch('components/Inner.ts');
    expect(await flowing.publish(text)).toMatchObject({ number: 2 });
  });

  it.each([
    ['itself', ['INPORT=a.IN:IN\nOUTPORT=a.OUT:OUT\na(chat/Polite)\n', POLITE('5')]],
    [
      'what contains it',
      ['INPORT=a.IN:IN\nOUTPORT=a.OUT:OUT\na(chat/Other)\n', 'INPORT=a.IN:IN\nOUTPORT=a.OUT:OUT\na(chat/Polite)\n'],
    ],
  ])('is refused with a sentence, first and again, when it contains %s', async (_, [polite, other]) => {
    project.write('graphs/Polite.fbp', polite!);
    project.write('graphs/Other.fbp', other!);
    const refused = async () =>
      expect(flowing.publish(placed())).rejects.toThrow(
        /^graphs\/(Polite|Other)\.fbp:3:1: chat\/Polite contains itself; take a out$/,
      );
    await refused();
    await refused();
    project.write('graphs/Polite.fbp', POLITE('5'));
    await flowing.publish(placed());
    expect((await flowing.say('hello!')).answer.status).toBe(422);
    project.write('graphs/Polite.fbp', polite!);
    await refused();
  });
});
