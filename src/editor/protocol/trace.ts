import type { Graph } from '../../fbp.ts';
import type { Passed } from '../../flow/tap.ts';
import type { Drawing } from '../../flow/wires.ts';
import type { Flow } from '../../flow.ts';
import type { Sketches } from '../sketch/sketches.ts';
import { follow } from '../watching/packets.ts';
import { Recording } from '../watching/recording.ts';
import type { Graphs } from './graphs.ts';
import { type Client, type Command, type Message, type Payload, Refused, type SubProtocol } from './message.ts';
import { name } from './payload.ts';
import { RUNTIME_TYPE, toJson } from './source.ts';

export interface Parts {
  readonly flow: Pick<Flow, 'live' | 'onLive'>;
  readonly graphs: Pick<Graphs, 'find' | 'main'>;
  readonly sketches: Sketches;
}

/** A trace of a graph: what is kept, and what ends the listening while it goes on. */
interface Trace {
  readonly recording: Recording;
  readonly started: Date;
  end: (() => void) | undefined;
}

/** Bytes that a trace keeps unless it is told, and at most. */
const SIZE = 512 * 1024;
const MOST_SIZE = 4 * SIZE;
/** Traces of one client. */
const MOST_TRACES = 5;
const FORMAT = 'flowtrace.json';

/** The trace protocol: keeps the last packets of a graph for a client, who looks at them later. */
export class TraceProtocol implements SubProtocol {
  readonly commands: ReadonlyMap<string, Command>;
  readonly #parts: Parts;
  readonly #traces = new Map<Client, Map<string, Trace>>();

  constructor(parts: Parts) {
    this.#parts = parts;
    const command = (run: (client: Client, graph: string, payload: Payload) => Message): Command => ({
      needs: 'protocol:trace',
      run: (client, payload) => run(client, name(payload, 'graph'), payload),
    });
    this.commands = new Map([
      ['start', command((client, graph, payload) => this.#start(client, graph, payload))],
      ['stop', command((client, graph) => this.#stop(client, graph))],
      ['clear', command((client, graph) => this.#clear(client, graph))],
      ['dump', command((client, graph, payload) => this.#dump(client, graph, payload))],
    ]);
  }

  leave(client: Client): void {
    for (const trace of this.#traces.get(client)?.values() ?? []) halt(trace);
    this.#traces.delete(client);
  }

  /** Begins anew where it goes on already. */
  #start(client: Client, graph: string, { buffersize }: Payload): Message {
    if (!this.#parts.graphs.find(client, graph)) throw new Refused(`there is no graph ${graph} to trace`);
    const size = buffersize ?? SIZE;
    if (typeof size !== 'number' || !Number.isInteger(size) || size <= 0) {
      throw new Refused('"buffersize" must be a whole number of bytes');
    }
    const traces = this.#traces.get(client) ?? new Map<string, Trace>();
    const before = traces.get(graph);
    if (!before && traces.size >= MOST_TRACES) throw new Refused(`a client has at most ${MOST_TRACES} traces`);
    if (before) halt(before);
    const recording = new Recording(graph, Math.min(size, MOST_SIZE));
    const end = this.#listen(client, graph, (passed, drawing) => recording.add(passed, drawing));
    traces.set(graph, { recording, started: new Date(), end });
    this.#traces.set(client, traces);
    return said('start', { graph, buffersize: Math.min(size, MOST_SIZE) });
  }

  #listen(client: Client, graph: string, heard: (passed: Passed, drawing: Drawing) => void): () => void {
    const { flow, graphs, sketches } = this.#parts;
    if (graph === graphs.main.draft.id) return follow(flow, () => true, heard);
    return sketches.listen(client, graph, heard);
  }

  #stop(client: Client, graph: string): Message {
    halt(this.#find(client, graph));
    return said('stop', { graph });
  }

  #clear(client: Client, graph: string): Message {
    this.#find(client, graph).recording.clear();
    return said('clear', { graph });
  }

  #dump(client: Client, graph: string, { type }: Payload): Message {
    if (type !== FORMAT) throw new Refused(`"type" must be ${FORMAT}`);
    const { recording, started } = this.#find(client, graph);
    const traced = this.#graph(client, graph);
    const header = {
      metadata: { label: graph, type: RUNTIME_TYPE, start: started.toISOString(), end: new Date().toISOString() },
      graphs: Object.fromEntries(traced ? [[graph, JSON.parse(toJson(traced))]] : []),
      main: graph,
    };
    const flowtrace = `{"header":${JSON.stringify(header)},"events":[${recording.events().join(',')}]}`;
    return said('dump', { graph, type: FORMAT, flowtrace });
  }

  /** What runs, which the server's draft need not be. */
  #graph(client: Client, id: string): Graph | undefined {
    const { flow, graphs } = this.#parts;
    const live = id === graphs.main.draft.id ? flow.live : undefined;
    return live?.drawn ?? graphs.find(client, id)?.graph;
  }

  #find(client: Client, graph: string): Trace {
    const trace = this.#traces.get(client)?.get(graph);
    if (!trace) throw new Refused(`there is no trace of ${graph}; start one first`);
    return trace;
  }
}

function halt(trace: Trace): void {
  trace.end?.();
  trace.end = undefined;
  trace.recording.flush();
}

function said(command: string, payload: Payload): Message {
  return { protocol: 'trace', command, payload };
}
