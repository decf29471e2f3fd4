import {
  type Edge,
  equal,
  type Graph,
  type Group,
  type InitialPacket,
  type Node,
  type OuterPort,
  renamed,
} from '../../model/graph.ts';
import { declared, edgeIdentity, initialsByPort, portText, shown, wire } from '../../model/graph-lookup.ts';
import { called, listInWords } from '../../model/words.ts';

/**
 * Which nodes are only called otherwise: old name to new. One that differs in more than its name and the values of its
 * settings is another one.
 */
export function renamedNodes(from: Graph, to: Graph): Map<string, string> {
  const before = declared(from);
  const after = declared(to);
  const shared = new Set([...before.keys()].filter(name => after.has(name)));
  const gone = nodesByShape(from, shared);
  const come = nodesByShape(to, shared);
  return new Map(
    [...gone].flatMap(([portrait, [name, twin]]): [string, string][] => {
      const [called, double] = come.get(portrait) ?? [];
      return name !== undefined && called !== undefined && !twin && !double ? [[name, called]] : [];
    }),
  );
}

/** The nodes that the other graph doesn't have, by what can be said of them without their names. */
function nodesByShape(graph: Graph, shared: ReadonlySet<string>): Map<string, string[]> {
  const lines = new Map<string, string[]>();
  for (const { name } of graph.nodes) if (!shared.has(name)) lines.set(name, []);
  const say = (node: string, ...line: readonly unknown[]) => lines.get(node)?.push(JSON.stringify(line));
  // A neighbour may be called otherwise as well.
  const seen = (other: string, node: string) => (other === node ? 'itself' : shared.has(other) ? ['node', other] : '?');
  for (const { from, to } of graph.edges) {
    say(from.node, 'to', from.port, from.index, seen(to.node, from.node), to.port, to.index);
    say(to.node, 'from', to.port, to.index, seen(from.node, to.node), from.port, from.index);
  }
  for (const { to } of graph.initials) say(to.node, 'gets', to.port, to.index);
  for (const { name, node, port } of graph.inports) say(node, 'inport', name, port);
  for (const { name, node, port } of graph.outports) say(node, 'outport', name, port);
  const nodes = declared(graph);
  return groups([...lines].map(([name, said]) => [[nodes.get(name)?.component, ...said.sort()].join('\n'), name]));
}

function groups(pairs: readonly (readonly [key: string, name: string])[]): Map<string, string[]> {
  const grouped = Map.groupBy(pairs, ([key]) => key);
  return new Map([...grouped].map(([key, all]) => [key, all.map(([, name]) => name)]));
}

/** One thing that differs between two graphs. */
export interface DifferenceItem {
  readonly kind: 'node' | 'edge' | 'initial' | 'inport' | 'outport' | 'group' | 'property' | 'component';
  readonly change: 'added' | 'removed' | 'changed';
  /** What it is called, as in `check`, `router OUT -> IN check` or `check MAXTEXT`. */
  readonly name: string;
  /** The nodes that it is about, by the names that they have in the later graph, and had where they are gone. */
  readonly nodes: readonly string[];
  /** For people. */
  readonly sentence: string;
}

export function item(
  kind: DifferenceItem['kind'],
  change: DifferenceItem['change'],
  name: string,
  nodes: readonly string[],
  sentence: string,
): DifferenceItem {
  return { kind, change, name, nodes, sentence };
}

/** What is in one of two maps only, and in both. */
function compared<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>) {
  const added = [...after].filter(([key]) => !before.has(key)).map(([, value]) => value);
  const removed = [...before].filter(([key]) => !after.has(key)).map(([, value]) => value);
  const kept = [...after].flatMap(([key, now]): [T, T][] => {
    const was = before.get(key);
    return was === undefined ? [] : [[was, now]];
  });
  return { added, removed, kept };
}

/** Metadata that say where a node is drawn and how large, and whether it was only kept where the layout had put it. */
const PLACING: ReadonlySet<string> = new Set(['x', 'y', 'width', 'height', 'pinned']);

