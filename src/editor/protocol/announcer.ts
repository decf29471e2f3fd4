import { TokenBucket } from '../../model/bucket.ts';
import type { ServerPayloads } from '../../model/server-messages.ts';
import type { GraphEvent } from '../deploy/graph-event.ts';
import type { GraphService } from '../deploy/graph-service.ts';
import type { Mode } from '../deploy/publish-mode.ts';
import { type Client, messageOf, type ProtocolMessage } from '../message.ts';
import { graphJson } from './component.ts';
import type { RuntimeProtocol } from './runtime.ts';

/** Recipients of announcements, and the state to announce. */
interface Audience {
  readonly graphService: GraphService;
  readonly runtimeProtocol: RuntimeProtocol;
  clients(): Iterable<Client>;
  broadcast(message: ProtocolMessage): void;
}

/** Events within this many milliseconds are combined into one message. */
const BATCH_MS = 50;
const MODES: Readonly<Record<Mode, string>> = {
  'at once': 'changes go live at once',
  hold: 'changes wait until they are published in the editor',
};
const WAITING = 'changes wait until they are published: in the editor, or by Stop and Start';
/** Limit of announced node errors per second. */
const ERRORS_A_SECOND = 10;

/** Announces events of the draft and of the live graph to editors. */
export class Announcer {
  readonly #audience: Audience;
  readonly #errors = new TokenBucket(ERRORS_A_SECOND, ERRORS_A_SECOND);
  #ports: string;
  #mode: Mode;
  #warned: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;

  constructor(audience: Audience) {
    this.#audience = audience;
    this.#ports = JSON.stringify(audience.runtimeProtocol.ports());
    this.#mode = audience.graphService.draftSession.state.mode;
  }

  /** The state of the server that an editor shows. */
  state(client: Client): ServerPayloads['flowchat:state'] {
    const { draftSession, fileSync, startNotice } = this.#audience.graphService;
    const { conflict } = fileSync;
    const startedWith = startNotice.of(draftSession.live?.revision);
    return {
      ...draftSession.state,
      ...(startedWith !== undefined && { startedWith }),
      file: draftSession.live?.document.file ?? '',
      saved: fileSync.isLiveSaved,
      ...(conflict !== undefined && { conflict }),
      editors: [...this.#audience.clients()].filter(({ rights }) => rights.has('edit')).length,
      rights: [...client.rights],
    };
  }

  onEvent(event: GraphEvent): void {
    const { broadcast, graphService } = this.#audience;
    const { draft, version } = graphService.draftSession;
    this.#timer ??= setTimeout(() => this.#sendState(), BATCH_MS).unref();
    if (event.kind === 'draft') broadcast(messageOf('flowchat:graph', { version, graph: graphJson(draft.graph) }));
    if (event.kind === 'notice') {
      broadcast(output(event.notice.sentence));
      broadcast(messageOf('flowchat:notice', { ...event.notice }));
    }
    if (event.kind === 'faults')
      for (const { node, sentence } of event.faults)
        broadcast(node === undefined ? output(sentence) : this.#processError(node, sentence));
  }

  /** Notifies a client that doesn't know publish modes if changes are held. */
  greet(client: Client): void {
    const { draftSession } = this.#audience.graphService;
    if (client.extended || draftSession.state.mode !== 'hold') return;
    const { nodes, inports } = draftSession.draft.graph;
    const isThere = (name: string) => nodes.some(node => node.name === name);
    const changed = draftSession.changes().flatMap(item => item.nodes);
    const node = changed.find(isThere) ?? inports[0]?.node;
    // Such clients only show errors at a node.
    if (node !== undefined) client.push(this.#processError(node, WAITING));
  }

  /** Announces an error that a node of the live graph threw. */
  failed(node: string, error: Error): void {
    if (!this.#errors.take()) return;
    this.#audience.broadcast(this.#processError(node, error.message));
    // The protocol has the same message for faults of the draft.
    this.#audience.broadcast(messageOf('flowchat:threw', { node, sentence: error.message }));
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #sendState(): void {
    this.#timer = undefined;
    for (const client of this.#audience.clients())
      if (client.extended) client.push(messageOf('flowchat:state', this.state(client)));
    this.#sendMode();
    this.#sendWarnings();
    this.#sendPorts();
  }

  #sendMode(): void {
    const { mode } = this.#audience.graphService.draftSession.state;
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.#sendToOthers(MODES[mode]);
    for (const client of this.#audience.clients()) this.greet(client);
  }

  /** Sends each warning once while the draft has it. */
  #sendWarnings(): void {
    const { warnings } = this.#audience.graphService.draftSession.state.draft;
    const sentences = new Set(warnings.map(({ sentence }) => `warning: ${sentence}`));
    for (const sentence of sentences) if (!this.#warned.has(sentence)) this.#sendToOthers(sentence);
    this.#warned = sentences;
  }

  /** Sends a notice to clients that don't get the state. */
  #sendToOthers(sentence: string): void {
    for (const client of this.#audience.clients()) if (!client.extended) client.push(output(sentence));
  }

  #sendPorts(): void {
    const ports = this.#audience.runtimeProtocol.ports();
    if (JSON.stringify(ports) === this.#ports) return;
    this.#ports = JSON.stringify(ports);
    this.#audience.broadcast(ports);
  }

  #processError(id: string, error: string): ProtocolMessage {
    const { id: graph } = this.#audience.graphService.draftSession;
    return messageOf('network:processerror', { id, error, graph });
  }
}

function output(message: string): ProtocolMessage {
  return messageOf('network:output', { message, type: 'message' });
}
