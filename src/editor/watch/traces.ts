import type { Gate, Outcome, Request } from '../../gate/gate.ts';
import { dropOldest } from '../../model/cached.ts';
import type { Answer } from '../../model/packets.ts';
import type { ServerPayloads } from '../../model/server-messages.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { EndLocation, WireLocation } from '../../runtime/subgraph.ts';
import type { Passed, Wire } from '../../runtime/tap.ts';
import type { RemovedMessage } from '../../store/store.ts';
import { follow } from './packets.ts';
import { type IsPrivate, withoutPrivateText } from './private-text.ts';
import { isLateRepeat, RemovedMessages, redacted, shownMessages } from './redact.ts';

/** A question's trace, from its arrival to its answer. Packets are redacted. */
export type Trace = ServerPayloads['flowchat:way'];

/** A node that a question reached. */
type Step = Trace['steps'][number];

/** A question's packet and where it passed. */
type Packet = Passed & { readonly location: WireLocation };

/** The nodes that a question's packets reached, in order, each with the next packet that left it. */
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

/** The outer ports of a packet's entry, and of the exit of one of the following packets. */
function outers({ edge }: Packet, sent: readonly Packet[]): Pick<Step, 'inport' | 'outport'> {
  const [outport] = sent.flatMap(({ edge }) => ('to' in edge ? [] : [edge.from.name]));
  return {
    ...(!('from' in edge) && 'name' in edge.to && { inport: edge.to.name }),
    ...(outport !== undefined && { outport }),
  };
}

/** The port by which a packet left a node, or left the subgraph at the end of which its wire is drawn. */
function portOf({ edge, location: { src, subgraph } }: Packet, node: string): string | undefined {
  if ('from' in edge && edge.from.node === node) return edge.from.port;
  return src && [...subgraph, src.node].join('/') === node ? src.port : undefined;
}

/**
 * Nodes that a packet leaves and reaches on a wire, outermost first: a wire into a subgraph reaches the subgraph and
 * the inner node. Nodes in a subgraph are named `outer/inner`.
 */
export function passage(wire: Wire, location: WireLocation): { readonly left: string[]; readonly reached: string[] } {
  const { from, to } = wire as { from?: EndLocation; to?: EndLocation };
  return { left: nodesAt(location, location.src, from), reached: nodesAt(location, location.tgt, to) };
}

/** The node drawn at a wire's end, and those within it down to the wire's actual end. */
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

/** Most stored traces. */
const MAX_KEPT = 500;
/** Limit of recorded questions for tests. */
const MAX_RECORDED = 20;
/** Most followed questions: pending ones, and answered ones with packets still under way. */
const MAX_OPEN = 2000;
const MAX_ANSWERED = 500;
/** Most packets followed per question, so that a loop costs no more than others. */
const MAX_PACKETS = 200;
/** Milliseconds a question is followed after its answer, as subscribers get a message only then. */
const FOLLOW_MS = 1000;
/** Milliseconds until removed messages are looked for, as many may be removed at once. */
const BLANK_DELAY_MS = 200;
/** Milliseconds until a trace is reported, so as not to delay the packets. */
const DELAY_MS = 20;

/** A followed question so far. */
interface FollowedQuestion {
  readonly packets: Packet[];
  /** Its answer; undefined while pending. */
  readonly answered?: Answered;
  /** Set once a message in its packets was removed. */
  isBlank?: boolean;
}

/** A stored trace, and the ids of the messages whose texts it contains. */
interface StoredTrace {
  readonly trace: Trace;
  readonly shown: ReadonlySet<string>;
}

interface Answered {
  readonly outcome: Outcome;
  readonly request: Request;
  readonly ms: number;
  readonly at: Date;
  /** When following ends. */
  readonly until: number;
}

/** A recorded question with its answer; it is repeated as a caller of the same kind and role. */
export interface Recorded {
  readonly request: Request;
  readonly answer: Answer;
}

/** Follows questions through the graph while anyone listens, and stores the last traces. */
export class Traces {
  readonly #runtime: Runtime;
  readonly #gate: Gate;
  readonly #isPrivate: IsPrivate;
  readonly #listeners = new Set<(trace: Trace) => void>();
  /** By question id, as the maps below. */
  readonly #open = new Map<string, FollowedQuestion>();
  readonly #answered = new Map<string, FollowedQuestion>();
  readonly #kept = new Map<string, StoredTrace>();
  /** Questions with something new to report. */
  readonly #news = new Map<string, FollowedQuestion>();
  #recorded: Recorded[] = [];
  readonly #removed = new RemovedMessages();
  #timer: NodeJS.Timeout | undefined;
  #blankTimer: NodeJS.Timeout | undefined;
  #end: (() => void) | undefined;

  constructor(runtime: Runtime, gate: Gate, isPrivate: IsPrivate = () => false) {
    this.#runtime = runtime;
    this.#gate = gate;
    this.#isPrivate = isPrivate;
  }

