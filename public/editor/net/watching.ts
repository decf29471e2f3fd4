import type {
  AnswerPayloads,
  ClientMessageName,
  ClientPayloads,
  EditorQuestion,
  TriedAs,
} from '../../../src/model/editor-protocol.ts';
import type { BareEdge, PortRef } from '../../../src/model/graph.ts';
import type { ServerPayloads } from '../../../src/model/server-messages.ts';
import { portName } from '../../../src/model/words.ts';
import { togglePause, watchWire, withPacket } from '../model/packets.ts';
import { type EditorState, enteredSubgraph, livePath, onlyEdge, withLooks } from '../model/state.ts';
import { type MessageTrace, traceOf, traceOfMessage, withStoredTraces, withTrace } from '../model/traces.ts';
import type { EditorCore } from './core.ts';

/** The caller of a dry run, by role: a guest or a person. */
export const somebody = (role: TriedAs['role']): TriedAs => ({ kind: role === 'guest' ? 'guest' : 'person', role });

/** A request for a dry run, unchecked; the server validates it. */
interface TriedRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: object;
  readonly body?: unknown;
}

const end = ({ node, port, index }: PortRef) => ({ node, port, ...(index !== undefined && { index }) });

/** A canvas wire by the names of its own graph: the main graph, or the subgraph's component. */
function chosen(state: EditorState, key: string) {
  const { id, scene } = state;
  const edge = scene.graph.edges.get(key);
  const frame = scene.parents.get(edge?.from.node ?? '') ?? '';
  const around = state.entered.map(({ path }) => path).join('/');
  if (!edge || !frame) return { graph: enteredSubgraph(state) ?? id, frame: around, edge };
  const own = (port: PortRef): PortRef => ({ ...port, node: port.node.slice(frame.length + 1) });
  return {
    graph: scene.frames.get(frame)!.component,
    frame: livePath(state, frame),
    edge: { ...edge, from: own(edge.from), to: own(edge.to) },
  };
}

const wire = ({ from, to }: BareEdge) => ({ src: end(from), tgt: end(to) });

/** The outbox. */
export type OutboxList = ServerPayloads['flowchat:outbox'];

/** Observes the live graph: packets on a wire, rates of nodes, and traces of messages. */
export class Watching {
  readonly #editor: EditorCore;
  #rates = false;
  #edge = '';
  /** A message to trace once connected. */
  #wantedMessage: string | undefined;
  /** The graph of the watched wire. */
  #graph = '';

  constructor(editor: EditorCore) {
    this.#editor = editor;
  }

  /** The pending and failed deliveries to other servers; undefined if the server has no outbox. */
  outbox(): Promise<OutboxList | undefined> {
    return this.#editor.ask('flowchat:outbox', {});
  }

  /** Retries deliveries at once. */
  retry(deliveries: readonly number[]): Promise<OutboxList | undefined> {
    return this.#editor.ask('flowchat:retry', { deliveries });
  }

  /** Discards deliveries. */
  giveUp(deliveries: readonly number[]): Promise<OutboxList | undefined> {
    return this.#editor.ask('flowchat:giveup', { deliveries });
  }

