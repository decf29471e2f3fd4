import type { Gate, Request } from '../../gate/gate.ts';
import type { ComponentLookup, PortSpec } from '../../model/component-spec.ts';
import { type ClientPayloads, type EditorQuestion, question, type TriedAs } from '../../model/editor-protocol.ts';
import { readBy } from '../../model/fields.ts';
import type { OuterPort } from '../../model/graph.ts';
import type { Payload } from '../../model/payload.ts';
import { Refused } from '../../model/refused.ts';
import { guest, type Who } from '../../model/who.ts';
import { refuseForeignStore } from '../draft/allow-list.ts';
import {
  type Client,
  commandsOf,
  messageOf,
  type ProtocolCommand,
  type ProtocolMessage,
  type SubProtocol,
} from '../message.ts';
import type { ScratchGraphs } from '../sandbox/scratch-graphs.ts';
import { capabilities, SETTINGS } from '../server/rights.ts';
import { redacted } from '../watch/redact.ts';
import { RUNTIME_TYPE } from './component.ts';
import type { Graphs } from './graphs.ts';

/** Version of the FBP network protocol. */
const VERSION = '0.8';

/** How the runtime identifies itself. */
interface Identity {
  /** A UUID version 4 that stays the same across restarts. */
  readonly id: string;
  readonly label: string;
  /** Namespace of the project's own components. */
  readonly namespace: string;
  readonly allCapabilities: readonly string[];
  /** The program's version with a fingerprint of its pages, so that a page can see that it is outdated. */
  readonly build?: string;
}

interface RuntimeProtocolDeps {
  readonly identity: Identity;
  readonly graphs: Graphs;
  readonly lookup: Pick<ComponentLookup, 'find'>;
  readonly gate: Pick<Gate, 'ask'>;
  /** The outer ports of questions and answers. */
  readonly outerPorts: { readonly entry: string; readonly exit: string };
  readonly scratchGraphs: ScratchGraphs;
}

/** The runtime protocol: identifies this runtime, and accepts packets for outer ports of graphs. */
export class RuntimeProtocol implements SubProtocol {
  readonly commands: ReadonlyMap<string, ProtocolCommand>;
  readonly #deps: RuntimeProtocolDeps;

  constructor(deps: RuntimeProtocolDeps) {
    this.#deps = deps;
    this.commands = commandsOf('runtime', {
      getruntime: (_, client) => this.#runtime(client),
      packet: (payload, client) => this.#packet(payload, client),
    });
  }

  /** The outer ports of the server's graph, to announce when they have changed. */
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
    return messageOf('runtime:ports', payload);
  }

  /** A client without rights only learns that there is a runtime. */
  #runtime(client: Client): readonly ProtocolMessage[] {
    const { identity, graphs } = this.#deps;
    const { id, label, namespace, allCapabilities, build } = identity;
    // Other editors don't know this capability of ours, so only clients without other rights get it.
    const isTold = (capability: string) => capability === SETTINGS && !client.rights.has('watch');
    const own = capabilities(client.rights).filter(each => allCapabilities.includes(each) || isTold(each));
    const version = build !== undefined && { repositoryVersion: build };
    const known = own.length > 0 ? { label, namespace, graph: graphs.main.draft.id, ...version } : {};
    const payload = { id, version: VERSION, type: RUNTIME_TYPE, capabilities: own, allCapabilities, ...known };
    const runtime = messageOf('runtime:runtime', payload);
    return own.includes('protocol:runtime') ? [runtime, this.ports()] : [runtime];
  }

  #packet({ payload, type, schema, ...packet }: ClientPayloads['runtime:packet'], client: Client): ProtocolMessage {
    const { graph, port, event } = packet;
    const data = payload ?? null;
    refuseForeignStore(data);
    if (graph === this.#deps.graphs.main.draft.id) this.#ask(client, port, event, data);
    else this.#deps.scratchGraphs.send(client, graph, port, event, data);
    const more = { ...(type !== undefined && { type }), ...(schema !== undefined && { schema }) };
    return messageOf('runtime:packetsent', { ...packet, ...more, ...(payload !== undefined && { payload }) });
  }

  /** Sends a question to the live graph, and its answer to the client. */
  #ask(client: Client, port: string, event: string, data: unknown): void {
    const { gate, outerPorts, graphs } = this.#deps;
    if (port !== outerPorts.entry) throw new Refused(`packets come in at ${outerPorts.entry} only, not at ${port}`);
    if (event !== 'data') return;
    const request = askedBy(client, readBy(question, data));
    const { id: graph } = graphs.main.draft;
    // The acknowledgement is sent first.
    setImmediate(async () => {
      const { answer } = await gate.ask(request);
      const payload = { graph, port: outerPorts.exit, event: 'data', payload: redacted(answer) };
      client.push(messageOf('runtime:packet', payload));
    });
  }
}

function described(id: string, port: PortSpec | undefined): Payload {
  if (!port) return { id, type: 'all' };
  const { datatype: type, required, addressable, description } = port;
  return { id, type, required, addressable, description };
}

const addressOf = ({ id }: Client) => `editor ${id}`;

/** The caller of an editor's question: a guest, or in a dry run anybody that is wanted. */
export function whoTries(client: Client, as?: TriedAs): Who {
  const id = addressOf(client);
  return as ? Object.freeze({ ...as, id, name: as.name ?? '' }) : guest(id);
}

/** An editor's question in the gate's format; `as` is for dry runs only. */
export function askedBy(client: Client, { key, ...question }: EditorQuestion, as?: TriedAs): Request {
  return { ...question, from: addressOf(client), who: whoTries(client, as), ...(key && { key }) };
}
