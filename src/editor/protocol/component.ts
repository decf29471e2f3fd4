import { basename } from 'node:path';
import { write } from '../../fbp/print.ts';
import { fbpJsonOf } from '../../fbp/print-json.ts';
import { memoize } from '../../memoize.ts';
import type { ComponentSpec, PortSpec } from '../../model/component-spec.ts';
import type { Graph, Node, OuterPort } from '../../model/graph.ts';
import type { Payload } from '../../model/payload.ts';
import { type Point, placements } from '../../model/placement.ts';
import { Refused } from '../../model/refused.ts';
import type { Registry } from '../../registry/registry.ts';
import {
  type Client,
  type CommandReply,
  commandsOf,
  messageOf,
  type ProtocolCommand,
  type ProtocolMessage,
  type SubProtocol,
} from '../message.ts';
import { ComponentCode, type ComponentCodeDeps, type SubmittedSource } from '../sandbox/component-code.ts';
import type { CaseResult } from '../sandbox/trial.ts';

/** Dependencies of the component protocol; the library includes drafted code. */
interface ComponentProtocolDeps extends ComponentCodeDeps {
  /** Id of the main graph. */
  readonly id: string;
  /** The present draft of the main graph. */
  draft(): Graph;
  /** A client's scratch graph; undefined if it has none of this id. */
  scratchGraph?(client: Client, id: string): Graph | undefined;
  /** Sends a message to all clients whose capabilities cover it. */
  emit(message: ProtocolMessage, except?: Client): void;
}

/** The component protocol: available components and their source. */
export class ComponentProtocol implements SubProtocol {
  readonly commands: ReadonlyMap<string, ProtocolCommand>;
  readonly #deps: ComponentProtocolDeps;
  readonly #code: ComponentCode;
  /** The descriptions that editors have, by component; empty before the first request. */
  readonly #announced = new Map<string, string>();

  constructor(deps: ComponentProtocolDeps) {
    this.#deps = deps;
    this.#code = new ComponentCode(deps);
    this.commands = commandsOf('component', {
      list: () => this.#list(),
      getsource: ({ name }, client) => this.#source(name, client),
      source: (source, client) => this.#take(source, client),
    });
  }

  /** Call after files or drafted code changed: announces changed and removed components. */
  async refresh(): Promise<void> {
    if (this.#announced.size === 0) return;
    const all = await this.#all();
    for (const message of all) if (this.#noteSent(message)) this.#deps.emit(message);
    const names = new Set(all.map(({ payload }) => payload.name));
    for (const name of this.#announced.keys()) {
      if (names.has(name)) continue;
      this.#announced.delete(name);
      this.#deps.emit(messageOf('flowchat:gone', { name }));
    }
  }

  /** Tries source code without saving it. Rejects with Refused if it is broken. */
  check(source: SubmittedSource): Promise<readonly CaseResult[]> {
    return this.#code.check(source);
  }

  async #list(): Promise<CommandReply> {
    const all = await this.#all();
    if (this.#announced.size === 0) for (const message of all) this.#noteSent(message);
    return [...all, messageOf('component:componentsready', all.length)];
  }

  #source(name: string, client: Client): CommandReply {
    const { id, library, scratchGraph } = this.#deps;
    const graph = name === id ? this.#deps.draft() : scratchGraph?.(client, name);
    // The built-in editor places nodes itself, and needs to know which have stored positions.
    const draw = client.extended ? (graph: Graph) => graph : placed;
    return graph ? graphSource(name, graph, draw) : componentSource(library, name, draw);
  }

  async #take(source: SubmittedSource, client: Client): Promise<CommandReply> {
    const name = await this.#code.take(source, client);
    const message = (await this.#all()).find(({ payload }) => payload.name === name)!;
    // Sent even if it looks the same, as its source changed.
    this.#noteSent(message);
    this.#deps.emit(message, client);
    return message;
  }

  async #all(): Promise<readonly Description[]> {
    const { library } = this.#deps;
    return (await library.all()).map(found => description(found, library.subgraph(found.name) !== undefined));
  }

  /** Whether the description changed. */
  #noteSent(message: Description): boolean {
    const { name } = message.payload;
    const said = JSON.stringify(message);
    const fresh = this.#announced.get(name) !== said;
    this.#announced.set(name, said);
    return fresh;
  }
}

type Description = ProtocolMessage & { readonly payload: { readonly name: string } };

function description({ name, broken, ...spec }: ComponentSpec, subgraph: boolean): Description {
  return {
    protocol: 'component',
    command: 'component',
    payload: {
      name,
      description: broken === undefined ? spec.description : `can't be loaded: ${broken}`,
      icon: broken === undefined ? spec.icon : 'exclamation-triangle',
      subgraph,
      inPorts: spec.inports.map(port),
      outPorts: spec.outports.map(port),
    },
  };
}

function port({ name, datatype, schema, required, addressable, description, values, ...others }: PortSpec) {
  return {
    id: name,
    type: datatype,
    // The protocol demands a URI, which some clients check: `chat:question` for `chat/question`.
    ...(schema !== undefined && { schema: /^[a-z][\w+.-]*:/i.test(schema) ? schema : schema.replace('/', ':') }),
    required,
    addressable,
    description,
    ...(values && { values }),
    ...(others.default !== undefined && { default: others.default }),
  };
}

/** This runtime's type in the protocol: editors don't modify graphs of other types. */
export const RUNTIME_TYPE = 'noflo-nodejs';

/** A graph with the properties that editors need. */
function forEditors(graph: Graph): Graph {
  const { environment, name = basename(graph.file).replace(/\.\w+$/, '') } = graph.properties;
  const properties = { ...graph.properties, name, environment: { ...Object(environment), type: RUNTIME_TYPE } };
  return { ...graph, properties, file: 'graph.json' };
}

/** A graph as FBP JSON for editors, as text. */
export function toJson(graph: Graph): string {
  return write(forEditors(graph), { text: '', layout: '' }).text;
}

/** A graph as FBP JSON for editors, as a value; cached per graph, as all clients get the same. */
export const graphJson = memoize((graph: Graph): Payload => fbpJsonOf(forEditors(graph)));

/** The message with a graph's source; its id includes the library. `draw` adds positions. */
function graphSource(id: string, graph: Graph, draw = placed): ProtocolMessage {
  return source(id, 'json', toJson(draw(graph)));
}

/**
 * A copy of a graph with positions for nodes that have none. Most editors draw such nodes at 0,0, or lay out everything
 * and send the result as changes.
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

/** The message with a component's source: its file, or FBP JSON for a subgraph. Throws Refused if there is none. */
function componentSource(library: Registry, component: string, draw?: (graph: Graph) => Graph): ProtocolMessage {
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
  return messageOf('component:source', { name, library, language, code, ...(tests !== undefined && { tests }) });
}