/** What differs to the eye only: where nodes are and what is said of them, groups, properties. */
function cosmeticChanges(before: Graph, after: Graph): DifferenceItem[] {
  const { kept } = compared(declared(before), declared(after));
  return [
    ...moves(kept),
    ...kept.flatMap(([was, now]) => labels(was, now)),
    ...groupItems(before, after),
    ...properties(before, after),
  ];
}

function moves(kept: readonly (readonly [Node, Node])[]): DifferenceItem[] {
  const place = ({ metadata }: Node) =>
    Object.fromEntries(Object.entries(metadata).filter(([key]) => PLACING.has(key)));
  const differ = kept.filter(([was, now]) => !equal(place(was), place(now))).map(([, now]) => now);
  const names = (nodes: readonly Node[]) => nodes.map(({ name }) => name);
  return [
    ...moved(names(differ.filter(({ metadata }) => metadata.pinned !== true))),
    ...pinned(names(differ.filter(({ metadata }) => metadata.pinned === true))),
  ];
}

function moved([first, ...more]: readonly string[]): DifferenceItem[] {
  if (first === undefined) return [];
  if (more.length === 0) return [item('node', 'changed', first, [first], `${first} was moved`)];
  const name = `${more.length + 1} nodes`;
  return [item('node', 'changed', name, [first, ...more], `${name} were moved`)];
}

/** Nodes that stay where they were seen have not changed to the eye, so that none is named. */
function pinned([first, ...more]: readonly string[]): DifferenceItem[] {
  if (first === undefined) return [];
  const [name, stay] = more.length === 0 ? [first, 'stays'] : [`${more.length + 1} nodes`, 'stay'];
  return [
    item(
      'node',
      'changed',
      `place of ${name}`,
      [],
      `${name} ${stay} where the layout has put ${more.length === 0 ? 'it' : 'them'}`,
    ),
  ];
}

function labels(was: Node, { name, metadata }: Node): DifferenceItem[] {
  // A label that is the node's name says nothing; some editors add one to each node that they move.
  const said = (of: Node['metadata']) =>
    new Map(Object.entries(of).filter(([key, value]) => !PLACING.has(key) && !(key === 'label' && value === name)));
  return values(said(was.metadata), said(metadata)).map(([key, what]) =>
    item('node', 'changed', name, [name], `${key} of ${name} ${what}`),
  );
}

function groupItems(before: Graph, after: Graph): DifferenceItem[] {
  const named = ({ groups }: Graph) => new Map(groups.map(group => [group.name, group]));
  const { added, removed, kept } = compared(named(before), named(after));
  const toItem = (change: DifferenceItem['change'], { name, nodes }: Group, what: string) =>
    item('group', change, name, nodes, `group ${name} ${what}`);
  const listed = ({ nodes }: Group) => (nodes.length > 0 ? listInWords(nodes, 'and') : 'no nodes');
  return [
    ...added.map(group => toItem('added', group, `is new, of ${listed(group)}`)),
    ...removed.map(group => toItem('removed', group, 'is gone')),
    ...kept.flatMap(([was, now]) => [
      ...(equal(was.nodes.toSorted(), now.nodes.toSorted()) ? [] : [toItem('changed', now, `has ${listed(now)} now`)]),
      ...(equal(was.metadata, now.metadata) ? [] : [toItem('changed', now, 'is described otherwise')]),
    ]),
  ];
}

function properties(before: Graph, after: Graph): DifferenceItem[] {
  const was = new Map(Object.entries(before.properties));
  const now = new Map(Object.entries(after.properties));
  return values(was, now).map(([key, what]) => {
    const change = !was.has(key) ? 'added' : now.has(key) ? 'changed' : 'removed';
    return item('property', change, key, [], `property ${key} ${what}`);
  });
}

/** The keys whose values differ, with what is to be said of them. */
function values(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): [string, string][] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key): [string, string][] => {
    const was = before.get(key);
    const now = after.get(key);
    if (equal(was, now)) return [];
    if (!before.has(key)) return [[key, `is ${shown(now)} now`]];
    if (!after.has(key)) return [[key, `is gone, was ${shown(was)}`]];
    return [[key, `is ${shown(now)}, was ${shown(was)}`]];
  });
}

