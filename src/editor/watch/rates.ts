import type { Gate } from '../../gate/gate.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { WireLocation } from '../../runtime/subgraph.ts';
import type { Passed } from '../../runtime/tap.ts';
import { follow } from './packets.ts';
import { passage } from './traces.ts';

/** How much passes an edge. */
export interface EdgeRate extends WireLocation {
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

interface NodeCounts {
  packets: number;
  answered: number;
  ms: number;
  errors: number;
}

/** Milliseconds between two figures. */
const PERIOD_MS = 1000;
/** Questions that are in nodes at the same time and whose time is taken. */
const MAX_TIMED = 5000;

/** Counts packets on edges and times nodes while anybody wants to know. */
export class RateMeter {
  readonly #runtime: Runtime;
  readonly #gate: Gate;
  readonly #listeners = new Set<(edges: readonly EdgeRate[], nodes: readonly NodeRate[]) => void>();
  readonly #edges = new Map<WireLocation, number>();
  readonly #nodes = new Map<string, NodeCounts>();
  /** When packets of a question came to the nodes where they are, and to the subgraphs around those, by its id. */
  readonly #inNode = new Map<string, Map<string, number>>();
  /** The number of the revision that was live last. */
  #revision: number | undefined;
  #end: (() => void) | undefined;

  constructor(runtime: Runtime, gate: Gate) {
    this.#runtime = runtime;
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
      this.#runtime,
      () => true,
      (passed, location) => this.#passed(passed, location),
    );
    this.#revision = this.#runtime.live?.number;
    const unlisten = this.#runtime.onLive(live => this.#begin(live?.number));
    const unobserve = this.#gate.observe(({ answer, node, revision }) => {
      this.#inNode.delete(answer.id);
      if (node !== undefined && answer.status >= 500 && revision === this.#revision) this.#node(node).errors += 1;
    });
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      this.#emit((now - last) / 1000);
      last = now;
    }, PERIOD_MS).unref();
    return () => {
      unfollow();
      unlisten();
      unobserve();
      clearInterval(timer);
      for (const kept of [this.#edges, this.#nodes, this.#inNode]) kept.clear();
    };
  }

  /** Begins to count anew where another revision is live; one that is stopped and started again stays what it was. */
  #begin(revision: number | undefined): void {
    if (revision === undefined || revision === this.#revision) return;
    this.#revision = revision;
    this.#nodes.clear();
  }

  #passed({ data, at, edge }: Passed, location: WireLocation): void {
    if (location.src && location.tgt) this.#edges.set(location, (this.#edges.get(location) ?? 0) + 1);
    const { left, reached } = passage(edge, location);
    const question = this.#question(data);
    if (question !== undefined) this.#time(question, left, reached, at);
    for (const name of reached) this.#node(name).packets += 1;
  }

  /** The question that a packet belongs to; where it has no id, the one in whose course it passes. */
  #question(data: unknown): string | undefined {
    const { id } = Object(data) as { id?: unknown };
    if (typeof id === 'string' && this.#inNode.has(id)) return id;
    return this.#gate.asking() ?? (typeof id === 'string' ? id : undefined);
  }

  #time(question: string, left: readonly string[], reached: readonly string[], at: number): void {
    const inNode = this.#inNode.get(question) ?? new Map<string, number>();
    for (const name of left) {
      const since = inNode.get(name);
      if (since === undefined) continue;
      const node = this.#node(name);
      node.ms += at - since;
      node.answered += 1;
      inNode.delete(name);
    }
    for (const name of reached) inNode.set(name, at);
    if (inNode.size === 0) this.#inNode.delete(question);
    else this.#inNode.set(question, inNode);
    // What came last is of more use than what never left a node.
    if (this.#inNode.size > MAX_TIMED) this.#inNode.delete(this.#inNode.keys().next().value!);
  }

  #node(name: string): NodeCounts {
    let node = this.#nodes.get(name);
    if (!node) {
      node = { packets: 0, answered: 0, ms: 0, errors: 0 };
      this.#nodes.set(name, node);
    }
    return node;
  }

  #emit(seconds: number): void {
    const edges = [...this.#edges].map(([location, packets]) => ({ ...location, perSecond: packets / seconds }));
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
