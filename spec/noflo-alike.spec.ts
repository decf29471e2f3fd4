import { describe, expect, it, jest } from '@jest/globals';
import noflo from 'noflo';
import type { Graph } from '../src/fbp.ts';
import { Network, packet, type Witness } from '../src/flow/network.ts';

// The same graphs, packets and components in NoFlo's own network and in ours: what leaves has to be the same, in the same order.

const { Component, ComponentLoader, createNetwork, internalSocket, IP } = noflo;
// biome-ignore lint/suspicious/noExplicitAny: NoFlo's types know no ports by their names.
type Loose = any;
type Types = 'data' | 'openBracket' | 'closeBracket';
type Sent = readonly [type: Types, data: unknown, scope?: string];

const make = (options: object, setUp: (component: Loose) => void = () => {}) => {
  return () => {
    const component = new Component({ inPorts: { in: {} }, outPorts: { out: {} }, ...options } as never);
    setUp(component);
    return component;
  };
};

const COMPONENTS = {
  Pass: make({
    process(input: Loose, output: Loose) {
      if (input.hasData('in')) output.sendDone({ out: input.getData('in') });
    },
  }),
  Later: make({
    process(input: Loose, output: Loose) {
      if (!input.hasData('in')) return;
      const data = input.getData('in');
      setTimeout(() => output.sendDone({ out: data }), String(data).endsWith('1') ? 4 : 1);
    },
  }),
  Twice: make({
    process(input: Loose, output: Loose) {
      if (!input.hasData('in')) return;
      const data = input.getData('in');
      output.send({ out: `${data}a` });
      output.sendDone({ out: `${data}b` });
    },
  }),
  Join: make({
    inPorts: { left: {}, right: {} },
    process(input: Loose, output: Loose) {
      if (input.hasData('left', 'right')) output.sendDone({ out: input.getData('left', 'right').join('+') });
    },
  }),
  Control: make({
    inPorts: { in: {}, by: { control: true, default: 'preset' } },
    process(input: Loose, output: Loose) {
      if (input.hasData('in', 'by')) output.sendDone({ out: input.getData('in', 'by').join(':') });
    },
  }),
  Indexed: make({
    inPorts: { in: { addressable: true } },
    process(input: Loose, output: Loose) {
      const at = input.attached('in').find((index: number) => input.hasData(['in', index]));
      if (at !== undefined) output.sendDone({ out: `${at}=${input.getData(['in', at])}` });
    },
  }),
  Stream: make({
    forwardBrackets: {},
    process(input: Loose, output: Loose) {
      if (input.hasStream('in'))
        output.sendDone({
          out: input
            .getStream('in')
            .map((ip: Loose) => ip.data ?? ip.type)
            .join(),
        });
    },
  }),
  Events: make({}, component => {
    component.inPorts.in.on('data', (data: unknown) => component.outPorts.out.send(`${data}!`));
    component.inPorts.in.on('disconnect', () => component.outPorts.out.disconnect());
  }),
};

/** A graph as `a(Pass) OUT -> IN b(Twice)` with an initial packet as `'x' -> BY b`, from the port IN of `a`, to OUT of `z`. */
function graph(nodes: Readonly<Record<string, string>>, edges: readonly string[], into = 'a in'): Graph {
  const place = { line: 1, column: 1 };
  const end = (text: string) => {
    const [node = '', port = '', index] = text.split(' ');
    return { node, port, ...(index !== undefined && { index: Number(index) }), place };
  };
  const [node = '', port = ''] = into.split(' ');
  return {
    file: 'alike',
    nodes: Object.entries(nodes).map(([name, component]) => ({ name, component, metadata: {}, place })),
    edges: edges.flatMap(edge => {
      const [from = '', to = ''] = edge.split(' > ');
      return from.startsWith("'") ? [] : [{ from: end(from), to: end(to), metadata: {}, place }];
    }),
    initials: edges.flatMap(edge => {
      const [from = '', to = ''] = edge.split(' > ');
      return from.startsWith("'") ? [{ data: from.slice(1, -1), to: end(to), metadata: {}, place }] : [];
    }),
    inports: [{ name: 'in', node, port, place }],
    outports: [{ name: 'out', node: 'z', port: 'out', place }],
    groups: [],
    properties: {},
  } as unknown as Graph;
}

function loader() {
  const made = new ComponentLoader('/nowhere');
  made.components = COMPONENTS as never;
  made.ready = true;
  return made;
}

jest.spyOn(console, 'warn').mockImplementation(() => {});

