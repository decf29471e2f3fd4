import type { Late, Outcome, Request } from '../../gate.ts';
import { ALL, kindsOf, type Past } from './probation-past.ts';

/** Why a revision has to be taken back, and the node that failed last where one is known. */
export interface Verdict {
  readonly why: string;
  readonly node?: string;
}

/** Whether an outcome says that the graph works or that it fails; nothing where it says neither, as 503 and 499 do. */
export function isBad(status: number): boolean | undefined {
  if (status === 503 || status === 499) return;
  return status === 500 || status === 504;
}

/** So many failures are enough where they are at least half, */
const ENOUGH = 5;
/** and so many where nothing went well. */
const FEW = 3;
/** By how much the share of failures has to be higher than before. */
const WORSE = 0.5;
/** Milliseconds without an answer that are too many in any case. */
export const PATIENCE = 1500;
/** How much slower than usual an answer is that will not come any more. */
const SLOWER = 4;
/** So many answers that nobody waited for are too many where they are so many for each question as well. */
const UNWANTED = 1000;
const UNWANTED_EACH = 10;
/** Ids of answered questions that are remembered, as an error may follow an answer. */
const REMEMBERED = 1024;

interface Tally {
  good: number;
  bad: number;
  late: number;
  /** Whether one was late already when it was looked at before. */
  wasLate: boolean;
}

/**
 * Judges a new revision by how its requests go, each kind by itself: where all posts fail while many read, it is broken.
 * Knows no time; who asks it says when it is over.
 */
export class Trial {
  readonly #past: Past;
  /** The longest patience that was needed so far. */
  #patience = PATIENCE;
  readonly #tallies = new Map<string, Tally>();
  readonly #answered = new Map<string, Request>();
  #node: string | undefined;
  #asked = 0;
  #unwanted = 0;

  constructor(past: Past) {
    this.#past = past;
  }

  /** Milliseconds after which a question like this that still waits counts as failed. */
  patience(request: Request): number {
    const [kind = ALL] = kindsOf(request);
    return Math.max(PATIENCE, SLOWER * this.#past.usual(ALL), SLOWER * this.#past.usual(kind));
  }

  /** Whether it is too early to say that the revision is good: requests that went well before did not yet, or only failed. */
  get isOpen(): boolean {
    if (this.#past.expected().some(kind => (this.#tallies.get(kind)?.good ?? 0) <= 0)) return true;
    return [...this.#tallies.values()].some(({ good, bad, late }) => good <= 0 && bad + late > 0);
  }

  /** Takes down how a request went. A caller that gave up waiting is a failure too, where it was patient. */
  answered({ answer: { id, status }, node }: Outcome, request: Request, ms: number): void {
    const isLate = ms >= this.patience(request);
    const bad = status === 499 && isLate ? true : isBad(status);
    for (const tally of this.#of(request)) {
      if (isLate) tally.late = Math.max(0, tally.late - 1);
      if (bad !== undefined) tally[bad ? 'bad' : 'good'] += 1;
      if (bad && isLate) tally.wasLate = true;
    }
    if (bad) this.#node = node ?? this.#node;
    else if (bad === false) this.#remember(id, request);
  }

  /** Takes down that a node let an error out; one after its question was answered well makes that a failure. */
  strayed(node: string, id?: string): void {
    const request = id === undefined ? undefined : this.#answered.get(id);
    if (id !== undefined && request === undefined) return;
    this.#answered.delete(id ?? '');
    for (const tally of request === undefined ? [this.#tally(ALL)] : this.#of(request)) {
      tally.bad += 1;
      if (request !== undefined) tally.good -= 1;
    }
    this.#node = node;
  }

  /** Takes down which questions have waited for too long, as it is now. */
  late(questions: readonly Late[]): void {
    for (const tally of this.#tallies.values()) {
      tally.wasLate ||= tally.late > 0;
      tally.late = 0;
    }
    for (const { request } of questions) {
      this.#patience = Math.max(this.#patience, this.patience(request));
      for (const tally of this.#of(request)) tally.late += 1;
    }
    this.#node = questions.findLast(({ node }) => node !== undefined)?.node ?? this.#node;
  }

  /** Takes down how many questions there were in all, and answers that nobody waited for. */
  counted(asked: number, unwanted: number): void {
    this.#asked = asked;
    this.#unwanted = unwanted;
  }

  /** Why the revision has to be taken back; nothing as long as it need not. */
  verdict(): Verdict | undefined {
    if (this.#unwanted > UNWANTED && this.#unwanted > UNWANTED_EACH * this.#asked) {
      return { why: `packets multiply: to ${this.#asked} requests came ${this.#unwanted} answers too many` };
    }
    for (const [kind, tally] of this.#tallies) {
      if (this.#isBroken(kind, tally)) return { why: this.#why(kind, tally), ...(this.#node && { node: this.#node }) };
    }
    return;
  }

  #isBroken(kind: string, { good, bad, late, wasLate }: Tally): boolean {
    const failed = bad + late;
    // One that is late is seen twice, so that a moment in which nothing ran is not taken for it.
    const isLate = failed > 0 && wasLate && this.#past.expects(kind);
    const isEnough = failed >= ENOUGH || ((failed >= FEW || isLate) && good === 0);
    return isEnough && failed / (good + failed) - this.#past.share(kind) >= WORSE;
  }

  #why(kind: string, { good, bad, late }: Tally): string {
    const failed = bad + late;
    const requests = kind === ALL ? 'requests' : `requests ${kind.includes(' ') ? 'like' : 'with'} ${kind}`;
    const waiting = late === 0 ? '' : `, ${late} of them without an answer for ${this.#patience / 1000} s`;
    return `${failed} of its first ${good + failed} ${requests} failed${waiting}${this.#node ? `, the last at ${this.#node}` : ''}`;
  }

  #of(request: Request): readonly Tally[] {
    const [kind, method, all] = kindsOf(request);
    // What is broken is told of the method, where it is.
    return [method, all, kind].map(one => this.#tally(one));
  }

  #tally(kind: string): Tally {
    const tally = this.#tallies.get(kind) ?? { good: 0, bad: 0, late: 0, wasLate: false };
    this.#tallies.set(kind, tally);
    return tally;
  }

  #remember(id: string, request: Request): void {
    this.#answered.set(id, request);
    if (this.#answered.size <= REMEMBERED) return;
    const [oldest] = this.#answered.keys();
    this.#answered.delete(oldest!);
  }
}
