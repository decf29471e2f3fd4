import { setImmediate } from 'node:timers/promises';
import type { GraphDocument } from '../fbp/document.ts';
import type { End, Graph } from '../model/graph.ts';
import { type Examined, Examiner, Faulty } from './examiner.ts';
import { type Overran, RunningGraph, type RunningGraphDeps } from './running-graph.ts';
import { expand, wireLocations } from './subgraph.ts';

/** Identifies a graph's behaviour: equal for graphs without subgraphs that differ in appearance only. */
export function fingerprintOf({ nodes, edges, initials, inports, outports }: Graph): string {
  const end = ({ node, port, index }: End) => [node, port, index ?? null];
  const wires = edges.map(({ from, to }) => [end(from), end(to)]);
  const outers = (ports: Graph['inports']) => sorted(ports.map(({ name, node, port }) => [name, node, port]));
  return JSON.stringify([
    sorted(nodes.map(({ name, component }) => [name, component])),
    // Edges of one port deliver in order.
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

/** The live graph, or the last one while halted. */
interface Current {
  readonly document: GraphDocument;
  readonly revision: RunningGraph;
  readonly fingerprint: string;
}

/** Hooks before a graph goes live. If one throws or rejects, the old revision stays live. */
export interface Admission {
  /**
   * The revision's number; by default the next one. With a number, a graph is restarted even if it behaves like the
   * live one.
   */
  readonly number?: number;
  /** Called with the checked graph, without subgraphs, before any of it runs. */
  checked?(graph: Graph): void;
  /** Called once its nodes have started, before the first question. */
  started?(revision: number): void | Promise<void>;
}

/**
 * Runs the live revision of the graph, and replaces it by the next one. Runs one call of `publish`, `halt`, `resume` or
 * `stop` at a time.
 */
export class Runtime {
  readonly #deps: RunningGraphDeps;
  readonly #examiner: Examiner;
  #current: Current | undefined;
  #halted = false;
  #number = 0;
  readonly #retiring = new Set<Promise<void>>();
  readonly #listeners = new Set<(live: RunningGraph | undefined) => void>();
  #overran: Overran = () => {};

  constructor(deps: RunningGraphDeps) {
    this.#deps = deps;
    this.#examiner = new Examiner(deps.outerPorts);
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

  /** Checks a server's graph and its subgraphs; `library` replaces the components. */
  examine(document: GraphDocument, library = this.#deps.library): Promise<Examined> {
    return this.#examiner.examine(document, library);
  }

  /**
   * Makes a graph the live revision: checks it, starts it beside the old one, sends new questions to it, and stops the
   * old one once its last question is answered. Rejects with Faulty, with the sentence of a node that does not start,
   * or with errors of `admission`; the old revision then stays live. A graph that behaves like the live one is not
   * restarted: this resolves to the live revision. While halted, the new graph is only checked, to go live on `resume`,
   * and this resolves to the last live revision.
   */
  async publish(document: GraphDocument, admission: Admission = {}): Promise<RunningGraph> {
    if (!this.#halted || !this.#current) return this.#start(document, admission);
    const { graph } = (await this.#sound(document)).document;
    admission.checked?.(expand(graph, this.#subgraph));
    this.#current = { ...this.#current, document };
    return this.#current.revision;
  }

  /** Rejects questions from now on. The nodes are stopped in the background once pending questions are answered. */
  async halt(): Promise<void> {
    if (this.#halted || !this.#current) return;
    this.#halted = true;
    this.#flip(undefined, this.#current.revision);
  }

  /**
   * Restarts the published graph; an unchanged one keeps its revision. Rejects as `publish` does, and then stays
   * halted.
   */
  async resume(admission: Admission = {}): Promise<RunningGraph> {
    if (!this.#current) throw new Error('there is no graph to start yet');
    return this.#halted ? this.#start(this.#current.document, admission) : this.#current.revision;
  }

  /** Rejects questions, waits until pending ones are answered, and stops the nodes. */
  async stop(): Promise<void> {
    const last = this.live;
    this.#current = undefined;
    this.#halted = false;
    this.#flip(undefined, last);
    await Promise.all(this.#retiring);
  }

  async #start(document: GraphDocument, admission: Admission): Promise<RunningGraph> {
    const { warnings, components } = await this.#sound(document);
    await setImmediate();
    const drawn = document.graph;
    const graph = expand(drawn, this.#subgraph);
    const fingerprint = `${fingerprintOf(graph)}\n${components}`;
    const last = this.live;
    const isAgain = this.#current?.fingerprint === fingerprint;
    const number = admission.number ?? (isAgain ? (last?.number ?? this.#number) : this.#number + 1);
    if (last && this.#current && isAgain && number === last.number) {
      this.#current = { ...this.#current, document };
      return last;
    }
    admission.checked?.(graph);
    const plan = {
      number,
      drawn,
      graph,
      locations: wireLocations(drawn, graph, this.#subgraph),
      warnings,
    };
    await setImmediate();
    const revision = await RunningGraph.start(plan, this.#deps, (...found) => this.#overran(...found));
    await setImmediate();
    try {
      await admission.started?.(revision.number);
    } catch (error) {
      await revision.stop(STOP_TIMEOUT_MS);
      throw error;
    }
    this.#number = revision.number;
    this.#current = { document, revision, fingerprint };
    this.#halted = false;
    this.#flip(revision, last);
    return revision;
  }

  /** Rejects with Faulty if a graph can't run. */
  async #sound(document: GraphDocument): Promise<Examined> {
    const examined = await this.examine(document);
    if (examined.faults.length > 0) throw new Faulty(examined.faults);
    return examined;
  }

  readonly #subgraph = (component: string) => this.#deps.library.subgraph(component);

  /** Sends questions to `next`, and stops the previous revision. */
  #flip(next: RunningGraph | undefined, last: RunningGraph | undefined): void {
    this.#deps.gate.open(next);
    if (last) this.#retire(last);
    for (const listener of this.#listeners) listener(next);
  }

  #retire(revision: RunningGraph): void {
    const retired = this.#deps.gate
      .drained(revision)
      .then(() => revision.stop(STOP_TIMEOUT_MS))
      .finally(() => this.#retiring.delete(retired));
    this.#retiring.add(retired);
  }
}

/** Milliseconds the nodes of a replaced revision have to finish. */
const STOP_TIMEOUT_MS = 2000;
