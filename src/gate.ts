import { AsyncLocalStorage } from 'node:async_hooks';
import type { Entry, Late, Limits, Observer, Outcome, Request } from './gate/contract.ts';
import type { Counts } from './gate/counts.ts';
import { Ids } from './gate/ids.ts';
import { Losses, lost, type Misfit, SECOND } from './gate/losses.ts';
import { abandoned, isAnswer, way } from './gate/outcome.ts';
import type { Parked } from './gate/parked.ts';
import { type NoPlace, Shares, STOPPED } from './gate/shares.ts';
import type { Answer, Question, Refusal } from './packets.ts';

export type { Entry, Late, Limits, Observer, Outcome, Request } from './gate/contract.ts';

/**
 * Pairs questions with answers. Every question gets exactly one outcome: the packet that leaves the graph with its id,
 * or a refusal 500 when a node failed it, 429 when its caller has too many waiting, 503 when there is no room or no graph,
 * 504 past the deadline.
 */
export class Gate {
  readonly #limits: Limits;
  readonly #observers: Set<Observer>;
  readonly #shares: Shares;
  readonly #parked = new Map<string, Parked>();
  readonly #context = new AsyncLocalStorage<Parked>();
  readonly #counts = { asked: 0, expired: 0, turnedAway: 0, crowding: 0, hungUp: 0, unwanted: 0 };
  readonly #draining = new Map<Entry, () => void>();
  readonly #ids = new Ids();
  #entry: Entry | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limits: Limits, observed?: Observer) {
    this.#limits = limits;
    this.#shares = new Shares(limits.limit);
    this.#observers = new Set(observed && [observed]);
  }

  /** Hears of every outcome as well from now on. Returns what ends it. */
  observe(observer: Observer): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  get counts(): Counts {
    return { ...this.#counts, waiting: this.#parked.size };
  }

  /** From now on questions go to `entry`; without one they are turned away. */
  open(entry: Entry | undefined): void {
    this.#entry = entry;
  }

  /** Resolves when no question waits for an answer of `entry` any more: after the deadline at the latest. */
  drained(entry: Entry): Promise<void> {
    return new Promise(resolve => {
      this.#draining.set(entry, resolve);
      this.#settleDrain(entry);
    });
  }

  /** Asks the graph. `parked` hears the id before the question is on its way; `outcome` never rejects. */
  ask(request: Request, parked?: (id: string) => void): Promise<Outcome> {
    this.#counts.asked += 1;
    const id = this.#ids.next();
    const entry = this.#entry;
    if (!entry) return Promise.resolve(this.#turnAway(id, request, STOPPED));
    const noPlace = this.#shares.take(request.from);
    if (noPlace) return Promise.resolve(this.#turnAway(id, request, noPlace));
    parked?.(id);
    return new Promise(settle => {
      const expires = performance.now() + this.#limits.deadline;
      const waiting = { id, request, entry, expires, settle, parked, steps: [] };
      this.#parked.set(id, waiting);
      this.#timer ??= setTimeout(this.#expire, this.#limits.deadline).unref();
      this.#context.run(waiting, () => entry.post(Object.freeze({ id, ...request })));
    });
  }

  /** Notes that a packet has reached a node. Returns its id if it belongs to a question that waits for an answer. */
  reached(packet: unknown, node: string): string | undefined {
    const { id, detail } = Object(packet) as Partial<Refusal>;
    const parked = this.#parked.get(id as string);
    if (!parked) return undefined;
    if (detail !== undefined) parked.refusedBy ??= parked.node;
    parked.node = node;
    if (this.#limits.timing) parked.steps.push(node, performance.now());
    return parked.id;
  }

  /** The node that holds a question now; nothing once it is answered. */
  holder(id: string): string | undefined {
    return this.#parked.get(id)?.node;
  }

  /** Whether a packet has the id of a question that waits. */
  knows(packet: unknown): boolean {
    return this.#parked.has((Object(packet) as Partial<Question>).id as string);
  }

  /** Notes that a packet without the id of a question that waits goes from one node to another. */
  passed(from: string, to: string): void {
    const parked = this.#context.getStore();
    if (!parked || !this.#parked.has(parked.id)) return;
    parked.losses ??= new Losses();
    parked.losses.add(from, to);
  }

  /**
   * Takes what leaves the graph, from the node `by`. Late, second and unknown answers are counted and dropped. An answer
   * that has lost the id of the question in whose course it leaves fails that question. Returns what is wrong with the graph.
   */
  answer(packet: unknown, by = 'the graph'): Misfit | undefined {
    const answer = Object(packet) as Partial<Answer>;
    const parked = this.#parked.get(answer.id as string);
    if (!parked) {
      this.#counts.unwanted += 1;
      return this.#misfit(answer.id, by);
    }
    if (isAnswer(answer)) {
      this.#ids.answered(parked.id);
      this.#settle(parked, answer, 'detail' in answer ? (parked.refusedBy ?? parked.node) : undefined);
    } else
      this.fail(parked.id, parked.node ?? 'the graph', 'sent an answer without a status, or without a body or detail');
  }

  /** Says what an answer that no question waits for means: nothing where it is only late. */
  #misfit(id: unknown, by: string): Misfit | undefined {
    if (this.#ids.isAnsweredOnce(id)) {
      return { node: by, sentence: SECOND, question: id as string };
    }
    const parked = this.#context.getStore();
    if (this.#ids.has(id) || !parked || parked.node === undefined || !this.#parked.has(parked.id)) return;
    const node = parked.losses?.origin(by) ?? by;
    const sentence = lost(id, by, node);
    this.#settle(parked, { id: parked.id, status: 500, detail: sentence }, node);
    return { node, sentence, question: parked.id };
  }

  /** Answers a question with 500 because a node failed it. */
  fail(id: string, node: string, how = 'failed; the log says why'): void {
    const parked = this.#parked.get(id);
    if (parked) this.#settle(parked, { id, status: 500, detail: `${node} ${how}` }, node);
  }

  /** Whether a question still waits for its answer. */
  waits(id: string): boolean {
    return this.#parked.has(id);
  }

  /** The id of the question in whose course this is called, also after its answer; nothing outside of all. */
  asking(): string | undefined {
    return this.#context.getStore()?.id;
  }

  /** The node that has the question in whose course this is called, and its revision; undefined outside of all. */
  course(): { readonly node: string; readonly revision: number | undefined } | undefined {
    const { node, entry } = this.#context.getStore() ?? {};
    return node === undefined ? undefined : { node, revision: entry?.number };
  }

  /** Fails the question in whose course an error was thrown that nobody caught, or `by` on a packet that is no question. Returns the node. */
  strayed(by?: string): string | undefined {
    const parked = this.#context.getStore();
    const node = by ?? parked?.node;
    if (parked && node) this.fail(parked.id, node);
    return node;
  }

  /** The requests that have waited for an answer of a revision for `ms` or longer, each with the node that has it. */
  late(revision: number, ms: number): readonly Late[] {
    const since = performance.now() + this.#limits.deadline - ms;
    const isLate = ({ entry, expires }: Parked) => entry.number === revision && expires <= since;
    return [...this.#parked.values()].filter(isLate).map(({ request, node }) => ({ request, node }));
  }

  /**
   * Gives up on a revision, as another one has taken its place. What only asks is asked again, and its caller hears the
   * new id; whether anything else was done nobody knows.
   */
  abandon(revision: number): void {
    for (const parked of [...this.#parked.values()]) {
      const { id, entry, request, settle } = parked;
      if (entry.number !== revision || entry === this.#entry) continue;
      if (request.method === 'GET' || request.method === 'HEAD') {
        this.#forget(parked);
        void this.ask(request, parked.parked).then(settle);
      } else this.#settle(parked, abandoned(id));
    }
  }

  /** Forgets a question whose caller hung up. */
  hangUp(id: string): void {
    const parked = this.#parked.get(id);
    if (!parked) return;
    this.#counts.hungUp += 1;
    this.#settle(parked, { id, status: 499, detail: 'the caller hung up' });
  }

  #turnAway(id: string, request: Request, noPlace: NoPlace): Outcome {
    this.#counts[noPlace.status === 429 ? 'crowding' : 'turnedAway'] += 1;
    const answer: Refusal = { id, ...noPlace, headers: { 'Retry-After': '1' } };
    const outcome = { answer, way: [] };
    this.#tell(outcome, request, 0);
    return outcome;
  }

  #settle(parked: Parked, answer: Answer, node?: string): void {
    this.#parked.delete(parked.id);
    const { request, expires, steps, entry } = parked;
    this.#shares.free(request.from);
    const of = { ...(node !== undefined && { node }), ...(entry.number !== undefined && { revision: entry.number }) };
    const outcome = { answer, way: way(steps), ...of };
    parked.settle(outcome);
    this.#tell(outcome, request, performance.now() - expires + this.#limits.deadline);
    if (this.#draining.size > 0) this.#settleDrain(entry);
  }

  #forget(parked: Parked): void {
    this.#parked.delete(parked.id);
    this.#shares.free(parked.request.from);
    if (this.#draining.size > 0) this.#settleDrain(parked.entry);
  }

  #tell(outcome: Outcome, request: Request, ms: number): void {
    for (const observer of this.#observers) observer(outcome, request, ms);
  }

  #settleDrain(entry: Entry): void {
    const drained = this.#draining.get(entry);
    if (!drained) return;
    for (const parked of this.#parked.values()) if (parked.entry === entry) return;
    this.#draining.delete(entry);
    drained();
  }

  /** Questions are parked in the order of their deadlines, so the first is always the next to expire. */
  readonly #expire = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    for (const parked of this.#parked.values()) {
      if (parked.expires > now) {
        this.#timer = setTimeout(this.#expire, parked.expires - now).unref();
        return;
      }
      this.#counts.expired += 1;
      const { id, node } = parked;
      const nothing = node ? `${node} had the question last and gave no answer` : 'no answer';
      this.#settle(parked, { id, status: 504, detail: `${nothing} in ${this.#limits.deadline / 1000} s` }, node);
    }
  };
}
