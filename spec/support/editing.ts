import { GraphDraft } from '../../src/editor/draft/graph-draft.ts';
import type { Client, ProtocolMessage, Right, SubProtocol } from '../../src/editor/message.ts';
import { Graphs, graphProtocol } from '../../src/editor/protocol/graphs.ts';
import { NetworkProtocol } from '../../src/editor/protocol/network.ts';
import { RuntimeProtocol } from '../../src/editor/protocol/runtime.ts';
import { TraceProtocol } from '../../src/editor/protocol/trace.ts';
import { ScratchGraphs } from '../../src/editor/sandbox/scratch-graphs.ts';
import { maySend } from '../../src/editor/server/rights.ts';
import { readGraph } from '../../src/fbp/read.ts';
import { emptyGraph } from '../../src/model/graph.ts';
import type { Payload } from '../../src/model/payload.ts';
import { until } from './chat.ts';
import type { Flowing } from './flowing.ts';
import { expectValid } from './protocol-schema.ts';

/** The id of the server's own graph. */
export const MAIN = 'chat/test';

/** An editor's connection without a socket. Validates all received messages by the protocol's schemas. */
export class Editor implements Client {
  readonly id: number;
  readonly rights: ReadonlySet<Right>;
  readonly by = 'editor';
  readonly extended = false;
  /** Unasked messages. */
  readonly heard: ProtocolMessage[] = [];
  readonly #editing: Editing;

  constructor(editing: Editing, id: number, rights: readonly Right[]) {
    this.#editing = editing;
    this.id = id;
    this.rights = new Set(rights);
  }

  push(message: ProtocolMessage): void {
    if (!maySend(this, message)) return;
    expectValid(message);
    this.heard.push(structuredClone(message));
  }

  /** The last reply to a command. Rejects if it is refused. */
  async say(protocol: string, command: string, payload: Payload): Promise<ProtocolMessage> {
    return (await this.sayAll(protocol, command, payload)).at(-1)!;
  }

  async sayAll(protocol: string, command: string, payload: Payload): Promise<readonly ProtocolMessage[]> {
    const found = this.#editing.protocols.get(protocol)!.commands.get(command)!;
    const replies = [await found.run(this, payload)].flat();
    for (const reply of replies) expectValid(reply);
    return replies;
  }

  /** Payloads of received messages of a kind, such as `network:data`. */
  told(kind: string): readonly Payload[] {
    return this.heard.flatMap(({ protocol, command, payload }) =>
      `${protocol}:${command}` === kind ? [payload as Payload] : [],
    );
  }

  /** Resolves after so many received messages of a kind. */
  async hears(kind: string, count = 1): Promise<readonly Payload[]> {
    await until(
      () => this.told(kind).length >= count,
      () => this.heard,
    );
    return this.told(kind);
  }
}

/** Where there is nothing but the main graph. */
export const NO_SUBGRAPHS = {
  find: () => undefined,
  begin: (id: string) => new GraphDraft(id, emptyGraph()),
  take: () => () => {},
};

/** The sub-protocols of a runtime, connected as in the server. */
export class Editing {
  readonly protocols: ReadonlyMap<string, SubProtocol>;
  readonly sketches: ScratchGraphs;
  readonly graphs: Graphs;
  readonly persisted: Client[] = [];
  readonly #clients: Editor[] = [];

  constructor({ runtime, gate, library }: Flowing, text: string) {
    const draft = new GraphDraft(MAIN, readGraph('graphs/test.fbp', text).graph);
    const graphs = new Graphs({
      draft,
      subgraphs: NO_SUBGRAPHS,
      get version() {
        return draft.version;
      },
      changed() {},
      mayClear: () => undefined,
    });
    const broadcast = (message: ProtocolMessage, except: Client) => {
      for (const client of this.#clients) if (client !== except) client.push(message);
    };
    const main = {
      id: MAIN,
      start: async () => void (await runtime.resume()),
      stop: () => runtime.halt(),
      greet() {},
      persist: async (client: Client) => void this.persisted.push(client),
    };
    const sketches = new ScratchGraphs(library);
    this.graphs = graphs;
    this.sketches = sketches;
    this.protocols = new Map<string, SubProtocol>([
      ['graph', graphProtocol(graphs, broadcast)],
      [
        'network',
        new NetworkProtocol({ main, runtime, graphs, scratchGraphs: sketches, isPrivate: () => false, broadcast }),
      ],
      [
        'runtime',
        new RuntimeProtocol({
          identity: IDENTITY,
          graphs,
          lookup: library,
          gate,
          outerPorts: DOORS,
          scratchGraphs: sketches,
        }),
      ],
      ['trace', new TraceProtocol({ runtime, graphs, scratchGraphs: sketches, isPrivate: () => false })],
    ]);
  }

  editor(...rights: Right[]): Editor {
    const editor = new Editor(this, this.#clients.length + 1, rights);
    this.#clients.push(editor);
    return editor;
  }

  leave(editor: Editor): void {
    for (const protocol of this.protocols.values()) protocol.leave?.(editor);
  }

  close(): void {
    for (const client of this.#clients) this.leave(client);
  }
}

const DOORS = { entry: 'request', exit: 'reply' };

const IDENTITY = {
  id: 'f18a4924-9d4f-414d-a37c-cd24b39bba10',
  label: 'flowchat',
  namespace: 'chat',
  allCapabilities: ['protocol:graph', 'network:data', 'protocol:runtime'],
};
