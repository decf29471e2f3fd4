import type { Counts } from '../../gate/contract.ts';
import type { Observer, OverdueRequest } from '../../gate/gate.ts';
import { CanaryWindow, isBad, TIMEOUT_MS, TrafficHistory } from './canary-window.ts';

/** What a canary needs of the gate. */
interface ObservedGate {
  readonly counts: Pick<Counts, 'asked' | 'orphaned'>;
  observe(observer: Observer): () => void;
  overdue(revision: number, ms: number): readonly OverdueRequest[];
}

interface Terms {
  readonly gate: ObservedGate;
  /** Minimum seconds a new revision is watched. */
  readonly seconds?: number;
}

/** Called with why a revision must be rolled back, and the node that failed last, if known. */
export type OnCanaryFailed = (why: string, node?: string) => void;

interface Current {
  readonly revision: number;
  readonly window: CanaryWindow;
  /** The gate's counts when this revision went live. */
  readonly before: ObservedGate['counts'];
  readonly failed: OnCanaryFailed;
  readonly passed: () => void;
  readonly timer: NodeJS.Timeout;
}

/** Milliseconds between checks of pending questions. */
const POLL_MS = 250;

/**
 * The canary release: watches a new revision for at least 10 s, until the kinds of requests that succeeded before have
 * succeeded again, and reports once if it must be rolled back. That is if at least half of its requests fail (5 or
 * more, or all of the first 3, or the first of its kind stays unanswered), and more than before. Failures are answers
 * 500 and 504, questions unanswered for 1.5 s (or four times as long as usual), and errors after an answer. A revision
 * that multiplies answers fails too.
 */
export class Canary {
  readonly #gate: ObservedGate;
  readonly #polls: number;
  readonly #history = new TrafficHistory();
  readonly #unobserve: () => void;
  /**
   * Revisions whose requests don't count as usual traffic: the one being watched, and those that failed or were
   * replaced early.
   */
  readonly #unconfirmed = new Set<number>();
  #current: Current | undefined;

  constructor({ gate, seconds = 10 }: Terms) {
    this.#gate = gate;
    this.#polls = Math.ceil((seconds * 1000) / POLL_MS);
    this.#unobserve = gate.observe((outcome, request, ms) => this.#observed(outcome, request, ms));
  }

  /**
   * Watches a revision instead of the previous one; returns a function that ends it. Calls `passed` if the revision
   * proves good; one that is replaced earlier can't be rolled back to.
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

  /** Call for each error of a node, with its question, if any. */
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

  /** Questions pending for longer than is allowed for their kind. */
  #overdue(revision: number, window: CanaryWindow): readonly OverdueRequest[] {
    const waiting = this.#gate.overdue(revision, TIMEOUT_MS);
    const patiences = new Set(waiting.map(({ request }) => window.timeoutMs(request)));
    return [...patiences].flatMap(ms =>
      this.#gate.overdue(revision, ms).filter(({ request }) => window.timeoutMs(request) === ms),
    );
  }

  /** Whether more must be observed before the revision counts as good. */
  #isOpen({ revision, window }: Current): boolean {
    return window.isOpen || this.#gate.overdue(revision, POLL_MS).length > 0;
  }

  #judge(): void {
    const { window, failed } = this.#current ?? {};
    const failure = window?.failure();
    if (!failure || !failed) return;
    this.#end();
    // A roll-back must not start in the middle of an answer.
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
