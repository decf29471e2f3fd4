import type { Late, Outcome, Request } from '../../gate.ts';

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

/** All requests together, beside each kind of them. */
const ALL = '';
/** Outcomes of a kind that say how it goes lately. */
const RECENT = 50;
/** So many failures are enough where they are at least half, */
const ENOUGH = 5;
/** and so many where nothing went well. */
const FEW = 3;
/** By how much the share of failures has to be higher than before. */
const WORSE = 0.5;
/** Milliseconds without an answer that are too many in any case. */
const PATIENCE = 1500;
/** How much slower than usual an answer is that will not come any more. */
const SLOWER = 4;
/** So many answers that nobody waited for are too many where they are so many for each question as well. */
const UNWANTED = 1000;
const UNWANTED_EACH = 10;
/** Ids of answered questions that are remembered, as an error may follow an answer. */
const REMEMBERED = 1024;

/** What the last requests were like, so that a revision is not blamed for what was so before it. */
export class Past {
  readonly #kinds = new Map<string, { bad: boolean; ms: number }[]>();

  add(kind: string, bad: boolean, ms: number): void {
    for (const key of [kind, ALL]) {
      const recent = this.#kinds.get(key) ?? [];
      this.#kinds.set(key, recent);
      recent.push({ bad, ms });
      if (recent.length > RECENT) recent.shift();
    }
  }

  /** The share of requests of a kind that failed; none where there were none. */
  share(kind: string): number {
    const recent = this.#kinds.get(kind) ?? [];
    return recent.filter(({ bad }) => bad).length / Math.max(1, recent.length);
  }

  /** Milliseconds in which nine of ten requests were answered. */
  get usual(): number {
    const times = (this.#kinds.get(ALL) ?? []).map(({ ms }) => ms).sort((a, b) => a - b);
    return times[Math.ceil(times.length * 0.9) - 1] ?? 0;
  }
}

interface Tally {
  good: number;
  bad: number;
  late: number;
}

/**
 * Judges a new revision by how its requests go, each kind by itself: where all posts fail while many read, it is broken.
 * Knows no time; who asks it says when it is over.
 */
export class Trial {
  /** Milliseconds after which a question that still waits counts as failed. */
  readonly patience: number;
  readonly #past: Past;
  readonly #tallies = new Map<string, Tally>();
  readonly #answered = new Map<string, string>();
  #node: string | undefined;
  #asked = 0;
  #unwanted = 0;

  constructor(past: Past) {
    this.patience = Math.max(PATIENCE, SLOWER * past.usual);
    this.#past = past;
  }

  /** Takes down how a request went. A caller that gave up waiting is a failure too, where it was patient. */
  answered({ answer: { id, status }, node }: Outcome, { method }: Request, ms: number): void {
    const isLate = ms >= this.patience;
    const bad = status === 499 && isLate ? true : isBad(status);
    for (const tally of this.#of(method)) {
      if (isLate) tally.late = Math.max(0, tally.late - 1);
      if (bad !== undefined) tally[bad ? 'bad' : 'good'] += 1;
    }
    if (bad) this.#node = node ?? this.#node;
    else if (bad === false) this.#remember(id, method);
  }

  /** Takes down that a node let an error out; one after its question was answered well makes that a failure. */
  strayed(node: string, id?: string): void {
    const kind = id === undefined ? undefined : this.#answered.get(id);
    if (id !== undefined && kind === undefined) return;
    this.#answered.delete(id ?? '');
    for (const tally of kind === undefined ? [this.#tally(ALL)] : this.#of(kind)) {
      tally.bad += 1;
      if (kind !== undefined) tally.good -= 1;
    }
    this.#node = node;
  }

  /** Takes down which questions have waited for too long, as it is now. */
  late(questions: readonly Late[]): void {
    for (const tally of this.#tallies.values()) tally.late = 0;
    for (const { request } of questions) for (const tally of this.#of(request.method)) tally.late += 1;
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

  #isBroken(kind: string, { good, bad, late }: Tally): boolean {
    const failed = bad + late;
    const isEnough = failed >= ENOUGH || (failed >= FEW && good === 0);
    return isEnough && failed / (good + failed) - this.#past.share(kind) >= WORSE;
  }

  #why(kind: string, { good, bad, late }: Tally): string {
    const failed = bad + late;
    const requests = kind === ALL ? 'requests' : `requests with ${kind}`;
    const waiting = late === 0 ? '' : `, ${late} of them without an answer for ${this.patience / 1000} s`;
    return `${failed} of its first ${good + failed} ${requests} failed${waiting}${this.#node ? `, the last at ${this.#node}` : ''}`;
  }

  #of(kind: string): readonly Tally[] {
    return [this.#tally(kind), this.#tally(ALL)];
  }

  #tally(kind: string): Tally {
    const tally = this.#tallies.get(kind) ?? { good: 0, bad: 0, late: 0 };
    this.#tallies.set(kind, tally);
    return tally;
  }

  #remember(id: string, kind: string): void {
    this.#answered.set(id, kind);
    if (this.#answered.size <= REMEMBERED) return;
    const [oldest] = this.#answered.keys();
    this.#answered.delete(oldest!);
  }
}