  /**
   * Reports each trace when its question is answered, and again, whole, if it went on afterwards. Returns a function
   * that ends it.
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

  /**
   * Stored traces, filtered by what somebody may see, whose packets or id contain all words of a text, ignoring case;
   * newest first.
   */
  find(text: string, shown: (trace: Trace) => Trace = trace => trace): readonly Trace[] {
    this.#emit();
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const traces = [...this.#kept.values()].map(({ trace }) => shown(trace));
    return traces.filter(trace => holds(trace, words)).toReversed();
  }

  /** The last `most` traces, newest first; fewer if their JSON would exceed `characters`. */
  recent(most: number, characters: number): readonly Trace[] {
    this.#emit();
    const told: Trace[] = [];
    let left = characters;
    for (const { trace } of [...this.#kept.values()].slice(-most).toReversed()) {
      left -= JSON.stringify(trace).length;
      if (left < 0) break;
      told.push(trace);
    }
    return told;
  }

  /** The last 20 answered questions outside private rooms, oldest first. */
  get recorded(): readonly Recorded[] {
    this.#blank();
    return this.#recorded;
  }

  /** Removes packets that contain a removed message from all traces, and drops recorded questions that do. */
  forget(removed: RemovedMessage): void {
    this.#removed.add(removed);
    this.#blankTimer ??= setTimeout(() => this.#emit(), BLANK_DELAY_MS).unref();
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
    const followed = known === undefined ? undefined : this.#followed(known);
    if (known === undefined || !followed || followed.packets.length >= MAX_PACKETS) return;
    followed.packets.push(packet);
    if (followed.answered) this.#note(known, followed);
  }

  /** A followed question; starts to follow a new one. */
  #followed(id: string): FollowedQuestion | undefined {
    const known = this.#open.get(id) ?? this.#answered.get(id);
    if (known) return (known.answered?.until ?? Number.POSITIVE_INFINITY) >= performance.now() ? known : undefined;
    if (this.#open.size >= MAX_OPEN || !this.#gate.waits(id)) return;
    const followed = { packets: [] };
    this.#open.set(id, followed);
    return followed;
  }

  #ended(outcome: Outcome, request: Request, ms: number): void {
    const { id } = outcome.answer;
    const { packets, isBlank: wasBlank = false }: FollowedQuestion = this.#open.get(id) ?? { packets: [] };
    const isBlank = wasBlank || packets.some(({ data }) => isLateRepeat(data));
    const followed = {
      packets,
      isBlank,
      answered: { outcome, request, ms, at: new Date(), until: performance.now() + FOLLOW_MS },
    };
    this.#open.delete(id);
    this.#answered.set(id, followed);
    dropOldest(this.#answered, MAX_ANSWERED);
    this.#note(id, followed);
    const { kind, role } = request.who;
    const who = Object.freeze({ kind, id: request.from, name: '', role });
    const isOpen = withoutPrivateText(request, this.#isPrivate) === request;
    if (!isBlank && isOpen) this.#recorded.push({ request: { ...request, who }, answer: outcome.answer });
    if (this.#recorded.length > MAX_RECORDED) this.#recorded.shift();
  }

  #note(id: string, followed: FollowedQuestion): void {
    this.#news.set(id, followed);
    this.#timer ??= setTimeout(() => this.#emit(), DELAY_MS).unref();
  }

  /** Stores and reports new steps. */
  #emit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#blank();
    const news = [...this.#news];
    this.#news.clear();
    for (const [id, { packets, answered, isBlank }] of news) {
      if (!answered) continue;
      const trace = traceOf(answered, packets);
      const shown = shownMessages(packets.map(({ data }) => data));
      this.#keep(id, isBlank ? { trace: blanked(trace), shown: new Set() } : { trace, shown });
    }
  }

  #keep(id: string, stored: StoredTrace): void {
    this.#kept.set(id, stored);
    dropOldest(this.#kept, MAX_KEPT);
    for (const heard of this.#listeners) heard(stored.trace);
  }

  /** Performs the deferred work of `forget`. */
  #blank(): void {
    clearTimeout(this.#blankTimer);
    this.#blankTimer = undefined;
    const removed = this.#removed;
    if (removed.isEmpty) return;
    for (const followed of [...this.#open.values(), ...this.#answered.values(), ...this.#news.values()]) {
      const data = followed.packets.map(packet => packet.data);
      followed.isBlank ||= removed.has(shownMessages(data)) || removed.isTextIn(data);
    }
    for (const [id, { trace, shown }] of this.#kept)
      if (removed.has(shown) || removed.isTextIn(trace.steps))
        this.#keep(id, { trace: blanked(trace), shown: new Set() });
    this.#recorded = this.#recorded.filter(recorded => !removed.isIn(recorded));
    removed.clear();
  }
}

/** Replaces packets that contained a removed message. */
const REMOVED = '(of a removed message)';

function blanked(trace: Trace): Trace {
  const steps = trace.steps.map(step => ({ ...step, in: REMOVED, ...('out' in step && { out: REMOVED }) }));
  return { ...trace, steps };
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
