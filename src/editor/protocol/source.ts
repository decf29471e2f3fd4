import { basename } from 'node:path';
import { write } from '../../fbp/print.ts';
import type { Graph, Node, OuterPort } from '../../model/graph.ts';
import { type Point, placements } from '../../model/placement.ts';
import type { Registry } from '../../registry/registry.ts';
import { type ProtocolMessage, Refused } from '../message.ts';

/** What runs the graphs, in the words of editors: they change no graph that is made for another runtime. */
export const RUNTIME_TYPE = 'noflo-nodejs';

/** A graph as FBP JSON, with all that editors need of it, for a runtime of our kind. */
export function toJson(graph: Graph): string {
  const { environment, name = basename(graph.file).replace(/\.\w+$/, '') } = graph.properties;
  const properties = { ...graph.properties, name, environment: { ...Object(environment), type: RUNTIME_TYPE } };
  return write({ ...graph, properties, file: 'graph.json' }, { text: '', layout: '' }).text;
}

/** The message with a graph's source; its id has the library in front. `draw` says what is changed of it before. */
export function graphSource(id: string, graph: Graph, draw = placed): ProtocolMessage {
  return source(id, 'json', toJson(draw(graph)));
}

/**
 * A graph with a place for what has none, as most editors draw that at 0,0, or lay everything out and send it as changes.
 * The graph itself stays as it is.
 */
export function placed(graph: Graph): Graph {
  const drawn = graph.nodes.map(({ name, metadata }) => ({ name, at: pointIn(metadata) }));
  const outers = (all: readonly OuterPort[]) =>
    all.map(({ name, node, metadata }) => ({ name, node, at: pointIn(metadata) }));
  const edges = graph.edges.map(({ from, to }) => ({ from: from.node, to: to.node }));
  const places = placements({
    nodes: drawn,
    edges,
    inports: outers(graph.inports),
    outports: outers(graph.outports),
  });
  const put = <Item extends Node | OuterPort>(items: readonly Item[], at: ReadonlyMap<string, Point>): Item[] =>
    items.map(item =>
      pointIn(item.metadata) ? item : { ...item, metadata: { ...item.metadata, ...at.get(item.name) } },
    );
  return {
    ...graph,
    nodes: put(graph.nodes, places.nodes),
    inports: put(graph.inports, places.inports),
    outports: put(graph.outports, places.outports),
  };
}

function pointIn({ x, y }: Readonly<Record<string, unknown>> = {}): Point | undefined {
  return Number.isFinite(x) && Number.isFinite(y) ? { x: Number(x), y: Number(y) } : undefined;
}

/** The message with a component's source: its file, and for a subgraph its FBP JSON. Throws Refused where there is none. */
export function componentSource(library: Registry, component: string, draw?: (graph: Graph) => Graph): ProtocolMessage {
  const files = library.source(component);
  if (!files) throw new Refused(`there is no component ${component}`);
  const { name, path, language, tests } = files;
  try {
    const reading = library.graph(name);
    if (reading) return graphSource(name, reading.graph, draw);
    const code = library.text(path);
    if (code !== undefined) return source(name, language, code, tests && library.text(tests));
  } catch (error) {
    throw new Refused(`the source of ${name} can't be read: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
  throw new Refused(`the source of ${name} can't be read: its file is gone`);
}

function source(id: string, language: string, code: string, tests?: string): ProtocolMessage {
  const [library = '', name = ''] = id.split('/');
  const payload = { name, library, language, code, ...(tests !== undefined && { tests }) };
  return { protocol: 'component', command: 'source', payload };
}
