import fc from 'fast-check';
import noflo from 'noflo';
import type { Graph } from '../../src/model/graph.ts';
import type { Components, Loose } from './noflo-alike.ts';

// Random graphs of nodes that do with their input and output whatever NoFlo lets them do.

const { Component, IP } = noflo;

/** What a node looks for, reads and does with one packet. */
interface Step {
  readonly look: string;
  readonly read: string;
  readonly act: string;
}

/** A node's ports, options and steps, which it takes in turn. */
interface WildNode {
  readonly inport: object;
  readonly by: object;
  readonly outport: object;
  readonly options: object;
  readonly hasError: boolean;
  /** Whether anything listens to its events. */
  readonly isHeard: boolean;
  readonly steps: readonly Step[];
}

/** A packet that is sent in, with the turns of the event loop until the next. */
interface WildPacket {
  readonly type: 'data' | 'openBracket' | 'closeBracket';
  readonly scope: string | null;
  readonly port: string;
  readonly turns: number;
}

export interface Wild {
  readonly nodes: readonly WildNode[];
  /** From node, by port, to node, to port. */
  readonly edges: readonly (readonly [number, string, number, string])[];
  readonly packets: readonly WildPacket[];
  /** The packet before which the network is stopped. */
  readonly stop: number | undefined;
}

const LOOKS: Readonly<Record<string, (input: Loose) => boolean>> = {
  data: input => input.hasData('in'),
  unnamed: input => input.hasData(),
  packet: input => input.has('in'),
  both: input => input.hasData('in', 'by'),
  either: input => input.hasData('by') || input.hasData('in'),
  stream: input => input.hasStream('in'),
  chosen: input => input.has('in', ({ type, data }: Loose) => type === 'data' && data?.hops % 2 === 0),
  indexed: input => input.attached('in').some((at: number) => input.hasData(['in', at])),
  mixed: input => input.has('by', ['in', 0]),
  nowhere: input => input.hasData('nowhere'),
  always: () => true,
};

const READS: Readonly<Record<string, (input: Loose) => unknown>> = {
  data: input => input.getData('in'),
  unnamed: input => input.getData(),
  packet: input => input.get('in'),
  both: input => input.getData('in', 'by'),
  packets: input => input.get('by', 'in'),
  stream: input => input.getStream('in'),
  indexed: input => input.attached('in').map((at: number) => input.getData(['in', at])),
  index: input => input.get(['in', 0]),
  twice: input => [input.getData('in'), input.getData('in')],
  own: input => input.ip.data,
  nowhere: input => input.getData('nowhere'),
  nothing: () => undefined,
};

/** Does something after so many turns of the event loop. */
export function after(turns: number, act: () => void): void {
  setImmediate(() => (turns > 1 ? after(turns - 1, act) : act()));
}

type Act = (out: { output: Loose; context: Loose; data: Loose; self: Loose; later(act: () => void): void }) => unknown;

