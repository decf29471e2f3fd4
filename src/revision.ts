import { type Component, createNetwork, IP, internalSocket, Graph as NoFloGraph } from 'noflo';
import { Birth } from './birth.ts';
import type { Graph } from './fbp.ts';
import type { Entry, Gate } from './gate.ts';
import type { Library } from './library.ts';
import type { Event, Question } from './packets.ts';

type Network = Awaited<ReturnType<typeof createNetwork>>;

/** The names of the outer ports that the server uses. */
export interface Doors {
  readonly entry: string;
  readonly exit: string;
  readonly push: string;
}

/** What a revision is built with. */
export interface Surroundings {
  readonly library: Library;
  readonly gate: Gate;
  readonly doors: Doors;
  push(event: Event): void;
  /** Hears of every error that a node let out, and of the question that it was at work on, where it was one. */
  failed(node: string, error: Error, question?: string): void;
}

/** A graph that runs: a NoFlo network whose every node is watched, so that no packet vanishes without a word. */
export class Revision implements Entry {
  readonly number: number;
  readonly graph: Graph;
  readonly since = new Date();
  readonly #network: Network;
  readonly #around: Surroundings;
  readonly #entry: { node: string; port: { handleIP(ip: IP): void } };

  private constructor(number: number, graph: Graph, network: Network, around: Surroundings) {
    this.number = number;
    this.graph = graph;
    this.#network = network;
    this.#around = around;
    const { node, port } = graph.inports.find(({ name }) => name === around.doors.entry)!;
    this.#entry = { node, port: componentOf(network, node).inPorts.ports[port]! };
  }

  /** Builds and starts a graph without subgraphs. Rejects with a sentence that names the node where one does not start. */
  static async start(number: number, graph: Graph, around: Surroundings): Promise<Revision> {
    const network = await createNetwork(toNoFlo(graph), {
      delay: true,
      subscribeGraph: false,
      componentLoader: around.library.loader(),
    });
    const birth = new Birth();
    const failed: Surroundings['failed'] = (node, error, question) => {
      if (birth.over) around.failed(node, error, question);
      else birth.failed(node, error);
    };
    adapt(network, around.gate, failed);
    birth.attend(network);
    const begin = async () => {
      await network.connect();
      for (const { name } of graph.nodes) watch(name, componentOf(network, name), around.gate, failed);
      for (const socket of network.connections) shorten(socket);
      attachExits(graph, network, around);
      await network.start();
    };
    try {
      await birth.limit(begin());
      return new Revision(number, graph, network, around);
    } catch (error) {
      await stop(network, STILLBIRTH_PATIENCE, around.failed);
      throw error;
    }
  }

  post(question: Question): void {
    try {
      this.#entry.port.handleIP(new IP('data', question));
    } catch (error) {
      this.#around.gate.fail(question.id, this.#entry.node);
      this.#around.failed(this.#entry.node, error as Error, question.id);
    }
  }

  /** Stops the nodes. Gives up after `patience` milliseconds on one that still works. */
  stop(patience: number): Promise<void> {
    return stop(this.#network, patience, this.#around.failed);
  }
}

/** Milliseconds for the nodes of a revision that did not start to let go of what they hold. */
const STILLBIRTH_PATIENCE = 1000;

/** Stops node by node, because NoFlo gives up at the first that fails, and stops nothing of a network that is half started. */
async function stop(network: Network, patience: number, failed: Surroundings['failed']): Promise<void> {
  const stopping = Object.values(network.processes).map(({ id, component }) =>
    component?.shutdown().catch(error => failed(id, error)),
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise<void>(resolve => {
    timer = setTimeout(resolve, patience);
  });
  await Promise.race([Promise.all(stopping), enough]);
  clearTimeout(timer);
}

/** Makes a network one of a server, where NoFlo means one that works something off and ends. */
function adapt(network: Network, gate: Gate, failed: Surroundings['failed']): void {
  // A server's network is never finished: NoFlo would end it after 50 ms of silence, and buffer its events for ever.
  network.checkIfFinished = () => {};
  // Nobody reads NoFlo's own packet events, and making them costs more than the packets.
  network.subscribeSocket = socket => {
    socket.on('error', ({ id, error }: { id: string; error: Error }) => {
      gate.strayed();
      failed(id, error);
    });
  };
}

function componentOf(network: Network, node: string): Component {
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
function watch(node: string, component: Component, gate: Gate, failed: Surroundings['failed']): void {
  const inner = component.handle;
  if (!inner) return;
  component.handle = (input, output, context) => {
    const packet: unknown = context.ip.data;
    const asked = gate.reached(packet, node);
    const fail = (error: unknown) => {
      if (asked !== undefined) gate.fail(asked, node);
      else gate.strayed(node);
      failed(node, error instanceof Error ? error : new Error(String(error)), asked);
      if (context.activated) output.done();
    };
    const resolved = (value: unknown) => {
      if (!context.activated) return;
      if (value !== undefined) output.sendDone(value as object);
      else if (asked !== undefined && gate.holder(asked) === node)
        fail(new Error('its process resolved to nothing and sent nothing'));
      else output.done();
    };
    try {
      const result: unknown = inner.call(component, input, output, context);
      if (result instanceof Promise) result.then(resolved).catch(fail);
    } catch (error) {
      fail(error);
    }
  };
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

/** What leaves by an outer port is an answer, but for what is pushed. */
function attachExits({ outports }: Graph, network: Network, { gate, doors, push }: Surroundings): void {
  for (const { name, node, port } of outports) {
    const take = name === doors.push ? push : (packet: unknown) => gate.answer(packet);
    const socket = internalSocket.createSocket();
    socket.on('ip', (ip: IP) => {
      if (ip.type === 'data') take(ip.data);
    });
    componentOf(network, node).outPorts.ports[port]!.attach(socket);
  }
}
