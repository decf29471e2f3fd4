import { Component, ComponentLoader } from 'noflo';
import { Gate } from '../src/gate/gate.ts';
import type { Graph } from '../src/model/graph.ts';
import type { Question } from '../src/model/packets.ts';
import { guest } from '../src/model/who.ts';
import { Network, packet } from '../src/runtime/network.ts';
import { judged, median, type Row, rounded } from './support/table.ts';

export const title =
  "what a hop from one node to the next costs: CPU µs by NoFlo's path and by the short one for plain packets";

/** CPU µs. */
const GOAL = 1.5;

const NODES = 20;
const ROUNDS = 9;
const WARM_UP = 3;
const PACKETS = 10_000;

type Process = Component['handle'];
const ways = (...names: string[]): Record<string, object> => Object.fromEntries(names.map(name => [name, {}]));
const component = (inPorts: object, outPorts: Record<string, object>, process: Process) => () =>
  new Component({ inPorts: { in: { datatype: 'object' }, ...inPorts }, outPorts, process });

/** What the components of a chat do with their ports. */
const COMPONENTS = {
  Pass: component({}, ways('out'), (input, output) => {
    if (input.hasData('in')) output.sendDone({ out: input.getData('in') });
  }),
  Route: component({}, ways('show', 'send', 'edit', 'delete', 'out', 'missing'), (input, output) => {
    if (!input.hasData('in')) return;
    const question = input.getData('in');
    output.sendDone({ [question.id === '' ? 'missing' : 'out']: question });
  }),
  Check: component({ by: { control: true } }, ways('out', 'refused'), (input, output) => {
    if (!input.hasData('in')) return;
    const most = input.hasData('by') ? Number(input.getData('by')) : 1;
    const question = input.getData('in');
    output.sendDone(question.path.length > most ? { refused: question } : { out: question });
  }),
  Store: component(
    { post: {}, most: { control: true }, by: { control: true } },
    ways('out', 'added'),
    (input, output) => {
      const question = input.hasData('in') ? input.getData('in') : undefined;
      const post = input.hasData('post') ? input.getData('post') : undefined;
      const settings = ['most', 'by'].map(port => (input.hasData(port) ? input.getData(port) : 0));
      const kept = question ?? post;
      if (settings.includes('') || !kept) output.done();
      else output.sendDone({ out: kept });
    },
  ),
};

const place = { line: 1, column: 1 };
const KINDS = Object.keys(COMPONENTS);
const kind = (at: number) => KINDS[at % KINDS.length]!;
const name = (at: number) => `n${at}`;
const numbers = Array.from({ length: NODES }, (_, at) => at);
const ROW: Graph = {
  file: 'row',
  nodes: numbers.map(at => ({ name: name(at), component: kind(at), metadata: {}, place })),
  edges: numbers.slice(1).map(at => ({
    from: { node: name(at - 1), port: 'out', place },
    to: { node: name(at), port: 'in', place },
  })),
  initials: numbers
    .filter(at => ['Check', 'Store'].includes(kind(at)))
    .map(at => ({ data: '4000', to: { node: name(at), port: 'by', place }, place })),
  inports: [{ name: 'in', node: name(0), port: 'in', place }],
  outports: [{ name: 'out', node: name(NODES - 1), port: 'out', place }],
  groups: [],
  properties: {},
};

/** A question that the gate waits for. */
function pending(gate: Gate): Question {
  let question: Question | undefined;
  gate.open({ post: asked => (question = asked) });
  void gate.ask({ method: 'GET', path: '/', query: {}, body: {}, from: 'bench', who: guest('bench') });
  return question!;
}

/** Sends packets through a row of nodes. Returns how to do it once more, which gives the CPU µs of a hop. */
async function row(isShort: boolean): Promise<() => number> {
  const gate = new Gate({ deadline: 1e9, limit: 1, timing: false });
  const question = pending(gate);
  const loader = new ComponentLoader('/nowhere');
  Object.assign(loader, { components: COMPONENTS, ready: true });
  let left = 0;
  const network = await Network.start({
    graph: ROW,
    loader,
    observer: gate,
    isShort,
    left: () => left++,
    failed(node, error) {
      throw new Error(`${node}: ${error.message}`);
    },
  });
  const entry = network.inport('in')!;
  return () => {
    left = 0;
    const before = process.cpuUsage();
    for (let i = 0; i < PACKETS; i++) entry.post(packet(question));
    const { user, system } = process.cpuUsage(before);
    if (left !== PACKETS) throw new Error(`of ${PACKETS} packets ${left} have left`);
    return (user + system) / PACKETS / NODES;
  };
}

export async function run(): Promise<readonly Row[]> {
  const paths = { "NoFlo's path": await row(false), 'short path': await row(true) };
  const figures = Object.values(paths).map((): number[] => []);
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [at, hop] of Object.values(paths).entries()) {
      const cost = hop();
      if (round >= 0) figures[at]!.push(cost);
    }
  }
  return Object.keys(paths).map((path, at) => {
    const ratios = figures[at]!.map((cost, round) => cost / figures[0]![round]!);
    const row = {
      path,
      'CPU µs a hop': rounded(median(figures[at]!), 2),
      "of NoFlo's": rounded(median(ratios), 2),
    };
    return path === 'short path' ? judged(row, { most: { 'CPU µs a hop': GOAL } }) : row;
  });
}
