import type { BareEdge, BareInitial, BareOuterPort, GraphMetadata, Group, PortRef } from '../../../src/model/graph.ts';
import { type EditorGraph, indexed, nodePath } from './graph.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A value as an object; an empty one if it isn't an object. */
export const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

const arrayOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const metadata = (value: unknown): GraphMetadata => fields(value);

/** Parses a port, `{node, port, index?}`, or with `process` as in FBP JSON. */
function readPort(value: unknown): PortRef {
  const { node, process, port, index } = fields(value);
  const end = { node: textOf(node ?? process), port: textOf(port).toLowerCase() };
  const number = index === undefined || index === null || index === '' ? Number.NaN : Number(index);
  return Number.isInteger(number) ? { ...end, index: number } : end;
}

/** Parses both ends of a wire in rates and traces; nodes in subgraphs are named by path. */
export function wireOf(value: unknown): Pick<BareEdge, 'from' | 'to'> {
  const { src, tgt, subgraph } = fields(value);
  const within = arrayOf(subgraph).map(textOf);
  const end = (port: PortRef): PortRef => ({ ...port, node: nodePath(within, port.node) });
  return { from: end(readPort(src)), to: end(readPort(tgt)) };
}

const outers = (value: unknown): readonly BareOuterPort[] =>
  Object.entries(fields(value)).map(([name, outer]) => {
    const { node, port } = readPort(outer);
    return { name: name.toLowerCase(), node, port, metadata: metadata(fields(outer).metadata) };
  });

function groupOf(value: unknown): Group {
  const { name, nodes, metadata: more } = fields(value);
  return { name: textOf(name), nodes: arrayOf(nodes).map(textOf), metadata: metadata(more) };
}

/** Parses FBP JSON, ignoring invalid parts. */
export function graphOf(json: unknown): EditorGraph {
  const { processes, connections, inports, outports, groups } = fields(json);
  const edges: BareEdge[] = [];
  const initials: BareInitial[] = [];
  for (const connection of arrayOf(connections).map(fields)) {
    const to = readPort(connection.tgt);
    const more = metadata(connection.metadata);
    if (connection.src) edges.push({ from: readPort(connection.src), to, metadata: more });
    else initials.push({ data: connection.data, to, metadata: more });
  }
  return indexed({
    nodes: Object.entries(fields(processes)).map(([name, process]) => {
      const { component, metadata: more } = fields(process);
      return { name, component: textOf(component), metadata: metadata(more) };
    }),
    edges,
    initials,
    inports: outers(inports),
    outports: outers(outports),
    groups: arrayOf(groups).map(groupOf),
    properties: {},
  });
}

const endJson = ({ node, port, index }: PortRef) => ({ process: node, port, ...(index !== undefined && { index }) });

const outersJson = (outers: ReadonlyMap<string, BareOuterPort>) =>
  Object.fromEntries(
    [...outers].map(([name, { node, port, metadata = {} }]) => [name, { process: node, port, metadata }]),
  );

/** A graph as FBP JSON. */
export function jsonOf(graph: EditorGraph): Fields {
  return {
    properties: {},
    inports: outersJson(graph.inports),
    outports: outersJson(graph.outports),
    groups: [...graph.groups.values()],
    processes: Object.fromEntries(
      [...graph.nodes.values()].map(({ name, component, metadata }) => [name, { component, metadata }]),
    ),
    connections: [
      ...[...graph.edges.values()].map(({ from, to, metadata = {} }) => ({
        src: endJson(from),
        tgt: endJson(to),
        metadata,
      })),
      ...graph.initials.map(({ data, to, metadata = {} }) => ({ data, tgt: endJson(to), metadata })),
    ],
  };
}
