import type { Graph } from '../../model/graph.ts';
import { Refused } from '../../model/payload.ts';
import type { Registry } from '../../registry/registry.ts';
import { Network, type PacketObserver, packet } from '../../runtime/network.ts';
import { expand, type WireLocation, wireLocations } from '../../runtime/subgraph.ts';
import type { Passed, Taps } from '../../runtime/tap.ts';
import { IsolatedStores } from '../../store/open.ts';

/** What packet events are in NoFlo; the others tell what its packets no longer do. */
const TYPES = { data: 'data', begingroup: 'openBracket', endgroup: 'closeBracket' } as const;

/** An event of `runtime:packet`. */
export type PacketEvent = keyof typeof TYPES | 'connect' | 'disconnect';

/** Who hears what happens in a scratch graph that runs. */
interface ScratchGraphListener {
  passed(passed: Passed, location: WireLocation): void;
  /** A packet left by an outer port. */
  left(port: string, event: keyof typeof TYPES, data: unknown): void;
  failed(node: string, error: Error): void;
  /** For the first time no node is at work any more. */
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
export class ScratchGraph {
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
