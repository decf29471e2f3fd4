import type { Flow } from '../../flow.ts';
import type { Sketches } from '../sketch/sketches.ts';
import { type Chosen, dataMessage, follow, isChosen, Outbox } from '../watching/packets.ts';
import { refusePower } from './confine.ts';
import type { Graphs } from './graphs.ts';
import { type Client, type Command, type Message, type Payload, Refused, refuse, type SubProtocol } from './message.ts';
import { isRecord, name, port } from './payload.ts';

/** The server's own graph as a network. */
export interface MainNetwork {
  readonly id: string;
  /** Starts it, also where it runs: there may be a draft to publish. Rejects with a sentence where that can't be. */
  start(client: Client): Promise<void>;
  /** Tells a client that begins to look at it what it could not see otherwise. */
  greet(client: Client): void;
  stop(client: Client): Promise<void>;
  /** Writes it to its file. Rejects with Refused where that can't be. */
  persist(client: Client): Promise<void>;
}

export interface Parts {
  readonly main: MainNetwork;
  readonly flow: Pick<Flow, 'live' | 'halted' | 'onLive'>;
  readonly graphs: Pick<Graphs, 'find' | 'allowed'>;
  readonly sketches: Sketches;
  /** Sends a message to all other clients that may see it. */
  broadcast(message: Message, except: Client): void;
}

/** What a client watches: edges by the graph in which it chose them. */
interface Watch {
  readonly chosen: Map<string, readonly Chosen[]>;
  readonly outbox: Outbox;
  end(): void;
}

/** Edges that a client may watch. */
const MOST_EDGES = 1000;

/**
 * The network protocol: starts and stops networks, and tells of the packets on the edges that a client has chosen. Some
 * clients wait for an answer with the name of their command, for which the protocol has no schema where that is `persist` or
 * `debug`; others understand a status only. They get both.
 */
