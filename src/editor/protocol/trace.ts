import { FLOWTRACE } from '../../model/editor-protocol.ts';
import type { Graph } from '../../model/graph.ts';
import { Refused } from '../../model/refused.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { WireLocation } from '../../runtime/subgraph.ts';
import type { Passed } from '../../runtime/tap.ts';
import type { RemovedMessage } from '../../store/store.ts';
import {
  type Client,
  commandsOf,
  messageOf,
  type ProtocolCommand,
  type ProtocolMessage,
  type SubProtocol,
} from '../message.ts';
import type { ScratchGraphs } from '../sandbox/scratch-graphs.ts';
import { follow } from '../watch/packets.ts';
import { type IsPrivate, withoutPrivateText } from '../watch/private-text.ts';
import { RemovedMessages, redacted } from '../watch/redact.ts';
import { graphJson, RUNTIME_TYPE } from './component.ts';
import type { Graphs } from './graphs.ts';

/** Packets that wait to be serialised, and their delay in milliseconds, so as not to delay the packets themselves. */
const MAX_WAITING = 100;
const DELAY = 20;
/** Delay in milliseconds before removed messages are searched for, as many may be removed at once. */
const FORGET_DELAY_MS = 200;

/** The last events of a flowtrace, as JSON of limited size in bytes. */
class Recording {
  readonly #graph: string;
  readonly #size: number;
  readonly #shown: (data: unknown) => unknown;
  /** Events in order of arrival. */
  readonly #events = new Set<{ readonly json: string; readonly bytes: number }>();
  readonly #began = Date.now() - performance.now();
  #bytes = 0;
  #waiting: [Passed, WireLocation][] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `shown` returns what the client may see of a packet. */
  constructor(graph: string, size: number, shown: (data: unknown) => unknown) {
    this.#graph = graph;
    this.#shown = shown;
    this.#size = size;
  }

