import type { BareEdge, BareOuterPort, GraphSide, PortRef } from './graph.ts';
import type { Change } from './graph-commands.ts';
import { isSameEdge, plainPort, portIdentity } from './graph-lookup.ts';

// Wire edits; an outport sends in wire order, so the order is kept for undo.

type Wires = readonly BareEdge[];

const removed = ({ from, to }: BareEdge): Change => ({
  command: 'removeedge',
  payload: { src: plainPort(from), tgt: plainPort(to) },
});
const added = ({ from, to, metadata = {} }: BareEdge): Change => ({
  command: 'addedge',
  payload: { src: plainPort(from), tgt: plainPort(to), metadata },
});

/** Replaces a wire, or removes it, keeping the order of the wires of its outport. */
function replaced(wires: Wires, wire: BareEdge, by: Wires): readonly Change[] {
  const at = wires.findIndex(each => isSameEdge(each, wire));
  const { from } = wires[at]!;
  const later = wires.slice(at + 1).filter(each => each.from.node === from.node && each.from.port === from.port);
  return [...[wires[at]!, ...later].toReversed().map(removed), ...by.map(added), ...later.map(added)];
}

/** Moves an end of a wire to another port. */
export function movedEnd(wires: Wires, wire: BareEdge, ends: { from: PortRef } | { to: PortRef }): readonly Change[] {
  const moved = { ...wire, ...ends };
  return isSameEdge(moved, wire) ? [] : replaced(wires, wire, [moved]);
}

/** The ports of a node that is inserted into a wire, and the port for its failures. */
export interface SplicedNode {
  readonly into: PortRef;
  readonly on: readonly PortRef[];
  readonly failures: Wires;
}

/** Inserts a node into a wire. */
export function splicedInto(wires: Wires, wire: BareEdge, { into, on, failures }: SplicedNode): readonly Change[] {
  const { to } = wire;
  return [
    ...replaced(wires, wire, [{ ...wire, to: into }]),
    ...on.map(port => added({ from: port, to })),
    ...failures.map(added),
  ];
}

/** Makes an outer port of the graph stand for a different port of a node. */
export function movedOuter(side: GraphSide, outer: BareOuterPort, { node, port }: PortRef): readonly Change[] {
  const { name, metadata } = outer;
  if (outer.node === node && outer.port === port) return [];
  const payload = { public: name, node, port, ...(metadata && { metadata }) };
  return side === 'inports'
    ? [
        { command: 'removeinport', payload: { public: name } },
        { command: 'addinport', payload },
      ]
    : [
        { command: 'removeoutport', payload: { public: name } },
        { command: 'addoutport', payload },
      ];
}

/** Inserts a node between an outer port of the graph and its port. */
export function splicedAtOuter(side: GraphSide, outer: BareOuterPort, spliced: SplicedNode): readonly Change[] {
  const { into, on, failures } = spliced;
  const inner: PortRef = { node: outer.node, port: outer.port };
  const between = side === 'inports' ? on.map(from => added({ from, to: inner })) : [added({ from: inner, to: into })];
  // An outer outport stands for one port only.
  const moved = movedOuter(side, outer, side === 'inports' ? into : on[0]!);
  return [...moved, ...between, ...failures.map(added)];
}

/** A node's surroundings: the graph's wires and outer ports. */
interface Surroundings {
  readonly edges: Wires;
  readonly inports: readonly BareOuterPort[];
  readonly outports: readonly BareOuterPort[];
}

/**
 * Rewires inputs to the node's only target, so it can be removed. Empty unless it has exactly one input port and one
 * target; failures don't count.
 */
export function leadPast(
  { edges, inports, outports }: Surroundings,
  node: string,
  isFailure: (from: PortRef) => boolean,
): readonly Change[] {
  const entering = edges.filter(({ from, to }) => to.node === node && from.node !== node);
  const leaving = edges.filter(({ from, to }) => from.node === node && to.node !== node && !isFailure(from));
  const [outer, ...more] = inports.filter(each => each.node === node);
  const [answer, ...others] = outports.filter(each => each.node === node && !isFailure(each));
  const into = new Set([
    ...entering.map(({ to }) => portIdentity(to)),
    ...(outer ? [portIdentity(plainPort(outer))] : []),
  ]);
  const targets = new Map(leaving.map(({ to }) => [portIdentity(to), to]));
  const [to] = targets.values();
  if (into.size !== 1 || more.length + others.length > 0 || targets.size + Number(answer !== undefined) !== 1)
    return [];
  if (to) {
    const past = (wire: BareEdge) => ({ ...wire, to });
    const isThere = (wire: BareEdge) => edges.some(each => isSameEdge(each, wire));
    return [
      ...entering.flatMap(wire => replaced(edges, wire, isThere(past(wire)) ? [] : [past(wire)])),
      ...(outer ? movedOuter('inports', outer, to) : []),
    ];
  }
  // An outer port stands for one port.
  return outer || entering.length !== 1 ? [] : movedOuter('outports', answer!, entering[0]!.from);
}
