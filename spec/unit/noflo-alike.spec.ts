import { describe, expect, it, jest } from '@jest/globals';
import type { Graph } from '../../src/model/graph.ts';
import {
  type Components,
  graph,
  inNoFlo,
  inOurs,
  type Loose,
  make,
  type Running,
  type Sent,
  type Start,
  type Subgraphs,
  settled,
  soon,
} from '../support/noflo-alike.ts';

// What leaves a graph in our network has to be what leaves it in NoFlo's own, in the same order.

/** Does something after so many turns of the event loop, which are as many on a slow machine. */
function after(turns: number, act: () => void): void {
  setImmediate(() => (turns > 1 ? after(turns - 1, act) : act()));
}

const COMPONENTS: Components = {
  Pass: make({
    process(input: Loose, output: Loose) {
      if (input.hasData('in')) output.sendDone({ out: input.getData('in') });
    },
  }),
  Later: make({
    process(input: Loose, output: Loose) {
      if (!input.hasData('in')) return;
      const data = input.getData('in');
      after(String(data).endsWith('1') ? 40 : 1, () => output.sendDone({ out: data }));
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
  Shared: make({
    inPorts: { in: {}, by: { scoped: false, control: true } },
    process(input: Loose, output: Loose) {
      if (input.hasData('in', 'by')) output.sendDone({ out: input.getData('in', 'by').join(':') });
    },
  }),
  Unscoped: make({
    inPorts: { in: { scoped: false } },
    process(input: Loose, output: Loose) {
      if (input.hasData('in')) output.sendDone({ out: input.getData('in') });
    },
  }),
  Strips: make({
    outPorts: { out: { scoped: false } },
    process(input: Loose, output: Loose) {
      if (input.hasData('in')) output.sendDone({ out: input.getData('in') });
    },
  }),
  Fixed: make({
    inPorts: { in: {}, by: { addressable: true, control: true } },
    process(input: Loose, output: Loose) {
      const all = input.attached('by');
      if (!input.hasData('in') || all.some((at: number) => !input.hasData(['by', at]))) return;
      output.sendDone({ out: [input.getData('in'), ...all.map((at: number) => input.getData(['by', at]))].join(':') });
    },
  }),
  Rescope: make({
    process(input: Loose, output: Loose) {
      if (!input.hasData('in')) return;
      const ip = input.get('in').clone();
      output.sendDone({ out: Object.assign(ip, { scope: `${ip.scope}'` }) });
    },
  }),
  Promised: make({
    async process(input: Loose) {
      if (!input.hasData('in')) return undefined;
      const data = input.getData('in');
      await null;
      return { out: `${data}?` };
    },
  }),
  Fails: make({
    outPorts: { out: {}, error: {} },
    process(input: Loose, output: Loose) {
      if (!input.hasData('in')) return;
      const data = input.getData('in');
      if (data === 2) output.done(new Error('no 2'));
      else output.sendDone({ out: data });
    },
  }),
  Said: make({
    process(input: Loose, output: Loose) {
      if (!input.hasData('in')) return;
      const data = input.getData('in');
      output.sendDone({ out: data instanceof Error ? data.message : data });
    },
  }),
  Events: make({}, component => {
    component.inPorts.in.on('data', (data: unknown) => component.outPorts.out.send(`${data}!`));
    component.inPorts.in.on('disconnect', () => component.outPorts.out.disconnect());
  }),
};

const THREE: readonly Sent[] = [['data', 1], ['data', 2], ['data', 3]]; // biome-ignore format: one line
const SCOPED: readonly Sent[] = [['data', 1, 'x'], ['data', 2, 'y'], ['data', 3]]; // biome-ignore format: one line
const GROUP: readonly Sent[] = [['openBracket', 'g'], ['data', 1], ['data', 2], ['closeBracket', 'g']]; // biome-ignore format: one line
const GROUPS: readonly Sent[] = ['x', 'y'].flatMap(scope =>
  GROUP.map(([type, data]): Sent => [type, `${data}${scope}`, scope]),
);

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
  ['an array port that packets come in at', graph({ z: 'Indexed' }, [], { in: 'z in' })],
  [
    'an array port without indexes',
    graph({ a: 'Pass', b: 'Twice', z: 'Indexed' }, ['a out > z in', 'a out > b in', 'b out > z in']),
  ],
  [
    'events',
    graph({ a: 'Events', b: 'Pass', c: 'Events', z: 'Events' }, ['a out > b in', 'b out > c in', 'c out > z in']),
  ],
  ['a stream', graph({ a: 'Pass', z: 'Stream' }, ['a out > z in'])],
  [
    'initial packets for every scope',
    graph({ a: 'Pass', z: 'Fixed' }, ['a out > z in', `'1' > z by 0`, `'2' > z by 1`]),
  ],
  ['a port of all scopes', graph({ a: 'Pass', z: 'Shared' }, ['a out > z in', `'set' > z by`])],
  ['an inport without scopes', graph({ a: 'Unscoped', z: 'Pass' }, ['a out > z in'])],
  ['an outport without scopes', graph({ a: 'Strips', z: 'Pass' }, ['a out > z in'])],
  ['another scope', graph({ a: 'Rescope', b: 'Later', z: 'Control' }, ['a out > b in', 'b out > z in', `'c' > z by`])],
  ['promises', graph({ a: 'Promised', b: 'Twice', z: 'Promised' }, ['a out > b in', 'b out > z in'])],
  ['errors that are wired', graph({ a: 'Fails', z: 'Said' }, ['a out > z in', 'a error > z in'])],
  ['a subgraph', graph({ a: 'Pass', s: 'Row', z: 'Pass' }, ['a out > s in', 's out > z in'])],
  ['subgraphs in a subgraph', graph({ a: 'Rows', z: 'Later' }, ['a out > z in'], { in: 'a in' })],
  [
    'a subgraph with a setting',
    graph({ a: 'Pass', s: 'Set', z: 'Pass' }, ['a out > s in', `'mine' > s by`, 's out > z in']),
  ],
  ['a subgraph with its own setting', graph({ a: 'OwnSet', z: 'Pass' }, ['a out > z in'])],
];

const SUBGRAPHS: Subgraphs = {
  Row: graph({ p: 'Pass', z: 'Later' }, ['p out > z in'], { in: 'p in' }),
  Rows: graph({ one: 'Row', z: 'Row' }, ['one out > z in'], { in: 'one in' }),
  Set: graph({ p: 'Pass', z: 'Control' }, ['p out > z in'], { in: 'p in', by: 'z by' }),
  OwnSet: graph({ p: 'Pass', z: 'Control' }, ['p out > z in', `'inner' > z by`], { in: 'p in' }),
};

const NETWORKS = { NoFlo: inNoFlo, ours: inOurs };

/** What leaves a graph in one of the two. */
async function through(start: Start, drawn: Graph, sent: readonly Sent[]): Promise<readonly unknown[]> {
  const running = await start(drawn, COMPONENTS, SUBGRAPHS);
  running.send(...sent);
  await settled(running);
  await running.stop();
  return running.left;
}

jest.spyOn(console, 'warn').mockImplementation(() => {});

describe('what leaves a graph is what leaves it in NoFlo', () => {
  it.each(GRAPHS)('%s', async (_, drawn) => {
    // NoFlo itself can't forward a group from an array port to one that is none.
    const groups = drawn.nodes.some(({ component }) => component === 'Indexed') ? [] : [GROUP, GROUPS];
    await Promise.all(
      [THREE, SCOPED, ...groups].map(async sent =>
        expect(await through(inOurs, drawn, sent)).toEqual(await through(inNoFlo, drawn, sent)),
      ),
    );
  });
});

describe('what comes in at two ports', () => {
  const join = graph({ a: 'Pass', b: 'Later', z: 'Join' }, ['a out > z left', 'b out > z right'], {
    left: 'a in',
    right: 'b in',
  });
  const at = (port: string, sent: readonly Sent[]) =>
    sent.map(([type, data, scope]): Sent => [type, `${port}${data}`, scope ?? null, port]);

  it.each([
    ['without scopes', THREE, THREE],
    ['of the same scopes', SCOPED, SCOPED],
    ['of the same scopes in another order', SCOPED, SCOPED.toReversed()],
    ['of other scopes', [['data', 1, 'x']], [['data', 1, 'y']]],
    ['of which one has no scope', [['data', 1, 'x']], [['data', 1]]],
    ['in groups', GROUP, GROUP],
    ['in groups of scopes', GROUPS, GROUPS],
  ] as [string, Sent[], Sent[]][])('meets as in NoFlo: %s', async (_, left, right) => {
    for (const sent of [
      [...at('left', left), ...at('right', right)],
      [...at('right', right), ...at('left', left)],
    ])
      expect(await through(inOurs, join, sent)).toEqual(await through(inNoFlo, join, sent));
  });
});

describe.each(Object.entries(NETWORKS))('the life of a network: %s', (_, start) => {
  const happened: string[] = [];
  const GENERATOR: Components = {
    ...COMPONENTS,
    /** Works from a packet at START until one at STOP, or until it is stopped. */
    Generate: make({ inPorts: { start: {}, stop: {} } }, component => {
      let timer: ReturnType<typeof setInterval> | undefined;
      let context: Loose;
      const end = () => {
        clearInterval(timer);
        timer = undefined;
        context?.deactivate();
        context = undefined;
      };
      component.tearDown = async () => end();
      component.process((input: Loose, output: Loose, its: Loose) => {
        if (input.hasData('start')) {
          let count = input.getData('start');
          end();
          context = its;
          timer = setInterval(() => output.send({ out: ++count }), 2);
        } else if (input.hasData('stop')) {
          input.getData('stop');
          end();
          output.done();
        }
      });
    }),
    Lives: make({}, component => {
      component.setUp = async () => void happened.push('up');
      component.tearDown = async () => void happened.push('down');
      component.process((input: Loose, output: Loose) => {
        if (input.hasData('in')) output.sendDone({ out: input.getData('in') });
      });
    }),
  };
  const generator = graph({ a: 'Generate', z: 'Pass' }, ['a out > z in'], { start: 'a start', stop: 'a stop' });
  const data = (running: Running) => running.left.map(each => (each as [string, unknown])[1]);

  it('begins with its initial packets, once', async () => {
    const running = await start(graph({ a: 'Twice', z: 'Pass' }, [`'first' > a in`, 'a out > z in'], {}), COMPONENTS);
    await settled(running);
    expect(data(running)).toEqual(['firsta', 'firstb']);
    expect(running.isActive).toBe(false);
    await running.stop();
  });

  it('does so again when the graph is started again', async () => {
    const drawn = graph({ a: 'Pass', z: 'Control' }, ['a out > z in', `'set' > z by`, `'own' > a in`]);
    for (const sent of [1, 2]) {
      const running = await start(drawn, COMPONENTS);
      running.send(['data', sent]);
      await settled(running);
      expect(data(running)).toEqual(['own:set', `${sent}:set`]);
      await running.stop();
    }
  });

  it('sets its nodes up before the first packet, and tears them down', async () => {
    happened.length = 0;
    const running = await start(graph({ a: 'Lives', z: 'Lives' }, ['a out > z in']), GENERATOR);
    expect(happened).toEqual(['up', 'up']);
    running.send(['data', 1]);
    await settled(running);
    await running.stop();
    expect(happened).toEqual(['up', 'up', 'down', 'down']);
    expect(data(running)).toEqual([1]);
  });

  it('is at work as long as a node of it holds, and no longer', async () => {
    const running = await start(generator, GENERATOR);
    expect(running.isActive).toBe(false);
    running.send(['data', 10, null, 'start']);
    expect(running.isActive).toBe(true);
    await soon();
    expect(running.isActive).toBe(true);
    running.send(['data', true, null, 'stop']);
    expect(running.isActive).toBe(false);
    const { length } = running.left;
    expect(data(running)).toEqual(Array.from({ length }, (_, i) => 11 + i));
    expect(length).toBeGreaterThan(0);
    await soon();
    expect(running.left).toHaveLength(length);
    await running.stop();
  });

  it('ends with a node that holds', async () => {
    const running = await start(generator, GENERATOR);
    running.send(['data', 0, null, 'start']);
    await running.stop();
    const { length } = running.left;
    await soon();
    expect(running.left).toHaveLength(length);
    expect(running.isActive).toBe(false);
  });

  it('waits for what is under way when it is stopped', async () => {
    const running = await start(graph({ a: 'Pass', z: 'Later' }, ['a out > z in']), COMPONENTS);
    running.send(['data', 1], ['data', 2]);
    expect(running.isActive).toBe(true);
    await running.stop();
    expect(running.isActive).toBe(false);
  });
});

describe('our network', () => {
  it('passes nothing that comes in once it is stopped, though NoFlo does', async () => {
    const running = await inOurs(graph({ a: 'Pass', z: 'Pass' }, ['a out > z in']), COMPONENTS);
    await running.stop();
    running.send(['data', 1]);
    await settled(running);
    expect(running.left).toEqual([]);
  });
});
