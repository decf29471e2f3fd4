import { TokenBucket } from '../../model/bucket.ts';
import type { PortAddress } from '../../model/payload.ts';
import { portName } from '../../model/words.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { EndLocation, WireLocation } from '../../runtime/subgraph.ts';
import type { Passed, Wire } from '../../runtime/tap.ts';
import type { Client, ProtocolMessage } from '../message.ts';
import { redacted } from './redact.ts';

/** An edge as named in a message. */
export interface Chosen {
  readonly src: PortAddress;
  readonly tgt: PortAddress;
}

/**
 * Calls back with the selected packets of the live revision, also of later ones. Returns a function that ends it.
 * Packets that are still in a replaced revision are not reported.
 */
export function follow(
  runtime: Pick<Runtime, 'live' | 'onLive'>,
  wanted: (location: WireLocation) => boolean,
  heard: (passed: Passed, location: WireLocation) => void,
): () => void {
  let untap = () => {};
  const tap = (): void => {
    untap();
    const { live } = runtime;
    const drawn = (wire: Wire) => live?.locations.get(wire) ?? opening(wire);
    untap =
      live?.taps.tap(
        wire => wanted(drawn(wire)),
        passed => heard(passed, drawn(passed.edge)),
      ) ?? (() => {});
  };
  const unlisten = runtime.onLive(tap);
  tap();
  return () => {
    unlisten();
    untap();
  };
}

/** The location of an outer port's wire, which has one end. */
function opening(wire: Wire): WireLocation {
  const { from: src, to: tgt } = wire as { from?: EndLocation; to?: EndLocation };
  const end = ({ node, port }: EndLocation) => ({ node, port });
  return { ...(src && { src: end(src) }), ...(tgt && { tgt: end(tgt) }), subgraph: [] };
}

/**
 * Whether the edges that were selected in a graph include this one: `graph` is the main graph, or a subgraph, which
 * includes all of its nodes.
 */
export function isChosen(
  { src, tgt, subgraph, component }: WireLocation,
  graph: string,
  main: string,
  edges: readonly Chosen[],
): boolean {
  const isHere = graph === main ? subgraph.length === 0 : component === graph || graph.endsWith(`/${component}`);
  return isHere && edges.some(chosen => isSame(chosen.src, src) && isSame(chosen.tgt, tgt));
}

function isSame(chosen: PortAddress, end: EndLocation | undefined): boolean {
  if (!end || chosen.node !== end.node || chosen.port !== end.port.toLowerCase()) return false;
  return chosen.index === undefined || chosen.index === end.index;
}

/** A `network:data` message; undefined if the packet left by an outer port, which the protocol can't express. */
export function dataMessage(
  graph: string,
  { src, tgt, subgraph }: WireLocation,
  data: unknown,
): ProtocolMessage | undefined {
  if (!tgt) return;
  const from = src ? `${src.node}() ${portName(src)}` : 'DATA';
  const ends = { ...(src && { src }), tgt, ...(subgraph.length > 0 && { subgraph }) };
  const payload = { id: `${from} -> ${portName(tgt)} ${tgt.node}()`, graph, ...ends, data: redacted(data) };
  return { protocol: 'network', command: 'data', payload };
}

/** Rate limit of messages: a burst, then a rate per second. */
interface MessageRate {
  readonly burst: number;
  readonly rate: number;
}

/** 200 messages per second in total, one of which reports the number of dropped packets. */
const WATCHING: MessageRate = { burst: 50, rate: 149 };
/** Milliseconds until messages are built and sent, so as not to delay the packets. */
const DELAY_MS = 20;
const SECOND = 1000;

/** Reports packets to a client with a delay, and drops some if there are too many. */
export class PacketThrottle {
  readonly #client: Client;
  readonly #bucket: TokenBucket;
  #waiting: (() => ProtocolMessage | undefined)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #summary: NodeJS.Timeout | undefined;
  #missed = 0;

  constructor(client: Client, { burst, rate } = WATCHING) {
    this.#client = client;
    this.#bucket = new TokenBucket(rate, burst);
  }

  /** Calls `make` when the message is sent; never if it is dropped. */
  add(make: () => ProtocolMessage | undefined): void {
    if (!this.#bucket.take()) {
      this.#missed += 1;
      this.#summary ??= setTimeout(this.#sum, SECOND).unref();
      return;
    }
    this.#waiting.push(make);
    this.#timer ??= setTimeout(this.#flush, DELAY_MS).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#summary);
    this.#waiting = [];
  }

  readonly #flush = (): void => {
    this.#timer = undefined;
    for (const make of this.#waiting.splice(0)) {
      const message = make();
      if (message) this.#client.push(message);
    }
  };

  readonly #sum = (): void => {
    this.#summary = undefined;
    const packets = `${this.#missed.toLocaleString('en')} more packet${this.#missed === 1 ? '' : 's'}`;
    const message = `${packets} passed in the last second than are shown`;
    this.#missed = 0;
    this.#client.push({ protocol: 'network', command: 'output', payload: { message, type: 'message' } });
  };
}
