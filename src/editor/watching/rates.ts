import type { Passed } from '../../flow/tap.ts';
import type { Drawing } from '../../flow/wires.ts';
import type { Flow } from '../../flow.ts';
import type { Gate } from '../../gate.ts';
import { follow } from './packets.ts';
import { passage } from './steps.ts';

/** How much passes an edge. */
export interface EdgeRate extends Drawing {
  readonly perSecond: number;
}

/** How a node does. */
export interface NodeRate {
  readonly id: string;
  readonly perSecond: number;
  /** Mean milliseconds from a packet in to the next one out, of those questions that went on from there. */
  readonly ms: number;
  /** Failures since the revision went live, or since somebody has watched, if that was later. */
  readonly errors: number;
}

interface Node {
  packets: number;
  answered: number;
  ms: number;
  errors: number;
}

/** Milliseconds between two figures. */
const PERIOD = 1000;
/** Questions that are in nodes at the same time and whose time is taken. */
const MOST_INSIDE = 5000;

/** Counts packets on edges and times nodes while anybody wants to know. */
export class Rates {
  readonly #flow: Flow;
  readonly #gate: Gate;
  readonly #listeners = new Set<(edges: readonly EdgeRate[], nodes: readonly NodeRate[]) => void>();
  readonly #edges = new Map<Drawing, number>();
  readonly #nodes = new Map<string, Node>();
  /** When packets of a question came to the nodes where they are, and to the subgraphs around those, by its id. */
  readonly #inside = new Map<string, Map<string, number>>();
  /** The number of the revision that was live last. */
  #revision: number | undefined;
  #end: (() => void) | undefined;

  constructor(flow: Flow, gate: Gate) {
    this.#flow = flow;
    this.#gate = gate;
  }

  /** Hears the figures each second. Returns what ends it. */
  listen(heard: (edges: readonly EdgeRate[], nodes: readonly NodeRate[]) => void): () => void {
    this.#listeners.add(heard);
    this.#end ??= this.#measure();
    return () => {
      this.#listeners.delete(heard);
      if (this.#listeners.size > 0) return;
      this.#end?.();
      this.#end = undefined;
    };
  }

  #measure(): () => void {
    const unfollow = follow(
      this.#flow,
      () => true,
      (passed, drawing) => this.#passed(passed, drawing),
    );
    this.#revision = this.#flow.live?.number;
    const unlisten = this.#flow.onLive(live => this.#begin(live?.number));
    const unobserve = this.#gate.observe(({ answer, node, revision }) => {
      this.#inside.delete(answer.id);
      if (node !== undefined && answer.status >= 500 && revision === this.#revision) this.#node(node).errors += 1;
    });
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      this.#tell((now - last) / 1000);
      last = now;
    }, PERIOD).unref();
    return () => {
      unfollow();
      unlisten();
      unobserve();
      clearInterval(timer);
      for (const kept of [this.#edges, this.#nodes, this.#inside]) kept.clear();
    };
  }

  /** Begins to count anew where another revision is live; one that is stopped and started again stays what it was. */
  #begin(revision: number | undefined): void {
    if (revision === undefined || revision === this.#revision) return;
    this.#revision = revision;
    this.#nodes.clear();
  }

  #passed({ data, at, edge }: Passed, drawing: Drawing): void {
    if (drawing.src && drawing.tgt) this.#edges.set(drawing, (this.#edges.get(drawing) ?? 0) + 1);
    const { left, reached } = passage(edge, drawing);
    const question = this.#question(data);
    if (question !== undefined) this.#time(question, left, reached, at);
    for (const name of reached) this.#node(name).packets += 1;
  }

  /** The question that a packet belongs to; where it has no id, the one in whose course it passes. */
  #question(data: unknown): string | undefined {
    const { id } = Object(data) as { id?: unknown };
    if (typeof id === 'string' && this.#inside.has(id)) return id;
    return this.#gate.asking() ?? (typeof id === 'string' ? id : undefined);
  }

  #time(question: string, left: readonly string[], reached: readonly string[], at: number): void {
    const inside = this.#inside.get(question) ?? new Map<string, number>();
    for (const name of left) {
      const since = inside.get(name);
      if (since === undefined) continue;
      const node = this.#node(name);
      node.ms += at - since;
      node.answered += 1;
      inside.delete(name);
    }
    for (const name of reached) inside.set(name, at);
    if (inside.size === 0) this.#inside.delete(question);
    else this.#inside.set(question, inside);
    // What came last is of more use than what never left a node.
    if (this.#inside.size > MOST_INSIDE) this.#inside.delete(this.#inside.keys().next().value!);
  }

  #node(name: string): Node {
    let node = this.#nodes.get(name);
    if (!node) {
      node = { packets: 0, answered: 0, ms: 0, errors: 0 };
      this.#nodes.set(name, node);
    }
    return node;
  }

  #tell(seconds: number): void {
    const edges = [...this.#edges].map(([drawing, packets]) => ({ ...drawing, perSecond: packets / seconds }));
    const nodes = [...this.#nodes].map(([id, { packets, answered, ms, errors }]) => ({
      id,
      perSecond: packets / seconds,
      ms: answered > 0 ? ms / answered : 0,
      errors,
    }));
    this.#edges.clear();
    for (const node of this.#nodes.values()) Object.assign(node, { packets: 0, answered: 0, ms: 0 });
    for (const heard of this.#listeners) heard(edges, nodes);
  }
}
