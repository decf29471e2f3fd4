import type { BareEdge, BareOuterPort, GraphSide, PortRef } from './graph.ts';
import type { Change } from './graph-commands.ts';
import { isSameEdge, keyOf, site } from './graph-lookup.ts';

// Edits of wires that keep the order in which a port sends by its wires, so that undo restores all of it.

type Wires = readonly BareEdge[];

const removed = ({ from, to }: BareEdge): Change => ({
  command: 'removeedge',
  payload: { src: site(from), tgt: site(to) },
});
const added = ({ from, to, metadata = {} }: BareEdge): Change => ({
  command: 'addedge',
  payload: { src: site(from), tgt: site(to), metadata },
});

/** Puts others in the place of a wire, or nothing, among those that leave by the same port. */
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

/** What is put into a wire: a node's ports, and where its failures lead. */
export interface SplicedNode {
  readonly into: PortRef;
  readonly on: readonly PortRef[];
  readonly failures: Wires;
}

/** Puts a node into a wire. */
export function splicedInto(wires: Wires, wire: BareEdge, { into, on, failures }: SplicedNode): readonly Change[] {
  const { to } = wire;
  return [
    ...replaced(wires, wire, [{ ...wire, to: into }]),
    ...on.map(port => added({ from: port, to })),
    ...failures.map(added),
  ];
}

/** Makes another port of a node what an outer port of the graph stands for. */
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

/** Puts a node between an outer port of the graph and the port that it stands for. */
export function splicedAtOuter(side: GraphSide, outer: BareOuterPort, spliced: SplicedNode): readonly Change[] {
  const { into, on, failures } = spliced;
  const inner: PortRef = { node: outer.node, port: outer.port };
  const between = side === 'inports' ? on.map(from => added({ from, to: inner })) : [added({ from: inner, to: into })];
  // An outer outport stands for one port only.
  const moved = movedOuter(side, outer, side === 'inports' ? into : on[0]!);
  return [...moved, ...between, ...failures.map(added)];
}

/** What a node is between: the graph's wires and outer ports. */
interface Surroundings {
  readonly edges: Wires;
  readonly inports: readonly BareOuterPort[];
  readonly outports: readonly BareOuterPort[];
}

/**
 * The changes that lead past a node whatever comes in to where it goes on, so that the node can be taken out. Empty where
 * it has not exactly one way on for what comes in by one port; failures don't count.
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
  const into = new Set([...entering.map(({ to }) => keyOf(to)), ...(outer ? [keyOf(site(outer))] : [])]);
  const targets = new Map(leaving.map(({ to }) => [keyOf(to), to]));
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
