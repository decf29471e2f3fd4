import type { Graph } from '../../model/graph.ts';
import { Refused } from '../../model/payload.ts';
import type { Registry } from '../../registry/registry.ts';
import type { WireLocation } from '../../runtime/subgraph.ts';
import type { Passed } from '../../runtime/tap.ts';
import type { Client, ProtocolMessage } from '../message.ts';
import { dataMessage, PacketThrottle } from '../watch/packets.ts';
import { redacted } from '../watch/redact.ts';
import { type PacketEvent, ScratchGraph } from './scratch-graph.ts';

/** Hears packets of a scratch graph that runs. */
type PacketListener = (passed: Passed, location: WireLocation) => void;

/** What is kept for a client that tries things out. */
interface ClientState {
  readonly running: Map<string, ScratchGraph>;
  /** Who else hears packets, by the graph's id. */
  readonly listeners: Set<{ readonly id: string; readonly heard: PacketListener }>;
  readonly wires: PacketThrottle;
  readonly ports: PacketThrottle;
  readonly errors: PacketThrottle;
}

/** Scratch graphs of a client that run at the same time, and of all of them. */
const MAX_RUNNING = 10;
const MAX_RUNNING_IN_ALL = 50;
/** What leaves by outer ports is what tests wait for, so more of it is told than of what passes on edges. */
const PORTS = { burst: 2000, rate: 1000 };
/** Errors are told also where too many packets pass. */
const ERRORS = { burst: 10, rate: 10 };
/** Characters of a packet, as JSON, that are told as they are. */
const MAX_CHARACTERS = 256 * 1024;

/** The scratch graphs that run: each is its client's, and goes with it. */
export class ScratchGraphs {
  readonly #library: Registry;
  readonly #states = new Map<Client, ClientState>();
  readonly #gone = new WeakSet<Client>();

  constructor(library: Registry) {
    this.#library = library;
  }

  /** A client's scratch graph, where it was started and not stopped since. */
  find(client: Client, id: string): ScratchGraph | undefined {
    return this.#states.get(client)?.running.get(id);
  }

  /** Starts a scratch graph, anew where it has been started. Rejects with Refused where it can't run. */
  async start(client: Client, id: string, graph: Graph): Promise<ScratchGraph> {
    await this.stop(client, id);
    const state = this.#state(client);
    const all = [...this.#states.values()].reduce((sum, { running }) => sum + running.size, 0);
    if (state.running.size >= MAX_RUNNING || all >= MAX_RUNNING_IN_ALL) {
      throw new Refused(`${Math.min(state.running.size, all)} scratch graphs run already; stop one of them first`);
    }
    const scratchGraph = await ScratchGraph.start(graph, this.#library, this.#listener(client, id, state)).catch(
      error => {
        throw new Refused(error instanceof Error ? error.message : String(error));
      },
    );
    if (this.#gone.has(client)) await scratchGraph.stop();
    else state.running.set(id, scratchGraph);
    scratchGraph.emit();
    return scratchGraph;
  }

  /** Stops a scratch graph, where it was started. */
  async stop(client: Client, id: string): Promise<void> {
    const running = this.#states.get(client)?.running;
    const scratchGraph = running?.get(id);
    running?.delete(id);
    await scratchGraph?.stop();
  }

  /** Puts a packet in at an outer port. Throws Refused where that can't be. */
  send(client: Client, id: string, port: string, event: PacketEvent, data: unknown): void {
    const scratchGraph = this.find(client, id);
    if (!scratchGraph) throw new Refused(`${id} does not run; start it first`);
    scratchGraph.send(port, event, data);
  }

  /** Hears the packets of a client's scratch graph whenever it runs. Returns what ends it. */
  listen(client: Client, id: string, heard: PacketListener): () => void {
    const { listeners } = this.#state(client);
    const listener = { id, heard };
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Stops all that a client has started, and forgets it. */
  leave(client: Client): void {
    this.#gone.add(client);
    const state = this.#states.get(client);
    this.#states.delete(client);
    state?.wires.close();
    state?.ports.close();
    state?.errors.close();
    for (const scratchGraph of state?.running.values() ?? []) void scratchGraph.stop();
  }

  /** Stops all. */
  close(): void {
    for (const client of [...this.#states.keys()]) this.leave(client);
  }

  #state(client: Client): ClientState {
    let state = this.#states.get(client);
    if (!state) {
      state = {
        running: new Map(),
        listeners: new Set(),
        wires: new PacketThrottle(client),
        ports: new PacketThrottle(client, PORTS),
        errors: new PacketThrottle(client, ERRORS),
      };
      if (!this.#gone.has(client)) this.#states.set(client, state);
    }
    return state;
  }

  #listener(client: Client, id: string, { listeners, wires, ports, errors }: ClientState) {
    const network = (command: string, payload: object): ProtocolMessage => ({
      protocol: 'network',
      command,
      payload: { graph: id, ...payload },
    });
    return {
      passed(passed: Passed, location: WireLocation) {
        wires.add(() => dataMessage(id, location, passed.data));
        for (const listener of listeners) if (listener.id === id) listener.heard(passed, location);
      },
      left(port: string, event: string, data: unknown) {
        ports.add(() => ({
          protocol: 'runtime',
          command: 'packet',
          payload: { graph: id, port, event, payload: faithful(data) },
        }));
      },
      failed(node: string, error: Error) {
        errors.add(() => network('processerror', { id: node, error: error.message }));
      },
      finished() {
        client.push(network('status', { running: false, started: true }));
      },
    };
  }
}

/** A packet's data as JSON has it; not a short version of it, as tests compare it, unless it is very long or no JSON. */
function faithful(data: unknown): unknown {
  if (data instanceof Error) return { message: data.message };
  try {
    const json = JSON.stringify(data) ?? 'null';
    if (json.length <= MAX_CHARACTERS) return JSON.parse(json);
  } catch {
    // It has circles, or what has no JSON.
  }
  return redacted(data);
}
