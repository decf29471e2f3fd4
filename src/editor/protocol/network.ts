import { type ClientPayloads, MAX_WATCHED, TOO_MANY_WATCHED } from '../../model/editor-protocol.ts';
import type { Payload } from '../../model/payload.ts';
import { asRefused, Refused } from '../../model/refused.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { refuseUnlessAllowed } from '../draft/allow-list.ts';
import {
  type Client,
  commandsOf,
  messageOf,
  type ProtocolCommand,
  type ProtocolMessage,
  type SubProtocol,
} from '../message.ts';
import type { ScratchGraphs } from '../sandbox/scratch-graphs.ts';
import { type Chosen, dataMessage, follow, isChosen, PacketThrottle } from '../watch/packets.ts';
import { type IsPrivate, withoutPrivateText } from '../watch/private-text.ts';
import type { Graphs } from './graphs.ts';

/** The server's own graph as a network. */
interface MainNetwork {
  readonly id: string;
  /** Starts it, or publishes a draft if it is running. Rejects with a sentence on failure. */
  start(client: Client): Promise<void>;
  /** Sends a client what it can't learn otherwise when it connects to the network. */
  greet(client: Client): void;
  stop(client: Client): Promise<void>;
  /** Writes the graph to its file. Rejects with Refused on failure. */
  persist(client: Client): Promise<void>;
}

interface NetworkProtocolDeps {
  readonly main: MainNetwork;
  readonly runtime: Pick<Runtime, 'live' | 'halted' | 'onLive'>;
  readonly graphs: Pick<Graphs, 'find' | 'allowed'>;
  readonly scratchGraphs: ScratchGraphs;
  readonly isPrivate: IsPrivate;
  /** Sends a message to all other clients that may see it. */
  broadcast(message: ProtocolMessage, except: Client): void;
}

/** The edges that a client watches, by the graph in which it selected them. */
interface EdgeWatch {
  readonly chosen: Map<string, readonly Chosen[]>;
  readonly throttle: PacketThrottle;
  end(): void;
}

/**
 * The network protocol: starts and stops networks, and sends the packets of edges that a client selected. Some clients
 * expect an answer named as their command, for which the protocol has no schema in case of `persist` and `debug`;
 * others only understand a status. They get both.
 */
export class NetworkProtocol implements SubProtocol {
  readonly commands: ReadonlyMap<string, ProtocolCommand>;
  readonly #deps: NetworkProtocolDeps;
  readonly #watches = new Map<Client, EdgeWatch>();

  constructor(deps: NetworkProtocolDeps) {
    this.#deps = deps;
    this.commands = commandsOf('network', {
      start: ({ graph }, client) => this.#start(client, graph),
      stop: ({ graph }, client) => this.#stop(client, graph),
      getstatus: ({ graph }, client) => this.#getStatus(client, graph),
      // Everything is sent in any case.
      debug: ({ graph, enable }, client) => {
        const status = this.#status(client, graph, { debug: enable });
        return [messageOf('network:debug', { graph, enable }), status];
      },
      edges: (payload, client) => this.#edges(client, payload),
      persist: async (_, client) => {
        const { main } = this.#deps;
        await main.persist(client);
        return [messageOf('network:persist', { graph: main.id }), this.#status(client, main.id)];
      },
    });
  }

  leave(client: Client): void {
    this.#unwatch(client);
    this.#deps.scratchGraphs.leave(client);
  }

  async #start(client: Client, graph: string): Promise<ProtocolMessage> {
    const { main, runtime, graphs, scratchGraphs, broadcast } = this.#deps;
    if (graph !== main.id) {
      const draft = this.#scratchGraph(client, graph);
      for (const { component } of draft.graph.nodes) refuseUnlessAllowed(client, graphs.allowed, component);
      return started(graph, (await scratchGraphs.start(client, graph, draft.graph)).since);
    }
    const { halted } = runtime;
    await main.start(client).catch(asRefused);
    const message = started(graph, runtime.live?.since ?? new Date());
    if (halted) broadcast(message, client);
    return message;
  }

  async #stop(client: Client, graph: string): Promise<ProtocolMessage> {
    const { main, runtime, scratchGraphs, broadcast } = this.#deps;
    if (graph !== main.id) {
      this.#scratchGraph(client, graph);
      const since = scratchGraphs.find(client, graph)?.since;
      await scratchGraphs.stop(client, graph);
      return stopped(graph, since);
    }
    const message = stopped(graph, runtime.live?.since);
    if (runtime.halted) return message;
    await main.stop(client);
    broadcast(message, client);
    return message;
  }

  #getStatus(client: Client, graph: string): ProtocolMessage {
    const { main } = this.#deps;
    const message = this.#status(client, graph);
    if (graph === main.id) main.greet(client);
    return message;
  }

  #status(client: Client, graph: string, more: Payload = {}): ProtocolMessage {
    const { main, runtime, scratchGraphs } = this.#deps;
    if (graph === main.id) {
      const isUp = runtime.live !== undefined;
      return messageOf('network:status', {
        graph,
        running: isUp,
        started: isUp,
        ...uptime(runtime.live?.since),
        ...more,
      });
    }
    this.#scratchGraph(client, graph);
    const scratchGraph = scratchGraphs.find(client, graph);
    return messageOf('network:status', {
      graph,
      running: scratchGraph?.isRunning ?? false,
      started: scratchGraph !== undefined,
      ...more,
    });
  }

  #edges(client: Client, { graph, edges }: ClientPayloads['network:edges']): ProtocolMessage {
    const { main, graphs } = this.#deps;
    // A client gets all packets of its own scratch graphs.
    if (graph !== main.id && graphs.find(client, graph)) return messageOf('network:edges', { graph, edges });
    const chosen = new Map(this.#watches.get(client)?.chosen);
    if (edges.length > 0) chosen.set(graph, edges);
    else chosen.delete(graph);
    if ([...chosen.values()].flat().length > MAX_WATCHED) throw new Refused(TOO_MANY_WATCHED);
    this.#unwatch(client);
    if (chosen.size > 0) this.#watch(client, chosen);
    return messageOf('network:edges', { graph, edges });
  }

  #watch(client: Client, chosen: EdgeWatch['chosen']): void {
    const { main, runtime, isPrivate } = this.#deps;
    const shown = (data: unknown) => (client.seesPrivate ? data : withoutPrivateText(data, isPrivate));
    const throttle = new PacketThrottle(client);
    const end = follow(
      runtime,
      location => [...chosen].some(([graph, edges]) => isChosen(location, graph, main.id, edges)),
      ({ data }, location) => throttle.add(() => dataMessage(main.id, location, shown(data))),
    );
    this.#watches.set(client, { chosen, throttle, end });
  }

  #unwatch(client: Client): void {
    const watch = this.#watches.get(client);
    this.#watches.delete(client);
    watch?.end();
    watch?.throttle.close();
  }

  #scratchGraph(client: Client, graph: string) {
    const draft = this.#deps.graphs.find(client, graph);
    if (!draft) throw new Refused(`there is no graph ${graph}; make it with graph:clear`);
    return draft;
  }
}

function started(graph: string, since: Date): ProtocolMessage {
  return messageOf('network:started', { graph, time: since.toISOString(), running: true, started: true });
}

function stopped(graph: string, since: Date | undefined): ProtocolMessage {
  const time = new Date().toISOString();
  return messageOf('network:stopped', { graph, time, ...uptime(since), running: false, started: false });
}

/** Seconds since a graph started. */
function uptime(since: Date | undefined): Payload {
  return since ? { uptime: (Date.now() - since.getTime()) / 1000 } : {};
}
