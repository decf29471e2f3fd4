import type { Passed } from '../../flow/tap.ts';
import type { Drawing } from '../../flow/wires.ts';
import type { Flow } from '../../flow.ts';
import type { Gate } from '../../gate.ts';
import { follow } from './packets.ts';
import { passage } from './ways.ts';

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
  /** Failures since this began. */
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
/** Packets that are in a node at the same time and whose time is taken. */
const MOST_INSIDE = 5000;

/** Counts packets on edges and times nodes while anybody wants to know. */
export class Rates {
  readonly #flow: Flow;
  readonly #gate: Gate;
  readonly #listeners = new Set<(edges: readonly EdgeRate[], nodes: readonly NodeRate[]) => void>();
  readonly #edges = new Map<Drawing, number>();
  readonly #nodes = new Map<string, Node>();
  /** When a question came to the node where it is, and to the subgraphs around that, by its id. */
  readonly #inside = new Map<string, ReadonlyMap<string, number>>();
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
    const unobserve = this.#gate.observe(({ answer, node }) => {
      this.#inside.delete(answer.id);
      if (node !== undefined && answer.status >= 500) this.#node(node).errors += 1;
    });
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      this.#tell((now - last) / 1000);
      last = now;
    }, PERIOD).unref();
    return () => {
      unfollow();
      unobserve();
      clearInterval(timer);
      for (const kept of [this.#edges, this.#nodes, this.#inside]) kept.clear();
    };
  }

  #passed({ data, at, edge }: Passed, drawing: Drawing): void {
    if (drawing.src && drawing.tgt) this.#edges.set(drawing, (this.#edges.get(drawing) ?? 0) + 1);
    const { left, reached } = passage(edge, drawing);
    const { id } = Object(data) as { id?: unknown };
    if (typeof id === 'string') this.#time(id, left, reached, at);
    for (const name of reached) this.#node(name).packets += 1;
  }

  #time(id: string, left: readonly string[], reached: readonly string[], at: number): void {
    const inside = this.#inside.get(id);
    for (const name of left) {
      const since = inside?.get(name);
      if (since === undefined) continue;
      const node = this.#node(name);
      node.ms += at - since;
      node.answered += 1;
    }
    if (reached.length === 0 || this.#inside.size >= MOST_INSIDE) return;
    const around = [...(inside ?? [])].filter(([name]) => reached[0]!.startsWith(`${name}/`));
    this.#inside.set(id, new Map([...around, ...reached.map(name => [name, at] as const)]));
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
