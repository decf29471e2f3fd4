import type { BareEdge, BareOuterPort, GraphSide, PortRef } from '../../../src/model/graph.ts';
import { type Insertion, insertionOf } from '../../../src/model/insertion.ts';
import { differing, isFailure, type TypedPort } from '../../../src/model/ports.ts';
import {
  leadPast,
  movedEnd,
  movedOuter,
  type SplicedNode,
  splicedAtOuter,
  splicedInto,
} from '../../../src/model/wire-edits.ts';
import { called, listInWords, portName } from '../../../src/model/words.ts';
import { type Component, isSetting, shortName } from './component.ts';
import { applyAll } from './draft.ts';
import { addNodeEdit, type Edit, removeEdit } from './edits.ts';
import { type Components, connectionFault, declaredAt, freeIndex, outerType, sentAt } from './fits.ts';
import { type CanvasPoint, type EditorGraph, edgeKey, edgeName, edgesOf } from './graph.ts';
import { outerId } from './outers.ts';

/** A line on the canvas where a node can be inserted: a wire, or the line to an outer port. */
export type Line =
  | { readonly edge: BareEdge }
  | { readonly side: GraphSide; readonly outer: BareOuterPort; readonly edge?: undefined };

/** The line of a canvas id; undefined for lines of open subgraphs. */
export function lineAt(graph: EditorGraph, id: string): Line | undefined {
  const edge = graph.edges.get(id);
  if (edge) return { edge };
  const [, word, name = ''] = id.split('\t');
  const side = word === 'in' ? 'inports' : 'outports';
  const outer = graph[side].get(name);
  return outer && outerId(word === 'in' ? 'in' : 'out', name) === id ? { side, outer } : undefined;
}

/** A line's description. */
export function lineName(line: Line): string {
  if (line.edge) return edgeName(line.edge);
  const { outer, side } = line;
  const [name, port] = [outer.name.toUpperCase(), portName(outer)];
  return side === 'inports' ? `${name} → ${port} ${outer.node}` : `${outer.node} ${port} → ${name}`;
}

const ANYTHING: TypedPort = { datatype: 'all' };
const allEdges = ({ edges }: EditorGraph): readonly BareEdge[] => [...edges.values()];

/** The types at the two ends of a line. */
function typesOf(graph: EditorGraph, components: Components, line: Line): { from: TypedPort; to: TypedPort } {
  if (line.edge) {
    const from = sentAt(graph, components, line.edge.from) ?? ANYTHING;
    return { from, to: declaredAt(graph, components, line.edge.to, 'inports') ?? ANYTHING };
  }
  const { side, outer } = line;
  if (side === 'inports') return { from: outerType(outer), to: declaredAt(graph, components, outer, side) ?? ANYTHING };
  // The type of packets that leave the graph must not change.
  const sent = sentAt(graph, components, outer) ?? ANYTHING;
  return { from: sent, to: sent };
}

const failsAt = (graph: EditorGraph, components: Components, from: PortRef): boolean =>
  isFailure(declaredAt(graph, components, from, 'outports') ?? { name: from.port });

/**
 * The targets of failures of the nodes at a line: those of the source node, otherwise of the target node, otherwise all
 * in the graph.
 */
function failuresAt(graph: EditorGraph, components: Components, line: Line): PortRef | undefined {
  const nodes = line.edge ? [line.edge.from.node, line.edge.to.node] : [line.outer.node];
  const failing = allEdges(graph).filter(({ from }) => failsAt(graph, components, from));
  const near = nodes.map(node => failing.find(({ from }) => from.node === node)).find(edge => edge !== undefined);
  if (near) return near.to;
  const targets = new Map(failing.map(({ to }) => [called(to), to]));
  return targets.size === 1 ? [...targets.values()][0] : undefined;
}

/** How a component is inserted into a line, or a sentence that says why it can't be. */
function insertionAt(
  graph: EditorGraph,
  components: Components,
  line: Line,
  component: Pick<Component, 'name' | 'inports' | 'outports'>,
): Insertion | { readonly fault: string } {
  const to = failuresAt(graph, components, line);
  const failuresTo = to && (declaredAt(graph, components, to, 'inports') ?? ANYTHING);
  const { name, inports, outports } = component;
  return insertionOf(
    { name: shortName(name), inports: inports.filter(port => !isSetting(port)), outports },
    { ...typesOf(graph, components, line), failuresTo },
  );
}

