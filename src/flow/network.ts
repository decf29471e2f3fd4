import { type ComponentLoader, createNetwork, IP, Graph as NoFloGraph } from 'noflo';
import type { Graph, End as GraphEnd } from '../fbp.ts';
import { Slice } from '../slices.ts';
import { Birth } from './birth.ts';
import { Breaker } from './breaker.ts';
import { loop } from './loop.ts';
import { convertInitials, entry, exit, processOf, shorten, wired } from './sockets.ts';
import { type Opening, type Post, Taps } from './tap.ts';
import { type Failed, type Witness, watch } from './watch.ts';
import { openings } from './wires.ts';

type NoFloNetwork = Awaited<ReturnType<typeof createNetwork>>;

export type { Failed, Witness } from './watch.ts';

/** What a network is made of. */
export interface Parts {
  /** Without subgraphs. */
  readonly graph: Graph;
  readonly loader: ComponentLoader;
  readonly witness: Witness;
  readonly failed: Failed;
  /** The revision that it is, where it is one. */
  readonly revision?: number;
  /** Takes what leaves by an outer port, and hears from which node. */
  left(port: string, ip: IP, node: string): void;
  /** Packets that may pass in a second, and in one turn of the event loop; after more, none does. */
  readonly perSecond?: number;
  readonly atOnce?: number;
  /** Hears of the taps before the first packet. */
  tappable?(taps: Taps): void;
  /** No node is at work any more. */
  idle?(): void;
}

/** A NoFlo network whose every node is watched, so that no packet vanishes without a word. */
export class Network {
  readonly taps: Taps;
  readonly #network: NoFloNetwork;
  readonly #ins: ReadonlyMap<string, Post>;
  readonly #end: End;

  private constructor(network: NoFloNetwork, entries: readonly Post[], parts: Parts, end: End) {
    const { ins, outs } = openings(parts.graph);
    const exits = parts.graph.outports.map(({ name, node, port }) =>
      exit(network, node, port, packet => parts.left(name, packet, node)),
    );
    this.#network = network;
    this.#end = end;
    this.#ins = new Map(parts.graph.inports.map(({ name }, i) => [name, entries[i]!]));
    this.taps = new Taps([
      ...wired(parts.graph, network),
      ...ins.map((opening, i): [Opening, Post] => [opening, entries[i]!]),
      ...outs.map((opening, i): [Opening, Post] => [opening, exits[i]!]),
    ]);
  }

  /** Builds and starts a network. Rejects with a sentence that names the node where one does not start. */
  static async start(parts: Parts): Promise<Network> {
    const birth = new Birth();
    const failed: Failed = (node, error, question) => {
      if (birth.over) parts.failed(node, error, question);
      else birth.failed(node, error);
    };
    const network = await createNetwork(toNoFlo(parts.graph), {
      delay: true,
      subscribeGraph: false,
      componentLoader: parts.loader,
    });
    // A node may have the name of what every other object has.
    network.processes = Object.create(null);
    adapt(network, { ...parts, failed });
    const { revision } = parts;
    const seats = new Map(parts.graph.nodes.map(({ name: node }) => [node, loop.add({ node, revision })]));
    birth.attend(network, seats);
    const slice = new Slice();
    const pause = async () => {
      if (slice.isOver) await slice.next();
      // Nobody waits for it any more.
      if (birth.over) throw new Error('it took too long');
    };
    pauseBetween(network, pause);
    const breaker = new Breaker(parts.perSecond, parts.atOnce);
    const end: End = { breaker, seats, failed: parts.failed };
    let made: Network | undefined;
    const begin = async () => {
      const entries = await connect(network, parts.graph);
      for (const [node, seat] of seats) {
        await pause();
        const { component } = processOf(network, node);
        watch({ node, component, witness: parts.witness, failed, breaker, seat });
      }
      for (const socket of [...network.connections, ...entries]) {
        await pause();
        shorten(socket, parts.witness);
      }
      convertInitials(network);
      await pause();
      made = new Network(network, entries, parts, end);
      parts.tappable?.(made.taps);
      await pause();
      await network.start();
      parts.graph.inports.forEach((outer, i) => void preset(network, outer, entries[i]!));
    };
    try {
      await birth.limit(begin(), network);
      return made!;
    } catch (error) {
      await stop(network, STILLBIRTH_PATIENCE, end);
      throw error;
    }
  }

  /** Whether a node is at work on a packet. */
  get isActive(): boolean {
    return this.#network.getActiveProcesses().length > 0;
  }

  /** Where packets come in by an outer port; nothing where there is no such port. */
  inport(name: string): Post | undefined {
    return this.#ins.get(name);
  }

