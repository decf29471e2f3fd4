import type { Gate, GraphEntry } from '../gate/gate.ts';
import type { Fault, Graph } from '../model/graph.ts';
import type { EphemeralEvent, Event, Question } from '../model/packets.ts';
import type { Registry } from '../registry/registry.ts';
import { PacketLimitExceeded } from './breaker.ts';
import type { Declarations } from './declarations.ts';
import { Network, type OnNodeError, packet } from './network.ts';
import type { WireLocation } from './subgraph.ts';
import type { PacketSink, Taps, Wire } from './tap.ts';

/** Names of the outer ports that the server uses. */
export interface OuterPorts {
  readonly entry: string;
  readonly exit: string;
  readonly push: string;
}

/** The outer ports of a server's graph. */
export const OUTER_PORTS: OuterPorts = { entry: 'request', exit: 'reply', push: 'push' };

export interface RunningGraphDeps {
  readonly library: Registry;
  readonly gate: Gate;
  readonly outerPorts: OuterPorts;
  push(event: Event | EphemeralEvent): void;
  readonly failed: OnNodeError;
  /** A packet rate that only a loop reaches, many times that of normal requests. */
  readonly perSecond?: number;
}

/** Called when a revision exceeded its packet limit and no longer delivers anything. */
export type Overran = (revision: number, node: string, error: PacketLimitExceeded) => void;

/** A checked graph, ready to run. */
interface RunnableGraph {
  /** Counted from 1. */
  readonly number: number;
  /** The graph as written in its file. */
  readonly drawn: Graph;
  /** The graph with its subgraphs expanded. */
  readonly graph: Graph;
  /** Where each edge and initial packet of `graph` is in `drawn` or its subgraphs. */
  readonly locations: ReadonlyMap<Wire, WireLocation>;
  /** The check's warnings. */
  readonly warnings: readonly Fault[];
}

const MAX_PACKETS = 200_000;
const MAX_AT_ONCE = 50_000;

/** A revision of the graph that runs and answers questions. */
export class RunningGraph implements GraphEntry, RunnableGraph {
  readonly number: number;
  readonly drawn: Graph;
  readonly graph: Graph;
  readonly locations: ReadonlyMap<Wire, WireLocation>;
  readonly warnings: readonly Fault[];
  readonly since = new Date();
  /** The routes and limits that its nodes declare. */
  readonly declarations: Declarations;
  readonly #network: Network;
  readonly #deps: RunningGraphDeps;
  readonly #entry: PacketSink;

  private constructor(
    { number, drawn, graph, locations, warnings }: RunnableGraph,
    network: Network,
    declarations: Declarations,
    deps: RunningGraphDeps,
  ) {
    this.number = number;
    this.drawn = drawn;
    this.graph = graph;
    this.locations = locations;
    this.warnings = warnings;
    this.declarations = declarations;
    this.#network = network;
    this.#deps = deps;
    this.#entry = network.inport(deps.outerPorts.entry)!;
  }

  /** Builds and starts a graph. Rejects with a sentence that names the node if one does not start. */
  static async start(plan: RunnableGraph, deps: RunningGraphDeps, overran: Overran = () => {}): Promise<RunningGraph> {
    const { library, gate, outerPorts, push, failed, perSecond = MAX_PACKETS } = deps;
    const network = await Network.start({
      graph: plan.graph,
      loader: library.loader(),
      observer: gate,
      revision: plan.number,
      perSecond,
      atOnce: MAX_AT_ONCE,
      failed(node, error, question) {
        failed(node, error, question);
        if (error instanceof PacketLimitExceeded) overran(plan.number, node, error);
      },
      // Everything but pushed events is an answer.
      left(port, { type, data }, node) {
        if (type !== 'data') return;
        if (port === outerPorts.push) return push(data as Event | EphemeralEvent);
        const misfit = gate.answer(data, node);
        if (misfit) failed(misfit.node, new Error(misfit.sentence), misfit.question);
      },
    });
    return new RunningGraph(plan, network, await network.declarations(plan.graph, outerPorts), deps);
  }

  get taps(): Taps {
    return this.#network.taps;
  }

  /** Whether a node is processing a packet. */
  get isActive(): boolean {
    return this.#network.isActive;
  }

  post(question: Question): void {
    this.#put(question, question.id, this.#deps.outerPorts.entry, this.#entry);
  }

  /** Sends a packet to an outer port, in the async context of a question. */
  put(data: unknown, question: string, port: string): void {
    this.#put(data, question, port, this.#network.inport(port)!);
  }

  #put(data: unknown, question: string, port: string, at: PacketSink): void {
    try {
      at.post(packet(data));
    } catch (error) {
      const { node } = this.graph.inports.find(({ name }) => name === port)!;
      this.#deps.gate.fail(question, node);
      this.#deps.failed(node, error as Error, question);
    }
  }

  /** Stops the nodes. Gives up on a busy one after `patience` milliseconds. */
  stop(patience: number): Promise<void> {
    return this.#network.stop(patience);
  }
}
