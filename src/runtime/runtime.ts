import { setImmediate } from 'node:timers/promises';
import { checkResult, type Fault, printFault } from '../check/check.ts';
import type { End, Graph, GraphSource } from '../model/graph.ts';
import { Mutex } from '../mutex.ts';
import type { Registry } from '../registry/registry.ts';
import { type Examined, Examiner } from './examiner.ts';
import { type Overran, RunningGraph, type RunningGraphDeps } from './running-graph.ts';
import { expand, wireLocations } from './subgraph.ts';

/** Identifies a graph's behaviour: equal for graphs without subgraphs that run alike, even if they look different. */
export function fingerprintOf({ nodes, edges, initials, inports, outports }: Graph): string {
  const end = ({ node, port, index }: End) => [node, port, index ?? null];
  const wires = edges.map(({ from, to }) => [end(from), end(to)]);
  const outers = (ports: Graph['inports']) => sorted(ports.map(({ name, node, port }) => [name, node, port]));
  return JSON.stringify([
    sorted(nodes.map(({ name, component }) => [name, component])),
    // Edges of one port deliver in their order.
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

/** Stable sort by `key`. */
function sorted<T>(items: readonly T[], key: (item: T) => unknown = item => item): readonly T[] {
  const keyed = items.map(item => [JSON.stringify(key(item)), item] as const);
  return keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, item]) => item);
}

/** A graph that can't run. Its message has one fault per line. */
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

/** Hooks before a graph goes live. If one throws, the old revision stays live. */
export interface Admission {
  /** Called with the checked graph, without subgraphs, before any of it runs. */
  checked?(graph: Graph): void;
  /** Called once its nodes have started, before the first question. */
  started?(revision: number): void;
}

/** What this folder is for: runs the live revision of the graph, and replaces it by the next one. */
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

  /** Undefined while halted. */
  get live(): RunningGraph | undefined {
    return this.#halted ? undefined : this.#current?.revision;
  }

  /** Whether the graph was stopped, so that questions are rejected. */
  get halted(): boolean {
    return this.#halted;
  }

  /** Adds a listener of the live revision. Returns a function that removes it. */
  onLive(listener: (live: RunningGraph | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sets the listener of revisions that exceed their packet limit. */
  onOverrun(heard: Overran): void {
    this.#overran = heard;
  }

  /** Sets the next revision's number. Call it before the first publish. */
  countFrom(first: number): void {
    this.#number = first - 1;
  }

  /** All faults of a graph and its subgraphs in text order; `library` replaces the components. */
  async faults(source: GraphSource, library?: Registry): Promise<readonly Fault[]> {
    return checkResult(await this.check(source, library)).faults;
  }

  /** As `faults`, with warnings. `isSubgraph` checks it as a subgraph. */
  async check(source: GraphSource, library?: Registry, isSubgraph = false): Promise<readonly Fault[]> {
    return (await this.#examine(source, library, isSubgraph)).said;
  }

  /**
   * Makes a graph the live revision: checks it, starts it beside the old one, sends new questions to it, and stops the
   * old one once its last question is answered. Rejects with Faulty, with the sentence of a node that does not start,
   * or with what `admission` throws; the old revision then stays live. A graph that behaves like the live one is not
   * restarted: it resolves to the live revision. While halted, the new graph is only checked, to go live on `resume`,
   * and it resolves to the last live revision.
   */
  publish(source: GraphSource, admission: Admission = {}): Promise<RunningGraph> {
    return this.#mutex.run(() => this.#publish(source, admission));
  }

  /** Rejects questions from now on. The nodes are stopped in the background once pending questions are answered. */
  halt(): Promise<void> {
    return this.#mutex.run(async () => {
      if (this.#halted || !this.#current) return;
      this.#halted = true;
      this.#flip(undefined, this.#current.revision);
    });
  }

  /** Restarts what is published; an unchanged graph keeps its revision. Rejects as `publish` does, and then stays halted. */
  resume(admission: Admission = {}): Promise<RunningGraph> {
    return this.#mutex.run(async () => {
      if (!this.#current) throw new Error('there is no graph to start yet');
      return this.#halted ? this.#start(this.#current.source, admission) : this.#current.revision;
    });
  }

  /** Rejects questions, waits until pending ones are answered, and stops the nodes. */
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

  /** Sends questions to `next`, and stops the previous revision. */
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

/** Milliseconds the nodes of a replaced revision have to finish. */
const STOP_TIMEOUT_MS = 2000;
