import {
  type Edge,
  edgeKey,
  type Graph,
  type Group,
  type Initial,
  type Metadata,
  type Outer,
  type Port,
  pathOf,
} from './graph.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Any value as an object; one without fields where it is none. */
export const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export const metadata = (value: unknown): Metadata => fields(value);

/** A port as messages name it, `{node, port, index?}`, or as FBP JSON does, with `process`. */
export function portOf(value: unknown): Port {
  const { node, process, port, index } = fields(value);
  const end = { node: text(node ?? process), port: text(port).toLowerCase() };
  const number = index === undefined || index === null || index === '' ? Number.NaN : Number(index);
  return Number.isInteger(number) ? { ...end, index: number } : end;
}

/** Both ends of a wire as figures and ways name it: of one in subgraphs by the paths of its nodes. */
export function wireOf(value: unknown): Pick<Edge, 'from' | 'to'> {
  const { src, tgt, subgraph } = fields(value);
  const within = list(subgraph).map(text);
  const end = (port: Port): Port => ({ ...port, node: pathOf(within, port.node) });
  return { from: end(portOf(src)), to: end(portOf(tgt)) };
}

const outers = (value: unknown): ReadonlyMap<string, Outer> =>
  new Map(
    Object.entries(fields(value)).map(([name, outer]) => {
      const { node, port } = portOf(outer);
      const key = name.toLowerCase();
      return [key, { name: key, node, port, metadata: metadata(fields(outer).metadata) }];
    }),
  );

function groupOf(value: unknown): Group {
  const { name, nodes, metadata: more } = fields(value);
  return { name: text(name), nodes: list(nodes).map(text), metadata: metadata(more) };
}

/** Reads FBP JSON. What has another shape is left out. */
export function graphOf(json: unknown): Graph {
  const { processes, connections, inports, outports, groups } = fields(json);
  const edges: Edge[] = [];
  const initials: Initial[] = [];
  for (const connection of list(connections).map(fields)) {
    const to = portOf(connection.tgt);
    const more = metadata(connection.metadata);
    if (connection.src) edges.push({ from: portOf(connection.src), to, metadata: more });
    else initials.push({ data: connection.data, to, metadata: more });
  }
  return {
    nodes: new Map(
      Object.entries(fields(processes)).map(([name, process]) => {
        const { component, metadata: more } = fields(process);
        return [name, { name, component: text(component), metadata: metadata(more) }];
      }),
    ),
    edges: new Map(edges.map(edge => [edgeKey(edge), edge])),
    initials,
    inports: outers(inports),
    outports: outers(outports),
    groups: new Map(
      list(groups)
        .map(groupOf)
        .map(group => [group.name, group]),
    ),
  };
}

const endJson = ({ node, port, index }: Port) => ({ process: node, port, ...(index !== undefined && { index }) });

const outersJson = (outers: ReadonlyMap<string, Outer>) =>
  Object.fromEntries([...outers].map(([name, { node, port, metadata }]) => [name, { process: node, port, metadata }]));

/** A graph as FBP JSON. */
export function jsonOf(graph: Graph): Fields {
  return {
    properties: {},
    inports: outersJson(graph.inports),
    outports: outersJson(graph.outports),
    groups: [...graph.groups.values()],
    processes: Object.fromEntries(
      [...graph.nodes.values()].map(({ name, component, metadata }) => [name, { component, metadata }]),
    ),
    connections: [
      ...[...graph.edges.values()].map(({ from, to, metadata }) => ({
        src: endJson(from),
        tgt: endJson(to),
        metadata,
      })),
      ...graph.initials.map(({ data, to, metadata }) => ({ data, tgt: endJson(to), metadata })),
    ],
  };
}
