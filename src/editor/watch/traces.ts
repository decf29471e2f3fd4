import type { Gate, Outcome, Request } from '../../gate/gate.ts';
import type { Answer } from '../../model/packets.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { EndLocation, WireLocation } from '../../runtime/subgraph.ts';
import type { Passed, Wire } from '../../runtime/tap.ts';
import { follow } from './packets.ts';
import { redacted } from './redact.ts';

/** One node on the way of a question. Packets are redacted. */
interface Step {
  readonly node: string;
  /** Milliseconds until the next packet left it; nothing where none did. */
  readonly ms?: number;
  /** The edge by which it came; without a source where it came in from outside. */
  readonly edge: WireLocation;
  readonly in: unknown;
  readonly out?: unknown;
  /** The port by which it went on. */
  readonly port?: string;
  /** The graph's own port by which it came in from outside. */
  readonly inport?: string;
  /** The graph's own port by which a packet left from here. */
  readonly outport?: string;
}

/** A packet of a question, and where it passed. */
type Packet = Passed & { readonly location: WireLocation };

/** The nodes that packets of one question reached, in order, each with what left it next. */
export function stepsOf(packets: readonly Packet[]): Step[] {
  const passages = packets.map(({ edge, location }) => passage(edge, location));
  return packets.flatMap((packet, at) =>
    passages[at]!.reached.map((node): Step => {
      const sent = packets.filter((_, later) => later > at && passages[later]!.left.includes(node));
      const [next] = sent;
      const port = next && portOf(next, node);
      return {
        node,
        edge: packet.location,
        in: redacted(packet.data),
        ...(next && { out: redacted(next.data), ms: next.at - packet.at }),
        ...(port !== undefined && { port }),
        ...outers(packet, sent),
      };
    }),
  );
}

/** The graph's own ports by which a packet came in from outside, and by which one of those that were sent then left. */
function outers({ edge }: Packet, sent: readonly Packet[]): Pick<Step, 'inport' | 'outport'> {
  const [outport] = sent.flatMap(({ edge }) => ('to' in edge ? [] : [edge.from.name]));
  return {
    ...(!('from' in edge) && 'name' in edge.to && { inport: edge.to.name }),
    ...(outport !== undefined && { outport }),
  };
}

/** The port by which a packet left a node, or the subgraph that its wire is drawn at. */
function portOf({ edge, location: { src, subgraph } }: Packet, node: string): string | undefined {
  if ('from' in edge && edge.from.node === node) return edge.from.port;
  return src && [...subgraph, src.node].join('/') === node ? src.port : undefined;
}

/**
 * The nodes that a packet leaves and reaches on a wire, the outermost first: a wire to a subgraph reaches the subgraph and
 * the node in it that it leads to. What is in a subgraph is called `outer/inner`.
 */
export function passage(wire: Wire, location: WireLocation): { readonly left: string[]; readonly reached: string[] } {
  const { from, to } = wire as { from?: EndLocation; to?: EndLocation };
  return { left: nodesAt(location, location.src, from), reached: nodesAt(location, location.tgt, to) };
}

/** The node that is drawn at an end of a wire, and those in it down to the one where the wire ends indeed. */
function nodesAt({ subgraph }: WireLocation, drawn: EndLocation | undefined, end: EndLocation | undefined): string[] {
  if (!drawn) return [];
  const outermost = [...subgraph, drawn.node].join('/');
  const inner =
    end?.node
      .slice(outermost.length + 1)
      .split('/')
      .filter(Boolean) ?? [];
  return [outermost, ...inner.map((_, i) => [outermost, ...inner.slice(0, i + 1)].join('/'))];
}

/** What happened to a question, from the door to its answer. */
export interface Trace {
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

/** Ways that are kept to be found again. */
const MAX_KEPT = 500;
/** Questions that are kept to be asked again. */
const MAX_RECORDED = 20;
/** Questions under way that are followed, and answered ones whose packets may still pass. */
const MAX_OPEN = 2000;
const MAX_ANSWERED = 500;
/** Packets of a question that are followed, so that one which goes round costs no more than others. */
const MAX_PACKETS = 200;
/** Milliseconds that a question is followed after its answer: others hear of a message only then. */
const FOLLOW_MS = 1000;
/** Milliseconds until a way is told, out of the packets' way. */
const DELAY_MS = 20;

/** What has passed of a question that is followed. */
interface FollowedQuestion {
  readonly packets: Packet[];
  /** How it was answered; nothing while it waits. */
  readonly answered?: Answered;
}

interface Answered {
  readonly outcome: Outcome;
  readonly request: Request;
  readonly ms: number;
  readonly at: Date;
  /** When it is not followed any more. */
  readonly until: number;
}

/** A question that can be asked again, and how it was answered. */
export interface Recorded {
  readonly request: Request;
  readonly answer: Answer;
}

/** Follows questions through the graph while anybody wants to know, and keeps the last ways. */
export class Traces {
  readonly #runtime: Runtime;
  readonly #gate: Gate;
  readonly #listeners = new Set<(trace: Trace) => void>();
  /** By the question's id, as all of these. */
  readonly #open = new Map<string, FollowedQuestion>();
  readonly #answered = new Map<string, FollowedQuestion>();
  readonly #kept = new Map<string, Trace>();
  /** Those of which something is to be told. */
  readonly #news = new Map<string, FollowedQuestion>();
  readonly #recorded: Recorded[] = [];
  #timer: NodeJS.Timeout | undefined;
  #end: (() => void) | undefined;

