import type { ComponentSpec, PortSpec } from '../../model/component-spec.ts';
import type { Graph } from '../../model/graph.ts';
import {
  type Client,
  type CommandReply,
  flowchatReply,
  type Payload,
  type ProtocolCommand,
  type ProtocolMessage,
  requiredText,
  type SubProtocol,
} from '../message.ts';
import { ComponentCode, type ComponentCodeDeps } from '../sandbox/component-code.ts';
import type { CaseResult } from '../sandbox/trial.ts';
import { componentSource, graphSource, placed } from './source.ts';

/** What the component protocol needs of the server; its library has what is drafted. */
export interface ComponentProtocolDeps extends ComponentCodeDeps {
  /** Of the main graph. */
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
    this.commands = new Map<string, ProtocolCommand>([
      ['list', { needs: 'protocol:component', run: () => this.#list() }],
      ['getsource', { needs: 'component:getsource', run: (client, payload) => this.#source(client, payload) }],
      ['source', { needs: 'component:setsource', run: (client, payload) => this.#take(client, payload) }],
    ]);
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
      this.#deps.emit(flowchatReply('gone', { name }));
    }
  }

  /** Tries source out without saving it. Rejects with Refused where it is broken. */
  check(payload: Payload): Promise<readonly CaseResult[]> {
    return this.#code.check(payload);
  }

  async #list(): Promise<CommandReply> {
    const all = await this.#all();
    if (this.#announced.size === 0) for (const message of all) this.#noteSent(message);
    return [...all, { protocol: 'component', command: 'componentsready', payload: all.length }];
  }

  #source(client: Client, payload: Payload): CommandReply {
    const { id, library, scratchGraph } = this.#deps;
    const name = requiredText(payload, 'name');
    const graph = name === id ? this.#deps.draft() : scratchGraph?.(client, name);
    // The built-in editor finds places itself, and has to know which are there by hand.
    const draw = client.extended ? (graph: Graph) => graph : placed;
    return graph ? graphSource(name, graph, draw) : componentSource(library, name, draw);
  }

  async #take(client: Client, payload: Payload): Promise<CommandReply> {
    const name = await this.#code.take(payload, client);
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
