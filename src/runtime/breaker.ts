/** Nested deliveries above which the next one is queued; some 400 overflow the stack. */
const MAX_STACK_DEPTH = 100;
/** Limit of packets that one packet may cause synchronously at nodes it has already passed. */
const MAX_AROUND = 10_000;
/** Packets that one packet may cause synchronously, which blocks everything else. */
const MAX_PACKETS = 100_000;
const SECOND = 1000;

const much = (count: number) => count.toLocaleString('en');

/** The packet limit was exceeded; the network no longer delivers anything. */
export class PacketLimitExceeded extends Error {
  override readonly name = 'PacketLimitExceeded';
  readonly most: string;

  constructor(count: number, when: 'a second' | 'at once') {
    const most = `more than ${much(count)} packets ${when}`;
    super(`${most}; nothing passes until the next start`);
    this.most = most;
  }
}

/** Receives packets; NoFlo's inports do. */
export interface Inport<Packet> {
  handleIP(packet: Packet, index?: number | null): void;
}

/** A node, as seen by the breaker. */
interface Place {
  readonly node: string;
  /** How many times it is among the nodes that caused the current delivery. */
  within: number;
  refused(data: unknown, error: Error): void;
}

/** A queued packet. */
interface Waiting {
  readonly place: Place;
  /** The nodes that caused it, without duplicates. */
  readonly path: readonly Place[];
  readonly data: unknown;
  deliver(): void;
}

/**
 * A circuit breaker against packet loops. It drops the packets that one packet causes once too many of them return to
 * nodes that they have passed, and all packets once the limit per second, or per turn of the event loop (which may last
 * seconds on a slow machine), is exceeded. Long chains of nodes don't overflow the stack.
 */
export class Breaker {
  readonly #perSecond: number;
  readonly #atOnce: number;
  /** Nodes on the stack: the current one and those that caused its packet. */
  readonly #stack: Place[] = [];
  /** Nodes that caused the first packet on the stack, if it was queued. */
  #before: readonly Place[] = [];
  #waiting: Waiting[] = [];
  /** Path of the next queued packet; undefined once the stack has changed. */
  #path: readonly Place[] | undefined;
  #inTurn = 0;
  #count = 0;
  #around = 0;
  #isTripped = false;
  #isOff = false;
  #why: Error | undefined;
  #second = { since: performance.now(), count: 0 };

  /** `atOnce` limits packets that nodes create, not those that they forward. */
  constructor(perSecond = Number.POSITIVE_INFINITY, atOnce = perSecond) {
    this.#perSecond = perSecond;
    this.#atOnce = atOnce;
  }

  /** Checks each packet before a node gets it. Calls `refused` for the first of each series of dropped packets. */
  guard<Packet extends { readonly data: unknown }>(
    node: string,
    inports: readonly Inport<Packet>[],
    refused: Place['refused'],
  ): void {
    const place: Place = { node, within: 0, refused };
    for (const inport of inports) {
      const deliver = inport.handleIP;
      /** Packets queued for this inport; later ones are queued too, to keep their order. */
      let waiting = 0;
      inport.handleIP = (packet, index) => {
        if (!this.#enter(place)) return this.#emit(error => refused(packet.data, error));
        if (waiting === 0 && this.#stack.length < MAX_STACK_DEPTH) {
          const isFirst = this.#stack.length === 0;
          this.#push(place);
          try {
            deliver.call(inport, packet, index);
          } finally {
            this.#pop(place);
            if (isFirst && this.#waiting.length > 0) this.#deliverWaiting();
          }
          return;
        }
        waiting += 1;
        this.#wait(place, packet.data, () => {
          waiting -= 1;
          if (!this.#isTripped && !this.#isOff) deliver.call(inport, packet, index);
        });
      };
    }
  }

  /** Drops everything from now on. */
  off(): void {
    this.#isOff = true;
  }

  #enter(place: Place): boolean {
    const isFirst = this.#stack.length === 0;
    if (isFirst) {
      this.#count = 0;
      this.#around = 0;
      this.#isTripped = false;
    }
    if (this.#isOff || this.#isTripped) return false;
    this.#count += 1;
    if (place.within > 0) this.#around += 1;
    if (this.#around > MAX_AROUND || this.#count > MAX_PACKETS) {
      this.#isTripped = true;
      this.#why = this.#around > MAX_AROUND ? goRound(place.node) : tooMany();
    } else if (this.#isTooFast()) {
      this.off();
      this.#why = new PacketLimitExceeded(this.#perSecond, 'a second');
    } else if (isFirst && this.#areTooMany()) {
      this.off();
      this.#why = new PacketLimitExceeded(this.#atOnce, 'at once');
    } else {
      return true;
    }
    return false;
  }

  #push(place: Place): void {
    this.#stack.push(place);
    place.within += 1;
    this.#path = undefined;
  }

  #pop(place: Place): void {
    this.#stack.pop();
    place.within -= 1;
    this.#path = undefined;
  }

  #wait(place: Place, data: unknown, deliver: () => void): void {
    this.#path ??= [...new Set([...this.#before, ...this.#stack])];
    this.#waiting.push({ place, path: this.#path, data, deliver });
  }

  /** Delivers queued packets, including new ones. Drops the rest above the limit. */
  #deliverWaiting(): void {
    for (const { place, path, data, deliver } of this.#waiting) {
      this.#before = path;
      for (const passed of path) passed.within += 1;
      this.#push(place);
      try {
        deliver();
      } catch (error) {
        place.refused(data, error as Error);
      } finally {
        this.#pop(place);
        for (const passed of path) passed.within -= 1;
      }
    }
    this.#before = [];
    this.#waiting = [];
  }

  #emit(refused: (error: Error) => void): void {
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

function goRound(node: string): Error {
  const times = `more than ${much(MAX_AROUND)} have come back to nodes that they had passed, at last to ${node}`;
  return new Error(`packets go round: ${times}; lead a wire elsewhere`);
}

function tooMany(): Error {
  return new Error(
    `one packet has brought about more than ${much(MAX_PACKETS)} others at once; send fewer of them at a time`,
  );
}