  /** Records a packet; if there are too many, only the latest. */
  add(passed: Passed, location: WireLocation): void {
    if (this.#waiting.length >= MAX_WAITING) this.#waiting = this.#waiting.slice(MAX_WAITING / 2);
    this.#waiting.push([passed, location]);
    this.#timer ??= setTimeout(() => this.flush(), DELAY).unref();
  }

  /** Serialises waiting packets. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [passed, location] of this.#waiting.splice(0)) this.#write(passed, location);
  }

  clear(): void {
    this.#waiting = [];
    this.#events.clear();
    this.#bytes = 0;
  }

  /** Removes the packets that contain a removed message. */
  forget(removed: RemovedMessages): void {
    this.flush();
    for (const event of this.#events) {
      if (!removed.isIn(JSON.parse(event.json))) continue;
      this.#events.delete(event);
      this.#bytes -= event.bytes;
    }
  }

  /** Each event as JSON, oldest first. */
  events(): readonly string[] {
    this.flush();
    return [...this.#events].map(({ json }) => json);
  }

  #write({ data, at }: Passed, { src, tgt, subgraph }: WireLocation): void {
    const ends = { src: src ?? null, tgt: tgt ?? null };
    const payload = { ...ends, data: redacted(this.#shown(data)), ...(subgraph.length > 0 && { subgraph }) };
    const time = new Date(this.#began + at).toISOString();
    const json = JSON.stringify({ protocol: 'network', command: 'data', payload, graph: this.#graph, time });
    const event = { json, bytes: Buffer.byteLength(json) };
    this.#events.add(event);
    this.#bytes += event.bytes;
    for (const oldest of this.#events) {
      if (this.#bytes <= this.#size) return;
      this.#events.delete(oldest);
      this.#bytes -= oldest.bytes;
    }
  }
}

interface TraceProtocolDeps {
  readonly runtime: Pick<Runtime, 'live' | 'onLive'>;
  readonly graphs: Pick<Graphs, 'find' | 'main'>;
  readonly scratchGraphs: ScratchGraphs;
  readonly isPrivate: IsPrivate;
}

/** The trace of a graph: its recording, and a function that stops it. */
interface GraphTrace {
  readonly recording: Recording;
  readonly started: Date;
  end: (() => void) | undefined;
}

/** Size of a recording in bytes: the default, and the limit. */
const SIZE = 512 * 1024;
const MAX_SIZE = 4 * SIZE;
/** Limit of traces per client. */
const MAX_TRACES = 5;

/** The trace protocol: records the last packets of a graph for a client to fetch later. */
export class TraceProtocol implements SubProtocol {
  readonly commands: ReadonlyMap<string, ProtocolCommand>;
  readonly #deps: TraceProtocolDeps;
  readonly #traces = new Map<Client, Map<string, GraphTrace>>();
  readonly #removed = new RemovedMessages();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: TraceProtocolDeps) {
    this.#deps = deps;
    this.commands = commandsOf('trace', {
      start: ({ graph, buffersize }, client) => this.#start(client, graph, buffersize ?? SIZE),
      stop: ({ graph }, client) => {
        halt(this.#find(client, graph));
        return messageOf('trace:stop', { graph });
      },
      clear: ({ graph }, client) => {
        this.#find(client, graph).recording.clear();
        return messageOf('trace:clear', { graph });
      },
      dump: ({ graph }, client) => this.#dump(client, graph),
    });
  }

  leave(client: Client): void {
    for (const trace of this.#traces.get(client)?.values() ?? []) halt(trace);
    this.#traces.delete(client);
  }

  /** Removes packets that contain a removed message from all traces. */
  forget(removed: RemovedMessage): void {
    this.#removed.add(removed);
    this.#timer ??= setTimeout(() => this.#forget(), FORGET_DELAY_MS).unref();
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#removed.isEmpty) return;
    for (const traces of this.#traces.values())
      for (const { recording } of traces.values()) recording.forget(this.#removed);
    this.#removed.clear();
  }

  /** Starts a trace; restarts a running one. */
  #start(client: Client, graph: string, size: number): ProtocolMessage {
    if (!this.#deps.graphs.find(client, graph)) throw new Refused(`there is no graph ${graph} to trace`);
    const traces = this.#traces.get(client) ?? new Map<string, GraphTrace>();
    const before = traces.get(graph);
    if (!before && traces.size >= MAX_TRACES) throw new Refused(`a client has at most ${MAX_TRACES} traces`);
    if (before) halt(before);
    const { isPrivate } = this.#deps;
    const shown = (data: unknown) => (client.seesPrivate ? data : withoutPrivateText(data, isPrivate));
    const recording = new Recording(graph, Math.min(size, MAX_SIZE), shown);
    const end = this.#listen(client, graph, (passed, location) => recording.add(passed, location));
    traces.set(graph, { recording, started: new Date(), end });
    this.#traces.set(client, traces);
    return messageOf('trace:start', { graph, buffersize: Math.min(size, MAX_SIZE) });
  }

  #listen(client: Client, graph: string, heard: (passed: Passed, location: WireLocation) => void): () => void {
    const { runtime, graphs, scratchGraphs } = this.#deps;
    if (graph === graphs.main.draft.id) return follow(runtime, () => true, heard);
    return scratchGraphs.listen(client, graph, heard);
  }

  #dump(client: Client, graph: string): ProtocolMessage {
    const { recording, started } = this.#find(client, graph);
    this.#forget();
    const traced = this.#graph(client, graph);
    const header = {
      metadata: { label: graph, type: RUNTIME_TYPE, start: started.toISOString(), end: new Date().toISOString() },
      graphs: Object.fromEntries(traced ? [[graph, graphJson(traced)]] : []),
      main: graph,
    };
    const flowtrace = `{"header":${JSON.stringify(header)},"events":[${recording.events().join(',')}]}`;
    return messageOf('trace:dump', { graph, type: FLOWTRACE, flowtrace });
  }

  /** The running graph, which may differ from the draft. */
  #graph(client: Client, id: string): Graph | undefined {
    const { runtime, graphs } = this.#deps;
    const live = id === graphs.main.draft.id ? runtime.live : undefined;
    return live?.drawn ?? graphs.find(client, id)?.graph;
  }

  #find(client: Client, graph: string): GraphTrace {
    const trace = this.#traces.get(client)?.get(graph);
    if (!trace) throw new Refused(`there is no trace of ${graph}; start one first`);
    return trace;
  }
}

function halt(trace: GraphTrace): void {
  trace.end?.();
  trace.end = undefined;
  trace.recording.flush();
}
