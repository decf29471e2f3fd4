import type { Blueprint, Port } from '../../check.ts';
import type { Graph } from '../../fbp.ts';
import { type Bench, Code } from '../code/code.ts';
import type { Result } from '../code/trial.ts';
import { said } from './flowchat.ts';
import type { Client, Command, Message, Payload, Reply, SubProtocol } from './message.ts';
import { text } from './payload.ts';
import { componentSource, graphSource, placed } from './source.ts';

/** What the component protocol needs of the server; its library has what is drafted. */
export interface Parts extends Bench {
  /** Of the main graph. */
  readonly id: string;
  /** The main graph as it is edited now. */
  draft(): Graph;
  /** A graph that a client has made for itself; undefined if it has none of this id. */
  sketch?(client: Client, id: string): Graph | undefined;
  /** Tells all editors whose capabilities cover it. */
  tell(message: Message, except?: Client): void;
}

/** The component protocol: which components there are, and their source. */
export class Components implements SubProtocol {
  readonly commands: ReadonlyMap<string, Command>;
  readonly #parts: Parts;
  readonly #code: Code;
  /** What all editors know, by component; empty before one has asked. */
  readonly #told = new Map<string, string>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#code = new Code(parts);
    this.commands = new Map<string, Command>([
      ['list', { needs: 'protocol:component', run: () => this.#list() }],
      ['getsource', { needs: 'component:getsource', run: (client, payload) => this.#source(client, payload) }],
      ['source', { needs: 'component:setsource', run: (client, payload) => this.#take(client, payload) }],
    ]);
  }

  /** Has to hear that files have changed, or what is drafted: tells of components that are other ones now, or gone. */
  async refresh(): Promise<void> {
    if (this.#told.size === 0) return;
    const all = await this.#all();
    for (const message of all) if (this.#remember(message)) this.#parts.tell(message);
    const names = new Set(all.map(({ payload }) => payload.name));
    for (const name of this.#told.keys()) {
      if (names.has(name)) continue;
      this.#told.delete(name);
      this.#parts.tell(said('gone', { name }));
    }
  }

  /** Tries source out without saving it. Rejects with Refused where it is broken. */
  check(payload: Payload): Promise<readonly Result[]> {
    return this.#code.check(payload);
  }

  async #list(): Promise<Reply> {
    const all = await this.#all();
    if (this.#told.size === 0) for (const message of all) this.#remember(message);
    return [...all, { protocol: 'component', command: 'componentsready', payload: all.length }];
  }

  #source(client: Client, payload: Payload): Reply {
    const { id, library, sketch } = this.#parts;
    const name = text(payload, 'name');
    const graph = name === id ? this.#parts.draft() : sketch?.(client, name);
    // The built-in editor finds places itself, and has to know which are there by hand.
    const draw = client.extended ? (graph: Graph) => graph : placed;
    return graph ? graphSource(name, graph, draw) : componentSource(library, name, draw);
  }

  async #take(client: Client, payload: Payload): Promise<Reply> {
    const name = await this.#code.take(payload, client);
    const message = (await this.#all()).find(({ payload }) => payload.name === name)!;
    // Also where it looks the same: its source is another one.
    this.#remember(message);
    this.#parts.tell(message, client);
    return message;
  }

  async #all(): Promise<readonly Description[]> {
    const { library } = this.#parts;
    return (await library.all()).map(found => description(found, library.subgraph(found.name) !== undefined));
  }

  /** Whether it is another one than before. */
  #remember(message: Description): boolean {
    const { name } = message.payload;
    const said = JSON.stringify(message);
    const fresh = this.#told.get(name) !== said;
    this.#told.set(name, said);
    return fresh;
  }
}

type Description = Message & { readonly payload: { readonly name: string } };

function description({ name, broken, ...blueprint }: Blueprint, subgraph: boolean): Description {
  return {
    protocol: 'component',
    command: 'component',
    payload: {
      name,
      description: broken === undefined ? blueprint.description : `can't be loaded: ${broken}`,
      icon: broken === undefined ? blueprint.icon : 'exclamation-triangle',
      subgraph,
      inPorts: blueprint.inports.map(port),
      outPorts: blueprint.outports.map(port),
    },
  };
}

function port({ name, datatype, schema, required, addressable, description, values, ...others }: Port) {
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
