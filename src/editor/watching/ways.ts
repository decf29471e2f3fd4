import type { Passed } from '../../flow/tap.ts';
import type { Drawing } from '../../flow/wires.ts';
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
type Packet = Omit<Passed, 'edge'> & { readonly drawing: Drawing };

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
      ({ data, at }, drawing) => this.#passed({ data, at, drawing }),
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
  return packets.flatMap((packet, at): Step[] => {
    const { drawing } = packet;
    const node = nodeAt(drawing, drawing.tgt);
    if (node === undefined) return [];
    const next = packets.slice(at + 1).find(later => nodeAt(later.drawing, later.drawing.src) === node);
    const port = next?.drawing.src?.port;
    return [
      {
        node,
        edge: drawing,
        in: redacted(packet.data),
        ...(next && { out: redacted(next.data), ms: next.at - packet.at }),
        ...(port !== undefined && { port }),
      },
    ];
  });
}

/** The name of a node at an end of a wire; of one in a subgraph as `outer/inner`. */
export function nodeAt({ subgraph }: Drawing, end: Drawing['src']): string | undefined {
  return end && [...subgraph, end.node].join('/');
}
