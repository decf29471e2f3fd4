import { called } from '../../check/survey.ts';
import { renamed } from '../../fbp/renamed.ts';
import { equal } from '../../fbp/same.ts';
import type { Edge, Graph, Initial, Node, Outer } from '../../fbp.ts';
import { declared, edgeKey, portOf, settings, shown, wire } from '../draft/graph.ts';
import { renames } from '../draft/renames.ts';
import { compared, type Item, item } from './item.ts';
import { looks } from './looks.ts';

export type { Item } from './item.ts';

export type Difference = readonly Item[];

/** What makes one graph the other, for people: what it does first, what it looks like last. */
export function difference(from: Graph, to: Graph): Difference {
  const names = renames(from, to);
  const before = renamed(from, names);
  return [
    ...[...names].map(([old, name]) => item('node', 'changed', name, [old, name], `${old} is called ${name} now`)),
    ...nodes(before, to),
    ...edges(before, to),
    ...initials(before, to),
    ...outers('inport', before.inports, to.inports),
    ...outers('outport', before.outports, to.outports),
    ...looks(before, to),
  ];
}

function nodes(before: Graph, after: Graph): Item[] {
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

function edges(before: Graph, after: Graph): Item[] {
  const keyed = ({ edges }: Graph) => new Map(edges.map(edge => [edgeKey(edge), edge]));
  const { added, removed, kept } = compared(keyed(before), keyed(after));
  const told = (change: Item['change'], edge: Edge, what: string) =>
    item('edge', change, wire(edge), [...new Set([edge.from.node, edge.to.node])], `wire ${wire(edge)} ${what}`);
  return [
    ...added.map(edge => told('added', edge, 'is new')),
    ...removed.map(edge => told('removed', edge, 'is gone')),
    ...kept
      .filter(([was, now]) => !equal(was.metadata ?? {}, now.metadata ?? {}))
      .map(([, edge]) => told('changed', edge, 'looks otherwise')),
  ];
}

function initials(before: Graph, after: Graph): Item[] {
  const { added, removed, kept } = compared(settings(before), settings(after));
  const data = (initials: readonly Initial[]) => initials.map(({ data }) => data);
  const values = (initials: readonly Initial[]) => data(initials).map(shown).join(' and ');
  const told = (change: Item['change'], [first]: readonly Initial[], what: string) => {
    const { to } = first!;
    return item('initial', change, called(to), [to.node], `${to.node}: ${portOf(to)} ${what}`);
  };
  return [
    ...added.map(now => told('added', now, `is ${values(now)} now`)),
    ...removed.map(was => told('removed', was, `is not set any more, was ${values(was)}`)),
    ...kept
      .filter(([was, now]) => !equal(data(was), data(now)))
      .map(([was, now]) => told('changed', now, `is ${values(now)}, was ${values(was)}`)),
  ];
}

function outers(kind: 'inport' | 'outport', before: readonly Outer[], after: readonly Outer[]): Item[] {
  const named = (outers: readonly Outer[]) => new Map(outers.map(outer => [outer.name, outer]));
  const { added, removed, kept } = compared(named(before), named(after));
  const told = (change: Item['change'], { name, node }: Outer, what: string) =>
    item(kind, change, name.toUpperCase(), [node], `outer ${kind} ${name.toUpperCase()} ${what}`);
  return [
    ...added.map(outer => told('added', outer, `is new, at ${called(outer)}`)),
    ...removed.map(outer => told('removed', outer, `is gone, was at ${called(outer)}`)),
    ...kept
      .filter(([was, now]) => called(was) !== called(now))
      .map(([was, now]) => told('changed', now, `is at ${called(now)} now, was at ${called(was)}`)),
  ];
}
