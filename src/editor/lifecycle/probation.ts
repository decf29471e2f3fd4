import type { Counts } from '../../gate/counts.ts';
import type { Late, Observer } from '../../gate.ts';
import { Past } from './probation-past.ts';
import { isBad, PATIENCE, Trial } from './probation-trial.ts';

/** What a probation needs of the gate. */
export interface Watched {
  readonly counts: Pick<Counts, 'asked' | 'unwanted'>;
  observe(observer: Observer): () => void;
  late(revision: number, ms: number): readonly Late[];
}

export interface Terms {
  readonly gate: Watched;
  /** How long a new revision is watched at least. */
  readonly seconds?: number;
}

/** Hears why a revision has to be rolled back, and which node failed last where one is known. */
export type Failed = (why: string, node?: string) => void;

interface Current {
  readonly revision: number;
  readonly trial: Trial;
  /** What the gate had counted when this one went live. */
  readonly before: Watched['counts'];
  readonly failed: Failed;
  readonly passed: () => void;
  readonly timer: NodeJS.Timeout;
}

/** Milliseconds between two looks at the questions that wait. */
const LOOK = 250;

/**
 * Watches a revision until it has answered well what was answered well before it, for 10 s at least, and says, once, when it
 * has to be rolled back: half or more of its requests fail, at least 5, or the first 3 all, or the first one of its kind has
 * no answer; and that is worse than before. Failures are answers 500 and 504, questions without an answer for 1.5 s (or four
 * times as long as usual), and errors after an answer. So does one in which packets multiply: it answers well, and again and
 * again.
 */
export class Probation {
  readonly #gate: Watched;
  readonly #looks: number;
  readonly #past = new Past();
  readonly #unobserve: () => void;
  /** Revisions that don't say what is usual: one on trial, and those that failed, or were followed before they had passed. */
  readonly #unproven = new Set<number>();
  #current: Current | undefined;

  constructor({ gate, seconds = 10 }: Terms) {
    this.#gate = gate;
    this.#looks = Math.ceil((seconds * 1000) / LOOK);
    this.#unobserve = gate.observe((outcome, request, ms) => this.#observed(outcome, request, ms));
  }

  /**
   * Watches a revision from now on, and none that was watched before. Returns how to end that. `passed` hears when it has
   * lived through it: one whose time was cut short by the next one is nothing to roll back to.
   */
  watch(revision: number, failed: Failed, passed: () => void = () => {}): () => void {
    this.#end();
    this.#unproven.add(revision);
    let looks = 0;
    const timer = setInterval(() => {
      looks += 1;
      this.#look();
      if (looks >= this.#looks && this.#current === current && !this.#isOpen(current)) this.#pass();
    }, LOOK).unref();
    const current = { revision, trial: new Trial(this.#past), before: this.#gate.counts, failed, passed, timer };
    this.#current = current;
    return () => {
      if (this.#current === current) this.#end();
    };
  }

  /** Has to hear of each error that a node let out, with the question in whose course that was, if it was one. */
  strayed(node: string, question?: string): void {
    this.#current?.trial.strayed(node, question);
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
      this.#current.trial.answered(outcome, request, ms);
      if (bad !== false) this.#judge();
    } else if (!this.#unproven.has(revision) && bad !== undefined) {
      this.#past.add(request, bad, ms);
    }
  };

  #look(): void {
    if (!this.#current) return;
    const { revision, trial, before } = this.#current;
    trial.late(this.#late(revision, trial));
    const { asked, unwanted } = this.#gate.counts;
    trial.counted(asked - before.asked, unwanted - before.unwanted);
    this.#judge();
  }

  /** Questions that have waited for longer than those like them may. */
  #late(revision: number, trial: Trial): readonly Late[] {
    const waiting = this.#gate.late(revision, PATIENCE);
    const patiences = new Set(waiting.map(({ request }) => trial.patience(request)));
    return [...patiences].flatMap(ms =>
      this.#gate.late(revision, ms).filter(({ request }) => trial.patience(request) === ms),
    );
  }

  /** Whether more has to be seen before it is known that a revision is good. */
  #isOpen({ revision, trial }: Current): boolean {
    return trial.isOpen || this.#gate.late(revision, LOOK).length > 0;
  }

  #judge(): void {
    const { trial, failed } = this.#current ?? {};
    const verdict = trial?.verdict();
    if (!verdict || !failed) return;
    this.#end();
    // Whoever acts on it must not do so in the midst of an answer.
    queueMicrotask(() => failed(verdict.why, verdict.node));
  }

  #pass(): void {
    const current = this.#current;
    this.#end();
    if (!current) return;
    this.#unproven.delete(current.revision);
    current.passed();
  }

  #end(): void {
    clearInterval(this.#current?.timer);
    this.#current = undefined;
  }
}