/** Components that can be inserted into a line; certain fits that forward packets come first. */
export function insertable(graph: EditorGraph, components: Components, line: Line): readonly Component[] {
  const fitting = [...components.values()].flatMap(component => {
    const insertion = insertionAt(graph, components, line, component);
    if (component.locked || 'fault' in insertion) return [];
    return [{ component, isLikely: insertion.isSure && insertion.on.length > 0 }];
  });
  return fitting.toSorted((a, b) => Number(b.isLikely) - Number(a.isLikely)).map(({ component }) => component);
}

/**
 * The line among overlapping ones for a component: one that fits, preferably not one of failures. `fault` says why none
 * fits.
 */
export function spliceTarget(
  graph: EditorGraph,
  components: Components,
  ids: readonly string[],
  component: Component,
): { readonly line: string; readonly fault: string | undefined } | undefined {
  const all = ids.flatMap(id => {
    const line = lineAt(graph, id);
    if (!line) return [];
    const insertion = insertionAt(graph, components, line, component);
    const fails = line.edge !== undefined && failsAt(graph, components, line.edge.from);
    const fault = 'fault' in insertion ? insertion.fault : undefined;
    const rank = 2 * Number(fails) + Number('fault' in insertion || !insertion.isSure);
    return [{ line: id, fault, rank }];
  });
  const [best] = all.toSorted((a, b) => a.rank - b.rank);
  return best && { line: best.line, fault: best.fault };
}

/** Whether a node has no wires and no outer ports, so that it can be inserted into a line. */
export const isLoose = (graph: EditorGraph, node: string): boolean =>
  graph.nodes.has(node) &&
  edgesOf(graph, node).length === 0 &&
  [...graph.inports.values(), ...graph.outports.values()].every(outer => outer.node !== node);

/** The changes that insert a node, which may be new, into a line; or why it can't be inserted. */
function spliced(
  graph: EditorGraph,
  components: Components,
  line: Line,
  { name, component }: { readonly name: string; readonly component: string },
): (Pick<Edit, 'changes'> & { readonly ports: readonly PortRef[] }) | { readonly fault: string } {
  const known = components.get(component);
  if (!known) return { fault: `nobody knows the ports of ${name}, as its component is not in the library` };
  const insertion = insertionAt(graph, components, line, known);
  if ('fault' in insertion) return insertion;
  if (insertion.on.length === 0 && !line.edge)
    return {
      fault: `${shortName(component)} answers all that comes in, so it can't be put where the graph begins or ends`,
    };
  const end = (port: string, side: 'inports' | 'outports'): PortRef => {
    const addressable = known[side].find(each => each.name === port)!.addressable;
    return { node: name, port, ...(addressable && { index: 0 }) };
  };
  const to = failuresAt(graph, components, line);
  const node: SplicedNode = {
    into: end(insertion.into, 'inports'),
    on: insertion.on.map(port => end(port, 'outports')),
    failures: to
      ? failureWires(
          graph,
          components,
          insertion.failures.map(port => end(port, 'outports')),
          to,
        )
      : [],
  };
  const changes = line.edge
    ? splicedInto(allEdges(graph), line.edge, node)
    : splicedAtOuter(line.side, line.outer, node);
  return { changes, ports: node.on };
}

/** Wires from failures to the targets of the neighbour's failures; each gets its own index of an array port. */
function failureWires(
  graph: EditorGraph,
  components: Components,
  failures: readonly PortRef[],
  to: PortRef,
): readonly BareEdge[] {
  const addressable = declaredAt(graph, components, to, 'inports')?.addressable ?? false;
  const first = freeIndex(graph, to, addressable);
  return failures.map((from, at) => ({ from, to: first === undefined ? to : { ...to, index: first + at } }));
}

/** An edit that inserts a node into a line, with an optional note; or why it doesn't fit. */
export type Spliced = (Edit & { readonly node: string; readonly sentence?: string }) | { readonly fault: string };

