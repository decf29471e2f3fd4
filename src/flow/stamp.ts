import type { End, Graph } from '../fbp.ts';

/** A text that differs where two graphs without subgraphs run differently, and not where they only look different. */
export function stamp({ nodes, edges, initials, inports, outports }: Graph): string {
  const end = ({ node, port, index }: End) => [node, port, index ?? null];
  const wires = edges.map(({ from, to }) => [end(from), end(to)]);
  const outers = (ports: Graph['inports']) => sorted(ports.map(({ name, node, port }) => [name, node, port]));
  return JSON.stringify([
    sorted(nodes.map(({ name, component }) => [name, component])),
    // Edges of one port deliver, and arrive, in the order in which they are there.
    sorted(wires, ([from]) => from),
    sorted(wires, ([, to]) => to),
    sorted(
      initials.map(({ data, to }) => [end(to), data] as const),
      ([to]) => to,
    ),
    outers(inports),
    outers(outports),
  ]);
}

/** By `key`; what has the same one keeps its order. */
function sorted<T>(items: readonly T[], key: (item: T) => unknown = item => item): readonly T[] {
  const keyed = items.map(item => [JSON.stringify(key(item)), item] as const);
  return keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, item]) => item);
}
