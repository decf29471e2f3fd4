import type { IP } from 'noflo';
import type { Edge, InitialPacket, OuterPort } from '../model/graph.ts';

/** A connection to an outer port; its other end is outside the graph. */
export type Opening = { readonly to: OuterPort } | { readonly from: OuterPort };

/** A place where packets pass: an edge, an initial packet's edge, or an opening. */
export type Wire = Edge | InitialPacket | Opening;

export interface Passed {
  readonly edge: Wire;
  /** Not a copy: a component's later mutations are visible. */
  readonly data: unknown;
  /** When it passed, in performance.now() time. */
  readonly at: number;
}

/** Receives packets; NoFlo's sockets do. */
export interface PacketSink {
  post(ip: IP, autoDisconnect?: boolean): void;
}

type Heard = (passed: Passed) => void;

/** Lets listeners watch a running network's packets; without listeners it costs nothing. */
export class Taps {
  readonly #wires: readonly (readonly [Wire, PacketSink])[];
  readonly #tapped = new Map<PacketSink, Tapped>();

  constructor(wires: readonly (readonly [Wire, PacketSink])[]) {
    this.#wires = wires;
  }

  /**
   * Calls `heard` with every packet on the selected wires, before it is delivered. Returns a function that ends it.
   * Errors of `heard` are ignored.
   */
  tap(wanted: (edge: Wire) => boolean, heard: Heard): () => void {
    // A new function, so that the same `heard` can be added twice.
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

/** A sink whose `post` is wrapped while there are taps, and then restored. */
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
        // A listener's error must not affect the packet.
      }
    }
  }
}
