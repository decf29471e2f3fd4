import type { Gate, Outcome, Request } from '../gate/gate.ts';
import { SELF } from '../gate/shares.ts';
import { codeOf, refusal } from '../model/codes.ts';
import type { Refusal, Reply } from '../model/packets.ts';
import type { Who } from '../model/who.ts';

/** Statuses below 500 that are temporary. */
const PASSING = new Set([408, 429]);

/** The graph refused a subscriber's question. */
export class QuestionRefused extends Error {
  override readonly name = 'QuestionRefused';
  readonly refusal: Refusal;
  readonly node: string | undefined;

  constructor(refusal: Refusal, node?: string) {
    super(refusal.detail);
    this.refusal = refusal;
    this.node = node;
  }

  get code(): string {
    return codeOf(this.refusal);
  }

  /** Whether repeating the question can't help. */
  get isFinal(): boolean {
    const { status } = this.refusal;
    return status < 500 && !PASSING.has(status);
  }
}

/** The reply of an outcome. Throws QuestionRefused if it is a refusal. */
export function replyOf({ answer, node }: Outcome): Reply {
  if ('body' in answer) return answer;
  throw new QuestionRefused(answer, node);
}

/** Throws QuestionRefused unless a question was answered with a subscription to this topic. */
export function expectSubscription(outcome: Outcome, topic: string): void {
  const { id, subscription } = replyOf(outcome);
  if (subscription?.topic !== topic) throw new QuestionRefused(refusal(id, 'not-found', 'there is nothing to hear'));
}

/** An outcome that callers may share, and the caller it was asked for. */
interface SharedOutcome {
  readonly outcome: Outcome;
  readonly who: Who;
}

/** A question that is waiting to be asked. */
interface WaitingQuestion {
  readonly key: string;
  readonly request: Request;
  readonly asked: Promise<SharedOutcome>;
  readonly settle: (shared: SharedOutcome) => void;
}

/** Limit of questions per turn of the event loop, so as not to delay other work. */
const MAX_A_TURN = 16;
/** The part of all places that one address may use. */
const PART = 8;

/**
 * Asks the graph for subscribers, with their identity, in places that the gate reserves for that; each address has a
 * limited part of them. Equal waiting questions are asked once.
 */
export class Questions {
  readonly #gate: Pick<Gate, 'ask' | 'reserve'>;
  /** Waiting questions by key. */
  readonly #waiting = new Map<string, WaitingQuestion>();
  /** Waiting questions by address; the address that is next comes first. */
  readonly #queues = new Map<string, Set<WaitingQuestion>>();
  /** Number of pending questions by address. */
  readonly #pending = new Map<string, number>();
  #size = 0;
  #isDue = false;

  constructor(gate: Pick<Gate, 'ask' | 'reserve'>) {
    this.#gate = gate;
  }

  /**
   * Asks at the end of this turn of the event loop, or once there is a place. Questions with the same `key` share an
   * outcome.
   */
  ask(key: string, request: Request): Promise<SharedOutcome> {
    const known = this.#waiting.get(key);
    if (known) return known.asked;
    const { promise: asked, resolve: settle } = Promise.withResolvers<SharedOutcome>();
    const question = { key, request, asked, settle };
    this.#waiting.set(key, question);
    const queue = this.#queues.get(request.from);
    if (queue) queue.add(question);
    else this.#queues.set(request.from, new Set([question]));
    this.#plan();
    return asked;
  }

  #plan(): void {
    if (this.#isDue || this.#queues.size === 0) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#begin();
    });
  }

  #begin(): void {
    const most = this.#gate.reserve;
    const each = Math.ceil(most / PART);
    let begun = 0;
    for (const [from, queue] of this.#queues) {
      if (this.#size >= most) return;
      if (begun >= MAX_A_TURN) break;
      const pending = this.#pending.get(from) ?? 0;
      if (pending >= each) continue;
      const [question] = queue;
      if (!question) continue;
      queue.delete(question);
      this.#waiting.delete(question.key);
      this.#queues.delete(from);
      if (queue.size > 0) this.#queues.set(from, queue);
      this.#size += 1;
      this.#pending.set(from, pending + 1);
      begun += 1;
      void this.#ask(question);
    }
    if (begun >= MAX_A_TURN) this.#plan();
  }

  async #ask({ request, settle }: WaitingQuestion): Promise<void> {
    const outcome = await this.#gate.ask(request, undefined, SELF);
    const left = this.#pending.get(request.from)! - 1;
    if (left > 0) this.#pending.set(request.from, left);
    else this.#pending.delete(request.from);
    this.#size -= 1;
    this.#plan();
    settle({ outcome, who: request.who });
  }
}
