import type { Graph } from '../../model/graph.ts';
import { Refused } from '../../model/payload.ts';
import type { Registry } from '../../registry/registry.ts';
import { Network, type PacketObserver, packet } from '../../runtime/network.ts';
import { expand, type WireLocation, wireLocations } from '../../runtime/subgraph.ts';
import type { Passed, Taps } from '../../runtime/tap.ts';
import { IsolatedStores } from '../../store/open.ts';
import type { Client, ProtocolMessage } from '../message.ts';
import { dataMessage, PacketThrottle } from '../watch/packets.ts';
import { redacted } from '../watch/redact.ts';

/** What packet events are in NoFlo; the others tell what its packets no longer do. */
const TYPES = { data: 'data', begingroup: 'openBracket', endgroup: 'closeBracket' } as const;

/** An event of `runtime:packet`. */
type PacketEvent = keyof typeof TYPES | 'connect' | 'disconnect';

/** Who hears what happens in a scratch graph that runs. */
interface ScratchGraphListener {
  passed(passed: Passed, location: WireLocation): void;
  /** A packet left by an outer port. */
  left(port: string, event: keyof typeof TYPES, data: unknown): void;
  failed(node: string, error: Error): void;
  /** No node is at work any more, for the first time. */
  finished(): void;
}

/** No packet of a scratch graph is a question that somebody waits for. */
const NO_OBSERVER: PacketObserver = {
  reached: () => undefined,
  knows: () => true,
  passed() {},
  holder: () => undefined,
  fail() {},
  uncaught() {},
};

/** Packets a second, so that a scratch graph whose packets become ever more takes nothing from the server. */
const MAX_PACKETS = 20_000;
/** Milliseconds without work until a scratch graph is finished. */
const IDLE_MS = 50;
/** Milliseconds that its nodes have to stop; editors wait a second for the answer. */
const STOP_TIMEOUT_MS = 700;

/** A graph that one editor tries out, as an ordinary network apart from the server's, with stores of its own. */
class ScratchGraph {
  readonly since = new Date();
  readonly #listener: ScratchGraphListener;
  readonly #stores = new IsolatedStores();
  #network: Network | undefined;
  /** The nodes behind the inports. */
  readonly #nodes: ReadonlyMap<string, string>;
  /** How many groups are open at each inport. */
  readonly #groups = new Map<string, number>();
  #isFinished = false;
  #timer: NodeJS.Timeout | undefined;
  /** What happened before whoever started it knows that it runs. */
  #early: (() => void)[] | undefined = [];

  private constructor({ inports }: Graph, listener: ScratchGraphListener) {
    this.#listener = listener;
    this.#nodes = new Map(inports.map(({ name, node }) => [name, node]));
  }

  /** Rejects with a sentence where it can't run. */
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

  /** Begins to tell what happens and has happened. */
  emit(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) event();
  }

  /** Whether a node is at work. */
  get isRunning(): boolean {
    return this.#network?.isActive ?? false;
  }

  /** Puts a packet in at an outer port, in a moment. Throws Refused where there is no such port, or no group to end. */
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

  /** Stops the nodes, and waits only so long for one that still works. */
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

/** Events that are kept until a scratch graph has started; a burst that is longer is one that nobody reads. */
const MAX_EARLY = 1000;

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
