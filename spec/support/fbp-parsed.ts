import fbp from 'fbp';
import type { End, Graph } from '../../src/model/graph.ts';

export type Parsed = {
  processes: object;
  connections: { src?: object; data?: unknown; tgt: object }[];
  inports: object;
  outports: object;
  properties?: object;
};

/** What the package `fbp` makes of a text; nothing if it doesn't parse. */
export function parsed(text: string): Parsed | undefined {
  try {
    return fbp.parse(text, { caseSensitive: false, validateContents: false, validateSchema: false }) as Parsed;
  } catch {
    return undefined;
  }
}

/** Our graph in the shape of FBP JSON, repeated declarations merged as the package `fbp` does. */
export function merged({ nodes, edges, initials, inports, outports, properties }: Graph) {
  const processes: Record<string, object> = {};
  for (const { name, component, metadata } of nodes) {
    const given = Object.keys(metadata).length > 0 && { metadata };
    processes[name] = { ...processes[name], ...(component && { component }), ...given };
  }
  const end = ({ node, port, index }: End) => ({ process: node, port, ...(index !== undefined && { index }) });
  const outers = (all: Graph['inports']) =>
    Object.fromEntries(all.map(({ name, node, port }) => [name, { process: node, port }]));
  return {
    processes,
    edges: edges.map(({ from, to }) => ({ src: end(from), tgt: end(to) })),
    initials: initials.map(({ data, to }) => ({ data, tgt: end(to) })),
    inports: outers(inports),
    outports: outers(outports),
    properties,
  };
}

/** What the package `fbp` has parsed, its connections told apart. */
export function split({ processes, connections, inports, outports, properties = {} }: Parsed) {
  const edges = connections.filter(({ src }) => src);
  const initials = connections.filter(({ src }) => !src);
  return { processes, edges, initials, inports, outports, properties };
}
