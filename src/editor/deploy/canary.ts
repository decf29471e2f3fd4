import type { Counts } from '../../gate/contract.ts';
import type { Observer, OverdueRequest } from '../../gate/gate.ts';
import { CanaryWindow, isBad, TIMEOUT_MS, TrafficHistory } from './canary-window.ts';

/** What a probation needs of the gate. */
export interface ObservedGate {
  readonly counts: Pick<Counts, 'asked' | 'orphaned'>;
  observe(observer: Observer): () => void;
  overdue(revision: number, ms: number): readonly OverdueRequest[];
}

export interface Terms {
  readonly gate: ObservedGate;
  /** How long a new revision is watched at least. */
  readonly seconds?: number;
}

/** Hears why a revision has to be rolled back, and which node failed last where one is known. */
export type OnCanaryFailed = (why: string, node?: string) => void;

interface Current {
  readonly revision: number;
  readonly window: CanaryWindow;
  /** What the gate had counted when this one went live. */
  readonly before: ObservedGate['counts'];
  readonly failed: OnCanaryFailed;
  readonly passed: () => void;
  readonly timer: NodeJS.Timeout;
}

/** Milliseconds between two looks at the questions that wait. */
const POLL_MS = 250;

/**
 * Watches a revision until it has answered well what was answered well before it, for 10 s at least, and says, once, when it
 * has to be rolled back: half or more of its requests fail, at least 5, or the first 3 all, or the first one of its kind has
 * no answer; and that is worse than before. Failures are answers 500 and 504, questions without an answer for 1.5 s (or four
 * times as long as usual), and errors after an answer. So does one in which packets multiply: it answers well, and again and
 * again.
 */
export class Canary {
  readonly #gate: ObservedGate;
  readonly #polls: number;
  readonly #history = new TrafficHistory();
  readonly #unobserve: () => void;
  /** Revisions that don't say what is usual: one on trial, and those that failed, or were followed before they had passed. */
  readonly #unconfirmed = new Set<number>();
  #current: Current | undefined;

  constructor({ gate, seconds = 10 }: Terms) {
    this.#gate = gate;
    this.#polls = Math.ceil((seconds * 1000) / POLL_MS);
    this.#unobserve = gate.observe((outcome, request, ms) => this.#observed(outcome, request, ms));
  }

  /**
   * Watches a revision from now on, and none that was watched before. Returns how to end that. `passed` hears when it has
   * lived through it: one whose time was cut short by the next one is nothing to roll back to.
   */
  watch(revision: number, failed: OnCanaryFailed, passed: () => void = () => {}): () => void {
    this.#end();
    this.#unconfirmed.add(revision);
    let polls = 0;
    const timer = setInterval(() => {
      polls += 1;
      this.#look();
      if (polls >= this.#polls && this.#current === current && !this.#isOpen(current)) this.#pass();
    }, POLL_MS).unref();
    const current = {
      revision,
      window: new CanaryWindow(this.#history),
      before: this.#gate.counts,
      failed,
      passed,
      timer,
    };
    this.#current = current;
    return () => {
      if (this.#current === current) this.#end();
    };
  }

  /** Has to hear of each error that a node let out, with the question in whose course that was, if it was one. */
  uncaught(node: string, question?: string): void {
    this.#current?.window.uncaught(node, question);
    this.#judge();
  }

  close(): void {
    this.#end();
    this.#unobserve();
  }

  readonly #observed: Observer = (outcome, request, ms) => {
    const { revision } = outcome;
    const bad = isBad(outcome.answer.status);
    if (revision === undefined) return;
    if (revision === this.#current?.revision) {
      this.#current.window.answered(outcome, request, ms);
      if (bad !== false) this.#judge();
    } else if (!this.#unconfirmed.has(revision) && bad !== undefined) {
      this.#history.add(request, bad, ms);
    }
  };

  #look(): void {
    if (!this.#current) return;
    const { revision, window, before } = this.#current;
    window.overdue(this.#overdue(revision, window));
    const { asked, orphaned } = this.#gate.counts;
    window.counted(asked - before.asked, orphaned - before.orphaned);
    this.#judge();
  }

  /** Questions that have waited for longer than those like them may. */
  #overdue(revision: number, window: CanaryWindow): readonly OverdueRequest[] {
    const waiting = this.#gate.overdue(revision, TIMEOUT_MS);
    const patiences = new Set(waiting.map(({ request }) => window.timeoutMs(request)));
    return [...patiences].flatMap(ms =>
      this.#gate.overdue(revision, ms).filter(({ request }) => window.timeoutMs(request) === ms),
    );
  }

  /** Whether more has to be seen before it is known that a revision is good. */
  #isOpen({ revision, window }: Current): boolean {
    return window.isOpen || this.#gate.overdue(revision, POLL_MS).length > 0;
  }

  #judge(): void {
    const { window, failed } = this.#current ?? {};
    const failure = window?.failure();
    if (!failure || !failed) return;
    this.#end();
    // Whoever acts on it must not do so in the midst of an answer.
    queueMicrotask(() => failed(failure.why, failure.node));
  }

  #pass(): void {
    const current = this.#current;
    this.#end();
    if (!current) return;
    this.#unconfirmed.delete(current.revision);
    current.passed();
  }

  #end(): void {
    clearInterval(this.#current?.timer);
    this.#current = undefined;
  }
}
