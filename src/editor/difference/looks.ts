import { together } from '../../check/survey.ts';
import { equal } from '../../fbp/same.ts';
import type { Graph, Group, Node } from '../../fbp.ts';
import { declared, shown } from '../draft/graph.ts';
import { compared, type Item, item } from './item.ts';

/** Metadata that say where a node is drawn and how large, and whether it was only kept where the layout had put it. */
const PLACING: ReadonlySet<string> = new Set(['x', 'y', 'width', 'height', 'pinned']);

/** What differs to the eye only: where nodes are and what is said of them, groups, properties. */
export function looks(before: Graph, after: Graph): Item[] {
  const { kept } = compared(declared(before), declared(after));
  return [
    ...moves(kept),
    ...kept.flatMap(([was, now]) => labels(was, now)),
    ...groups(before, after),
    ...properties(before, after),
  ];
}

function moves(kept: readonly (readonly [Node, Node])[]): Item[] {
  const place = ({ metadata }: Node) =>
    Object.fromEntries(Object.entries(metadata).filter(([key]) => PLACING.has(key)));
  const differ = kept.filter(([was, now]) => !equal(place(was), place(now))).map(([, now]) => now);
  const names = (nodes: readonly Node[]) => nodes.map(({ name }) => name);
  return [
    ...moved(names(differ.filter(({ metadata }) => metadata.pinned !== true))),
    ...pinned(names(differ.filter(({ metadata }) => metadata.pinned === true))),
  ];
}

function moved([first, ...more]: readonly string[]): Item[] {
  if (first === undefined) return [];
  if (more.length === 0) return [item('node', 'changed', first, [first], `${first} was moved`)];
  const name = `${more.length + 1} nodes`;
  return [item('node', 'changed', name, [first, ...more], `${name} were moved`)];
}

/** Nodes that stay where they were seen have not changed to the eye, so that none is named. */
function pinned([first, ...more]: readonly string[]): Item[] {
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

function labels(was: Node, { name, metadata }: Node): Item[] {
  // A label that is the node's name says nothing; some editors add one to each node that they move.
  const said = (of: Node['metadata']) =>
    new Map(Object.entries(of).filter(([key, value]) => !PLACING.has(key) && !(key === 'label' && value === name)));
  return values(said(was.metadata), said(metadata)).map(([key, what]) =>
    item('node', 'changed', name, [name], `${key} of ${name} ${what}`),
  );
}

function groups(before: Graph, after: Graph): Item[] {
  const named = ({ groups }: Graph) => new Map(groups.map(group => [group.name, group]));
  const { added, removed, kept } = compared(named(before), named(after));
  const told = (change: Item['change'], { name, nodes }: Group, what: string) =>
    item('group', change, name, nodes, `group ${name} ${what}`);
  const listed = ({ nodes }: Group) => (nodes.length > 0 ? together(nodes, 'and') : 'no nodes');
  return [
    ...added.map(group => told('added', group, `is new, of ${listed(group)}`)),
    ...removed.map(group => told('removed', group, 'is gone')),
    ...kept.flatMap(([was, now]) => [
      ...(equal(was.nodes.toSorted(), now.nodes.toSorted()) ? [] : [told('changed', now, `has ${listed(now)} now`)]),
      ...(equal(was.metadata, now.metadata) ? [] : [told('changed', now, 'is described otherwise')]),
    ]),
  ];
}

function properties(before: Graph, after: Graph): Item[] {
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
