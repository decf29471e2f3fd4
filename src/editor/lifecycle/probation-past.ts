import type { Request } from '../../gate.ts';

/** All requests together, beside each kind of them. */
export const ALL = '';
/** Outcomes of a kind that say how it goes lately. */
const RECENT = 50;
/** A kind of which none went well among so many requests is not expected to be asked again. */
const FORGOTTEN = 500;
/** How many kinds are remembered. */
const MOST_KINDS = 100;

interface Kind {
  readonly recent: { readonly bad: boolean; readonly ms: number }[];
  /** The number of the last request of it that went well; 0 where none did. */
  good: number;
  /** The number of its last request. */
  last: number;
}

/** What a request counts as: as one like it, as one of its method, and as one of all. */
export function kindsOf({ method, path }: Pick<Request, 'method' | 'path'>): readonly [string, string, string] {
  return [`${method} ${shapeOf(path)}`, method, ALL];
}

/** A path without names: in /api/rooms/lobby/messages/7, what things are and how they are called take turns. */
function shapeOf(path: string): string {
  const [first = '', second = '', ...rest] = path.split('/').filter(Boolean);
  return `/${[first, second, ...rest.map((part, i) => (i % 2 === 0 ? '*' : part))].filter(Boolean).join('/')}`;
}

/** What the last requests were like, so that a revision is not blamed for what was so before it. */
export class Past {
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
    if (this.#kinds.size > MOST_KINDS) this.#forgetOldest();
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
