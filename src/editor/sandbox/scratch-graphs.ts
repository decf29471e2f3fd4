import type { Graph } from '../../model/graph.ts';
import { Refused } from '../../model/refused.ts';
import type { Registry } from '../../registry/registry.ts';
import { Network, type PacketObserver, packet } from '../../runtime/network.ts';
import { expand, type WireLocation, wireLocations } from '../../runtime/subgraph.ts';
import type { Passed, Taps } from '../../runtime/tap.ts';
import { IsolatedStores } from '../../store/open.ts';
import type { Client, ProtocolMessage } from '../message.ts';
import { dataMessage, PacketThrottle } from '../watch/packets.ts';
import { redacted } from '../watch/redact.ts';

/** Packet events and their types in NoFlo, which ignores the other events. */
const TYPES = { data: 'data', begingroup: 'openBracket', endgroup: 'closeBracket' } as const;

/** An event of `runtime:packet`. */
type PacketEvent = keyof typeof TYPES | 'connect' | 'disconnect';

/** Receives events of a running scratch graph. */
interface ScratchGraphListener {
  passed(passed: Passed, location: WireLocation): void;
  /** A packet left by an outer port. */
  left(port: string, event: keyof typeof TYPES, data: unknown): void;
  failed(node: string, error: Error): void;
  /** The nodes became idle for the first time. */
  finished(): void;
}

/** No packet of a scratch graph is a question with a waiting caller. */
const NO_OBSERVER: PacketObserver = {
  reached: () => undefined,
  knows: () => true,
  passed() {},
  holder: () => undefined,
  fail() {},
  uncaught() {},
};

/** Limit of packets per second, so that a scratch graph with multiplying packets doesn't slow the server. */
const MAX_PACKETS = 20_000;
/** Milliseconds without work after which a scratch graph is finished. */
const IDLE_MS = 50;
/** Timeout for its nodes to stop, in milliseconds; editors wait a second for the answer. */
const STOP_TIMEOUT_MS = 700;

/** A client's test graph: an ordinary network, isolated from the server's, with stores of its own. */
class ScratchGraph {
  readonly since = new Date();
  readonly #listener: ScratchGraphListener;
  readonly #stores = new IsolatedStores();
  #network: Network | undefined;
  /** The nodes behind the inports. */
  readonly #nodes: ReadonlyMap<string, string>;
  /** Number of open groups at each inport. */
  readonly #groups = new Map<string, number>();
  #isFinished = false;
  #timer: NodeJS.Timeout | undefined;
  /** Events before the client knows that the graph runs. */
  #early: (() => void)[] | undefined = [];

  private constructor({ inports }: Graph, listener: ScratchGraphListener) {
    this.#listener = listener;
    this.#nodes = new Map(inports.map(({ name, node }) => [name, node]));
  }

  /** Rejects with a sentence if it can't run. */
  static async start(drawn: Graph, library: Registry, listener: ScratchGraphListener): Promise<ScratchGraph> {
    const scratchGraph = new ScratchGraph(drawn, listener);
    await library.prepare(drawn);
    const subgraph = (component: string) => library.subgraph(component);
    const graph = expand(drawn, subgraph);
    const places = wireLocations(drawn, graph, subgraph);
    const deps = {
      graph,
      loader: library.loader(),
      observer: NO_OBSERVER,
      perSecond: MAX_PACKETS,
      failed: (node: string, error: Error) => scratchGraph.#emit(() => listener.failed(node, error)),
      left: (port: string, ip: { readonly type: string; readonly data: unknown }) => scratchGraph.#left(port, ip),
      tappable(taps: Taps) {
        const hear = (passed: Passed) => scratchGraph.#emit(() => listener.passed(passed, places.get(passed.edge)!));
        taps.tap(wire => places.has(wire), hear);
      },
      idle: () => scratchGraph.#scheduleFinish(),
    };
    scratchGraph.#network = await scratchGraph.#stores.run(() => Network.start(deps));
    scratchGraph.#scheduleFinish();
    return scratchGraph;
  }

