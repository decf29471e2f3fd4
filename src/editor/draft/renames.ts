import type { Graph } from '../../fbp.ts';
import { declared } from './graph.ts';

/**
 * Which nodes are only called otherwise: old name to new. One that differs in more than its name and the values of its
 * settings is another one.
 */
export function renames(from: Graph, to: Graph): Map<string, string> {
  const before = declared(from);
  const after = declared(to);
  const shared = new Set([...before.keys()].filter(name => after.has(name)));
  const gone = portraits(from, shared);
  const come = portraits(to, shared);
  return new Map(
    [...gone].flatMap(([portrait, [name, twin]]): [string, string][] => {
      const [called, double] = come.get(portrait) ?? [];
      return name !== undefined && called !== undefined && !twin && !double ? [[name, called]] : [];
    }),
  );
}

/** The nodes that the other graph doesn't have, by what can be said of them without their names. */
function portraits(graph: Graph, shared: ReadonlySet<string>): Map<string, string[]> {
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