/** A note about an inserted node. */
function sentenceOf(
  line: Line,
  name: string,
  ports: readonly PortRef[],
): Pick<Edit & { sentence?: string }, 'sentence'> {
  if (ports.length === 0 && line.edge) {
    const { from, to } = line.edge;
    const [came, went] = [called(from), called(to)];
    return { sentence: `${name} answers what leaves by ${came}; that goes on to ${went} no longer` };
  }
  if (ports.length < 2) return {};
  const names = ports.map(portName);
  if (!line.edge && line.side === 'outports')
    return { sentence: `${name} ${names[0]} leads on; ${listInWords(names.slice(1), 'and')} still leads nowhere` };
  const where = line.edge ? called(line.edge.to) : called(line.outer);
  const all = names.length === 2 ? 'both' : 'all';
  return {
    sentence: `${listInWords(names, 'and')} of ${name} ${all} lead to ${where}; move the end of one, and the node takes effect`,
  };
}

/** Adds a node in a line. */
export function spliceNewEdit(
  graph: EditorGraph,
  components: Components,
  line: Line,
  { name, component, at }: { readonly name: string; readonly component: string; readonly at: CanvasPoint },
): Spliced {
  const made = spliced(graph, components, line, { name, component });
  if ('fault' in made) return made;
  return {
    node: name,
    label: `put ${name} into ${lineName(line)}`,
    changes: [...addNodeEdit(name, component, at).changes, ...made.changes],
    ...sentenceOf(line, name, made.ports),
  };
}

/** Inserts a node without wires into a line. */
export function spliceEdit(graph: EditorGraph, components: Components, line: Line, name: string): Spliced {
  const component = graph.nodes.get(name)?.component ?? '';
  const made = spliced(graph, components, line, { name, component });
  if ('fault' in made) return made;
  const label = `put ${name} into ${lineName(line)}`;
  return { node: name, label, changes: made.changes, ...sentenceOf(line, name, made.ports) };
}

/** Why an outer port can't stand for a node's port; undefined if it can. */
function outerMisfit(
  graph: EditorGraph,
  components: Components,
  { side, outer }: { readonly side: GraphSide; readonly outer: BareOuterPort },
  port: PortRef,
): string | undefined {
  const declared = declaredAt(graph, components, port, side);
  const kinds = side === 'inports' && declared ? differing(outerType(outer), declared) : undefined;
  return kinds && `${outer.name.toUpperCase()} brings ${kinds[0]}, but ${called(port)} takes ${kinds[1]}`;
}

/** One end of a line on the canvas. */
export type LineEnd = 'from' | 'to';

/** Moves an end of a line to another port, or says why it can't be moved there. */
export function moveEndEdit(
  graph: EditorGraph,
  components: Components,
  line: Line,
  end: LineEnd,
  port: PortRef,
): (Edit & { readonly key?: string }) | { readonly fault: string } {
  const label = `move the end of ${lineName(line)} to ${called(port)}`;
  if (!line.edge) {
    const fault = outerMisfit(graph, components, line, port);
    return fault ? { fault } : { label, changes: movedOuter(line.side, line.outer, port) };
  }
  const { from, to } = end === 'from' ? { ...line.edge, from: port } : { ...line.edge, to: port };
  const same = port.node === line.edge[end].node && portName(port) === portName(line.edge[end]);
  const fault = same ? undefined : connectionFault(graph, components, from, to);
  if (fault) return { fault };
  const changes = movedEnd(allEdges(graph), line.edge, end === 'from' ? { from } : { to });
  return { label, changes, key: edgeKey({ from, to }) };
}

/**
 * Removes a node from its line and closes the gap; undefined if it doesn't have exactly one path through it, or the
 * ends don't fit.
 */
export function takeOutEdit(graph: EditorGraph, components: Components, node: string): Edit | undefined {
  const { inports, outports } = graph;
  const past = leadPast(
    { edges: allEdges(graph), inports: [...inports.values()], outports: [...outports.values()] },
    node,
    from => failsAt(graph, components, from),
  );
  const isUnfit = past.some(({ command, payload }) => {
    if (command !== 'addedge') return false;
    const ends = { from: payload.src, to: payload.tgt };
    return !graph.edges.has(edgeKey(ends)) && connectionFault(graph, components, ends.from, ends.to) !== undefined;
  });
  if (past.length === 0 || isUnfit) return;
  const closed = applyAll(graph, past);
  const { changes } = removeEdit(closed, new Set([node]), new Set());
  return { label: `take out ${node}`, changes: [...past, ...changes] };
}
