import type { Gate, GraphEntry } from '../gate/gate.ts';
import type { Fault, Graph } from '../model/graph.ts';
import type { Event, Question } from '../model/packets.ts';
import type { Registry } from '../registry/registry.ts';
import { Overrun } from './breaker.ts';
import { Network, type OnNodeError, packet } from './network.ts';
import type { WireLocation } from './subgraph.ts';
import type { PacketSink, Taps, Wire } from './tap.ts';

/** The names of the outer ports that the server uses. */
export interface OuterPorts {
  readonly entry: string;
  readonly exit: string;
  readonly push: string;
}

/** Those of a server's graph. */
export const OUTER_PORTS: OuterPorts = { entry: 'request', exit: 'reply', push: 'push' };

/** What a revision is built with. */
export interface RunningGraphDeps {
  readonly library: Registry;
  readonly gate: Gate;
  readonly outerPorts: OuterPorts;
  push(event: Event): void;
  readonly failed: OnNodeError;
  /** Packets a second beyond which they can only go round, and become ever more; many times what requests bring. */
  readonly perSecond?: number;
}

/** Hears that there were too many packets in a revision, so that nothing passes it any more. */
export type Overran = (revision: number, node: string, error: Overrun) => void;

/** A graph that is to run. */
export interface RunnableGraph {
  /** Counts from 1. */
  readonly number: number;
  /** As its file says it. */
  readonly drawn: Graph;
  /** With its subgraphs' nodes in place of them. */
  readonly graph: Graph;
  /** Where each edge and initial packet of `graph` is drawn. */
  readonly locations: ReadonlyMap<Wire, WireLocation>;
  /** What the check warns of. */
  readonly warnings: readonly Fault[];
}

const MAX_PACKETS = 200_000;
const MAX_AT_ONCE = 50_000;

/** A graph that runs and answers. */
export class RunningGraph implements GraphEntry, RunnableGraph {
  readonly number: number;
  readonly drawn: Graph;
  readonly graph: Graph;
  readonly locations: ReadonlyMap<Wire, WireLocation>;
  readonly warnings: readonly Fault[];
  readonly since = new Date();
  readonly #network: Network;
  readonly #around: RunningGraphDeps;
  readonly #entry: PacketSink;

  private constructor(
    { number, drawn, graph, locations, warnings }: RunnableGraph,
    network: Network,
    around: RunningGraphDeps,
  ) {
    this.number = number;
    this.drawn = drawn;
    this.graph = graph;
    this.locations = locations;
    this.warnings = warnings;
    this.#network = network;
    this.#around = around;
    this.#entry = network.inport(around.outerPorts.entry)!;
  }

  /** Builds and starts a graph. Rejects with a sentence that names the node where one does not start. */
  static async start(
    plan: RunnableGraph,
    around: RunningGraphDeps,
    overran: Overran = () => {},
  ): Promise<RunningGraph> {
    const { library, gate, outerPorts, push, failed, perSecond = MAX_PACKETS } = around;
    const network = await Network.start({
      graph: plan.graph,
      loader: library.loader(),
      observer: gate,
      revision: plan.number,
      perSecond,
      atOnce: MAX_AT_ONCE,
      failed(node, error, question) {
        failed(node, error, question);
        if (error instanceof Overrun) overran(plan.number, node, error);
      },
      // What leaves is an answer, but for what is pushed.
      left(port, { type, data }, node) {
        if (type !== 'data') return;
        if (port === outerPorts.push) return push(data as Event);
        const misfit = gate.answer(data, node);
        if (misfit) failed(misfit.node, new Error(misfit.sentence), misfit.question);
      },
    });
    return new RunningGraph(plan, network, around);
  }

  /** For watching its packets. */
  get taps(): Taps {
    return this.#network.taps;
  }

  /** Whether a node is at work on a packet. */
  get isActive(): boolean {
    return this.#network.isActive;
  }

  post(question: Question): void {
    this.#put(question, question.id, this.#around.outerPorts.entry, this.#entry);
  }

  /** Lets any packet in at an outer port, in the course of a question. */
  put(data: unknown, question: string, port: string): void {
    this.#put(data, question, port, this.#network.inport(port)!);
  }

  #put(data: unknown, question: string, port: string, at: PacketSink): void {
    try {
      at.post(packet(data));
    } catch (error) {
      const { node } = this.graph.inports.find(({ name }) => name === port)!;
      this.#around.gate.fail(question, node);
      this.#around.failed(node, error as Error, question);
    }
  }

  /** Stops the nodes. Gives up after `patience` milliseconds on one that still works. */
  stop(patience: number): Promise<void> {
    return this.#network.stop(patience);
  }
}
