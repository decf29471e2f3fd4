import { dropOldest } from '../../model/cached.ts';

/** Limits of a client of the editor's endpoint. */
export interface ClientLimits {
  /** Limit of signed-in connections. A new editor displaces a viewer; otherwise a new connection is refused. */
  readonly clients: number;
  /** Limit of unauthenticated connections. A new one is answered 503, unless an older one may be closed for it. */
  readonly nameless: number;
  /** Unauthenticated connections per address above which its oldest ones are closed to make room. */
  readonly share: number;
  /** Milliseconds a connection has to sign in before it may be closed for another of its address. */
  readonly grace: number;
  /** Milliseconds a connection may stay without signing in. */
  readonly patience: number;
  /** Most bytes of a message; a larger one closes its connection with 1009. */
  readonly bytes: number;
  /** Deepest nesting of a message's JSON. */
  readonly depth: number;
  /** Messages per second of a client, after an initial `burst`; one more closes its connection with 1008. */
  readonly rate: number;
  readonly burst: number;
  /** Most queued messages of a client; one more closes its connection with 1008. */
  readonly waiting: number;
  /** Characters of queued messages beyond which a client's connection is not read. */
  readonly waitingText: number;
  /** As `waitingText`, before signing in. */
  readonly namelessText: number;
  /** Unsent bytes of a client above which its connection is closed with 1013. */
  readonly backlog: number;
  /** Milliseconds between pings; a client without a pong by the next ping is disconnected. */
  readonly heartbeat: number;
  /** Limit of wrong secrets per connection; the last one closes it with 1008. */
  readonly wrongSecrets: number;
  /** Longest delay in milliseconds of an attempt after too many wrong secrets. */
  readonly longestWait: number;
}

export const CLIENT_LIMITS: ClientLimits = {
  clients: 32,
  // Enough for a flood from one address and legitimate users at the same address.
  nameless: 128,
  share: 4,
  grace: 2000,
  patience: 30_000,
  bytes: 1024 * 1024,
  depth: 100,
  rate: 500,
  burst: 2000,
  waiting: 4096,
  waitingText: 4 * 1024 * 1024,
  namelessText: 64 * 1024,
  backlog: 8 * 1024 * 1024,
  heartbeat: 30_000,
  wrongSecrets: 20,
  // noflo-ui gives up after 5 s, even with the right secret, if a neighbour caused the delay.
  longestWait: 4000,
};

type Clock = () => number;

const clock: Clock = () => performance.now();

/** Wrong secrets of one address within MINUTE before its attempts are delayed. */
const FREE = 5;
/** Wrong secrets of all addresses within MINUTE before everybody's attempts are delayed. */
const FREE_FOR_ALL = 100;
const MINUTE = 60_000;
/** Milliseconds of the first delay; doubled with each further wrong secret. */
const FIRST_WAIT = 250;
/** Most doublings. */
const MAX_DOUBLINGS = 10;
/** Most addresses remembered; the longest inactive is forgotten first. */
const MAX_ADDRESSES = 10_000;

/** Delays attempts after wrong secrets. Right secrets are delayed as well, as timing would reveal them. */
export class Guesses {
  readonly #longest: number;
  readonly #now: Clock;
  readonly #byAddress = new Map<string, number[]>();
  readonly #all: number[] = [];

  constructor(longest: number, now = clock) {
    this.#longest = longest;
    this.#now = now;
  }

  /** Counts a wrong secret. */
  wrong(from: string): void {
    const times = this.#byAddress.get(from) ?? [];
    this.#byAddress.delete(from);
    this.#byAddress.set(from, times);
    note(times, this.#now(), FREE + MAX_DOUBLINGS);
    note(this.#all, this.#now(), FREE_FOR_ALL + MAX_DOUBLINGS);
    dropOldest(this.#byAddress, MAX_ADDRESSES);
  }

  /** The delay in milliseconds. */
  wait(from: string): number {
    const since = this.#now() - MINUTE;
    const beyond = Math.max(
      count(this.#byAddress.get(from) ?? [], since) - FREE,
      count(this.#all, since) - FREE_FOR_ALL,
    );
    return beyond < 0 ? 0 : Math.min(this.#longest, FIRST_WAIT * 2 ** beyond);
  }

  /** Number of remembered addresses. */
  get size(): number {
    return this.#byAddress.size;
  }
}

function note(times: number[], now: number, most: number): void {
  times.push(now);
  if (times.length > most) times.shift();
}

function count(times: readonly number[], since: number): number {
  return times.filter(time => time > since).length;
}
