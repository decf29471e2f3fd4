import { setImmediate } from 'node:timers/promises';
import { type Fault, print, verdict } from './check.ts';
import type { Graph } from './fbp.ts';
import { type Examined, Examiner } from './flow/examiner.ts';
import { type Overran, Revision, type Surroundings } from './flow/revision.ts';
import { stamp as stampOf } from './flow/stamp.ts';
import { expand } from './flow/subgraph.ts';
import { drawings } from './flow/wires.ts';
import type { Library } from './library.ts';
import { Turns } from './turns.ts';

/** A graph that can't run. Its message has every fault on a line of its own. */
export class Faulty extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(print).join('\n'));
    this.name = 'Faulty';
    this.faults = faults;
  }
}

/** A graph as it stands in its file, and what its sidecar says, where it has one. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly layout?: string;
}

/** What is live, or was when the graph was halted. */
interface Current {
  readonly source: Source;
  readonly revision: Revision;
  readonly stamp: string;
}

/** What a graph has to pass on its way to life. What throws keeps it from living, and the old revision lives on. */
export interface Admission {
  /** Once it is checked, without subgraphs, before anything of it runs. */
  checked?(graph: Graph): void;
  /** Once its nodes have started, before the first question gets in. */
  started?(revision: number): void;
}

/** Which revision of the graph lives, and how the next one takes its place. */
export class Flow {
  readonly #around: Surroundings;
  #current: Current | undefined;
  readonly #examiner = new Examiner();
  #halted = false;
  #number = 0;
  readonly #turns = new Turns();
  readonly #retiring = new Set<Promise<void>>();
  readonly #listeners = new Set<(live: Revision | undefined) => void>();
  #overran: Overran = () => {};

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Nothing while it is halted. */
  get live(): Revision | undefined {
    return this.#halted ? undefined : this.#current?.revision;
  }

  /** Whether somebody has stopped the graph, so that questions are turned away. */
  get halted(): boolean {
    return this.#halted;
  }

  /** Hears which revision is live whenever that changes. Returns what ends it. */
  onLive(listener: (live: Revision | undefined) => void): () => void {
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
  async faults(source: Source, library?: Library): Promise<readonly Fault[]> {
    return verdict(await this.check(source, library)).faults;
  }

  /** The same with warnings; of a graph that is to be placed as a node where `isSubgraph` says so. */
  async check(source: Source, library?: Library, isSubgraph = false): Promise<readonly Fault[]> {
    return (await this.#examine(source, library, isSubgraph)).said;
  }

  /**
   * Makes a graph the live revision: checks it, builds and starts it beside the old one, lets questions in, and retires
   * the old one once its last question is answered. Rejects with Faulty, or with the sentence of a node that does not
   * start, and then the old one lives on. What runs already stays as it is, also where it looks different now: it
   * resolves to the live revision then. A graph that is halted stays so: the new one is checked and will be live when it
   * is resumed, and the revision that was live last is what it resolves to. Rejects also with what `admission` throws.
   */
  publish(source: Source, admission: Admission = {}): Promise<Revision> {
    return this.#turns.take(() => this.#publish(source, admission));
  }

  /** Turns questions away from now on, and stops the nodes once the answers that are due are given, without waiting for that. */
  halt(): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#halted || !this.#current) return;
      this.#halted = true;
      this.#flip(undefined, this.#current.revision);
    });
  }

  /** Makes what is published live again: what is as before as the same revision. Rejects as `publish` does, and then it stays halted. */
  resume(admission: Admission = {}): Promise<Revision> {
    return this.#turns.take(async () => {
      if (!this.#current) throw new Error('there is no graph to start yet');
      return this.#halted ? this.#start(this.#current.source, admission) : this.#current.revision;
    });
  }

  /** Turns questions away, waits for the answers that are due, and stops the nodes. */
  stop(): Promise<void> {
    return this.#turns.take(async () => {
      const last = this.live;
      this.#current = undefined;
      this.#halted = false;
      this.#flip(undefined, last);
      await Promise.all(this.#retiring);
    });
  }

  async #publish(source: Source, admission: Admission): Promise<Revision> {
    if (!this.#halted || !this.#current) return this.#start(source, admission);
    const { graph, said } = await this.#examine(source);
    const { faults } = verdict(said);
    if (faults.length > 0) throw new Faulty(faults);
    admission.checked?.(expand(graph, component => this.#around.library.subgraph(component)));
    this.#current = { ...this.#current, source };
    return this.#current.revision;
  }

  async #start(source: Source, admission: Admission): Promise<Revision> {
    const { graph: drawn, said, stamp: components } = await this.#examine(source);
    const { faults, warnings } = verdict(said);
    if (faults.length > 0) throw new Faulty(faults);
    const subgraph = (component: string) => this.#around.library.subgraph(component);
    await setImmediate();
    const graph = expand(drawn, subgraph);
    const stamp = `${stampOf(graph)}\n${components}`;
    const last = this.live;
    const isAgain = this.#current?.stamp === stamp;
    if (last && this.#current && isAgain) {
      this.#current = { ...this.#current, source };
      return last;
    }
    admission.checked?.(graph);
    const plan = {
      number: isAgain ? this.#number : this.#number + 1,
      drawn,
      graph,
      drawings: drawings(drawn, graph, subgraph),
      warnings,
    };
    await setImmediate();
    const revision = await Revision.start(plan, this.#around, (...told) => this.#overran(...told));
    await setImmediate();
    try {
      admission.started?.(revision.number);
    } catch (error) {
      await revision.stop(STOP_PATIENCE);
      throw error;
    }
    this.#number = revision.number;
    this.#current = { source, revision, stamp };
    this.#halted = false;
    this.#flip(revision, last);
    return revision;
  }

  #examine(source: Source, library = this.#around.library, isSubgraph = false): Promise<Examined> {
    return this.#examiner.examine(source, library, isSubgraph ? undefined : this.#around.doors);
  }

  /** Lets questions in to `next`, and retires the one before. */
  #flip(next: Revision | undefined, last: Revision | undefined): void {
    this.#around.gate.open(next);
    if (last) this.#retire(last);
    for (const listener of this.#listeners) listener(next);
  }

  #retire(revision: Revision): void {
    const retired = this.#around.gate
      .drained(revision)
      .then(() => revision.stop(STOP_PATIENCE))
      .finally(() => this.#retiring.delete(retired));
    this.#retiring.add(retired);
  }
}

/** Milliseconds that the nodes of a retired revision have to finish what nobody waits for. */
const STOP_PATIENCE = 2000;
