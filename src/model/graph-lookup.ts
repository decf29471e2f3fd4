import { type EditableGraph, nameKey, nodeKey, portsKey, type Table } from './editable-graph.ts';
import type { BareEdge, BareInitial, BareNode, BareOuterPort, GraphSide, Group, PortRef } from './graph.ts';
import { Refused } from './refused.ts';
import { called, nearest, portName } from './words.ts';

/** The place of things that are in no file yet. */
export const NOWHERE = { line: 1, column: 1 };

/** The nodes by name; declarations of one node are merged, and later ones override. */
export function nodesByName<Any extends BareNode>({ nodes }: { readonly nodes: readonly Any[] }): Map<string, Any> {
  const found = new Map<string, Any>();
  for (const node of nodes) found.set(node.name, overlaid(found.get(node.name), node));
  return found;
}

/** The node of a name, with its declarations merged; undefined if there is none. */
export function nodeOf({ nodes }: EditableGraph, name: string): BareNode | undefined {
  return nodes.at(nameKey(name)).reduce<BareNode | undefined>(overlaid, undefined);
}

/** `router OUT[1] -> IN check`. */
export function wireText({ from, to }: Pick<BareEdge, 'from' | 'to'>): string {
  return `${called(from)} -> ${portName(to)} ${to.node}`;
}

/** One end of an edge, as protocol messages have it. */
export function plainPort({ node, port, index }: PortRef): PortRef {
  return index === undefined ? { node, port } : { node, port, index };
}

/** Whether two ends are the same port, ignoring case. */
export function isAt(end: PortRef, wanted: PortRef): boolean {
  return isAtPort(end, wanted) && end.index === wanted.index;
}

/** Whether two ends are the same port; without an index, `wanted` matches every index of an array port. */
function isAround(end: PortRef, wanted: PortRef): boolean {
  return isAtPort(end, wanted) && (wanted.index === undefined || end.index === wanted.index);
}

/** A key of the port with its index, ignoring case. */
export function portIdentity({ node, port, index }: PortRef): string {
  return JSON.stringify([node, port.toLowerCase(), index]);
}

/** A key of the edge, ignoring case. */
export function edgeIdentity({ from, to }: Pick<BareEdge, 'from' | 'to'>): string {
  return portIdentity(from) + portIdentity(to);
}

/** Initial packets by their port, in order of arrival. */
export function initialsByPort<Any extends BareInitial>({
  initials,
}: {
  readonly initials: readonly Any[];
}): Map<string, readonly Any[]> {
  return Map.groupBy(initials, ({ to }) => portIdentity(to));
}

function isAtPort(end: PortRef, wanted: PortRef): boolean {
  return end.node === wanted.node && end.port.toLowerCase() === wanted.port.toLowerCase();
}

function overlaid<Any extends BareNode>(before: Any | undefined, node: Any): Any {
  if (!before) return node;
  const isGiven = Object.keys(node.metadata).length > 0;
  return {
    ...before,
    ...(node.component && { component: node.component }),
    ...(isGiven && { metadata: node.metadata }),
  };
}

/** Thrown if an edit names something that doesn't exist. */
export class Absent extends Refused {
  readonly what: 'node' | 'wire' | 'setting' | 'group' | 'inport' | 'outport';
  readonly named: string;

  constructor(what: Absent['what'], named: string, sentence: string) {
    super(sentence);
    this.what = what;
    this.named = named;
  }
}

/** Thrown if an edit would add something that exists already. */
class Twin extends Refused {}

/** The node of a name. Throws Absent, with the nearest names, if there is none. */
export function requireNode(graph: EditableGraph, name: string): BareNode {
  const node = nodeOf(graph, name);
  if (node) return node;
  throw new Absent('node', name, `there is no node ${name}; ${hint(name, namesIn(graph.nodes))}`);
}

function namesIn({ list }: Pick<Table<{ readonly name: string }>, 'list'>): readonly string[] {
  return [...new Set(list.map(({ name }) => name))];
}

/** Throws Refused above a limit. */
export function refuseBeyondLimit(count: number, most: number, what: string): void {
  if (count >= most) throw new Refused(`a graph has at most ${most.toLocaleString('en')} ${what}; remove some first`);
}

/** Suggests similar names for one that doesn't exist. */
function hint(wanted: string, names: readonly string[]): string {
  const [near] = nearest(
    wanted,
    names.filter(({ length }) => length <= MAX_COMPARED_LENGTH),
    name => name,
  );
  return near === undefined ? 'it may have been removed or renamed meanwhile' : `did you mean ${near}?`;
}

