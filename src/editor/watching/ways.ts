import type { Passed, Wire } from '../../flow/tap.ts';
import type { Drawing, Drawn } from '../../flow/wires.ts';
import type { Flow } from '../../flow.ts';
import type { Gate, Outcome, Request } from '../../gate.ts';
import { follow } from './packets.ts';
import { redacted } from './redact.ts';

/** One node on the way of a question. Packets are redacted. */
export interface Step {
  readonly node: string;
  /** Milliseconds until the next packet left it; nothing where none did. */
  readonly ms?: number;
  /** The edge by which it came; without a source where it came in from outside. */
  readonly edge: Drawing;
  readonly in: unknown;
  readonly out?: unknown;
  /** The port by which it went on. */
  readonly port?: string;
}

/** What happened to a question, from the door to its answer. */
export interface Way {
  readonly id: string;
  readonly revision?: number;
  /** When it was answered, as ISO says it. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  /** The node that refused or failed it. */
  readonly node?: string;
  readonly detail?: string;
  readonly steps: readonly Step[];
}

/** A packet of a question, and where it passed. */
type Packet = Passed & { readonly drawing: Drawing };

/** Ways that are kept to be found again. */
const MOST_KEPT = 500;
/** Questions under way that are followed. */
const MOST_OPEN = 2000;

/** Follows questions through the graph while anybody wants to know, and keeps the last ways. */
export class Ways {
  readonly #flow: Flow;
  readonly #gate: Gate;
  readonly #listeners = new Set<(way: Way) => void>();
  readonly #open = new Map<string, Packet[]>();
  readonly #kept: { readonly way: Way; readonly request: Request }[] = [];
  #end: (() => void) | undefined;

  constructor(flow: Flow, gate: Gate) {
    this.#flow = flow;
    this.#gate = gate;
  }

  /** Hears of each way when its question is answered. Returns what ends it. */
  listen(heard: (way: Way) => void): () => void {
    this.#listeners.add(heard);
    this.#end ??= this.#follow();
    return () => {
      this.#listeners.delete(heard);
      if (this.#listeners.size > 0) return;
      this.#end?.();
      this.#end = undefined;
      this.#open.clear();
    };
  }

  /** The kept ways that hold a text, in a packet or their id, the newest first. */
  find(text: string): readonly Way[] {
    const ways = this.#kept.map(({ way }) => way);
    return ways.filter(way => JSON.stringify(way).includes(text)).toReversed();
  }

  /** The last `most` ways, the newest first; fewer where they would have more characters than that as JSON. */
  recent(most: number, characters: number): readonly Way[] {
    const told: Way[] = [];
    let left = characters;
    for (const { way } of this.#kept.slice(-most).reverse()) {
      left -= JSON.stringify(way).length;
      if (left < 0) break;
      told.push(way);
    }
    return told;
  }

  /** The last `most` questions with how they were answered, the oldest first. */
  recorded(most: number): readonly { readonly request: Request; readonly way: Way }[] {
    return this.#kept.slice(-most);
  }

  #follow(): () => void {
    const unfollow = follow(
      this.#flow,
      () => true,
      (passed, drawing) => this.#passed({ ...passed, drawing }),
    );
    const unobserve = this.#gate.observe((outcome, request, ms) => this.#answered(outcome, request, ms));
    return () => {
      unfollow();
      unobserve();
    };
  }

  #passed(packet: Packet): void {
    const { id } = Object(packet.data) as { id?: unknown };
    const known = typeof id === 'string' && this.#open.has(id) ? id : this.#gate.asking();
    if (known === undefined) return;
    const packets = this.#open.get(known);
    if (packets) packets.push(packet);
    else if (this.#open.size < MOST_OPEN) this.#open.set(known, [packet]);
  }

  #answered(outcome: Outcome, request: Request, ms: number): void {
    const { method, path } = request;
    const { answer, node, revision } = outcome;
    const packets = this.#open.get(answer.id) ?? [];
    this.#open.delete(answer.id);
    const way: Way = {
      id: answer.id,
      ...(revision !== undefined && { revision }),
      at: new Date().toISOString(),
      method,
      path,
      status: answer.status,
      ms,
      ...(node !== undefined && { node }),
      ...('detail' in answer && { detail: answer.detail }),
      steps: steps(packets),
    };
    this.#kept.push({ way, request });
    if (this.#kept.length > MOST_KEPT) this.#kept.shift();
    for (const heard of this.#listeners) heard(way);
  }
}

/** The nodes that packets of one question reached, in order, each with what left it next. */
export function steps(packets: readonly Packet[]): Step[] {
  const passages = packets.map(({ edge, drawing }) => passage(edge, drawing));
  return packets.flatMap((packet, at) =>
    passages[at]!.reached.map((node): Step => {
      const next = packets.find((_, later) => later > at && passages[later]!.left.includes(node));
      const port = next && portOf(next, node);
      return {
        node,
        edge: packet.drawing,
        in: redacted(packet.data),
        ...(next && { out: redacted(next.data), ms: next.at - packet.at }),
        ...(port !== undefined && { port }),
      };
    }),
  );
}

/** The port by which a packet left a node, or the subgraph that its wire is drawn at. */
function portOf({ edge, drawing: { src, subgraph } }: Packet, node: string): string | undefined {
  if ('from' in edge && edge.from.node === node) return edge.from.port;
  return src && [...subgraph, src.node].join('/') === node ? src.port : undefined;
}

/**
 * The nodes that a packet leaves and reaches on a wire, the outermost first: a wire to a subgraph reaches the subgraph and
 * the node in it that it leads to. What is in a subgraph is called `outer/inner`.
 */
export function passage(wire: Wire, drawing: Drawing): { readonly left: string[]; readonly reached: string[] } {
  const { from, to } = wire as { from?: Drawn; to?: Drawn };
  return { left: nodesAt(drawing, drawing.src, from), reached: nodesAt(drawing, drawing.tgt, to) };
}

/** The node that is drawn at an end of a wire, and those in it down to the one where the wire ends indeed. */
function nodesAt({ subgraph }: Drawing, drawn: Drawn | undefined, end: Drawn | undefined): string[] {
  if (!drawn) return [];
  const outermost = [...subgraph, drawn.node].join('/');
  const inner =
    end?.node
      .slice(outermost.length + 1)
      .split('/')
      .filter(Boolean) ?? [];
  return [outermost, ...inner.map((_, i) => [outermost, ...inner.slice(0, i + 1)].join('/'))];
}
