import type { Flow } from '../../flow.ts';
import type { Gate, Outcome, Request } from '../../gate.ts';
import type { Answer } from '../../packets.ts';
import { follow } from './packets.ts';
import { type Packet, type Step, steps } from './steps.ts';

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

/** Ways that are kept to be found again. */
const MOST_KEPT = 500;
/** Questions that are kept to be asked again. */
const MOST_RECORDED = 20;
/** Questions under way that are followed, and answered ones whose packets may still pass. */
const MOST_OPEN = 2000;
const MOST_ANSWERED = 500;
/** Packets of a question that are followed, so that one which goes round costs no more than others. */
const MOST_PACKETS = 200;
/** Milliseconds that a question is followed after its answer: others hear of a message only then. */
const AFTER = 1000;
/** Milliseconds until a way is told, out of the packets' way. */
const DELAY = 20;

/** What has passed of a question that is followed. */
interface Course {
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
export class Ways {
  readonly #flow: Flow;
  readonly #gate: Gate;
  readonly #listeners = new Set<(way: Way) => void>();
  /** By the question's id, as all of these. */
  readonly #open = new Map<string, Course>();
  readonly #answered = new Map<string, Course>();
  readonly #kept = new Map<string, Way>();
  /** Those of which something is to be told. */
  readonly #news = new Map<string, Course>();
  readonly #recorded: Recorded[] = [];
  #timer: NodeJS.Timeout | undefined;
  #end: (() => void) | undefined;

  constructor(flow: Flow, gate: Gate) {
    this.#flow = flow;
    this.#gate = gate;
  }

  /**
   * Hears of each way when its question is answered, and again as a whole when it went on after that. Returns what ends
   * it.
   */
  listen(heard: (way: Way) => void): () => void {
    this.#listeners.add(heard);
    this.#end ??= this.#follow();
    return () => {
      if (this.#listeners.size === 1) this.#tell();
      this.#listeners.delete(heard);
      if (this.#listeners.size > 0) return;
      this.#end?.();
      this.#end = undefined;
      this.#open.clear();
      this.#answered.clear();
    };
  }

  /** The kept ways that hold all words of a text, in packets or their id, the newest first; capitals don't matter. */
  find(text: string): readonly Way[] {
    this.#tell();
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return [...this.#kept.values()].filter(way => holds(way, words)).toReversed();
  }

  /** The last `most` ways, the newest first; fewer where they would have more characters than that as JSON. */
  recent(most: number, characters: number): readonly Way[] {
    this.#tell();
    const told: Way[] = [];
    let left = characters;
    for (const way of [...this.#kept.values()].slice(-most).toReversed()) {
      left -= JSON.stringify(way).length;
      if (left < 0) break;
      told.push(way);
    }
    return told;
  }

  /** The last 20 questions that were answered, the oldest first. */
  get recorded(): readonly Recorded[] {
    return this.#recorded;
  }

  #follow(): () => void {
    const unfollow = follow(
      this.#flow,
      () => true,
      (passed, drawing) => this.#passed({ ...passed, drawing }),
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
    if (known === undefined || !course || course.packets.length >= MOST_PACKETS) return;
    course.packets.push(packet);
    if (course.answered) this.#note(known, course);
  }

  /** A question that is still followed, or begins to be. */
  #course(id: string): Course | undefined {
    const known = this.#open.get(id) ?? this.#answered.get(id);
    if (known) return (known.answered?.until ?? Number.POSITIVE_INFINITY) >= performance.now() ? known : undefined;
    if (this.#open.size >= MOST_OPEN || !this.#gate.waits(id)) return;
    const course = { packets: [] };
    this.#open.set(id, course);
    return course;
  }

  #ended(outcome: Outcome, request: Request, ms: number): void {
    const { id } = outcome.answer;
    const packets = this.#open.get(id)?.packets ?? [];
    const course = {
      packets,
      answered: { outcome, request, ms, at: new Date(), until: performance.now() + AFTER },
    };
    this.#open.delete(id);
    this.#answered.set(id, course);
    if (this.#answered.size > MOST_ANSWERED) dropOldest(this.#answered);
    this.#note(id, course);
    this.#recorded.push({ request, answer: outcome.answer });
    if (this.#recorded.length > MOST_RECORDED) this.#recorded.shift();
  }

  #note(id: string, course: Course): void {
    this.#news.set(id, course);
    this.#timer ??= setTimeout(() => this.#tell(), DELAY).unref();
  }

  /** Keeps and tells what is new. */
  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const news = [...this.#news];
    this.#news.clear();
    for (const [id, { packets, answered }] of news) {
      if (!answered) continue;
      const way = wayOf(answered, packets);
      this.#kept.set(id, way);
      if (this.#kept.size > MOST_KEPT) dropOldest(this.#kept);
      for (const heard of this.#listeners) heard(way);
    }
  }
}

function wayOf({ outcome, request, ms, at }: Answered, packets: readonly Packet[]): Way {
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
    steps: steps(packets),
  };
}

function holds({ id, path, steps }: Way, words: readonly string[]): boolean {
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
