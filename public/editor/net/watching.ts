import { type Edge, type Port, portName } from '../model/graph.ts';
import { fields, graphOf, list, text } from '../model/json.ts';
import { passing, pausing, watching } from '../model/packets.ts';
import { onlyEdge, type State } from '../model/state.ts';
import { type Way, wayOf, wayOfMessage, withKept, withWay } from '../model/ways.ts';
import type { Editor } from './editor.ts';

/** A request to be tried. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query?: object;
  readonly body?: unknown;
}

const end = ({ node, port, index }: Port) => ({ node, port, ...(index !== undefined && { index }) });

/** A wire on the picture as its own graph names it: the main one, or the component whose inside it is in. */
function chosen({ id, scene }: State, key: string) {
  const edge = scene.graph.edges.get(key);
  const frame = scene.parents.get(edge?.from.node ?? '') ?? '';
  if (!edge || !frame) return { graph: id, frame, edge };
  const own = (port: Port): Port => ({ ...port, node: port.node.slice(frame.length + 1) });
  return {
    graph: scene.frames.get(frame)!.component,
    frame,
    edge: { ...edge, from: own(edge.from), to: own(edge.to) },
  };
}

const wire = ({ from, to }: Edge) => ({ src: end(from), tgt: end(to) });

/** Where one looks at what goes on: on a wire, in the nodes, and on the way of a message. */
export class Watching {
  readonly #editor: Editor;
  #rates = false;
  #edge = '';
  /** The message whose way is to be shown when there is a connection. */
  #wanted: string | undefined;
  /** The graph that the watched wire was chosen in. */
  #graph = '';

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
    const { graph, frame, edge } = chosen(state, key);
    this.#editor.update(state => ({ ...state, watch: edge && watching(key, frame) }));
    if (this.#graph && this.#graph !== graph) void this.#send('network', 'edges', { graph: this.#graph, edges: [] });
    this.#graph = graph;
    void this.#send('network', 'edges', { graph, edges: edge ? [wire(edge)] : [] });
  }

  /** A packet has passed. All nodes that are the same subgraph tell of theirs; only those of one are looked at. */
  passed(payload: unknown): void {
    const { data, subgraph } = fields(payload);
    const frame = list(subgraph).map(text).join('/');
    const { watch } = this.#editor.state;
    if (watch?.frame !== frame) return;
    this.#editor.update(state => ({ ...state, watch: state.watch && passing(state.watch, data, Date.now()) }));
  }

  /** After a new connection, which knows nothing of what was looked at. */
  resume(): void {
    this.#rates = false;
    void this.#followWays();
    if (this.#wanted) void this.showMessage(this.#wanted);
    const { watch } = this.#editor.state;
    this.#edge = '';
    this.#graph = '';
    this.follow();
    if (watch) this.#editor.update(state => ({ ...state, watch }));
  }

  warm(warm: boolean): void {
    this.#editor.update(state => ({ ...state, warm }));
    this.follow();
  }

  pause(): void {
    this.#editor.update(state => ({ ...state, watch: state.watch && pausing(state.watch) }));
  }

  /** A question was answered, or went on after that. */
  went(way: Way): void {
    this.#editor.update(state => ({
      ...state,
      ways: withWay(state.ways, way),
      way: state.way?.id === way.id && state.way.revision > 0 ? way : state.way,
    }));
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
    await this.#try({ edge: wire(edge), data }, `${portName(edge.to)} of ${edge.to.node}`);
  }

  /** Shows the inside of a node that is a graph on the whole canvas. */
  async enter(node: string): Promise<void> {
    const { scene, components } = this.#editor.state;
    const component = scene.graph.nodes.get(node)?.component ?? '';
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

  async #try(payload: object, entry = ''): Promise<void> {
    const answer = await this.#editor.ask('flowchat', 'try', payload);
    if (answer) this.light({ ...wayOf(fields(answer).way), entry });
  }

  #send(protocol: string, command: string, payload: object): Promise<unknown> {
    // What is not granted is not seen; nobody has asked for it in so many words.
    return this.#editor.connection.request(protocol, command, payload).then(
      answer => answer.payload,
      () => {},
    );
  }
}
