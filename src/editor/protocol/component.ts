import { basename } from 'node:path';
import { write } from '../../fbp/print.ts';
import { fbpJsonOf } from '../../fbp/print-json.ts';
import { memoize } from '../../memoize.ts';
import type { ComponentSpec, PortSpec } from '../../model/component-spec.ts';
import type { Graph, Node, OuterPort } from '../../model/graph.ts';
import { type Payload, Refused } from '../../model/payload.ts';
import { type Point, placements } from '../../model/placement.ts';
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

/** What the component protocol needs of the server; its library has what is drafted. */
interface ComponentProtocolDeps extends ComponentCodeDeps {
  /** Id of the main graph. */
  readonly id: string;
  /** The main graph as it is edited now. */
  draft(): Graph;
  /** A graph that a client has made for itself; undefined if it has none of this id. */
  scratchGraph?(client: Client, id: string): Graph | undefined;
  /** Tells all editors whose capabilities cover it. */
  emit(message: ProtocolMessage, except?: Client): void;
}

/** The component protocol: which components there are, and their source. */
export class ComponentProtocol implements SubProtocol {
  readonly commands: ReadonlyMap<string, ProtocolCommand>;
  readonly #deps: ComponentProtocolDeps;
  readonly #code: ComponentCode;
  /** What all editors know, by component; empty before one has asked. */
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

  /** Has to hear that files have changed, or what is drafted: tells of components that are other ones now, or gone. */
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

  /** Tries source out without saving it. Rejects with Refused where it is broken. */
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
    // The built-in editor finds places itself, and has to know which are there by hand.
    const draw = client.extended ? (graph: Graph) => graph : placed;
    return graph ? graphSource(name, graph, draw) : componentSource(library, name, draw);
  }

  async #take(source: SubmittedSource, client: Client): Promise<CommandReply> {
    const name = await this.#code.take(source, client);
    const message = (await this.#all()).find(({ payload }) => payload.name === name)!;
    // Also where it looks the same: its source is another one.
    this.#noteSent(message);
    this.#deps.emit(message, client);
    return message;
  }

  async #all(): Promise<readonly Description[]> {
    const { library } = this.#deps;
    return (await library.all()).map(found => description(found, library.subgraph(found.name) !== undefined));
  }

  /** Whether it is another one than before. */
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
    // The protocol wants a URI, and some clients turn down what is none: `chat:question` for `chat/question`.
    ...(schema !== undefined && { schema: /^[a-z][\w+.-]*:/i.test(schema) ? schema : schema.replace('/', ':') }),
    required,
    addressable,
    description,
    ...(values && { values }),
    ...(others.default !== undefined && { default: others.default }),
  };
}

/** What runs the graphs, in the words of editors: they change no graph that is made for another runtime. */
export const RUNTIME_TYPE = 'noflo-nodejs';

/** A graph with all that editors need of it, for a runtime of our kind. */
function forEditors(graph: Graph): Graph {
  const { environment, name = basename(graph.file).replace(/\.\w+$/, '') } = graph.properties;
  const properties = { ...graph.properties, name, environment: { ...Object(environment), type: RUNTIME_TYPE } };
  return { ...graph, properties, file: 'graph.json' };
}

/** A graph as FBP JSON for editors, as text. */
export function toJson(graph: Graph): string {
  return write(forEditors(graph), { text: '', layout: '' }).text;
}

/** A graph as FBP JSON for editors, as a value; made once for all who are told of the same graph. */
export const graphJson = memoize((graph: Graph): Payload => fbpJsonOf(forEditors(graph)));

/** The message with a graph's source; its id has the library in front. `draw` says what is changed of it before. */
function graphSource(id: string, graph: Graph, draw = placed): ProtocolMessage {
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
