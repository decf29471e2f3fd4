import type { Outcome, OverdueRequest, Request } from '../../gate/gate.ts';
import { cached } from '../../model/cached.ts';

/** Key for all requests together. */
const ALL_REQUESTS = '';
/** Recent outcomes kept per kind. */
const RECENT = 50;
/** A kind without a success among this many requests is no longer expected to succeed. */
const FORGOTTEN = 500;
/** Most kinds remembered. */
const MAX_KINDS = 100;

interface Kind {
  /** A ring: the outcome of its request `count` is at `count % RECENT`. */
  readonly recent: { readonly bad: boolean; readonly ms: number }[];
  count: number;
  /** Number of its last successful request; 0 if there was none. */
  good: number;
  /** Number of its last request. */
  last: number;
}

type Kinds = readonly [like: string, method: string, all: string];

/** The kinds that a request is counted in: its method and path, its method, and all. */
const kindsBy = cached((method: string) =>
  cached((path: string): Kinds => [`${method} ${shapeOf(path)}`, method, ALL_REQUESTS]),
);

const kindsOf = ({ method, path }: Pick<Request, 'method' | 'path'>): Kinds => kindsBy(method)(path);

/** A path without names: in /api/rooms/lobby/messages/7, resources and names alternate. */
function shapeOf(path: string): string {
  const [first = '', second = '', ...rest] = path.split('/').filter(Boolean);
  return `/${[first, second, ...rest.map((part, i) => (i % 2 === 0 ? '*' : part))].filter(Boolean).join('/')}`;
}

/** Statistics of earlier requests, so that a revision is not blamed for failures that existed before. */
export class TrafficHistory {
  readonly #kinds = new Map<string, Kind>();
  #count = 0;

  add(request: Pick<Request, 'method' | 'path'>, bad: boolean, ms: number): void {
    this.#count += 1;
    const outcome = { bad, ms };
    for (const name of kindsOf(request)) {
      const kind = this.#kinds.get(name) ?? this.#begin(name);
      kind.last = this.#count;
      kind.recent[kind.count % RECENT] = outcome;
      kind.count += 1;
      if (!bad) kind.good = this.#count;
    }
    if (this.#kinds.size > MAX_KINDS) this.#forgetOldest();
  }

  #begin(name: string): Kind {
    const kind = { recent: [], count: 0, good: 0, last: 0 };
    this.#kinds.set(name, kind);
    return kind;
  }

