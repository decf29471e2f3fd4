import type { Gate, Request } from '../../gate/gate.ts';
import type { ComponentLookup, PortSpec } from '../../model/component-spec.ts';
import type { OuterPort } from '../../model/graph.ts';
import {
  boundedJson,
  isRecord,
  name,
  optionalText,
  type Payload,
  Refused,
  record,
  requiredText,
} from '../../model/payload.ts';
import { refuseEscape } from '../draft/allow-list.ts';
import type { Client, ProtocolCommand, ProtocolMessage, SubProtocol } from '../message.ts';
import type { PacketEvent } from '../sandbox/scratch-graph.ts';
import type { ScratchGraphs } from '../sandbox/scratch-graphs.ts';
import { capabilities } from '../server/rights.ts';
import { redacted } from '../watch/redact.ts';
import { RUNTIME_TYPE } from './component.ts';
import type { Graphs } from './graphs.ts';

/** Of the FBP network protocol. */
const VERSION = '0.8';
const EVENTS: readonly string[] = ['connect', 'begingroup', 'data', 'endgroup', 'disconnect'] satisfies PacketEvent[];

/** What the runtime says of itself. */
export interface Identity {
  /** A UUID of version 4 that is the same whenever the server starts again. */
  readonly id: string;
  readonly label: string;
  /** Of the project's own components. */
  readonly namespace: string;
  readonly allCapabilities: readonly string[];
  /** Of this program with its pages, so that a page can see that it was loaded from another one. */
  readonly build?: string;
}

export interface RuntimeProtocolDeps {
  readonly identity: Identity;
  readonly graphs: Graphs;
  readonly lookup: Pick<ComponentLookup, 'find'>;
  readonly gate: Pick<Gate, 'ask'>;
  /** The outer ports by which questions come in and answers leave. */
  readonly outerPorts: { readonly entry: string; readonly exit: string };
  readonly scratchGraphs: ScratchGraphs;
}

/** The runtime protocol: says what this runtime is, and takes packets for the outer ports of graphs. */
export class RuntimeProtocol implements SubProtocol {
  readonly commands: ReadonlyMap<string, ProtocolCommand>;
  readonly #deps: RuntimeProtocolDeps;

  constructor(deps: RuntimeProtocolDeps) {
    this.#deps = deps;
    this.commands = new Map<string, ProtocolCommand>([
      ['getruntime', { run: client => this.#runtime(client) }],
      ['packet', { needs: 'protocol:runtime', run: (client, payload) => this.#packet(client, payload) }],
    ]);
  }

  /** The outer ports of the server's graph, for telling all clients when they have changed. */
  ports(): ProtocolMessage {
    const { id, graph } = this.#deps.graphs.main.draft;
    const side = (outers: readonly OuterPort[], which: 'inports' | 'outports') =>
      outers.map(outer => {
        const component = graph.nodes.find(({ name }) => name === outer.node)?.component;
        const inner = component === undefined ? undefined : this.#deps.lookup.find(component);
        return described(
          outer.name,
          inner?.[which].find(port => port.name === outer.port),
        );
      });
    const payload = { graph: id, inPorts: side(graph.inports, 'inports'), outPorts: side(graph.outports, 'outports') };
    return { protocol: 'runtime', command: 'ports', payload };
  }

  /** Whoever has no rights learns only that there is a runtime. */
  #runtime(client: Client): readonly ProtocolMessage[] {
    const { identity, graphs } = this.#deps;
    const { id, label, namespace, allCapabilities, build } = identity;
    const own = capabilities(client.rights).filter(capability => allCapabilities.includes(capability));
    const version = build !== undefined && { repositoryVersion: build };
    const known = own.length > 0 ? { label, namespace, graph: graphs.main.draft.id, ...version } : {};
    const payload = { id, version: VERSION, type: RUNTIME_TYPE, capabilities: own, allCapabilities, ...known };
    const runtime = { protocol: 'runtime', command: 'runtime', payload };
    return own.includes('protocol:runtime') ? [runtime, this.ports()] : [runtime];
  }

  #packet(client: Client, payload: Payload): ProtocolMessage {
    const graph = name(payload, 'graph');
    const port = name(payload, 'port').toLowerCase();
    const event = requiredText(payload, 'event');
    if (!EVENTS.includes(event)) throw new Refused(`"event" must be one of ${EVENTS.join(', ')}`);
    const data = payload.payload === undefined ? null : boundedJson(payload.payload, 'a packet');
    refuseEscape(data);
    if (graph === this.#deps.graphs.main.draft.id) this.#ask(client, port, event, data);
    else this.#deps.scratchGraphs.send(client, graph, port, event as PacketEvent, data);
    const { type, schema } = payload;
    const more = { ...(typeof type === 'string' && { type }), ...(typeof schema === 'string' && { schema }) };
    const sent = { graph, port, event, ...more, ...(payload.payload !== undefined && { payload: data }) };
    return { protocol: 'runtime', command: 'packetsent', payload: sent };
  }

  /** Asks the live graph as its callers do, and tells the client the answer. */
  #ask(client: Client, port: string, event: string, data: unknown): void {
    const { gate, outerPorts, graphs } = this.#deps;
    if (port !== outerPorts.entry) throw new Refused(`packets come in at ${outerPorts.entry} only, not at ${port}`);
    if (event !== 'data') return;
    const request = asked(client, data);
    const { id: graph } = graphs.main.draft;
    // The acknowledgement comes first.
    setImmediate(async () => {
      const { answer } = await gate.ask(request);
      const payload = { graph, port: outerPorts.exit, event: 'data', payload: redacted(answer) };
      client.push({ protocol: 'runtime', command: 'packet', payload });
    });
  }
}

function described(id: string, port: PortSpec | undefined): Payload {
  if (!port) return { id, type: 'all' };
  const { datatype: type, required, addressable, description } = port;
  return { id, type, required, addressable, description };
}

/** A question as an editor writes it. Throws Refused where it is none. */
export function asked(client: Client, data: unknown): Request {
  if (!isRecord(data)) throw new Refused('a question is an object {"method", "path", "query", "body"}');
  const path = requiredText(data, 'path');
  if (!path.startsWith('/')) throw new Refused('"path" must begin with /');
  const query = record(data, 'query');
  if (!Object.values(query).every(value => typeof value === 'string')) {
    throw new Refused('"query" must have texts only');
  }
  const key = optionalText(data, 'key');
  return {
    method: (optionalText(data, 'method') || 'GET').toUpperCase(),
    path,
    query: query as Request['query'],
    body: record(data, 'body'),
    from: `editor ${client.id}`,
    ...(key && { key }),
  };
}
