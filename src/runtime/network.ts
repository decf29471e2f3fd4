import { type ComponentLoader, createNetwork, IP, Graph as NoFloGraph } from 'noflo';
import type { Graph, End as GraphEnd } from '../model/graph.ts';
import { inTime } from '../time-limit.ts';
import { inSlices, TimeSlice } from '../time-slice.ts';
import { Breaker } from './breaker.ts';
import { type Declarations, readDeclarations } from './declarations.ts';
import { type OnNodeError, observeNode, type PacketObserver } from './observer.ts';
import { shortenPath } from './short-path.ts';
import { convertInitials, entry, exit, processOf, shorten, wired } from './sockets.ts';
import { StartupGuard } from './startup-guard.ts';
import { openings } from './subgraph.ts';
import { type Opening, type PacketSink, Taps } from './tap.ts';
import { loop } from './watchdog.ts';

type NoFloNetwork = Awaited<ReturnType<typeof createNetwork>>;

export type { OnNodeError, PacketObserver } from './observer.ts';

interface NetworkDeps {
  /** Graph without subgraphs. */
  readonly graph: Graph;
  readonly loader: ComponentLoader;
  readonly observer: PacketObserver;
  readonly failed: OnNodeError;
  /** Number of its revision, if it is one. */
  readonly revision?: number;
  /** Receives packets that leave by an outer port, with their sender. */
  left(port: string, ip: IP, node: string): void;
  /** Limits of packets per second and per turn of the event loop; above them the network delivers nothing. */
  readonly perSecond?: number;
  readonly atOnce?: number;
  /** Whether plain packets take the short path; they do by default. */
  readonly isShort?: boolean;
  /** Called with the taps before the first packet. */
  tappable?(taps: Taps): void;
  /** Called when all nodes are idle. */
  idle?(): void;
}

/** A NoFlo network whose nodes are all observed, so that every error and lost packet is reported. */
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

  /** Builds and starts a network. Rejects with a sentence that names the node if one does not start. */
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
    // A node's name may be that of a member of Object.prototype.
    network.processes = Object.create(null);
    adapt(network, { ...deps, failed });
    const { revision } = deps;
    const slots = new Map(deps.graph.nodes.map(({ name: node }) => [node, loop.add({ node, revision })]));
    guard.attend(network, slots);
    const slice = new TimeSlice();
    const pause = async () => {
      if (slice.isOver) await slice.next();
      // The start-up timeout has expired.
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
        if (deps.isShort !== false) shortenPath(component);
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

  /** Whether a node is processing a packet. */
  get isActive(): boolean {
    return this.#network.getActiveProcesses().length > 0;
  }

  /** The declarations of the nodes between these outer ports. */
  declarations(graph: Graph, outerPorts: Parameters<typeof readDeclarations>[2]): Promise<Declarations> {
    return inSlices(readDeclarations(graph, node => processOf(this.#network, node).component, outerPorts));
  }

  /** The entry of an outer port; undefined if there is no such port. */
  inport(name: string): PacketSink | undefined {
    return this.#ins.get(name);
  }

  /** Stops the nodes. Gives up on a busy one after `timeoutMs`; packets that it sends later are dropped. */
  stop(timeoutMs: number): Promise<void> {
    return stop(this.#network, timeoutMs, this.#end);
  }
}

/** A data packet for an inport. */
export function packet(data: unknown, type: IP['type'] = 'data'): IP {
  return new IP(type, data);
}

interface End {
  readonly breaker: Breaker;
  /** The nodes' slots in the watchdog. */
  readonly slots: ReadonlyMap<string, number>;
  readonly failed: OnNodeError;
}

/** Milliseconds for the nodes of a network that failed to start to release their resources. */
const FAILED_START_TIMEOUT_MS = 1000;

/** Stops each node separately: NoFlo itself aborts at the first failure, and does not stop a half-started network. */
async function stop(network: NoFloNetwork, timeoutMs: number, { breaker, slots, failed }: End): Promise<void> {
  const stopping = Object.values(network.processes).map(({ id, component }) =>
    component?.shutdown().catch(error => failed(id, error)),
  );
  await inTime<unknown>(Promise.all(stopping), timeoutMs, () => {});
  breaker.off();
  for (const slot of slots.values()) loop.remove(slot);
}

/**
 * Creates nodes and sockets. The sockets of outer inports, which are returned, follow those of edges, so that they get
 * the next index of an array port; defaults come last, for ports without a socket.
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

/** Allows a pause before each node, edge, packet and default that a network creates. */
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

/** Sends a control port's default if only an outer inport leads to it; a packet that enters later replaces it. */
function preset(network: NoFloNetwork, { node, port }: Graph['inports'][number], entry: PacketSink): void {
  const inport = processOf(network, node).component.inPorts.ports[port];
  const isAlone = inport?.listAttached().length === 1;
  if (inport?.options.control && isAlone && inport.hasDefault()) entry.post(packet(inport.options.default));
}

/** Adapts NoFlo, whose networks finish, to a network that runs forever. */
function adapt(network: NoFloNetwork, { observer, failed, idle }: NetworkDeps): void {
  // Otherwise NoFlo ends a network after 50 ms without packets, and buffers its events forever.
  network.checkIfFinished = () => idle?.();
  // Prevents two events per packet that usually have no listeners.
  network.subscribeNode = ({ component }) => {
    if (idle) component?.on('deactivate', (load: number) => load > 0 || idle());
  };
  // Nothing reads NoFlo's packet events, and creating them costs more than the packets.
  network.subscribeSocket = socket => {
    socket.on('error', ({ id, error }: { id: string; error: Error }) => {
      observer.uncaught();
      failed(id, error);
    });
  };
}

/** Builds NoFlo's graph directly; its own `addEdge` and the like search all existing items each time. */
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
  // NoFlo delivers each packet once over a duplicate edge.
  graph.edges = [...new Map(there.map(edge => [JSON.stringify([edge.from, edge.to]), edge] as const)).values()];
  graph.initializers = initials
    .filter(({ to }) => names.has(to.node))
    // Nodes may mutate their packets; the graph must not change.
    .map(({ data, to }) => ({ from: { data: structuredClone(data) }, to: end(to), metadata: {} }));
  return graph;
}