  /** Subscribes to what the page shows now. */
  follow(): void {
    const { state } = this.#editor;
    if (state.link.kind !== 'live') return;
    if (state.showsHeat !== this.#rates) void this.#send('flowchat:rates', { on: state.showsHeat });
    this.#rates = state.showsHeat;
    const key = state.preview ? '' : (onlyEdge(state) ?? '');
    if (key === this.#edge) return;
    this.#edge = key;
    const { graph, frame, edge } = chosen(state, key);
    this.#editor.update(state => ({ ...state, watch: edge && watchWire(key, frame) }));
    if (this.#graph && this.#graph !== graph) void this.#send('network:edges', { graph: this.#graph, edges: [] });
    this.#graph = graph;
    void this.#send('network:edges', { graph, edges: edge ? [wire(edge)] : [] });
  }

  /**
   * A packet passed the watched wire. All nodes of a component report theirs; only those of the selected frame count.
   */
  passed({ data, subgraph = [] }: ServerPayloads['network:data']): void {
    const frame = subgraph.join('/');
    const { watch } = this.#editor.state;
    if (watch?.frame !== frame) return;
    this.#editor.update(state => ({ ...state, watch: state.watch && withPacket(state.watch, data, Date.now()) }));
  }

  /** After reconnecting: subscribes again. */
  resume(): void {
    this.#rates = false;
    // The server hides texts of private rooms from each new connection.
    if (this.#editor.state.looks) this.#editor.update(state => withLooks(state, false, []));
    void this.#followTraces();
    if (this.#wantedMessage) void this.showMessage(this.#wantedMessage);
    const { watch } = this.#editor.state;
    this.#edge = '';
    this.#graph = '';
    this.follow();
    if (watch) this.#editor.update(state => ({ ...state, watch }));
  }

  showHeat(showHeat: boolean): void {
    this.#editor.update(state => ({ ...state, showHeat }));
    this.follow();
  }

  /** Shows or hides texts of private rooms. */
  async look(on: boolean): Promise<void> {
    if (!(await this.#editor.ask('flowchat:look', { on }))) return;
    const kept = await this.#keptTraces();
    this.#editor.update(state => withLooks(state, on, withStoredTraces([], kept)));
  }

  pause(): void {
    this.#editor.update(state => ({ ...state, watch: state.watch && togglePause(state.watch) }));
  }

  /** Call for a new or continued trace. */
  went(trace: MessageTrace): void {
    this.#editor.update(state => ({
      ...state,
      traces: withTrace(state.traces, trace),
      trace: state.trace?.id === trace.id && state.trace.revision > 0 ? trace : state.trace,
    }));
  }

  /** Highlights a trace on the canvas; without one, clears it. */
  light(trace?: MessageTrace): void {
    this.#editor.update(state => ({ ...state, trace }));
  }

  /** The stored traces whose packets contain a text. */
  async find(words: string): Promise<readonly MessageTrace[]> {
    return ((await this.#editor.ask('flowchat:find', { text: words }))?.ways ?? []).map(traceOf);
  }

  /** Highlights the trace of a message, once connected. */
  async showMessage(id: string): Promise<void> {
    this.#wantedMessage = id;
    if (this.#editor.state.link.kind !== 'live') return;
    this.#wantedMessage = undefined;
    const trace = traceOfMessage(await this.find(id));
    if (!trace) return this.#editor.notify(`there is no trace of message ${id}`, 'bad');
    if (this.#editor.state.preview) this.#editor.preview();
    this.#editor.show('messages');
    this.light(trace);
  }

  /** `role` is the caller's. */
  async tryRequest(request: TriedRequest, role: TriedAs['role']): Promise<void> {
    await this.#try({ request: request as EditorQuestion, who: somebody(role) });
  }

  async tryPacket(edge: BareEdge, data: unknown): Promise<void> {
    await this.#try({ edge: wire(edge), data, who: somebody('guest') }, `${portName(edge.to)} of ${edge.to.node}`);
  }

  /** Subscribes to all traces and loads the stored ones: users ask about a message only after it was posted. */
  async #followTraces(): Promise<void> {
    const kept = await this.#keptTraces();
    this.#editor.update(state => ({ ...state, traces: withStoredTraces(state.traces, kept) }));
  }

  /** Loads the stored traces, and subscribes to new ones. */
  async #keptTraces(): Promise<readonly MessageTrace[]> {
    return ((await this.#send('flowchat:ways', { on: true }))?.ways ?? []).map(traceOf);
  }

  async #try(payload: ClientPayloads['flowchat:try'], entry = ''): Promise<void> {
    const answer = await this.#editor.askOfDraft('flowchat:try', payload);
    if (answer) this.light({ ...traceOf(answer.way), entry });
  }

  /** The user did not ask for this, so a refusal is not reported. */
  #send<Name extends ClientMessageName>(
    name: Name,
    payload: ClientPayloads[Name],
  ): Promise<AnswerPayloads[Name] | undefined> {
    return this.#editor.connection.request(name, payload).catch(() => undefined);
  }
}
