/** How much a client of the editor's door may ask for. */
export interface ClientLimits {
  /** Connections at once that have shown a good secret. An editor takes the place of a viewer; another one is refused. */
  readonly clients: number;
  /** Connections at once that have shown none; one more is answered 503, unless an older one may be closed for it. */
  readonly nameless: number;
  /** Those of one address beyond which it has to give way, to itself and to others. */
  readonly share: number;
  /** Milliseconds that a connection has to show its secret before it may be closed for one more of its address. */
  readonly grace: number;
  /** Milliseconds that a connection may last without a good secret. */
  readonly patience: number;
  /** Bytes of a message that comes in; one of more ends its connection with 1009. */
  readonly bytes: number;
  /** Brackets around brackets in a message. */
  readonly depth: number;
  /** Messages per second of a client, after a first `burst`; one more ends its connection with 1008. */
  readonly rate: number;
  readonly burst: number;
  /** Messages of one client that wait for their turn; one more ends its connection with 1008. */
  readonly waiting: number;
  /** Characters of messages that wait for their turn, beyond which a client's connection is not read from. */
  readonly waitingText: number;
  /** The same for who has shown no good secret. */
  readonly namelessText: number;
  /** Bytes that a client may be behind with reading, beyond which its connection ends with 1013. */
  readonly backlog: number;
  /** Milliseconds between pings; who has not answered one when the next is due is gone. */
  readonly heartbeat: number;
  /** Wrong secrets of one connection; the last one ends it with 1008. */
  readonly wrongSecrets: number;
  /** Milliseconds that a try with another secret waits at most, after too many wrong ones. */
  readonly longestWait: number;
}

export const CLIENT_LIMITS: ClientLimits = {
  clients: 32,
  // Enough for a storm of one address, and those at the same address who know the secret.
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
  // noflo-ui gives up after 5 s, also where it has the right secret and a neighbour has not.
  longestWait: 4000,
};

type Clock = () => number;

const clock: Clock = () => performance.now();

/** Wrong secrets of one address within MINUTE that cost nothing. */
const FREE = 5;
/** Wrong secrets within MINUTE, by whomever, that cost others nothing. */
const FREE_FOR_ALL = 100;
const MINUTE = 60_000;
/** Milliseconds; doubled with each more. */
const FIRST_WAIT = 250;
/** Doubling beyond this many changes nothing any more. */
const MAX_DOUBLINGS = 10;
/** Addresses that are remembered; the one that has been quiet longest is forgotten first. */
const MAX_ADDRESSES = 10_000;

/**
 * Remembers who has shown wrong secrets, and says how long another try has to wait before it is looked at. A right secret
 * waits as well, as it would be told from a wrong one by the time otherwise.
 */
export class Guesses {
  readonly #longest: number;
  readonly #now: Clock;
  readonly #byAddress = new Map<string, number[]>();
  readonly #all: number[] = [];

  constructor(longest: number, now = clock) {
    this.#longest = longest;
    this.#now = now;
  }

  /** Takes a wrong secret down. */
  wrong(from: string): void {
    const times = this.#byAddress.get(from) ?? [];
    this.#byAddress.delete(from);
    this.#byAddress.set(from, times);
    note(times, this.#now(), FREE + MAX_DOUBLINGS);
    note(this.#all, this.#now(), FREE_FOR_ALL + MAX_DOUBLINGS);
    if (this.#byAddress.size > MAX_ADDRESSES) this.#byAddress.delete(this.#byAddress.keys().next().value!);
  }

  /** Milliseconds. */
  wait(from: string): number {
    const since = this.#now() - MINUTE;
    const beyond = Math.max(
      count(this.#byAddress.get(from) ?? [], since) - FREE,
      count(this.#all, since) - FREE_FOR_ALL,
    );
    return beyond < 0 ? 0 : Math.min(this.#longest, FIRST_WAIT * 2 ** beyond);
  }

  /** The addresses that it remembers. */
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
