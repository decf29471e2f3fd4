import { TokenBucket } from '../../model/bucket.ts';
import type { PortAddress } from '../../model/payload.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { EndLocation, WireLocation } from '../../runtime/subgraph.ts';
import type { Passed, Wire } from '../../runtime/tap.ts';
import type { Client, ProtocolMessage } from '../message.ts';
import { redacted } from './redact.ts';

/** An edge as a message names it. */
export interface Chosen {
  readonly src: PortAddress;
  readonly tgt: PortAddress;
}

/**
 * Hears the wanted packets of what is live, whichever revision that is. Returns what ends it. What still passes in a
 * revision that another one has taken the place of is not heard.
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

/** An opening as it is drawn: with one end. */
function opening(wire: Wire): WireLocation {
  const { from: src, to: tgt } = wire as { from?: EndLocation; to?: EndLocation };
  const end = ({ node, port }: EndLocation) => ({ node, port });
  return { ...(src && { src: end(src) }), ...(tgt && { tgt: end(tgt) }), subgraph: [] };
}

/** Whether edges chosen in a graph mean this one: `graph` is the main one, or a subgraph and means all nodes that are it. */
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

/** `network:data`; nothing where the packet left by an outer port, as the protocol has no message for that. */
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

function portName({ port, index }: EndLocation): string {
  return index === undefined ? port.toUpperCase() : `${port.toUpperCase()}[${index}]`;
}

/** How many messages an outbox sends: a burst, and then so many a second. */
export interface MessageRate {
  readonly burst: number;
  readonly rate: number;
}

/** Together at most 200 messages in any second, of which one says how many packets more there were. */
const WATCHING: MessageRate = { burst: 50, rate: 149 };
/** Milliseconds until messages are made and sent, out of the packets' way. */
const DELAY_MS = 20;
const SECOND = 1000;

/** Tells a client of packets: later, so that they need not wait, and not of all where they are too many. */
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

  /** `make` is called when its message is to be sent; not at all where there are too many. */
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