const ACTS: Readonly<Record<string, Act>> = {
  out: ({ output, data }) => output.sendDone({ out: data }),
  two: ({ output, data }) => {
    output.send({ out: data });
    output.sendDone({ out: data });
  },
  ports: ({ output, data }) => output.sendDone({ more: data, out: data }),
  other: ({ output, data }) => output.sendDone({ more: data }),
  bare: ({ output, data }) => output.sendDone(data),
  empty: ({ output }) => output.sendDone({}),
  nothing: ({ output }) => output.sendDone(undefined),
  single: ({ output, data }) => {
    output.sendIP('out', data);
    output.done();
  },
  nowhere: ({ output, data }) => output.sendDone({ out: data, nowhere: data }),
  done: ({ output }) => output.done(),
  error: ({ output }) => output.sendDone(new Error('an error')),
  errors: ({ output }) => output.sendDone([new Error('one'), new Error('two')]),
  'done with an error': ({ output }) => output.done(new Error('an error')),
  throw: () => {
    throw new Error('thrown');
  },
  'throw after sending': ({ output, data }) => {
    output.send({ out: data });
    throw new Error('thrown');
  },
  ip: ({ output, data }) => output.sendDone({ out: new IP('data', data, { clonable: true }) }),
  scope: ({ output, data }) => output.sendDone({ out: new IP('data', data, { scope: 'own' }) }),
  group: ({ output, data }) => {
    output.send({ out: new IP('openBracket', 'g') });
    output.send({ out: data });
    output.sendDone({ out: new IP('closeBracket', 'g') });
  },
  index: ({ output, data }) => output.sendDone({ out: new IP('data', data, { index: 0 } as never) }),
  pass: ({ output, data }) => output.pass(data),
  direct: ({ output, data, self }) => {
    self.outPorts.out.data(data);
    output.done();
  },
  later: ({ output, data, later }) => later(() => output.sendDone({ out: data })),
  'later an error': ({ output, later }) => later(() => output.done(new Error('late'))),
  'later in a group': ({ output, data, later }) =>
    later(() => {
      output.send({ out: new IP('openBracket', 'g') });
      later(() => output.sendDone({ out: [data, new IP('closeBracket', 'g')][1] }));
    }),
  never: () => undefined,
  'done twice': ({ output, data, later }) => {
    output.sendDone({ out: data });
    output.sendDone({ out: data });
    later(() => output.sendDone({ out: data }));
  },
  'sends after done': ({ output, data, later }) => {
    output.sendDone({ out: data });
    output.send({ out: data });
    later(() => output.send({ out: data }));
  },
  holds: ({ output, context, data, later }) => {
    context.activate();
    output.send({ out: data });
    later(() => {
      output.send({ out: data });
      later(() => context.deactivate());
    });
  },
  'holds again': ({ output, context, data, later }) => {
    output.sendDone({ out: data });
    context.activate();
    later(() => {
      output.send({ out: data });
      context.deactivate();
      context.deactivate();
    });
  },
  'lets go': ({ context, output, data }) => {
    context.deactivate();
    output.sendDone({ out: data });
  },
  promise: async ({ data }) => ({ out: data }),
  'promise of nothing': async () => undefined,
  'promise without a port': async ({ data }) => data,
  rejects: async () => {
    throw new Error('rejected');
  },
  icon: ({ self, output }) => {
    self.setIcon('star');
    output.done();
  },
  'orders from now on': ({ self, output, data }) => {
    self.ordered = true;
    output.sendDone({ out: data });
  },
};

const MAX_HOPS = 5;
/** Packets that all nodes together work on; what is read as text does not know its hops. */
const MAX_WORKED_ON = 100;

/** The first packet's content in what a node has read. */
function contentOf(read: Loose): Loose {
  if (Array.isArray(read)) return read.map(contentOf).find(Boolean);
  if (IP.isIP(read)) return contentOf(read.data);
  return typeof read === 'object' && read !== null && 'hops' in read ? read : undefined;
}

/** What a node has read, as text. */
function seen(read: Loose): string {
  if (Array.isArray(read)) return `[${read.map(seen)}]`;
  if (read instanceof Error) return `error ${read.message}`;
  if (!IP.isIP(read)) return JSON.stringify(read) ?? 'nothing';
  const { type, data, scope, index, datatype, schema, owner, initial } = read;
  return `${type} ${seen(data)} ${[scope, index, datatype, schema, owner?.nodeId, initial]}`;
}

/** Makes a random graph's components, which write to `log` what happens at them. */
export function componentsOf({ nodes }: Wild, log: (line: string) => void): Components {
  let workedOn = 0;
  const make = ({ inport, by, outport, options, hasError, isHeard, steps }: WildNode) => {
    let count = 0;
    const self: Loose = new Component({
      inPorts: { in: { ...inport }, by: { ...by } },
      outPorts: { out: { ...outport }, more: { schema: 'chat/z' }, ...(hasError && { error: {} }) },
      ...structuredClone(options),
      process(input: Loose, output: Loose, context: Loose) {
        const { look, read, act } = steps[count++ % steps.length]!;
        const at = `${self.nodeId}: ${look}`;
        if (!LOOKS[look]!(input)) return log(`${at} is not there`);
        const got = READS[read]!(input);
        log(`${at}, ${read} is ${seen(got)}, ${act}, ${context.activated} ${context.deactivated} ${self.load}`);
        const { id, hops } = contentOf(got) ?? { hops: 0 };
        const data = Object.freeze({ ...(id !== undefined && { id }), hops: hops + 1 });
        if (hops >= MAX_HOPS || ++workedOn > MAX_WORKED_ON) return output.done();
        const later = (what: () => void) =>
          after(1 + (count % 3), () => {
            try {
              what();
            } catch (error) {
              log(`${at} threw ${error}`);
            }
          });
        return ACTS[act]!({ output, context, data, self, later });
      },
    } as never);
    for (const event of isHeard ? ['activate', 'deactivate', 'icon', 'start', 'end'] : [])
      self.on(event, (load: unknown) => log(`${self.nodeId} ${event} ${load}`));
    self.setUp = async () => log(`${self.nodeId} is set up`);
    self.tearDown = async () => log(`${self.nodeId} is torn down`);
    return self;
  };
  return Object.fromEntries(nodes.map((node, at) => [`C${at}`, () => make(node)]));
}

