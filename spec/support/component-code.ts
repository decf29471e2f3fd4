import type { Client, ProtocolMessage } from '../../src/editor/message.ts';
import { ComponentProtocol } from '../../src/editor/protocol/component.ts';
import type { Taken } from '../../src/editor/sandbox/component-code.ts';
import { readGraph } from '../../src/fbp/read.ts';
import type { Graph } from '../../src/model/graph.ts';
import type { Payload } from '../../src/model/payload.ts';
import { Refused } from '../../src/model/refused.ts';
import { Turn } from '../../src/mutex.ts';
import { Registry } from '../../src/registry/registry.ts';
import { CHAT } from './graphs.ts';
import { Project } from './project.ts';
import { expectValid } from './protocol-schema.ts';

/** The component protocol on a copy of the project, with an editor that has all rights; validates each sent message. */
export class ComponentBench {
  readonly project = new Project();
  readonly library = new Registry(this.project.root);
  /** Messages to other editors. */
  readonly told: ProtocolMessage[] = [];
  /** The client excluded from each of these messages. */
  readonly spared: (Client | undefined)[] = [];
  readonly taken: Taken[] = [];
  /** An error that prevents a new revision from starting. */
  obstacle: string | undefined;
  draft: Graph = readGraph('graphs/chat.fbp', CHAT).graph;
  readonly components: ComponentProtocol;
  readonly client: Client = {
    id: 1,
    rights: new Set(['watch', 'edit', 'code']),
    by: 'editor',
    extended: false,
    push() {},
  };

  /** `patience` is the timeout of a silent trial in milliseconds; the default suits a busy machine. */
  constructor(patience = 60_000) {
    this.components = new ComponentProtocol({
      root: this.project.root,
      library: this.library,
      patience,
      id: 'chat/chat',
      draft: () => this.draft,
      waiting: () => undefined,
      inTurn: work => work(new Turn()),
      drafted: async () => {},
      taken: async taken => {
        this.taken.push(taken);
        if (this.obstacle !== undefined) throw new Error(this.obstacle);
      },
      emit: (message, except) => {
        expectValid(message);
        this.told.push(message);
        this.spared.push(except);
      },
    });
  }

  /** A command's replies. */
  async ask(command: string, payload: Payload = {}): Promise<readonly ProtocolMessage[]> {
    const reply = await this.components.commands.get(command)!.run(this.client, payload);
    const messages = Array.isArray(reply) ? reply : [reply];
    messages.forEach(expectValid);
    return messages;
  }

  /** The payload of a component's source. */
  async source(name: string): Promise<Payload> {
    const [message] = await this.ask('getsource', { name });
    return message!.payload as Payload;
  }

  /** The sentence of a command's refusal. */
  async refusal(command: string, payload: Payload): Promise<string> {
    try {
      await this.ask(command, payload);
    } catch (error) {
      if (error instanceof Refused) return error.message;
      throw error;
    }
    throw new Error(`${command} was not refused`);
  }

  /** A component's description in the list; undefined if missing. */
  async listed(name: string): Promise<Payload | undefined> {
    const payloads = (await this.ask('list')).map(({ payload }) => payload as Payload);
    return payloads.find(payload => payload.name === name);
  }

  remove(): void {
    this.project.remove();
  }
}
