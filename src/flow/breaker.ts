/** Deliveries within deliveries; some 400 overflow the stack. */
const DEEPEST = 200;
/** Deliveries that one delivery may bring about before it returns, in which nothing else is done. */
const MOST = 10_000;
const SECOND = 1000;

/** More packets than there may be; nothing passes any more. */
export class Overrun extends Error {
  readonly most: string;

  constructor(count: number, when: 'a second' | 'at once') {
    const most = `more than ${count.toLocaleString('en')} packets ${when}`;
    super(`${most}; nothing passes until the next start`);
    this.name = 'Overrun';
    this.most = most;
  }
}

/** Where packets are delivered; NoFlo's inports are such. */
interface Inport<Packet> {
  handleIP(packet: Packet, index?: number | null): void;
}

/**
 * Keeps packets that go round in a network from stopping all else: it refuses what comes of one packet once that is too
 * much, and everything once there are more than there may be: a second, or in one turn of the event loop, which a slow
 * machine needs seconds for.
 */
export class Breaker {
  readonly #perSecond: number;
  readonly #atOnce: number;
  #inTurn = 0;
  #depth = 0;
  #count = 0;
  #isTripped = false;
  #isOff = false;
  #why: Error | undefined;
  #second = { since: performance.now(), count: 0 };

  constructor(perSecond = Number.POSITIVE_INFINITY, atOnce = perSecond) {
    this.#perSecond = perSecond;
    this.#atOnce = atOnce;
  }

  /** Looks at each packet before a node gets it. `refused` hears of the first one of many that don't get there. */
  guard<Packet extends { readonly data: unknown }>(
    inports: readonly Inport<Packet>[],
    refused: (data: unknown, error: Error) => void,
  ): void {
    for (const inport of inports) {
      const deliver = inport.handleIP;
      inport.handleIP = (packet, index) => {
        if (!this.#enter()) return this.#tell(error => refused(packet.data, error));
        try {
          deliver.call(inport, packet, index);
        } finally {
          this.#depth -= 1;
        }
      };
    }
  }

  /** Refuses everything from now on. */
  off(): void {
    this.#isOff = true;
  }

  #enter(): boolean {
    if (this.#depth === 0) {
      this.#count = 0;
      this.#isTripped = false;
    }
    if (this.#isOff || this.#isTripped) return false;
    this.#count += 1;
    if (this.#depth >= DEEPEST || this.#count > MOST) {
      this.#isTripped = true;
      this.#why = new Error(`packets go round, or through more than ${DEEPEST} nodes at once; lead an edge elsewhere`);
    } else if (this.#isTooFast()) {
      this.off();
      this.#why = new Overrun(this.#perSecond, 'a second');
    } else if (this.#areTooMany()) {
      this.off();
      this.#why = new Overrun(this.#atOnce, 'at once');
    } else {
      this.#depth += 1;
      return true;
    }
    return false;
  }

  #tell(refused: (error: Error) => void): void {
    const error = this.#why;
    this.#why = undefined;
    if (error) refused(error);
  }

  #areTooMany(): boolean {
    if (this.#inTurn === 0 && this.#atOnce < Number.POSITIVE_INFINITY) setImmediate(this.#turned).unref();
    this.#inTurn += 1;
    return this.#inTurn > this.#atOnce;
  }

  readonly #turned = (): void => {
    this.#inTurn = 0;
  };

  #isTooFast(): boolean {
    this.#second.count += 1;
    if (this.#second.count <= this.#perSecond) return false;
    const now = performance.now();
    if (now - this.#second.since < SECOND) return true;
    this.#second = { since: now, count: 1 };
    return false;
  }
}
