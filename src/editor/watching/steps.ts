import type { Passed, Wire } from '../../flow/tap.ts';
import type { Drawing, Drawn } from '../../flow/wires.ts';
import { redacted } from './redact.ts';

/** One node on the way of a question. Packets are redacted. */
export interface Step {
  readonly node: string;
  /** Milliseconds until the next packet left it; nothing where none did. */
  readonly ms?: number;
  /** The edge by which it came; without a source where it came in from outside. */
  readonly edge: Drawing;
  readonly in: unknown;
  readonly out?: unknown;
  /** The port by which it went on. */
  readonly port?: string;
  /** The graph's own port by which it came in from outside. */
  readonly inport?: string;
  /** The graph's own port by which a packet left from here. */
  readonly outport?: string;
}

/** A packet of a question, and where it passed. */
export type Packet = Passed & { readonly drawing: Drawing };

/** The nodes that packets of one question reached, in order, each with what left it next. */
export function steps(packets: readonly Packet[]): Step[] {
  const passages = packets.map(({ edge, drawing }) => passage(edge, drawing));
  return packets.flatMap((packet, at) =>
    passages[at]!.reached.map((node): Step => {
      const sent = packets.filter((_, later) => later > at && passages[later]!.left.includes(node));
      const [next] = sent;
      const port = next && portOf(next, node);
      return {
        node,
        edge: packet.drawing,
        in: redacted(packet.data),
        ...(next && { out: redacted(next.data), ms: next.at - packet.at }),
        ...(port !== undefined && { port }),
        ...outers(packet, sent),
      };
    }),
  );
}

/** The graph's own ports by which a packet came in from outside, and by which one of those that were sent then left. */
function outers({ edge }: Packet, sent: readonly Packet[]): Pick<Step, 'inport' | 'outport'> {
  const [outport] = sent.flatMap(({ edge }) => ('to' in edge ? [] : [edge.from.name]));
  return {
    ...(!('from' in edge) && 'name' in edge.to && { inport: edge.to.name }),
    ...(outport !== undefined && { outport }),
  };
}

/** The port by which a packet left a node, or the subgraph that its wire is drawn at. */
function portOf({ edge, drawing: { src, subgraph } }: Packet, node: string): string | undefined {
  if ('from' in edge && edge.from.node === node) return edge.from.port;
  return src && [...subgraph, src.node].join('/') === node ? src.port : undefined;
}

/**
 * The nodes that a packet leaves and reaches on a wire, the outermost first: a wire to a subgraph reaches the subgraph and
 * the node in it that it leads to. What is in a subgraph is called `outer/inner`.
 */
export function passage(wire: Wire, drawing: Drawing): { readonly left: string[]; readonly reached: string[] } {
  const { from, to } = wire as { from?: Drawn; to?: Drawn };
  return { left: nodesAt(drawing, drawing.src, from), reached: nodesAt(drawing, drawing.tgt, to) };
}

/** The node that is drawn at an end of a wire, and those in it down to the one where the wire ends indeed. */
function nodesAt({ subgraph }: Drawing, drawn: Drawn | undefined, end: Drawn | undefined): string[] {
  if (!drawn) return [];
  const outermost = [...subgraph, drawn.node].join('/');
  const inner =
    end?.node
      .slice(outermost.length + 1)
      .split('/')
      .filter(Boolean) ?? [];
  return [outermost, ...inner.map((_, i) => [outermost, ...inner.slice(0, i + 1)].join('/'))];
}