  /** Forgets the least recently requested kind. */
  #forgetOldest(): void {
    const [first, ...others] = this.#kinds;
    const [name] = others.reduce((oldest, one) => (one[1].last < oldest[1].last ? one : oldest), first!);
    this.#kinds.delete(name);
  }

  /** Fraction of a kind's requests that failed; 0 if there were none. */
  share(kind: string): number {
    const { recent = [] } = this.#kinds.get(kind) ?? {};
    return recent.filter(({ bad }) => bad).length / Math.max(1, recent.length);
  }

  /** Milliseconds within which 90 % of a kind's requests were answered. */
  usual(kind: string): number {
    const times = (this.#kinds.get(kind)?.recent ?? []).map(({ ms }) => ms).sort((a, b) => a - b);
    return times[Math.ceil(times.length * 0.9) - 1] ?? 0;
  }

  /** Whether a kind's requests usually succeed. */
  expects(kind: string): boolean {
    const { good = 0 } = this.#kinds.get(kind) ?? {};
    return good > 0 && this.#count - good < FORGOTTEN && this.share(kind) < 0.5;
  }

  /** Kinds of which a good revision answers some successfully. */
  expected(): readonly string[] {
    return [...this.#kinds.keys()].filter(kind => this.expects(kind));
  }
}

/** Why a revision must be rolled back, and the node that failed last, if known. */
interface CanaryFailure {
  readonly why: string;
  readonly node?: string;
}

/** Whether a status means failure; undefined for 503 and 499, which say nothing about the graph. */
export function isBad(status: number): boolean | undefined {
  if (status === 503 || status === 499) return;
  return status === 500 || status === 504;
}

/** Failures that suffice for a roll-back if they are at least half of the answers. */
const ENOUGH = 5;
/** Failures that suffice if no answer succeeded. */
const FEW = 3;
/** Required increase of the failure fraction. */
const WORSE = 0.5;
/** Milliseconds without an answer that always count as failure. */
export const TIMEOUT_MS = 1500;
/** Factor by which an answer must be slower than usual to count as missing. */
const SLOWER = 4;
/** Limits of orphaned answers, in total and per question; both must be exceeded. */
const ORPHANED = 1000;
const ORPHANED_EACH = 10;
/** Answered ids remembered, as an error may follow an answer. */
const MAX_ANSWERED_IDS = 1024;

interface Tally {
  good: number;
  bad: number;
  overdue: number;
  /** Whether a question was overdue at the previous check. */
  wasOverdue: boolean;
}

/**
 * Judges a new revision by its requests, each kind separately: if all posts fail among many reads, it is broken. It has
 * no clock; its caller decides when it ends.
 */
export class CanaryWindow {
  readonly #history: TrafficHistory;
  /** The longest timeout used so far. */
  #timeoutMs = TIMEOUT_MS;
  readonly #tallies = new Map<string, Tally>();
  readonly #answered = new Map<string, Request>();
  #node: string | undefined;
  #asked = 0;
  #orphaned = 0;

  constructor(history: TrafficHistory) {
    this.#history = history;
  }

  /** Milliseconds after which a pending question like this counts as failed. */
  timeoutMs(request: Request): number {
    const [kind = ALL_REQUESTS] = kindsOf(request);
    return Math.max(TIMEOUT_MS, SLOWER * this.#history.usual(ALL_REQUESTS), SLOWER * this.#history.usual(kind));
  }

  /** Whether it is too early to call the revision good: kinds that used to succeed have not yet. */
  get isOpen(): boolean {
    if (this.#history.expected().some(kind => (this.#tallies.get(kind)?.good ?? 0) <= 0)) return true;
    return [...this.#tallies.values()].some(({ good, bad, overdue }) => good <= 0 && bad + overdue > 0);
  }

  /** Records an outcome. A caller that gave up counts as a failure if it waited long enough. */
  answered({ answer: { id, status }, node }: Outcome, request: Request, ms: number): void {
    const isOverdue = ms >= this.timeoutMs(request);
    const bad = status === 499 && isOverdue ? true : isBad(status);
    for (const tally of this.#of(request)) {
      if (isOverdue) tally.overdue = Math.max(0, tally.overdue - 1);
      if (bad !== undefined) tally[bad ? 'bad' : 'good'] += 1;
      if (bad && isOverdue) tally.wasOverdue = true;
    }
    if (bad) this.#node = node ?? this.#node;
    else if (bad === false) this.#addAnswered(id, request);
  }

  /** Records an error of a node; one after a question's successful answer makes that a failure. */
  uncaught(node: string, id?: string): void {
    const request = id === undefined ? undefined : this.#answered.get(id);
    if (id !== undefined && request === undefined) return;
    this.#answered.delete(id ?? '');
    for (const tally of request === undefined ? [this.#tally(ALL_REQUESTS)] : this.#of(request)) {
      tally.bad += 1;
      if (request !== undefined) tally.good -= 1;
    }
    this.#node = node;
  }

  /** Records which questions are overdue now. */
  overdue(questions: readonly OverdueRequest[]): void {
    for (const tally of this.#tallies.values()) {
      tally.wasOverdue ||= tally.overdue > 0;
      tally.overdue = 0;
    }
    for (const { request } of questions) {
      this.#timeoutMs = Math.max(this.#timeoutMs, this.timeoutMs(request));
      for (const tally of this.#of(request)) tally.overdue += 1;
    }
    this.#node = questions.findLast(({ node }) => node !== undefined)?.node ?? this.#node;
  }

  /** Records the totals of questions and of orphaned answers. */
  counted(asked: number, orphaned: number): void {
    this.#asked = asked;
    this.#orphaned = orphaned;
  }

  /** Why the revision must be rolled back; undefined as long as it need not be. */
  failure(): CanaryFailure | undefined {
    if (this.#orphaned > ORPHANED && this.#orphaned > ORPHANED_EACH * this.#asked) {
      return { why: `packets multiply: to ${this.#asked} requests came ${this.#orphaned} answers too many` };
    }
    for (const [kind, tally] of this.#tallies) {
      if (this.#isBroken(kind, tally)) return { why: this.#why(kind, tally), ...(this.#node && { node: this.#node }) };
    }
    return;
  }

  #isBroken(kind: string, { good, bad, overdue, wasOverdue }: Tally): boolean {
    const failed = bad + overdue;
    // Must be overdue in two checks, to ignore a moment in which the whole process was paused.
    const isOverdue = failed > 0 && wasOverdue && this.#history.expects(kind);
    const isEnough = failed >= ENOUGH || ((failed >= FEW || isOverdue) && good === 0);
    return isEnough && failed / (good + failed) - this.#history.share(kind) >= WORSE;
  }

  #why(kind: string, { good, bad, overdue }: Tally): string {
    const failed = bad + overdue;
    const requests = kind === ALL_REQUESTS ? 'requests' : `requests ${kind.includes(' ') ? 'like' : 'with'} ${kind}`;
    const waiting = overdue === 0 ? '' : `, ${overdue} of them without an answer for ${this.#timeoutMs / 1000} s`;
    return `${failed} of its first ${good + failed} ${requests} failed${waiting}${this.#node ? `, the last at ${this.#node}` : ''}`;
  }

  #of(request: Request): readonly Tally[] {
    const [kind, method, all] = kindsOf(request);
    // The failure is reported for the method rather than for all requests.
    return [method, all, kind].map(one => this.#tally(one));
  }

  #tally(kind: string): Tally {
    const tally = this.#tallies.get(kind) ?? { good: 0, bad: 0, overdue: 0, wasOverdue: false };
    this.#tallies.set(kind, tally);
    return tally;
  }

  #addAnswered(id: string, request: Request): void {
    this.#answered.set(id, request);
    if (this.#answered.size <= MAX_ANSWERED_IDS) return;
    const [oldest] = this.#answered.keys();
    this.#answered.delete(oldest!);
  }
}
