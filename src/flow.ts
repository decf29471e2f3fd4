import { check, type Fault, print } from './check.ts';
import { type Graph, read } from './fbp.ts';
import { byPlace } from './fbp-place.ts';
import { Revision, type Surroundings } from './revision.ts';
import { expand } from './subgraph.ts';

/** A graph that can't run. Its message has every fault on a line of its own. */
export class Faulty extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(print).join('\n'));
    this.name = 'Faulty';
    this.faults = faults;
  }
}

/** Which revision of the graph lives, and how the next one takes its place. */
export class Flow {
  readonly #around: Surroundings;
  #live: Revision | undefined;
  #stamp: string | undefined;
  #number = 0;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #retiring = new Set<Promise<void>>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get live(): Revision | undefined {
    return this.#live;
  }

  /** All faults of a graph and of its subgraphs, in the order of the text. */
  async faults(file: string, text: string): Promise<readonly Fault[]> {
    return (await this.#examine(file, text)).faults;
  }

  /**
   * Makes a graph the live revision: checks it, builds and starts it beside the old one, lets questions in, and retires
   * the old one once its last question is answered. Rejects with Faulty, or with the sentence of a node that does not
   * start, and then the old one lives on. What is live already stays as it is.
   */
  publish(file: string, text: string): Promise<Revision> {
    const turn = this.#turn.then(() => this.#publish(file, text));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Turns questions away, waits for the answers that are due, and stops the nodes. */
  stop(): Promise<void> {
    const turn = this.#turn.then(() => this.#stop());
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #stop(): Promise<void> {
    const last = this.#live;
    this.#live = undefined;
    this.#around.gate.open(undefined);
    if (last) this.#retire(last);
    await Promise.all(this.#retiring);
  }

  async #publish(file: string, text: string): Promise<Revision> {
    const { graph, faults, stamp } = await this.#examine(file, text);
    if (faults.length > 0) throw new Faulty(faults);
    const last = this.#live;
    if (last && this.#stamp === stamp) return last;
    const { library, gate } = this.#around;
    const flat = expand(graph, component => library.subgraph(component));
    const revision = await Revision.start(this.#number + 1, flat, this.#around);
    this.#number = revision.number;
    this.#stamp = stamp;
    this.#live = revision;
    gate.open(revision);
    if (last) this.#retire(last);
    return revision;
  }

  async #examine(file: string, text: string): Promise<{ graph: Graph; faults: readonly Fault[]; stamp: string }> {
    const { library, doors } = this.#around;
    const main = read(file, text);
    const { subgraphs, stamp } = await library.prepare(main.graph);
    const faults = [main, ...subgraphs].flatMap(({ graph, faults: syntax }) => {
      const meaning = check(graph, library, graph === main.graph ? doors : undefined, { partial: syntax.length > 0 });
      return [...syntax, ...meaning].sort(byPlace);
    });
    return { graph: main.graph, faults, stamp: `${text}\n${stamp}` };
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