const settled = () => new Promise(resolve => setTimeout(resolve, 60));
const told = ({ type, data, scope }: Loose) => [type, data, scope ?? null];
const made = ([type, data, scope]: Sent) => new IP(type, data, scope === undefined ? {} : { scope });

async function inNoFlo({ nodes, edges, initials, inports }: Graph, sent: readonly Sent[]) {
  const drawn = new noflo.Graph('alike');
  for (const { name, component } of nodes) drawn.addNode(name, component);
  for (const { from, to } of edges)
    drawn.addEdgeIndex(from.node, from.port, from.index as number, to.node, to.port, to.index as number);
  for (const { data, to } of initials) drawn.addInitial(data, to.node, to.port);
  const network = await createNetwork(drawn, { delay: true, subscribeGraph: false, componentLoader: loader() });
  await network.connect();
  const left: unknown[] = [];
  const [into, out] = [internalSocket.createSocket(), internalSocket.createSocket()];
  const ports = (node: string) => network.processes[node]!.component as Loose;
  ports(inports[0]!.node).inPorts.ports[inports[0]!.port].attach(into);
  ports('z').outPorts.ports.out.attach(out);
  out.on('ip', (ip: unknown) => left.push(told(ip)));
  await network.start();
  for (const each of sent) into.post(made(each));
  await settled();
  await network.stop();
  return left;
}

async function inOurs(drawn: Graph, sent: readonly Sent[]) {
  const left: unknown[] = [];
  const witness: Witness = {
    reached: () => undefined,
    knows: () => true,
    passed() {},
    holder: () => undefined,
    fail() {},
    strayed() {},
  };
  const failed = (_: string, error: Error) => left.push(error.message);
  const network = await Network.start({
    graph: drawn,
    loader: loader(),
    witness,
    failed,
    left: (_, ip) => left.push(told(ip)),
  });
  for (const each of sent) network.inport('in')!.post(Object.assign(packet(undefined), made(each)));
  await settled();
  await network.stop(1000);
  return left;
}

const THREE: readonly Sent[] = [['data', 1], ['data', 2], ['data', 3]]; // biome-ignore format: one line
const SCOPED: readonly Sent[] = [['data', 1, 'x'], ['data', 2, 'y'], ['data', 3]]; // biome-ignore format: one line
const GROUP: readonly Sent[] = [['openBracket', 'g'], ['data', 1], ['data', 2], ['closeBracket', 'g']]; // biome-ignore format: one line

const GRAPHS: readonly [string, Graph][] = [
  ['a row', graph({ a: 'Pass', b: 'Pass', z: 'Pass' }, ['a out > b in', 'b out > z in'])],
  ['what is late', graph({ a: 'Pass', b: 'Later', z: 'Pass' }, ['a out > b in', 'b out > z in'])],
  [
    'branches that meet',
    graph({ a: 'Twice', b: 'Pass', c: 'Twice', z: 'Pass' }, [
      'a out > b in',
      'a out > c in',
      'c out > z in',
      'b out > z in',
    ]),
  ],
  ['a join', graph({ a: 'Pass', b: 'Twice', z: 'Join' }, ['a out > z left', 'a out > b in', 'b out > z right'])],
  ['a default', graph({ a: 'Pass', z: 'Control' }, ['a out > z in'])],
  ['an initial packet', graph({ a: 'Pass', z: 'Control' }, ['a out > z in', `'set' > z by`])],
  [
    'an array port',
    graph({ a: 'Pass', b: 'Twice', z: 'Indexed' }, ['a out > z in 2', 'a out > b in', 'b out > z in 0']),
  ],
  ['an array port that packets come in at', graph({ z: 'Indexed' }, [], 'z in')],
  [
    'an array port without indexes',
    graph({ a: 'Pass', b: 'Twice', z: 'Indexed' }, ['a out > z in', 'a out > b in', 'b out > z in']),
  ],
  [
    'events',
    graph({ a: 'Events', b: 'Pass', c: 'Events', z: 'Events' }, ['a out > b in', 'b out > c in', 'c out > z in']),
  ],
  ['a stream', graph({ a: 'Pass', z: 'Stream' }, ['a out > z in'])],
];

describe('what leaves a graph is what leaves it in NoFlo', () => {
  it.each(GRAPHS)('%s', async (_, drawn) => {
    // NoFlo itself can't forward a group from an array port to one that is none.
    const groups = drawn.nodes.some(({ component }) => component === 'Indexed') ? [] : [GROUP];
    for (const sent of [THREE, SCOPED, ...groups])
      expect(await inOurs(drawn, sent)).toEqual(await inNoFlo(drawn, sent));
  });
});
