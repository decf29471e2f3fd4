import type { Outcome, OverdueRequest, Request } from '../../gate/gate.ts';

/** All requests together, beside each kind of them. */
const ALL_REQUESTS = '';
/** Outcomes of a kind that say how it goes lately. */
const RECENT = 50;
/** A kind of which none went well among so many requests is not expected to be asked again. */
const FORGOTTEN = 500;
/** How many kinds are remembered. */
const MAX_KINDS = 100;

interface Kind {
  readonly recent: { readonly bad: boolean; readonly ms: number }[];
  /** The number of the last request of it that went well; 0 where none did. */
  good: number;
  /** The number of its last request. */
  last: number;
}

/** What a request counts as: as one like it, as one of its method, and as one of all. */
function kindsOf({ method, path }: Pick<Request, 'method' | 'path'>): readonly [string, string, string] {
  return [`${method} ${shapeOf(path)}`, method, ALL_REQUESTS];
}

/** A path without names: in /api/rooms/lobby/messages/7, what things are and how they are called take turns. */
function shapeOf(path: string): string {
  const [first = '', second = '', ...rest] = path.split('/').filter(Boolean);
  return `/${[first, second, ...rest.map((part, i) => (i % 2 === 0 ? '*' : part))].filter(Boolean).join('/')}`;
}

/** What the last requests were like, so that a revision is not blamed for what was so before it. */
export class TrafficHistory {
  readonly #kinds = new Map<string, Kind>();
  #count = 0;

  add(request: Pick<Request, 'method' | 'path'>, bad: boolean, ms: number): void {
    this.#count += 1;
    for (const name of kindsOf(request)) {
      const kind = this.#kinds.get(name) ?? this.#begin(name);
      kind.last = this.#count;
      kind.recent.push({ bad, ms });
      if (kind.recent.length > RECENT) kind.recent.shift();
      if (!bad) kind.good = this.#count;
    }
    if (this.#kinds.size > MAX_KINDS) this.#forgetOldest();
  }

  #begin(name: string): Kind {
    const kind = { recent: [], good: 0, last: 0 };
    this.#kinds.set(name, kind);
    return kind;
  }

  /** Forgets the kind that has not been asked for longest. */
  #forgetOldest(): void {
    const [first, ...others] = this.#kinds;
    const [name] = others.reduce((oldest, one) => (one[1].last < oldest[1].last ? one : oldest), first!);
    this.#kinds.delete(name);
  }

  /** The share of requests of a kind that failed; none where there were none. */
  share(kind: string): number {
    const { recent = [] } = this.#kinds.get(kind) ?? {};
    return recent.filter(({ bad }) => bad).length / Math.max(1, recent.length);
  }

  /** Milliseconds in which nine of ten requests of a kind were answered. */
  usual(kind: string): number {
    const times = (this.#kinds.get(kind)?.recent ?? []).map(({ ms }) => ms).sort((a, b) => a - b);
    return times[Math.ceil(times.length * 0.9) - 1] ?? 0;
  }

  /** Whether requests of a kind go well. */
  expects(kind: string): boolean {
    const { good = 0 } = this.#kinds.get(kind) ?? {};
    return good > 0 && this.#count - good < FORGOTTEN && this.share(kind) < 0.5;
  }

  /** The kinds of which a good revision answers some well. */
  expected(): readonly string[] {
    return [...this.#kinds.keys()].filter(kind => this.expects(kind));
  }
}

/** Why a revision has to be taken back, and the node that failed last where one is known. */
interface CanaryFailure {
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
export const TIMEOUT_MS = 1500;
/** How much slower than usual an answer is that will not come any more. */
const SLOWER = 4;
/** So many answers that nobody waited for are too many where they are so many for each question as well. */
const ORPHANED = 1000;
const ORPHANED_EACH = 10;
/** Ids of answered questions that are remembered, as an error may follow an answer. */
const MAX_ANSWERED_IDS = 1024;

interface Tally {
  good: number;
  bad: number;
  overdue: number;
  /** Whether one was late already when it was looked at before. */
  wasOverdue: boolean;
}

/**
 * Judges a new revision by how its requests go, each kind by itself: where all posts fail while many read, it is broken.
 * Knows no time; who asks it says when it is over.
 */
export class CanaryWindow {
  readonly #history: TrafficHistory;
  /** The longest patience that was needed so far. */
  #timeoutMs = TIMEOUT_MS;
  readonly #tallies = new Map<string, Tally>();
  readonly #answered = new Map<string, Request>();
  #node: string | undefined;
  #asked = 0;
  #orphaned = 0;

  constructor(history: TrafficHistory) {
    this.#history = history;
  }

  /** Milliseconds after which a question like this that still waits counts as failed. */
  timeoutMs(request: Request): number {
    const [kind = ALL_REQUESTS] = kindsOf(request);
    return Math.max(TIMEOUT_MS, SLOWER * this.#history.usual(ALL_REQUESTS), SLOWER * this.#history.usual(kind));
  }

  /** Whether it is too early to say that the revision is good: requests that went well before did not yet, or only failed. */
  get isOpen(): boolean {
    if (this.#history.expected().some(kind => (this.#tallies.get(kind)?.good ?? 0) <= 0)) return true;
    return [...this.#tallies.values()].some(({ good, bad, overdue }) => good <= 0 && bad + overdue > 0);
  }

  /** Takes down how a request went. A caller that gave up waiting is a failure too, where it was patient. */
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

  /** Takes down that a node let an error out; one after its question was answered well makes that a failure. */
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

  /** Takes down which questions have waited for too long, as it is now. */
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

  /** Takes down how many questions there were in all, and answers that nobody waited for. */
  counted(asked: number, orphaned: number): void {
    this.#asked = asked;
    this.#orphaned = orphaned;
  }

  /** Why the revision has to be taken back; nothing as long as it need not. */
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
    // One that is late is seen twice, so that a moment in which nothing ran is not taken for it.
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
    // What is broken is told of the method, where it is.
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
