import { AsyncLocalStorage } from 'node:async_hooks';
import { refusal } from '../model/codes.ts';
import type { Answer, Question, Refusal } from '../model/packets.ts';
import { guest, isSameWho, unaskedBy } from '../model/who.ts';
import {
  abandoned,
  CHANGED_CALLER,
  type Counts,
  type GateLimits,
  type GraphEntry,
  isAnswer,
  Losses,
  lost,
  type Misfit,
  type Observer,
  type Outcome,
  type OverdueRequest,
  type Request,
  refusedUnasked,
  SECOND_ANSWER,
  spansOf,
} from './contract.ts';
import { ENDING, type NoPlace, Shares, STOPPED } from './shares.ts';

/** Limit of remembered answered questions. */
const MAX_ANSWERED = 4096;

/** Generates question ids, and recognises them later. */
class Ids {
  readonly #series = Math.random().toString(36).slice(2, 8);
  #last = 0;
  /** Numbers of answered questions, in a ring buffer. */
  readonly #answered = new Float64Array(MAX_ANSWERED);

  /** The number of the next question. */
  next(): number {
    this.#last += 1;
    return this.#last;
  }

  id(number: number): string {
    return `${this.#series}-${number.toString(36)}`;
  }

  /** The number of the question with this id; undefined if there never was one. */
  numberOf(id: unknown): number | undefined {
    const [series, number = '', ...rest] = typeof id === 'string' ? id.split('-') : [];
    if (series !== this.#series || rest.length > 0 || !/^[1-9a-z][0-9a-z]*$/.test(number)) return;
    const found = Number.parseInt(number, 36);
    return found <= this.#last ? found : undefined;
  }

  answered(number: number): void {
    this.#answered[number % MAX_ANSWERED] = number;
  }

  /** Whether a question was answered recently; true only once. */
  takeAnswered(number: number): boolean {
    const at = number % MAX_ANSWERED;
    if (this.#answered[at] !== number) return false;
    this.#answered[at] = 0;
    return true;
  }
}

/** A question that awaits its answer. */
interface PendingQuestion {
  readonly number: number;
  readonly id: string;
  request: Request;
  /** The address whose quota it uses. */
  readonly payer: string;
  readonly entry: GraphEntry;
  readonly expires: number;
  settle: (outcome: Outcome) => void;
  /** Called with the question's id. */
  pending: ((id: string) => void) | undefined;
  /** The node that last had the question. */
  node?: string | undefined;
  /** The node that refused it. */
  refusedBy?: string | undefined;
  /** Node, arrival time, node, arrival time, … */
  readonly steps: (string | number)[];
  /** Packets of this question without its id. */
  losses?: Losses;
}

/** Replaces the request of an answered question. */
const ANSWERED: Request = { method: '', path: '', query: {}, body: {}, from: '', who: guest('') };
const nobody = () => {};

/**
 * Releases what an answered question references, since the question itself may stay in memory: when V8 reallocates a
 * Map's table, the old table points to the new one, and once one is in the old generation, all later ones stay until
 * the next full collection.
 */
function release(pending: PendingQuestion): void {
  pending.request = ANSWERED;
  pending.settle = nobody;
  pending.pending = undefined;
}

export type { GateLimits, GraphEntry, Observer, Outcome, OverdueRequest, Request } from './contract.ts';

/**
 * Pairs questions with answers. Every question gets exactly one outcome: the packet that leaves the graph with its id,
 * or a refusal: 500 if a node failed it, 429 if its caller has too many pending, 503 if there is no room or no graph,
 * 504 past the deadline.
 */
export class Gate {
  readonly #limits: GateLimits;
  readonly #observers: Set<Observer>;
  readonly #shares: Shares;
  readonly #pending = new Map<string, PendingQuestion>();
  /** The last pending question that was looked up: consecutive packets mostly belong to the same one. */
  #latest: PendingQuestion | undefined;
  readonly #context = new AsyncLocalStorage<PendingQuestion>();
  readonly #counts = { asked: 0, expired: 0, rejected: 0, crowded: 0, aborted: 0, orphaned: 0 };
  readonly #draining = new Map<GraphEntry, () => void>();
  readonly #ids = new Ids();
  #entry: GraphEntry | undefined;
  /** The refusal while there is no entry. */
  #closed = STOPPED;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limits: GateLimits, observed?: Observer) {
    this.#limits = limits;
    this.#shares = new Shares(limits.limit);
    this.#observers = new Set(observed && [observed]);
  }

  /** Adds an observer of all outcomes. Returns a function that removes it. */
  observe(observer: Observer): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  get counts(): Counts {
    return { ...this.#counts, waiting: this.#pending.size };
  }

  /** Sends questions to `entry` from now on; undefined rejects them. */
  open(entry: GraphEntry | undefined): void {
    this.#entry = entry;
  }

  /** Call when the server begins to stop; refusals then say so. */
  end(): void {
    this.#closed = ENDING;
  }

  /** Resolves once no question to `entry` is pending; after the deadline at the latest. */
  drained(entry: GraphEntry): Promise<void> {
    return new Promise(resolve => {
      this.#draining.set(entry, resolve);
      this.#settleDrain(entry);
    });
  }

  /** Number of questions that the server itself can always ask. */
  get reserve(): number {
    return this.#shares.reserve;
  }

  /**
   * Asks the graph. Calls `pending` with the id before the question is sent; `outcome` never rejects. Counts against
   * the quota of the caller, or of `payer`.
   */
  ask(request: Request, pending?: (id: string) => void, payer = request.from): Promise<Outcome> {
    this.#counts.asked += 1;
    const number = this.#ids.next();
    const id = this.#ids.id(number);
    const entry = this.#entry;
    if (!entry) return Promise.resolve(this.#reject(id, request, this.#closed));
    const noPlace = this.#shares.take(payer);
    if (noPlace) return Promise.resolve(this.#reject(id, request, noPlace));
    pending?.(id);
    return new Promise(settle => {
      const expires = performance.now() + this.#limits.deadline;
      const waiting = { number, id, request, payer, entry, expires, settle, pending, steps: [] };
      this.#pending.set(id, waiting);
      this.#timer ??= setTimeout(this.#expire, this.#limits.deadline).unref();
      this.#context.run(waiting, () => entry.post(Object.freeze({ id, ...request })));
    });
  }

  /**
   * Records that a packet reached a node, and fails its question if `who` was changed. Returns its id if it belongs to
   * a pending question.
   */
  reached(packet: unknown, node: string): string | undefined {
    const { id, detail, who } = Object(packet) as Partial<Refusal & Question>;
    const pending = this.#find(id);
    if (!pending) return undefined;
    if (who !== undefined && who !== pending.request.who && !isSameWho(Object(who), pending.request.who))
      this.fail(pending.id, pending.node ?? node, CHANGED_CALLER);
    if (detail !== undefined) pending.refusedBy ??= pending.node;
    pending.node = node;
    if (this.#limits.timing) pending.steps.push(node, performance.now());
    return pending.id;
  }

  #find(id: unknown): PendingQuestion | undefined {
    if (this.#latest?.id === id) return this.#latest;
    const pending = this.#pending.get(id as string);
    if (pending) this.#latest = pending;
    return pending;
  }

  /** The node that has a question now; undefined once it is answered. */
  holder(id: string): string | undefined {
    return this.#find(id)?.node;
  }

  /** Whether a packet has the id of a pending question. */
  knows(packet: unknown): boolean {
    return this.#find((Object(packet) as Partial<Question>).id) !== undefined;
  }

  /** Records that a packet without a pending question's id passed from one node to another. */
  passed(from: string, to: string): void {
    const pending = this.#context.getStore();
    if (!pending || !this.#pending.has(pending.id)) return;
    pending.losses ??= new Losses();
    pending.losses.add(from, to);
  }

  /**
   * Accepts a packet that left the graph, from the node `by`. Late, second and unknown answers are counted and dropped.
   * An answer without its question's id fails that question. Returns the graph's mistake, if any, or the refusal of an
   * action that a node started by itself.
   */
  answer(packet: unknown, by = 'the graph'): Misfit | undefined {
    const answer = Object(packet) as Partial<Answer>;
    const pending = this.#find(answer.id);
    if (!pending) {
      const bot = unaskedBy(answer.id);
      if (bot !== undefined) return 'detail' in answer ? refusedUnasked(bot, answer as Refusal) : undefined;
      this.#counts.orphaned += 1;
      return this.#misfit(answer.id, by);
    }
    if (isAnswer(answer)) {
      this.#ids.answered(pending.number);
      this.#settle(pending, answer, 'detail' in answer ? (pending.refusedBy ?? pending.node) : undefined);
    } else
      this.fail(
        pending.id,
        pending.node ?? 'the graph',
        'sent an answer without a status, or without a body or detail',
      );
  }

  /** Explains an answer without a pending question; undefined if it is only late. */
  #misfit(id: unknown, by: string): Misfit | undefined {
    const number = this.#ids.numberOf(id);
    if (number !== undefined && this.#ids.takeAnswered(number)) {
      return { node: by, sentence: SECOND_ANSWER, question: id as string };
    }
    const pending = this.#context.getStore();
    if (number !== undefined || !pending || pending.node === undefined || !this.#pending.has(pending.id)) return;
    const node = pending.losses?.origin(by) ?? by;
    const sentence = lost(id, by, node);
    this.#settle(pending, refusal(pending.id, 'node-failed', sentence), node);
    return { node, sentence, question: pending.id };
  }

  /** Answers a question with 500 because a node failed it. */
  fail(id: string, node: string, how = 'failed; the log says why'): void {
    const pending = this.#pending.get(id);
    if (pending) this.#settle(pending, refusal(id, 'node-failed', `${node} ${how}`), node);
  }

  /** Whether a question is pending. */
  waits(id: string): boolean {
    return this.#pending.has(id);
  }

  /** The id of the question of this async context, even once it is answered; undefined outside. */
  asking(): string | undefined {
    return this.#context.getStore()?.id;
  }

  /** The node that has the question of this async context, and its revision; undefined outside. */
  holderNow(): { readonly node: string; readonly revision: number | undefined } | undefined {
    const { node, entry } = this.#context.getStore() ?? {};
    return node === undefined ? undefined : { node, revision: entry?.number };
  }

  /** Fails the question in whose async context an uncaught error was thrown, or reports `by` if there is none. Returns the node. */
  uncaught(by?: string): string | undefined {
    const pending = this.#context.getStore();
    const node = by ?? pending?.node;
    if (pending && node) this.fail(pending.id, node);
    return node;
  }

  /** Requests pending at a revision for at least `ms`, each with the node that has it. */
  overdue(revision: number, ms: number): readonly OverdueRequest[] {
    const since = performance.now() + this.#limits.deadline - ms;
    const isOverdue = ({ entry, expires }: PendingQuestion) => entry.number === revision && expires <= since;
    return [...this.#pending.values()].filter(isOverdue).map(({ request, node }) => ({ request, node }));
  }

  /**
   * Gives up on a replaced revision. Read-only questions are asked again, and their callers get the new id; others are
   * refused, as it is unknown whether they took effect.
   */
  abandon(revision: number): void {
    for (const pending of [...this.#pending.values()]) {
      const { id, entry, request, settle, pending: asked, payer } = pending;
      if (entry.number !== revision || entry === this.#entry) continue;
      if (request.method === 'GET' || request.method === 'HEAD') {
        this.#forget(pending);
        void this.ask(request, asked, payer).then(settle);
      } else this.#settle(pending, abandoned(id));
    }
  }

  /** Drops a question whose caller disconnected. */
  abort(id: string): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#counts.aborted += 1;
    this.#settle(pending, refusal(id, 'caller-gone', 'the caller hung up'));
  }

  #reject(id: string, request: Request, { code, detail }: NoPlace): Outcome {
    this.#counts[code === 'too-many-waiting' ? 'crowded' : 'rejected'] += 1;
    const outcome = { answer: refusal(id, code, detail, { 'Retry-After': '1' }), spans: [] };
    this.#emit(outcome, request, 0);
    return outcome;
  }

  #settle(pending: PendingQuestion, answer: Answer, node?: string): void {
    this.#remove(pending);
    const { request, expires, steps, entry, settle } = pending;
    release(pending);
    const outcome: { -readonly [name in keyof Outcome]: Outcome[name] } = { answer, spans: spansOf(steps) };
    if (node !== undefined) outcome.node = node;
    if (entry.number !== undefined) outcome.revision = entry.number;
    settle(outcome);
    this.#emit(outcome, request, performance.now() - expires + this.#limits.deadline);
    if (this.#draining.size > 0) this.#settleDrain(entry);
  }

  #remove({ id, payer }: PendingQuestion): void {
    this.#pending.delete(id);
    this.#latest = undefined;
    this.#shares.free(payer);
  }

  #forget(pending: PendingQuestion): void {
    this.#remove(pending);
    release(pending);
    if (this.#draining.size > 0) this.#settleDrain(pending.entry);
  }

  #emit(outcome: Outcome, request: Request, ms: number): void {
    for (const observer of this.#observers) observer(outcome, request, ms);
  }

  #settleDrain(entry: GraphEntry): void {
    const drained = this.#draining.get(entry);
    if (!drained) return;
    for (const pending of this.#pending.values()) if (pending.entry === entry) return;
    this.#draining.delete(entry);
    drained();
  }

  /** Questions are in the order of their deadlines, so the first is the next to expire. */
  readonly #expire = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    for (const pending of this.#pending.values()) {
      if (pending.expires > now) {
        this.#timer = setTimeout(this.#expire, pending.expires - now).unref();
        return;
      }
      this.#counts.expired += 1;
      const { id, node } = pending;
      const nothing = node ? `${node} had the question last and gave no answer` : 'no answer';
      const detail = `${nothing} in ${this.#limits.deadline / 1000} s`;
      this.#settle(pending, refusal(id, 'no-answer-in-time', detail), node);
    }
  };
}
