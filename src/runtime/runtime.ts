import { setImmediate } from 'node:timers/promises';
import { checkResult, type Fault, printFault } from '../check/check.ts';
import type { End, Graph, GraphSource } from '../model/graph.ts';
import { Mutex } from '../mutex.ts';
import type { Registry } from '../registry/registry.ts';
import { type Examined, Examiner } from './examiner.ts';
import { type Overran, RunningGraph, type RunningGraphDeps } from './running-graph.ts';
import { expand, wireLocations } from './subgraph.ts';

/** A text that differs where two graphs without subgraphs run differently, and not where they only look different. */
export function fingerprintOf({ nodes, edges, initials, inports, outports }: Graph): string {
  const end = ({ node, port, index }: End) => [node, port, index ?? null];
  const wires = edges.map(({ from, to }) => [end(from), end(to)]);
  const outers = (ports: Graph['inports']) => sorted(ports.map(({ name, node, port }) => [name, node, port]));
  return JSON.stringify([
    sorted(nodes.map(({ name, component }) => [name, component])),
    // Edges of one port deliver, and arrive, in the order in which they are there.
    sorted(wires, ([from]) => from),
    sorted(wires, ([, to]) => to),
    sorted(
      initials.map(({ data, to }) => [end(to), data] as const),
      ([to]) => to,
    ),
    outers(inports),
    outers(outports),
  ]);
}

/** By `key`; what has the same one keeps its order. */
function sorted<T>(items: readonly T[], key: (item: T) => unknown = item => item): readonly T[] {
  const keyed = items.map(item => [JSON.stringify(key(item)), item] as const);
  return keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, item]) => item);
}

/** A graph that can't run. Its message has every fault on a line of its own. */
export class Faulty extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(printFault).join('\n'));
    this.name = 'Faulty';
    this.faults = faults;
  }
}

/** What is live, or was when the graph was halted. */
interface Current {
  readonly source: GraphSource;
  readonly revision: RunningGraph;
  readonly fingerprint: string;
}

/** What a graph has to pass on its way to life. What throws keeps it from living, and the old revision lives on. */
export interface Admission {
  /** Once it is checked, without subgraphs, before anything of it runs. */
  checked?(graph: Graph): void;
  /** Once its nodes have started, before the first question gets in. */
  started?(revision: number): void;
}

/** Which revision of the graph lives, and how the next one takes its place. */
export class Runtime {
  readonly #around: RunningGraphDeps;
  #current: Current | undefined;
  readonly #examiner = new Examiner();
  #halted = false;
  #number = 0;
  readonly #mutex = new Mutex();
  readonly #retiring = new Set<Promise<void>>();
  readonly #listeners = new Set<(live: RunningGraph | undefined) => void>();
  #overran: Overran = () => {};

  constructor(around: RunningGraphDeps) {
    this.#around = around;
  }

  /** Nothing while it is halted. */
  get live(): RunningGraph | undefined {
    return this.#halted ? undefined : this.#current?.revision;
  }

  /** Whether somebody has stopped the graph, so that questions are turned away. */
  get halted(): boolean {
    return this.#halted;
  }