type Difference = readonly DifferenceItem[];

/** What makes one graph the other, for people: what it does first, what it looks like last. */
export function difference(from: Graph, to: Graph): Difference {
  const names = renamedNodes(from, to);
  const before = renamed(from, names);
  return [
    ...[...names].map(([old, name]) => item('node', 'changed', name, [old, name], `${old} is called ${name} now`)),
    ...nodes(before, to),
    ...edges(before, to),
    ...initials(before, to),
    ...outers('inport', before.inports, to.inports),
    ...outers('outport', before.outports, to.outports),
    ...cosmeticChanges(before, to),
  ];
}

function nodes(before: Graph, after: Graph): DifferenceItem[] {
  const { added, removed, kept } = compared(declared(before), declared(after));
  const full = ({ name, component }: Node) => (component ? `${name} (${component})` : name);
  const what = ({ component }: Node) => (component ? `a ${component}` : 'without a component');
  return [
    ...added.map(node => item('node', 'added', node.name, [node.name], `node ${full(node)} is new`)),
    ...removed.map(node => item('node', 'removed', node.name, [node.name], `node ${full(node)} is gone`)),
    ...kept
      .filter(([was, now]) => was.component !== now.component)
      .map(([was, now]) =>
        item('node', 'changed', now.name, [now.name], `${now.name} is ${what(now)} now, was ${what(was)}`),
      ),
  ];
}

function edges(before: Graph, after: Graph): DifferenceItem[] {
  const keyed = ({ edges }: Graph) => new Map(edges.map(edge => [edgeIdentity(edge), edge]));
  const { added, removed, kept } = compared(keyed(before), keyed(after));
  const toItem = (change: DifferenceItem['change'], edge: Edge, what: string) =>
    item('edge', change, wire(edge), [...new Set([edge.from.node, edge.to.node])], `wire ${wire(edge)} ${what}`);
  return [
    ...added.map(edge => toItem('added', edge, 'is new')),
    ...removed.map(edge => toItem('removed', edge, 'is gone')),
    ...kept
      .filter(([was, now]) => !equal(was.metadata ?? {}, now.metadata ?? {}))
      .map(([, edge]) => toItem('changed', edge, 'looks otherwise')),
  ];
}

function initials(before: Graph, after: Graph): DifferenceItem[] {
  const { added, removed, kept } = compared(initialsByPort(before), initialsByPort(after));
  const data = (initials: readonly InitialPacket[]) => initials.map(({ data }) => data);
  const values = (initials: readonly InitialPacket[]) => data(initials).map(shown).join(' and ');
  const toItem = (change: DifferenceItem['change'], [first]: readonly InitialPacket[], what: string) => {
    const { to } = first!;
    return item('initial', change, called(to), [to.node], `${to.node}: ${portText(to)} ${what}`);
  };
  return [
    ...added.map(now => toItem('added', now, `is ${values(now)} now`)),
    ...removed.map(was => toItem('removed', was, `is not set any more, was ${values(was)}`)),
    ...kept
      .filter(([was, now]) => !equal(data(was), data(now)))
      .map(([was, now]) => toItem('changed', now, `is ${values(now)}, was ${values(was)}`)),
  ];
}

function outers(
  kind: 'inport' | 'outport',
  before: readonly OuterPort[],
  after: readonly OuterPort[],
): DifferenceItem[] {
  const named = (outers: readonly OuterPort[]) => new Map(outers.map(outer => [outer.name, outer]));
  const { added, removed, kept } = compared(named(before), named(after));
  const toItem = (change: DifferenceItem['change'], { name, node }: OuterPort, what: string) =>
    item(kind, change, name.toUpperCase(), [node], `outer ${kind} ${name.toUpperCase()} ${what}`);
  return [
    ...added.map(outer => toItem('added', outer, `is new, at ${called(outer)}`)),
    ...removed.map(outer => toItem('removed', outer, `is gone, was at ${called(outer)}`)),
    ...kept
      .filter(([was, now]) => called(was) !== called(now))
      .map(([was, now]) => toItem('changed', now, `is at ${called(now)} now, was at ${called(was)}`)),
  ];
}