export class NetworkProtocol implements SubProtocol {
  readonly commands: ReadonlyMap<string, Command>;
  readonly #parts: Parts;
  readonly #watches = new Map<Client, Watch>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.commands = new Map<string, Command>([
      ['start', { needs: 'network:control', run: (client, payload) => this.#start(client, graphOf(payload)) }],
      ['stop', { needs: 'network:control', run: (client, payload) => this.#stop(client, graphOf(payload)) }],
      ['getstatus', { needs: 'network:status', run: (client, payload) => this.#getStatus(client, graphOf(payload)) }],
      ['debug', { needs: 'network:control', run: (client, payload) => this.#debug(client, payload) }],
      ['edges', { needs: 'network:data', run: (client, payload) => this.#edges(client, payload) }],
      ['persist', { needs: 'network:persist', run: client => this.#persist(client) }],
    ]);
  }

  leave(client: Client): void {
    this.#unwatch(client);
    this.#parts.sketches.leave(client);
  }

  async #start(client: Client, graph: string): Promise<Message> {
    const { main, flow, graphs, sketches, broadcast } = this.#parts;
    if (graph !== main.id) {
      const draft = this.#sketch(client, graph);
      for (const { component } of draft.graph.nodes) refusePower(client, graphs.allowed, component);
      return started(graph, (await sketches.start(client, graph, draft.graph)).since);
    }
    const { halted } = flow;
    await main.start(client).catch(refuse);
    const message = started(graph, flow.live?.since ?? new Date());
    if (halted) broadcast(message, client);
    return message;
  }

  async #stop(client: Client, graph: string): Promise<Message> {
    const { main, flow, sketches, broadcast } = this.#parts;
    if (graph !== main.id) {
      this.#sketch(client, graph);
      const since = sketches.find(client, graph)?.since;
      await sketches.stop(client, graph);
      return stopped(graph, since);
    }
    const message = stopped(graph, flow.live?.since);
    if (flow.halted) return message;
    await main.stop(client);
    broadcast(message, client);
    return message;
  }

  #getStatus(client: Client, graph: string): Message {
    const { main } = this.#parts;
    const message = this.#status(client, graph);
    if (graph === main.id) main.greet(client);
    return message;
  }

  #status(client: Client, graph: string, more: Payload = {}): Message {
    const { main, flow, sketches } = this.#parts;
    if (graph === main.id) {
      const isUp = flow.live !== undefined;
      return network('status', { graph, running: isUp, started: isUp, ...uptime(flow.live?.since), ...more });
    }
    this.#sketch(client, graph);
    const sketch = sketches.find(client, graph);
    return network('status', { graph, running: sketch?.isRunning ?? false, started: sketch !== undefined, ...more });
  }

  /** All is told in any case. */
  #debug(client: Client, payload: Payload): readonly Message[] {
    const { enable } = payload;
    if (typeof enable !== 'boolean') throw new Refused('"enable" must be true or false');
    const graph = graphOf(payload);
    const status = this.#status(client, graph, { debug: enable });
    return [network('debug', { graph, enable }), status];
  }

  async #persist(client: Client): Promise<readonly Message[]> {
    const { main } = this.#parts;
    await main.persist(client);
    return [network('persist', { graph: main.id }), this.#status(client, main.id)];
  }

  #edges(client: Client, payload: Payload): Message {
    const graph = graphOf(payload);
    const edges = chosenEdges(payload);
    const { main, graphs } = this.#parts;
    // Of its own sketches a client hears all.
    if (graph !== main.id && graphs.find(client, graph)) return network('edges', { graph, edges });
    const chosen = new Map(this.#watches.get(client)?.chosen);
    if (edges.length > 0) chosen.set(graph, edges);
    else chosen.delete(graph);
    if ([...chosen.values()].flat().length > MOST_EDGES) throw new Refused(tooMany());
    this.#unwatch(client);
    if (chosen.size > 0) this.#watch(client, chosen);
    return network('edges', { graph, edges });
  }

  #watch(client: Client, chosen: Watch['chosen']): void {
    const { main, flow } = this.#parts;
    const outbox = new Outbox(client);
    const end = follow(
      flow,
      drawing => [...chosen].some(([graph, edges]) => isChosen(drawing, graph, main.id, edges)),
      ({ data }, drawing) => outbox.add(() => dataMessage(main.id, drawing, data)),
    );
    this.#watches.set(client, { chosen, outbox, end });
  }

  #unwatch(client: Client): void {
    const watch = this.#watches.get(client);
    this.#watches.delete(client);
    watch?.end();
    watch?.outbox.close();
  }

  #sketch(client: Client, graph: string) {
    const draft = this.#parts.graphs.find(client, graph);
    if (!draft) throw new Refused(`there is no graph ${graph}; make it with graph:clear`);
    return draft;
  }
}

function network(command: string, payload: Payload): Message {
  return { protocol: 'network', command, payload };
}

function graphOf(payload: Payload): string {
  return name(payload, 'graph');
}

function started(graph: string, since: Date): Message {
  return network('started', { graph, time: since.toISOString(), running: true, started: true });
}

function stopped(graph: string, since: Date | undefined): Message {
  const time = new Date().toISOString();
  return network('stopped', { graph, time, ...uptime(since), running: false, started: false });
}

/** In seconds. */
function uptime(since: Date | undefined): Payload {
  return since ? { uptime: (Date.now() - since.getTime()) / 1000 } : {};
}

function chosenEdges({ edges }: Payload): readonly Chosen[] {
  if (!Array.isArray(edges)) throw new Refused('"edges" must be an array of {"src", "tgt"}');
  if (edges.length > MOST_EDGES) throw new Refused(tooMany());
  return edges.map(edge => {
    if (!isRecord(edge)) throw new Refused('each of "edges" must be {"src", "tgt"}');
    return { src: port(edge, 'src'), tgt: port(edge, 'tgt') };
  });
}

function tooMany(): string {
  return `a client watches at most ${MOST_EDGES} edges`;
}