  /** Hears which revision is live whenever that changes. Returns what ends it. */
  onLive(listener: (live: RunningGraph | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Makes `heard` the one that hears in which revision nothing passes any more. */
  onOverrun(heard: Overran): void {
    this.#overran = heard;
  }

  /** Makes this the number of the next revision; to be called before the first. */
  countFrom(first: number): void {
    this.#number = first - 1;
  }

  /** All faults of a graph and of its subgraphs, in the order of the text; with other components where a library is told. */
  async faults(source: GraphSource, library?: Registry): Promise<readonly Fault[]> {
    return checkResult(await this.check(source, library)).faults;
  }

  /** The same with warnings; of a graph that is to be placed as a node where `isSubgraph` says so. */
  async check(source: GraphSource, library?: Registry, isSubgraph = false): Promise<readonly Fault[]> {
    return (await this.#examine(source, library, isSubgraph)).said;
  }

  /**
   * Makes a graph the live revision: checks it, builds and starts it beside the old one, lets questions in, and retires
   * the old one once its last question is answered. Rejects with Faulty, or with the sentence of a node that does not
   * start, and then the old one lives on. What runs already stays as it is, also where it looks different now: it
   * resolves to the live revision then. A graph that is halted stays so: the new one is checked and will be live when it
   * is resumed, and the revision that was live last is what it resolves to. Rejects also with what `admission` throws.
   */
  publish(source: GraphSource, admission: Admission = {}): Promise<RunningGraph> {
    return this.#mutex.run(() => this.#publish(source, admission));
  }

  /** Turns questions away from now on, and stops the nodes once the answers that are due are given, without waiting for that. */
  halt(): Promise<void> {
    return this.#mutex.run(async () => {
      if (this.#halted || !this.#current) return;
      this.#halted = true;
      this.#flip(undefined, this.#current.revision);
    });
  }

  /** Makes what is published live again: what is as before as the same revision. Rejects as `publish` does, and then it stays halted. */
  resume(admission: Admission = {}): Promise<RunningGraph> {
    return this.#mutex.run(async () => {
      if (!this.#current) throw new Error('there is no graph to start yet');
      return this.#halted ? this.#start(this.#current.source, admission) : this.#current.revision;
    });
  }

  /** Turns questions away, waits for the answers that are due, and stops the nodes. */
  stop(): Promise<void> {
    return this.#mutex.run(async () => {
      const last = this.live;
      this.#current = undefined;
      this.#halted = false;
      this.#flip(undefined, last);
      await Promise.all(this.#retiring);
    });
  }

  async #publish(source: GraphSource, admission: Admission): Promise<RunningGraph> {
    if (!this.#halted || !this.#current) return this.#start(source, admission);
    const { graph, said: diagnostics } = await this.#examine(source);
    const { faults } = checkResult(diagnostics);
    if (faults.length > 0) throw new Faulty(faults);
    admission.checked?.(expand(graph, component => this.#around.library.subgraph(component)));
    this.#current = { ...this.#current, source };
    return this.#current.revision;
  }

  async #start(source: GraphSource, admission: Admission): Promise<RunningGraph> {
    const { graph: drawn, said: diagnostics, stamp: components } = await this.#examine(source);
    const { faults, warnings } = checkResult(diagnostics);
    if (faults.length > 0) throw new Faulty(faults);
    const subgraph = (component: string) => this.#around.library.subgraph(component);
    await setImmediate();
    const graph = expand(drawn, subgraph);
    const fingerprint = `${fingerprintOf(graph)}\n${components}`;
    const last = this.live;
    const isAgain = this.#current?.fingerprint === fingerprint;
    if (last && this.#current && isAgain) {
      this.#current = { ...this.#current, source };
      return last;
    }
    admission.checked?.(graph);
    const plan = {
      number: isAgain ? this.#number : this.#number + 1,
      drawn,
      graph,
      locations: wireLocations(drawn, graph, subgraph),
      warnings,
    };
    await setImmediate();
    const revision = await RunningGraph.start(plan, this.#around, (...found) => this.#overran(...found));
    await setImmediate();
    try {
      admission.started?.(revision.number);
    } catch (error) {
      await revision.stop(STOP_TIMEOUT_MS);
      throw error;
    }
    this.#number = revision.number;
    this.#current = { source, revision, fingerprint };
    this.#halted = false;
    this.#flip(revision, last);
    return revision;
  }

  #examine(source: GraphSource, library = this.#around.library, isSubgraph = false): Promise<Examined> {
    return this.#examiner.examine(source, library, isSubgraph ? undefined : this.#around.outerPorts);
  }

  /** Lets questions in to `next`, and retires the one before. */
  #flip(next: RunningGraph | undefined, last: RunningGraph | undefined): void {
    this.#around.gate.open(next);
    if (last) this.#retire(last);
    for (const listener of this.#listeners) listener(next);
  }

  #retire(revision: RunningGraph): void {
    const retired = this.#around.gate
      .drained(revision)
      .then(() => revision.stop(STOP_TIMEOUT_MS))
      .finally(() => this.#retiring.delete(retired));
    this.#retiring.add(retired);
  }
}

/** Milliseconds that the nodes of a retired revision have to finish what nobody waits for. */
const STOP_TIMEOUT_MS = 2000;