const place = { line: 1, column: 1 };

export function graphOf({ nodes, edges }: Wild): Graph {
  const indexOf = (at: number, side: 'inport' | 'outport') => ('addressable' in nodes[at]![side] ? { index: 0 } : {});
  return {
    file: 'wild',
    nodes: nodes.map((_, at) => ({ name: `n${at}`, component: `C${at}`, metadata: {}, place })),
    edges: edges.map(([from, by, to, at]) => ({
      from: { node: `n${from}`, port: by, ...(by === 'out' && indexOf(from, 'outport')), place },
      to: { node: `n${to}`, port: at, ...(at === 'in' && indexOf(to, 'inport')), place },
    })),
    initials: [{ data: 'set', to: { node: 'n0', port: 'by', place }, place }],
    inports: nodes.flatMap((_, at) =>
      ['in', 'by'].map(port => ({ name: `${port}${at}`, node: `n${at}`, port, place })),
    ),
    outports: nodes.map((_, at) => ({ name: `more${at}`, node: `n${at}`, port: 'more', place })),
    groups: [],
    properties: {},
  };
}

const oneOf = <T>(...values: T[]) => fc.constantFrom(...values);
/** The first value mostly, so that the others don't hide each other. */
const mostly = <T>(usual: T, ...others: T[]) => fc.oneof(fc.constant(usual), fc.constant(usual), oneOf(...others));

const node: fc.Arbitrary<WildNode> = fc.record({
  inport: mostly<object>(
    { datatype: 'object' },
    { schema: 'chat/x' },
    { scoped: false },
    { addressable: true },
    { control: true },
    { triggering: false },
  ),
  by: oneOf<object>({ control: true }, {}, { control: true, default: 'preset' }, { triggering: false, control: true }),
  outport: mostly<object>({}, { datatype: 'object', schema: 'chat/y' }, { scoped: false }, { addressable: true }, { caching: true }, { required: true }), // biome-ignore format: one line
  options: mostly<object>({}, { ordered: true }, { autoOrdering: false }, { forwardBrackets: {} }, { forwardBrackets: { in: ['more', 'out'], by: ['out'] } }), // biome-ignore format: one line
  hasError: fc.boolean(),
  isHeard: fc.boolean(),
  steps: fc.array(
    fc.record({
      look: mostly('data', ...Object.keys(LOOKS)),
      read: mostly('data', ...Object.keys(READS)),
      act: fc.oneof(fc.constant('out'), oneOf(...Object.keys(ACTS))),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

export const wild: fc.Arbitrary<Wild> = fc.array(node, { minLength: 1, maxLength: 4 }).chain(nodes => {
  const at = fc.nat(nodes.length - 1);
  const edge = fc.tuple(at, mostly('out', 'more', 'error'), at, mostly('in', 'by'));
  const isWired = ([from, by]: readonly [number, string, ...unknown[]]) => by !== 'error' || nodes[from]!.hasError;
  const inport = fc.tuple(mostly('in', 'by'), at).map(parts => parts.join(''));
  const packet = fc.record({
    type: mostly<WildPacket['type']>('data', 'openBracket', 'closeBracket'),
    scope: mostly(null, 'x', 'y'),
    port: inport,
    turns: fc.nat(3),
  });
  return fc.record({
    nodes: fc.constant(nodes),
    edges: fc.array(edge, { maxLength: 5 }).map(edges => edges.filter(isWired)),
    packets: fc.array(packet, { minLength: 1, maxLength: 8 }),
    stop: mostly(undefined, 0, 2, 4),
  });
});
