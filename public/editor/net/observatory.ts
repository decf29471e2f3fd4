import type { Edge, Port } from '../model/graph.ts';
import { fields, graphOf, list, text } from '../model/json.ts';
import { watching } from '../model/packets.ts';
import { onlyEdge } from '../model/state.ts';
import { type Way, wayOf, wayOfMessage, withKept } from '../model/ways.ts';
import type { Editor } from './editor.ts';

/** A request to be tried. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query?: object;
  readonly body?: unknown;
}

const end = ({ node, port, index }: Port) => ({ node, port, ...(index !== undefined && { index }) });
const wire = ({ from, to }: Edge) => ({ src: end(from), tgt: end(to) });

/** Where one looks at what goes on: on a wire, in the nodes, and on the way of a message. */
export class Observatory {
  readonly #editor: Editor;
  #rates = false;
  #edge = '';
  /** The message whose way is to be shown when there is a connection. */
  #wanted: string | undefined;

  constructor(editor: Editor) {
    this.#editor = editor;
  }

  /** Asks the server for what is looked at now. */
  follow(): void {
    const { state } = this.#editor;
    if (state.link.kind !== 'live') return;
    if (state.warm !== this.#rates) void this.#send('flowchat', 'rates', { on: state.warm });
    this.#rates = state.warm;
    const key = state.glance ? '' : (onlyEdge(state) ?? '');
    if (key === this.#edge) return;
    this.#edge = key;
    const edge = state.graph.edges.get(key);
    this.#editor.update(state => ({ ...state, watch: edge && watching(key) }));
    void this.#send('network', 'edges', { graph: state.id, edges: edge ? [wire(edge)] : [] });
  }

  /** After a new connection, which knows nothing of what was looked at. */
  resume(): void {
    this.#rates = false;
    void this.#followWays();
    if (this.#wanted) void this.showMessage(this.#wanted);
    const { watch } = this.#editor.state;
    this.#edge = '';
    this.follow();
    if (watch) this.#editor.update(state => ({ ...state, watch }));
  }

  warm(warm: boolean): void {
    this.#editor.update(state => ({ ...state, warm }));
    this.follow();
  }

  pause(): void {
    this.#editor.update(state => ({ ...state, watch: state.watch && { ...state.watch, paused: !state.watch.paused } }));
  }

  /** Lights a way up on the picture; none puts it out. */
  light(way?: Way): void {
    this.#editor.update(state => ({ ...state, way }));
  }

  /** The ways that are kept of questions whose packets hold a text. */
  async find(words: string): Promise<readonly Way[]> {
    const answer = await this.#editor.ask('flowchat', 'find', { text: words });
    return list(fields(answer).ways).map(wayOf);
  }

  /** Lights the way of a message up, as soon as there is a connection. */
  async showMessage(id: string): Promise<void> {
    this.#wanted = id;
    if (this.#editor.state.link.kind !== 'live') return;
    this.#wanted = undefined;
    const way = wayOfMessage(await this.find(id));
    if (!way) return this.#editor.notify(`the way of message ${id} is not kept, or not any more`, 'bad');
    if (this.#editor.state.glance) this.#editor.glance();
    this.#editor.show('messages');
    this.light(way);
  }

  async tryRequest(request: Request): Promise<void> {
    await this.#try({ request });
  }

  async tryPacket(edge: Edge, data: unknown): Promise<void> {
    await this.#try({ edge: wire(edge), data });
  }

  /** Opens the inside of a node that is a graph. */
  async enter(node: string): Promise<void> {
    const { graph, components } = this.#editor.state;
    const component = graph.nodes.get(node)?.component ?? '';
    if (!components.get(component)?.subgraph) return;
    const answer = await this.#editor.ask('component', 'getsource', { name: component });
    if (!answer) return;
    try {
      this.#editor.glance(`${node} (${component})`, graphOf(JSON.parse(text(fields(answer).code))));
    } catch {
      this.#editor.notify(`the inside of ${node} can't be shown; its source is no graph`, 'bad');
    }
  }

  /** One wonders about a message only after it was posted, so all are followed, and those before are asked for. */
  async #followWays(): Promise<void> {
    const answer = await this.#send('flowchat', 'ways', { on: true });
    const kept = list(fields(answer).ways).map(wayOf);
    this.#editor.update(state => ({ ...state, ways: withKept(state.ways, kept) }));
  }

  async #try(payload: object): Promise<void> {
    const answer = await this.#editor.ask('flowchat', 'try', payload);
    if (answer) this.light(wayOf(fields(answer).way));
  }

  #send(protocol: string, command: string, payload: object): Promise<unknown> {
    // What is not granted is not seen; nobody has asked for it in so many words.
    return this.#editor.connection.request(protocol, command, payload).then(
      answer => answer.payload,
      () => {},
    );
  }
}