  /** Emits the stored events, and later ones as they come. */
  emit(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) event();
  }

  /** Whether a node is working. */
  get isRunning(): boolean {
    return this.#network?.isActive ?? false;
  }

  /** Sends a packet to an outer port, asynchronously. Throws Refused if there is no such port, or no group to close. */
  send(port: string, event: PacketEvent, data: unknown): void {
    const inport = this.#network?.inport(port);
    const node = this.#nodes.get(port);
    if (!inport || node === undefined) throw new Refused(`the graph has no inport ${port}; export one first`);
    if (event === 'connect' || event === 'disconnect') return;
    this.#count(port, event);
    setImmediate(() => {
      try {
        this.#stores.run(() => inport.post(packet(data, TYPES[event])));
      } catch (error) {
        this.#listener.failed(node, error as Error);
      }
    });
  }

  #count(port: string, event: keyof typeof TYPES): void {
    const open = this.#groups.get(port) ?? 0;
    if (event === 'endgroup' && open === 0) throw new Refused(`no group is open at ${port}; begin one first`);
    if (event !== 'data') this.#groups.set(port, event === 'begingroup' ? open + 1 : open - 1);
  }

  /** Stops the nodes; gives up after a timeout. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#isFinished = true;
    await this.#network?.stop(STOP_TIMEOUT_MS);
  }

  #left(port: string, { type, data }: { readonly type: string; readonly data: unknown }): void {
    const event = (['data', 'begingroup', 'endgroup'] as const).find(event => TYPES[event] === type);
    if (event) this.#emit(() => this.#listener.left(port, event, data));
  }

  #emit(event: () => void): void {
    if (!this.#early) event();
    else if (this.#early.length < MAX_EARLY) this.#early.push(event);
  }

  #scheduleFinish(): void {
    if (this.#isFinished) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.isRunning || this.#isFinished) return;
      this.#isFinished = true;
      this.#listener.finished();
    }, IDLE_MS).unref();
  }
}

/** Limit of events that are stored until a scratch graph has started; nobody reads a longer burst. */
const MAX_EARLY = 1000;

/** Receives packets of a running scratch graph. */
type PacketListener = (passed: Passed, location: WireLocation) => void;

/** The state of a client. */
interface ClientState {
  readonly running: Map<string, ScratchGraph>;
  /** Further packet listeners, by the graph's id. */
  readonly listeners: Set<{ readonly id: string; readonly heard: PacketListener }>;
  readonly wires: PacketThrottle;
  readonly ports: PacketThrottle;
  readonly errors: PacketThrottle;
}

/** Limits of running scratch graphs, per client and in total. */
const MAX_RUNNING = 10;
const MAX_RUNNING_IN_ALL = 50;
/** Tests wait for packets at outer ports, so their limit is higher than that of packets on edges. */
const PORTS = { burst: 2000, rate: 1000 };
/** Errors have a limit of their own, so that they are reported even among too many packets. */
const ERRORS = { burst: 10, rate: 10 };
/** Limit of a packet that is sent unabridged, as JSON characters. */
const MAX_CHARACTERS = 256 * 1024;

/** Running scratch graphs per client; stopped when it disconnects. */
export class ScratchGraphs {
  readonly #library: Registry;
  readonly #states = new Map<Client, ClientState>();
  readonly #gone = new WeakSet<Client>();

  constructor(library: Registry) {
    this.#library = library;
  }

  /** A client's running scratch graph; undefined if there is none of this id. */
  find(client: Client, id: string): ScratchGraph | undefined {
    return this.#states.get(client)?.running.get(id);
  }

  /** Starts a scratch graph, or restarts it. Rejects with Refused if it can't run. */
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

  /** Stops a scratch graph, if it is running. */
  async stop(client: Client, id: string): Promise<void> {
    const running = this.#states.get(client)?.running;
    const scratchGraph = running?.get(id);
    running?.delete(id);
    await scratchGraph?.stop();
  }

  /** Sends a packet to an outer port. Throws Refused on failure. */
  send(client: Client, id: string, port: string, event: PacketEvent, data: unknown): void {
    const scratchGraph = this.find(client, id);
    if (!scratchGraph) throw new Refused(`${id} does not run; start it first`);
    scratchGraph.send(port, event, data);
  }

  /** Listens to the packets of a client's scratch graph, across restarts. Returns a function that ends it. */
  listen(client: Client, id: string, heard: PacketListener): () => void {
    const { listeners } = this.#state(client);
    const listener = { id, heard };
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Stops all graphs of a client, and drops its state. */
  leave(client: Client): void {
    this.#gone.add(client);
    const state = this.#states.get(client);
    this.#states.delete(client);
    state?.wires.close();
    state?.ports.close();
    state?.errors.close();
    for (const scratchGraph of state?.running.values() ?? []) void scratchGraph.stop();
  }

  /** Stops all graphs. */
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

/** A packet's data as JSON, unabridged since tests compare it, unless it is very long or no JSON. */
function faithful(data: unknown): unknown {
  if (data instanceof Error) return { message: data.message };
  try {
    const json = JSON.stringify(data) ?? 'null';
    if (json.length <= MAX_CHARACTERS) return JSON.parse(json);
  } catch {
    // Circular, or has values without JSON.
  }
  return redacted(data);
}
