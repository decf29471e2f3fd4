import type { End, Graph, Outer } from '../fbp.ts';
import { atOnce, type Steps } from '../model/steps.ts';

/**
 * Says whether two graphs are the same, wherever they stand: nodes in any order, but declarations of one node, edges from
 * one outport, packets at one inport or index and outer ports of one name in the same.
 */
export function same(a: Graph, b: Graph): boolean {
  return atOnce(comparing(a, b));
}

/** As `same`, in steps. */
export function* comparing(a: Graph, b: Graph): Steps<boolean> {
  const one = essence(a);
  yield;
  const other = essence(b);
  yield;
  return equal(one, other);
}

/** Says whether two values are the same JSON, in whatever order the members of their objects are; NaN is null there. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b)) return JSON.stringify(a) === JSON.stringify(b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && equal(a[key], b[key]));
}

/** A port without its index: its edges or packets keep their order. */
export function portKey({ node, port }: Pick<End, 'node' | 'port'>): string {
  return JSON.stringify([node, port]);
}

/** One text for each end. */
export function endKey({ node, port, index }: Omit<End, 'place'>): string {
  return JSON.stringify([node, port, index]);
}

function essence({ nodes, edges, initials, inports, outports, groups, properties }: Graph): object {
  return {
    nodes: listed(nodes, ({ name, component, metadata }) => [name, [component, metadata]]),
    edges: listed(edges, ({ from, to, metadata = {} }) => [portKey(from), [from.index, endKey(to), metadata]]),
    initials: listed(initials, ({ data, to, metadata = {} }) => [endKey(to), [data, metadata]]),
    inports: listed(inports, outer),
    outports: listed(outports, outer),
    groups: groups.map(({ name, nodes, metadata }) => [name, nodes, metadata]),
    properties,
  };
}

/** Values in their order, by key. */
function listed<Item>(items: readonly Item[], entry: (item: Item) => [string, unknown]): object {
  const lists = new Map<string, unknown[]>();
  for (const item of items) {
    const [key, value] = entry(item);
    const list = lists.get(key);
    if (list) list.push(value);
    else lists.set(key, [value]);
  }
  return Object.fromEntries(lists);
}

function outer({ name, node, port, metadata = {} }: Outer): [string, unknown] {
  return [name, [node, port, metadata]];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
