import type { End, Graph } from '../fbp.ts';
import { portWords } from './words.ts';

/** Comparisons beyond which no renamed node is looked for. */
const MOST = 100_000;

/**
 * The new names of nodes that seem to have been renamed: those that are gone, where a new one has the same component and
 * at least half of the wires.
 */
export function renames(from: Graph, to: Graph): Map<string, string> {
  const before = new Map(from.nodes.map(({ name, component }) => [name, component]));
  const after = new Map(to.nodes.map(({ name, component }) => [name, component]));
  const gone = [...before].filter(([name]) => !after.has(name));
  const fresh = new Map([...after].filter(([name]) => !before.has(name)));
  const found = new Map<string, string>();
  if (gone.length * fresh.size > MOST) return found;
  const shared = (name: string) => before.has(name) && after.has(name);
  const wiresBefore = wires(from, shared);
  const wiresAfter = wires(to, shared);
  for (const [name, component] of gone) {
    const mine = wiresBefore.get(name) ?? new Set();
    const rated = [...fresh].flatMap(([other, its]) => {
      const common = mine.intersection(wiresAfter.get(other) ?? new Set()).size;
      return its === component && common * 2 >= mine.size ? [{ other, common }] : [];
    });
    const best = rated.sort((a, b) => b.common - a.common)[0]?.other;
    if (best === undefined) continue;
    found.set(name, best);
    fresh.delete(best);
  }
  return found;
}

/** What leads to and from each node, where it is from or to a node that both graphs have; without the node's own name. */
function wires(graph: Graph, shared: (name: string) => boolean): Map<string, Set<string>> {
  const all = new Map<string, Set<string>>();
  const add = (node: string, wire: string) => {
    const some = all.get(node);
    if (some) some.add(wire);
    else all.set(node, new Set([wire]));
  };
  const far = (end: End) => (shared(end.node) ? `${end.node} ${portWords(end)}` : '');
  for (const { from, to } of graph.edges) {
    add(from.node, `${portWords(from)} -> ${far(to)}`);
    add(to.node, `${far(from)} -> ${portWords(to)}`);
  }
  for (const { data, to } of graph.initials) add(to.node, `${JSON.stringify(data)} -> ${portWords(to)}`);
  for (const { node, port, name } of graph.inports) add(node, `IN ${port} ${name}`);
  for (const { node, port, name } of graph.outports) add(node, `OUT ${port} ${name}`);
  return all;
}
