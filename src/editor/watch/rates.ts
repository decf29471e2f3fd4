import type { Gate } from '../../gate/gate.ts';
import { dropOldest } from '../../model/cached.ts';
import type { ServerPayloads } from '../../model/server-messages.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { WireLocation } from '../../runtime/subgraph.ts';
import type { Passed } from '../../runtime/tap.ts';
import { follow } from './packets.ts';
import { passage } from './traces.ts';

type Rates = ServerPayloads['flowchat:rates'];

interface NodeCounts {
  packets: number;
  answered: number;
  ms: number;
  errors: number;
}

/** Milliseconds between reports. */
const PERIOD_MS = 1000;
/** Most questions timed at once. */
const MAX_TIMED = 5000;

/** Counts packets on edges and times nodes while anyone listens. */
export class RateMeter {
  readonly #runtime: Runtime;
  readonly #gate: Gate;
  readonly #listeners = new Set<(rates: Rates) => void>();
  readonly #edges = new Map<WireLocation, number>();
  readonly #nodes = new Map<string, NodeCounts>();
  /** For each question its arrival times by node, including the surrounding subgraphs. */
  readonly #inNode = new Map<string, Map<string, number>>();
  /** Number of the last live revision. */
  #revision: number | undefined;
  #end: (() => void) | undefined;

  constructor(runtime: Runtime, gate: Gate) {
    this.#runtime = runtime;
    this.#gate = gate;
  }

  /** Reports rates each second. Returns a function that ends it. */
  listen(heard: (rates: Rates) => void): () => void {
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

  /** Restarts the counts for a new revision; a restarted one continues. */
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

  /** The question of a packet: by its id, or by the async context. */
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
    // Drops the oldest question, which may never leave its node.
    dropOldest(this.#inNode, MAX_TIMED);
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
    for (const heard of this.#listeners) heard({ edges, nodes });
  }
}