  /** Stops the nodes. Gives up after `patience` milliseconds on one that still works; what it sends later reaches nobody. */
  stop(patience: number): Promise<void> {
    return stop(this.#network, patience, this.#end);
  }
}

/** A packet with data, as it is posted at an inport. */
export function packet(data: unknown, type: IP['type'] = 'data'): IP {
  return new IP(type, data);
}

/** What is needed to stop a network. */
interface End {
  readonly breaker: Breaker;
  /** The numbers of its nodes at the event loop. */
  readonly seats: ReadonlyMap<string, number>;
  readonly failed: Failed;
}

/** Milliseconds for the nodes of a network that did not start to let go of what they hold. */
const STILLBIRTH_PATIENCE = 1000;

/** Stops node by node, because NoFlo gives up at the first that fails, and stops nothing of a network that is half started. */
async function stop(network: NoFloNetwork, patience: number, { breaker, seats, failed }: End): Promise<void> {
  const stopping = Object.values(network.processes).map(({ id, component }) =>
    component?.shutdown().catch(error => failed(id, error)),
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise<void>(resolve => {
    timer = setTimeout(resolve, patience);
  });
  await Promise.race([Promise.all(stopping), enough]);
  clearTimeout(timer);
  breaker.off();
  for (const seat of seats.values()) loop.remove(seat);
}

/**
 * Makes nodes and sockets. Those of the outer inports, which are returned, come after the edges, whose numbers at an array port
 * they continue, and before the defaults, which are for ports that nothing leads to.
 */
async function connect(network: NoFloNetwork, { nodes, inports }: Graph): Promise<ReturnType<typeof entry>[]> {
  for (const { name, component } of nodes) {
    if (!component) throw new Error(`${name} has no component; give it one, or take it out`);
  }
  const attach = () => inports.map(({ node, port }) => entry(network, node, port));
  let entries: ReturnType<typeof attach> | undefined;
  const steps = network as unknown as { addDefaults(node: unknown): Promise<void> };
  const addDefaults = steps.addDefaults.bind(network);
  steps.addDefaults = node => {
    entries ??= attach();
    return addDefaults(node);
  };
  await network.connect();
  return entries ?? attach();
}

/** Makes a pause possible before each node, edge, packet and default that a network makes. */
function pauseBetween(network: NoFloNetwork, pause: () => Promise<void>): void {
  const steps = network as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  for (const step of ['addNode', 'addEdge', 'addInitial', 'addDefaults']) {
    const make = steps[step]!.bind(network);
    steps[step] = async (...args) => {
      await pause();
      return make(...args);
    };
  }
}

/** Gives a setting its default where only an outer inport leads to it: a packet that comes in there later takes its place. */
function preset(network: NoFloNetwork, { node, port }: Graph['inports'][number], entry: Post): void {
  const inport = processOf(network, node).component.inPorts.ports[port];
  const isAlone = inport?.listAttached().length === 1;
  if (inport?.options.control && isAlone && inport.hasDefault()) entry.post(packet(inport.options.default));
}

/** Makes a network one that stays, where NoFlo means one that works something off and ends. */
function adapt(network: NoFloNetwork, { witness, failed, idle }: Parts): void {
  // A network that stays is never finished: NoFlo would end it after 50 ms of silence, and buffer its events for ever.
  network.checkIfFinished = () => idle?.();
  // Nobody reads NoFlo's own packet events, and making them costs more than the packets.
  network.subscribeSocket = socket => {
    socket.on('error', ({ id, error }: { id: string; error: Error }) => {
      witness.strayed();
      failed(id, error);
    });
  };
}

/** As NoFlo's own `addEdge` and its like make it, which look through all that is there already for each one. */
function toNoFlo({ file, nodes, edges, initials }: Graph): NoFloGraph {
  const graph = new NoFloGraph(file);
  graph.nodes = nodes.map(({ name, component, metadata }) => ({ id: name, component, metadata: { ...metadata } }));
  const names = new Set(nodes.map(({ name }) => name));
  const end = ({ node, port, index }: GraphEnd) => ({
    node,
    port: graph.getPortName(port),
    ...(index !== undefined && { index }),
  });
  const there = edges
    .filter(({ from, to }) => names.has(from.node) && names.has(to.node))
    .map(({ from, to }) => ({ from: end(from), to: end(to), metadata: {} }));
  // One that is there twice carries each packet once.
  graph.edges = [...new Map(there.map(edge => [JSON.stringify([edge.from, edge.to]), edge] as const)).values()];
  graph.initializers = initials
    .filter(({ to }) => names.has(to.node))
    // The graph stays what it is, whatever a node does with its packet.
    .map(({ data, to }) => ({ from: { data: structuredClone(data) }, to: end(to), metadata: {} }));
  return graph;
}