/** Longer names take too long to compare; messages can't contain them. */
const MAX_COMPARED_LENGTH = 1024;

/** Whether two edges are the same, ignoring case. */
export function isSameEdge(edge: Pick<BareEdge, 'from' | 'to'>, wanted: Pick<BareEdge, 'from' | 'to'>): boolean {
  return isAt(edge.from, wanted.from) && isAt(edge.to, wanted.to);
}

/** Finds the edge that a message means; some editors omit indices of array ports. */
export function findEdge(graph: EditableGraph, wanted: Pick<BareEdge, 'from' | 'to'>): BareEdge {
  const there = graph.edges.at(portsKey(wanted.from, wanted.to));
  const exact = there.find(edge => isSameEdge(edge, wanted));
  if (exact) return exact;
  const near = there.filter(({ from, to }) => isAround(from, wanted.from) && isAround(to, wanted.to));
  const [first, second] = near;
  if (first && second && !isSameEdge(first, second)) {
    throw new Refused(`there is more than one wire ${wireText(wanted)}; give the "index" of the one that you mean`);
  }
  if (first) return first;
  requireNode(graph, wanted.from.node);
  requireNode(graph, wanted.to.node);
  const { node: from } = wanted.from;
  const between = graph.edges.at(nodeKey(wanted.to.node)).filter(edge => edge.from.node === from);
  const text = wireText(wanted);
  throw new Absent('wire', text, `there is no wire ${text}; ${hint(text, between.map(wireText))}`);
}

/** Finds the initial packets of a port that a message means; some editors omit indices of array ports. */
export function findInitial(graph: EditableGraph, wanted: PortRef): readonly [BareInitial, ...BareInitial[]] {
  const there = graph.initials.at(portsKey(wanted));
  const exact = there.filter(({ to }) => isAt(to, wanted));
  const near = exact.length > 0 ? exact : there.filter(({ to }) => isAround(to, wanted));
  const [first, ...more] = near;
  if (!first) {
    requireNode(graph, wanted.node);
    const port = called(wanted);
    throw new Absent('setting', port, `${port} has no initial packet; it may have been removed meanwhile`);
  }
  if (more.every(({ to }) => isAt(to, first.to))) return [first, ...more];
  throw new Refused(`${called(wanted)} has initial packets at more than one place; give the "index" of the one`);
}

export function findGroup({ groups }: EditableGraph, wanted: string): Group {
  const [group] = groups.at(nameKey(wanted));
  if (group) return group;
  throw new Absent('group', wanted, `there is no group ${wanted}; ${hint(wanted, namesIn(groups))}`);
}

export function findOuter(graph: EditableGraph, side: GraphSide, wanted: string): BareOuterPort {
  const [outer] = graph[side].at(nameKey(wanted.toLowerCase()));
  if (outer) return outer;
  const name = wanted.toUpperCase();
  const names = namesIn(graph[side]).map(name => name.toUpperCase());
  throw new Absent(sideWord(side), name, `there is no outer ${sideWord(side)} ${name}; ${hint(name, names)}`);
}

/** `inport` or `outport`, for a side of the graph. */
export function sideWord(side: GraphSide): 'inport' | 'outport' {
  return side === 'inports' ? 'inport' : 'outport';
}

export function refuseEdgeTwin({ edges }: EditableGraph, edge: Pick<BareEdge, 'from' | 'to'>): void {
  const isThere = edges.at(portsKey(edge.from, edge.to)).some(other => isSameEdge(other, edge));
  if (isThere) throw new Twin(`there is a wire ${wireText(edge)} already`);
}

export function refuseNodeTwin(graph: EditableGraph, id: string): void {
  const twin = nodeOf(graph, id);
  if (!twin) return;
  throw new Twin(`there is a node ${id} already${twin.component && `, a ${twin.component}`}; choose another name`);
}

export function refuseGroupTwin({ groups }: EditableGraph, group: string): void {
  if (groups.at(nameKey(group)).length === 0) return;
  throw new Twin(`there is a group ${group} already; choose another name`);
}

export function refuseOuterTwin(graph: EditableGraph, side: GraphSide, outer: string): void {
  const [twin] = graph[side].at(nameKey(outer));
  if (!twin) return;
  const what = `outer ${sideWord(side)} ${outer.toUpperCase()}`;
  throw new Twin(`there is an ${what} already, at ${twin.node}; choose another name`);
}
