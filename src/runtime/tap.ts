import type { IP } from 'noflo';
import type { Edge, InitialPacket, OuterPort } from '../model/graph.ts';

/** A way into the graph or out of it, at an outer port; the other end is not in the graph. */
export type Opening = { readonly to: OuterPort } | { readonly from: OuterPort };

/** Where packets pass: an edge, an initial packet's, or an opening. */
export type Wire = Edge | InitialPacket | Opening;

/** A packet that passes. */
export interface Passed {
  readonly edge: Wire;
  /** Not a copy: what a component does to it later is seen. */
  readonly data: unknown;
  /** As performance.now() tells it. */
  readonly at: number;
}

/** What packets are posted at; NoFlo's sockets are such. */
export interface PacketSink {
  post(ip: IP, autoDisconnect?: boolean): void;
}

type Heard = (passed: Passed) => void;

/** Lets others watch the packets of a network that runs. Where nobody watches, nothing is there that could cost. */
export class Taps {
  readonly #wires: readonly (readonly [Wire, PacketSink])[];
  readonly #tapped = new Map<PacketSink, Tapped>();

  constructor(wires: readonly (readonly [Wire, PacketSink])[]) {
    this.#wires = wires;
  }

  /**
   * Hears every packet on the wanted wires, before it is delivered. Returns what ends it. What `heard` throws is
   * dropped, so that whoever watches does no harm.
   */
  tap(wanted: (edge: Wire) => boolean, heard: Heard): () => void {
    // One that is heard twice is two.
    const own: Heard = passed => heard(passed);
    const posts = this.#wires.flatMap(([wire, post]) => (wanted(wire) ? [this.#tap(wire, post, own)] : []));
    return () => {
      for (const post of posts.splice(0)) this.#untap(post, own);
    };
  }

  #tap(wire: Wire, post: PacketSink, heard: Heard): PacketSink {
    const tapped = this.#tapped.get(post) ?? new Tapped(wire, post);
    this.#tapped.set(post, tapped);
    tapped.listeners.add(heard);
    return post;
  }

  #untap(post: PacketSink, heard: Heard): void {
    const tapped = this.#tapped.get(post);
    tapped?.listeners.delete(heard);
    if (!tapped || tapped.listeners.size > 0) return;
    this.#tapped.delete(post);
    tapped.restore();
  }
}

/** A place whose `post` is replaced by one that tells, until it is restored exactly as it was. */
class Tapped {
  readonly listeners = new Set<Heard>();
  readonly #post: PacketSink;
  readonly #before: PropertyDescriptor | undefined;

  constructor(edge: Wire, post: PacketSink) {
    this.#post = post;
    this.#before = Object.getOwnPropertyDescriptor(post, 'post');
    const deliver = post.post;
    post.post = (ip, autoDisconnect) => {
      if (ip.type === 'data') this.#emit({ edge, data: ip.data, at: performance.now() });
      deliver.call(post, ip, autoDisconnect);
    };
  }

  restore(): void {
    if (this.#before) Object.defineProperty(this.#post, 'post', this.#before);
    else Reflect.deleteProperty(this.#post, 'post');
  }

  #emit(passed: Passed): void {
    for (const heard of this.listeners) {
      try {
        heard(passed);
      } catch {
        // Of no concern to the packet.
      }
    }
  }
}
