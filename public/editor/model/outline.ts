import { portName } from '../../../src/model/words.ts';
import { brief } from './card.ts';
import { type EditorGraph, edgeKey, edgesOf, wireWords } from './graph.ts';

interface Line {
  readonly key: string;
  readonly words: string;
}

/** A node in words. */
export interface OutlineNode {
  readonly name: string;
  readonly component: string;
  readonly entering: readonly Line[];
  readonly leaving: readonly Line[];
  readonly settings: readonly Line[];
}

/** The nodes in the order in which packets from the graph's inports reach them; unreachable ones last. */
export function inOrder(graph: EditorGraph): readonly string[] {
  const seen = new Set<string>();
  const queue = [...graph.inports.values()].map(({ node }) => node);
  for (const node of queue) {
    if (seen.has(node) || !graph.nodes.has(node)) continue;
    seen.add(node);
    for (const { from, to } of graph.edges.values()) if (from.node === node) queue.push(to.node);
  }
  return [...seen, ...[...graph.nodes.keys()].filter(name => !seen.has(name))];
}

/** The graph in words, for users who don't see the canvas. */
export function outlineOf(graph: EditorGraph): readonly OutlineNode[] {
  const outer = (ports: EditorGraph['inports'], node: string, words: (port: string, name: string) => string): Line[] =>
    [...ports.values()]
      .filter(port => port.node === node)
      .map(({ name, port }) => ({ key: `outer ${name}`, words: words(port.toUpperCase(), name.toUpperCase()) }));
  return inOrder(graph).map(name => {
    const wires = (end: 'from' | 'to') =>
      edgesOf(graph, name)
        .filter(edge => edge[end].node === name)
        .map(edge => ({ key: edgeKey(edge), words: wireWords(edge, end) }));
    return {
      name,
      component: graph.nodes.get(name)!.component,
      entering: [
        ...outer(graph.inports, name, (port, outer) => `${port} from the graph's inport ${outer}`),
        ...wires('to'),
      ],
      leaving: [
        ...wires('from'),
        ...outer(graph.outports, name, (port, outer) => `${port} to the graph's outport ${outer}`),
      ],
      settings: graph.initials
        .filter(({ to }) => to.node === name)
        .toSorted((a, b) => portName(a.to).localeCompare(portName(b.to)))
        .map(({ to, data }, index) => ({ key: `set ${index}`, words: `${portName(to)} is ${brief(data)}` })),
    };
  });
}

/** The nearest node in the direction of an arrow key. */
export function nearestNode(
  places: ReadonlyMap<string, { readonly x: number; readonly y: number }>,
  from: string,
  key: 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown',
): string | undefined {
  const here = places.get(from);
  if (!here) return places.keys().next().value;
  const along = key === 'ArrowLeft' || key === 'ArrowRight' ? 'x' : 'y';
  const across = along === 'x' ? 'y' : 'x';
  const sign = key === 'ArrowLeft' || key === 'ArrowUp' ? -1 : 1;
  const near = [...places].flatMap(([name, place]) => {
    const distance = (place[along] - here[along]) * sign;
    return name !== from && distance > 8
      ? [{ name, far: distance + 2.5 * Math.abs(place[across] - here[across]) }]
      : [];
  });
  return near.toSorted((a, b) => a.far - b.far)[0]?.name;
}