  constructor(runtime: Runtime, gate: Gate) {
    this.#runtime = runtime;
    this.#gate = gate;
  }

  /**
   * Hears of each way when its question is answered, and again as a whole when it went on after that. Returns what ends
   * it.
   */
  listen(heard: (trace: Trace) => void): () => void {
    this.#listeners.add(heard);
    this.#end ??= this.#follow();
    return () => {
      if (this.#listeners.size === 1) this.#emit();
      this.#listeners.delete(heard);
      if (this.#listeners.size > 0) return;
      this.#end?.();
      this.#end = undefined;
      this.#open.clear();
      this.#answered.clear();
    };
  }

  /** The kept ways that hold all words of a text, in packets or their id, the newest first; capitals don't matter. */
  find(text: string): readonly Trace[] {
    this.#emit();
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return [...this.#kept.values()].filter(trace => holds(trace, words)).toReversed();
  }

  /** The last `most` ways, the newest first; fewer where they would have more characters than that as JSON. */
  recent(most: number, characters: number): readonly Trace[] {
    this.#emit();
    const told: Trace[] = [];
    let left = characters;
    for (const trace of [...this.#kept.values()].slice(-most).toReversed()) {
      left -= JSON.stringify(trace).length;
      if (left < 0) break;
      told.push(trace);
    }
    return told;
  }

  /** The last 20 questions that were answered, the oldest first. */
  get recorded(): readonly Recorded[] {
    return this.#recorded;
  }

  #follow(): () => void {
    const unfollow = follow(
      this.#runtime,
      () => true,
      (passed, location) => this.#passed({ ...passed, location }),
    );
    const unobserve = this.#gate.observe((outcome, request, ms) => this.#ended(outcome, request, ms));
    return () => {
      unfollow();
      unobserve();
    };
  }

  #passed(packet: Packet): void {
    const { id } = Object(packet.data) as { id?: unknown };
    const known = typeof id === 'string' && this.#open.has(id) ? id : this.#gate.asking();
    const course = known === undefined ? undefined : this.#course(known);
    if (known === undefined || !course || course.packets.length >= MAX_PACKETS) return;
    course.packets.push(packet);
    if (course.answered) this.#note(known, course);
  }

  /** A question that is still followed, or begins to be. */
  #course(id: string): FollowedQuestion | undefined {
    const known = this.#open.get(id) ?? this.#answered.get(id);
    if (known) return (known.answered?.until ?? Number.POSITIVE_INFINITY) >= performance.now() ? known : undefined;
    if (this.#open.size >= MAX_OPEN || !this.#gate.waits(id)) return;
    const course = { packets: [] };
    this.#open.set(id, course);
    return course;
  }

  #ended(outcome: Outcome, request: Request, ms: number): void {
    const { id } = outcome.answer;
    const packets = this.#open.get(id)?.packets ?? [];
    const course = {
      packets,
      answered: { outcome, request, ms, at: new Date(), until: performance.now() + FOLLOW_MS },
    };
    this.#open.delete(id);
    this.#answered.set(id, course);
    if (this.#answered.size > MAX_ANSWERED) dropOldest(this.#answered);
    this.#note(id, course);
    this.#recorded.push({ request, answer: outcome.answer });
    if (this.#recorded.length > MAX_RECORDED) this.#recorded.shift();
  }

  #note(id: string, course: FollowedQuestion): void {
    this.#news.set(id, course);
    this.#timer ??= setTimeout(() => this.#emit(), DELAY_MS).unref();
  }

  /** Keeps and tells what is new. */
  #emit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const news = [...this.#news];
    this.#news.clear();
    for (const [id, { packets, answered }] of news) {
      if (!answered) continue;
      const trace = traceOf(answered, packets);
      this.#kept.set(id, trace);
      if (this.#kept.size > MAX_KEPT) dropOldest(this.#kept);
      for (const heard of this.#listeners) heard(trace);
    }
  }
}

function traceOf({ outcome, request, ms, at }: Answered, packets: readonly Packet[]): Trace {
  const { answer, node, revision } = outcome;
  return {
    id: answer.id,
    ...(revision !== undefined && { revision }),
    at: at.toISOString(),
    method: request.method,
    path: request.path,
    status: answer.status,
    ms,
    ...(node !== undefined && { node }),
    ...('detail' in answer && { detail: answer.detail }),
    steps: stepsOf(packets),
  };
}

function holds({ id, path, steps }: Trace, words: readonly string[]): boolean {
  const texts = textsIn([id, path, ...steps.flatMap(step => [step.in, step.out])]).map(text => text.toLowerCase());
  return words.every(word => texts.some(text => text.includes(word)));
}

/** All texts in JSON data. */
function textsIn(data: unknown): readonly string[] {
  if (typeof data === 'string') return [data];
  return typeof data === 'object' && data !== null ? Object.values(data).flatMap(textsIn) : [];
}

function dropOldest(kept: Map<string, unknown>): void {
  kept.delete(kept.keys().next().value!);
}
