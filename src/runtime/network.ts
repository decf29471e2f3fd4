import { type ComponentLoader, createNetwork, IP, Graph as NoFloGraph } from 'noflo';
import type { Graph, End as GraphEnd } from '../model/graph.ts';
import { TimeSlice } from '../mutex.ts';
import { Breaker } from './breaker.ts';
import { type OnNodeError, observeNode, type PacketObserver } from './observer.ts';
import { convertInitials, entry, exit, processOf, shorten, wired } from './sockets.ts';
import { StartupGuard } from './startup-guard.ts';
import { openings } from './subgraph.ts';
import { type Opening, type PacketSink, Taps } from './tap.ts';
import { loop } from './watchdog.ts';

type NoFloNetwork = Awaited<ReturnType<typeof createNetwork>>;

export type { OnNodeError, PacketObserver } from './observer.ts';

/** What a network is made of. */
export interface NetworkDeps {
  /** Without subgraphs. */
  readonly graph: Graph;
  readonly loader: ComponentLoader;
  readonly observer: PacketObserver;
  readonly failed: OnNodeError;
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
  readonly #ins: ReadonlyMap<string, PacketSink>;
  readonly #end: End;

  private constructor(network: NoFloNetwork, entries: readonly PacketSink[], deps: NetworkDeps, end: End) {
    const { ins, outs } = openings(deps.graph);
    const exits = deps.graph.outports.map(({ name, node, port }) =>
      exit(network, node, port, packet => deps.left(name, packet, node)),
    );
    this.#network = network;
    this.#end = end;
    this.#ins = new Map(deps.graph.inports.map(({ name }, i) => [name, entries[i]!]));
    this.taps = new Taps([
      ...wired(deps.graph, network),
      ...ins.map((opening, i): [Opening, PacketSink] => [opening, entries[i]!]),
      ...outs.map((opening, i): [Opening, PacketSink] => [opening, exits[i]!]),
    ]);
  }

  /** Builds and starts a network. Rejects with a sentence that names the node where one does not start. */
  static async start(deps: NetworkDeps): Promise<Network> {
    const guard = new StartupGuard();
    const failed: OnNodeError = (node, error, question) => {
      if (guard.over) deps.failed(node, error, question);
      else guard.failed(node, error);
    };
    const network = await createNetwork(toNoFlo(deps.graph), {
      delay: true,
      subscribeGraph: false,
      componentLoader: deps.loader,
    });
    // A node may have the name of what every other object has.
    network.processes = Object.create(null);
    adapt(network, { ...deps, failed });
    const { revision } = deps;
    const slots = new Map(deps.graph.nodes.map(({ name: node }) => [node, loop.add({ node, revision })]));
    guard.attend(network, slots);
    const slice = new TimeSlice();
    const pause = async () => {
      if (slice.isOver) await slice.next();
      // Nobody waits for it any more.
      if (guard.over) throw new Error('it took too long');
    };
    pauseBetween(network, pause);
    const breaker = new Breaker(deps.perSecond, deps.atOnce);
    const end: End = { breaker, slots, failed: deps.failed };
    let made: Network | undefined;
    const begin = async () => {
      const entries = await connect(network, deps.graph);
      for (const [node, slot] of slots) {
        await pause();
        const { component } = processOf(network, node);
        observeNode({ node, component, observer: deps.observer, failed, breaker, slot });
      }
      for (const socket of [...network.connections, ...entries]) {
        await pause();
        shorten(socket, deps.observer);
      }
      convertInitials(network);
      await pause();
      made = new Network(network, entries, deps, end);
      deps.tappable?.(made.taps);
      await pause();
      await network.start();
      deps.graph.inports.forEach((outer, i) => void preset(network, outer, entries[i]!));
    };
    try {
      await guard.limit(begin(), network);
      return made!;
    } catch (error) {
      await stop(network, FAILED_START_TIMEOUT_MS, end);
      throw error;
    }
  }

  /** Whether a node is at work on a packet. */
  get isActive(): boolean {
    return this.#network.getActiveProcesses().length > 0;
  }

  /** Where packets come in by an outer port; nothing where there is no such port. */
  inport(name: string): PacketSink | undefined {
    return this.#ins.get(name);
  }

  /** Stops the nodes. Gives up after `timeoutMs` milliseconds on one that still works; what it sends later reaches nobody. */
  stop(timeoutMs: number): Promise<void> {
    return stop(this.#network, timeoutMs, this.#end);
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
  readonly slots: ReadonlyMap<string, number>;
  readonly failed: OnNodeError;
}

/** Milliseconds for the nodes of a network that did not start to let go of what they hold. */
const FAILED_START_TIMEOUT_MS = 1000;

/** Stops node by node, because NoFlo gives up at the first that fails, and stops nothing of a network that is half started. */
async function stop(network: NoFloNetwork, timeoutMs: number, { breaker, slots, failed }: End): Promise<void> {
  const stopping = Object.values(network.processes).map(({ id, component }) =>
    component?.shutdown().catch(error => failed(id, error)),
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise<void>(resolve => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([Promise.all(stopping), enough]);
  clearTimeout(timer);
  breaker.off();
  for (const slot of slots.values()) loop.remove(slot);
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
function preset(network: NoFloNetwork, { node, port }: Graph['inports'][number], entry: PacketSink): void {
  const inport = processOf(network, node).component.inPorts.ports[port];
  const isAlone = inport?.listAttached().length === 1;
  if (inport?.options.control && isAlone && inport.hasDefault()) entry.post(packet(inport.options.default));
}

/** Makes a network one that stays, where NoFlo means one that works something off and ends. */
function adapt(network: NoFloNetwork, { observer, failed, idle }: NetworkDeps): void {
  // A network that stays is never finished: NoFlo would end it after 50 ms of silence, and buffer its events for ever.
  network.checkIfFinished = () => idle?.();
  // Nobody reads NoFlo's own packet events, and making them costs more than the packets.
  network.subscribeSocket = socket => {
    socket.on('error', ({ id, error }: { id: string; error: Error }) => {
      observer.uncaught();
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
