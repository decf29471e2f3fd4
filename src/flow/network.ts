import { type Component, type ComponentLoader, createNetwork, IP, internalSocket, Graph as NoFloGraph } from 'noflo';
import type { Graph } from '../fbp.ts';
import { Birth } from './birth.ts';
import { Breaker } from './breaker.ts';
import { type Opening, type Post, Taps, type Wire } from './tap.ts';
import { openings } from './wires.ts';

type NoFloNetwork = Awaited<ReturnType<typeof createNetwork>>;

/** Who follows packets through a network, and has to hear which of them were failed. */
export interface Witness {
  /** A packet has reached a node. Returns the id of the question that it belongs to, if there is one. */
  reached(packet: unknown, node: string): string | undefined;
  holder(id: string): string | undefined;
  fail(id: string, node: string): void;
  /** A node failed on what is no question. */
  strayed(node?: string): void;
}

/** Hears of every error that a node let out, and of the question that it was at work on, where it was one. */
export type Failed = (node: string, error: Error, question?: string) => void;

/** What a network is made of. */
export interface Parts {
  /** Without subgraphs. */
  readonly graph: Graph;
  readonly loader: ComponentLoader;
  readonly witness: Witness;
  readonly failed: Failed;
  /** Takes what leaves by an outer port. */
  left(port: string, ip: IP): void;
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
  readonly #failed: Failed;
  readonly #breaker: Breaker;

  private constructor(network: NoFloNetwork, parts: Parts, breaker: Breaker) {
    const { ins, outs } = openings(parts.graph);
    const entries = parts.graph.inports.map(({ node, port }) => entry(network, node, port));
    const exits = parts.graph.outports.map(({ name, node, port }) =>
      exit(network, node, port, packet => parts.left(name, packet)),
    );
    this.#network = network;
    this.#failed = parts.failed;
    this.#breaker = breaker;
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
    birth.attend(network);
    const breaker = new Breaker(parts.perSecond, parts.atOnce);
    let made: Network | undefined;
    const begin = async () => {
      await network.connect();
      for (const { name } of parts.graph.nodes) {
        const fail = watch(name, componentOf(network, name), parts.witness, failed);
        breaker.guard(Object.values(componentOf(network, name).inPorts.ports), fail);
      }
      for (const socket of network.connections) shorten(socket);
      made = new Network(network, parts, breaker);
      parts.tappable?.(made.taps);
      await network.start();
    };
    try {
      await birth.limit(begin(), network);
      return made!;
    } catch (error) {
      await stop(network, breaker, STILLBIRTH_PATIENCE, parts.failed);
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
    return stop(this.#network, this.#breaker, patience, this.#failed);
  }
}

/** A packet with data, as it is posted at an inport. */
export function packet(data: unknown, type: IP['type'] = 'data'): IP {
  return new IP(type, data);
}

/** Fails the question of a packet that a node was kept from. */
type Fail = (packet: unknown, error: Error) => void;

/** Milliseconds for the nodes of a network that did not start to let go of what they hold. */
const STILLBIRTH_PATIENCE = 1000;

/** Stops node by node, because NoFlo gives up at the first that fails, and stops nothing of a network that is half started. */
async function stop(network: NoFloNetwork, breaker: Breaker, patience: number, failed: Failed): Promise<void> {
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

function componentOf(network: NoFloNetwork, node: string): Component {
  return network.processes[node]!.component!;
}

function toNoFlo({ file, nodes, edges, initials }: Graph): NoFloGraph {
  const graph = new NoFloGraph(file);
  for (const { name, component, metadata } of nodes) graph.addNode(name, component, { ...metadata });
  for (const { from, to } of edges) {
    graph.addEdgeIndex(from.node, from.port, from.index as number, to.node, to.port, to.index as number);
  }
  for (const { data, to } of initials) graph.addInitialIndex(data, to.node, to.port, to.index as number);
  return graph;
}

/** Puts itself around a node's process function: knows which question is there, and misses no way to fail. */
function watch(node: string, component: Component, witness: Witness, failed: Failed): Fail {
  const fail = (asked: string | undefined, error: unknown) => {
    if (asked !== undefined) witness.fail(asked, node);
    else witness.strayed(node);
    failed(node, error instanceof Error ? error : new Error(String(error)), asked);
  };
  const inner = component.handle;
  if (inner)
    component.handle = (input, output, context) => {
      const asked = witness.reached(context.ip.data, node);
      const failHere = (error: unknown) => {
        fail(asked, error);
        if (context.activated) output.done();
      };
      const resolved = (value: unknown) => {
        if (!context.activated) return;
        if (value !== undefined) output.sendDone(value as object);
        else if (asked !== undefined && witness.holder(asked) === node)
          failHere(new Error('its process resolved to nothing and sent nothing'));
        else output.done();
      };
      try {
        const result: unknown = inner.call(component, input, output, context);
        if (result instanceof Promise) result.then(resolved).catch(failHere);
      } catch (error) {
        failHere(error);
      }
    };
  return (packet, error) => fail(witness.reached(packet, node), error);
}

/**
 * Hands packets straight to the inport. NoFlo's socket makes five events of each, for legacy components and for port
 * values to check; where neither is there, nobody listens, and they cost as much as all the rest of a hop.
 */
function shorten(socket: internalSocket.InternalSocket): void {
  const { process, port, index } = socket.to!;
  const inport = process.component.inPorts.ports[port];
  if (process.component.isLegacy() || inport.options.values) return;
  socket.post = (ip: IP) => inport.handleIP(ip, index ?? null);
}

/** Where packets come in at a node's port from outside. */
function entry(network: NoFloNetwork, node: string, port: string): Post {
  const { ports } = componentOf(network, node).inPorts;
  const inport = Object.hasOwn(ports, port) ? ports[port] : undefined;
  if (!inport) throw new Error(`${node} has no inport ${port.toUpperCase()}, which is an inport of the graph`);
  return { post: ip => inport.handleIP(ip) };
}

/** Where packets leave at a node's port. */
function exit(network: NoFloNetwork, node: string, port: string, take: (ip: IP) => void): Post {
  const { ports } = componentOf(network, node).outPorts;
  const outport = Object.hasOwn(ports, port) ? ports[port] : undefined;
  if (!outport) throw new Error(`${node} has no outport ${port.toUpperCase()}, which is an outport of the graph`);
  const socket = internalSocket.createSocket();
  socket.on('ip', take);
  outport.attach(socket);
  return socket;
}

/** The sockets of a network, each with what it is in the graph. */
function wired({ edges, initials }: Graph, network: NoFloNetwork): [Wire, Post][] {
  type SocketEnd = { process: { id: string }; port: string; index?: number | undefined } | null;
  const name = (end: { node: string; port: string; index?: number } | undefined) =>
    end && [end.node, end.port, end.index ?? null];
  const nameOf = (end: SocketEnd) => end && [end.process.id, end.port, end.index ?? null];
  const known = new Map<string, Wire[]>();
  for (const wire of [...edges, ...initials]) {
    const key = JSON.stringify(['from' in wire ? name(wire.from) : null, name(wire.to)]);
    known.set(key, [...(known.get(key) ?? []), wire]);
  }
  return network.connections.flatMap((socket): [Wire, Post][] => {
    const { from, to } = socket as unknown as { from: SocketEnd; to: SocketEnd };
    const wire = known.get(JSON.stringify([nameOf(from), nameOf(to)]))?.shift();
    return wire ? [[wire, socket as unknown as Post]] : [];
  });
}
