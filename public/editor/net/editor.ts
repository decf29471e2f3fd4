import { nextFrame, StateStore } from '../../ui/store.ts';
import { componentOf, type Traits, traitsOf, withTraits } from '../model/component.ts';
import { replaced } from '../model/draft.ts';
import type { EditorGraph } from '../model/graph.ts';
import { graphOf } from '../model/json.ts';
import {
  derived,
  type EditorConnectionState,
  type EditorState,
  initialEditorState,
  type Notice,
  onlyNode,
  type Panel,
  type Selection,
  thrown,
} from '../model/state.ts';
import { statusOf } from '../model/status.ts';
import { Clipboard } from './clipboard.ts';
import { EditorConnection } from './connection.ts';
import { Editing } from './editing.ts';
import { layOut } from './layouter.ts';
import { Publishing } from './publishing.ts';
import { secret } from './sign-in.ts';
import { EditStorage } from './storage.ts';
import { SubgraphLoader } from './subgraph-loader.ts';
import { loadAll, ServerUpdates } from './updates.ts';
import { Watching } from './watching.ts';

/** How long a notice stays, in milliseconds. */
const NOTICE_MS = 8_000;
/** Milliseconds in which what is new in the library is asked for once. */
const BATCH_MS = 200;

/** The page's one connection to the server, and what is known by it. What people do with it is in `editing`, `publishing` and `watching`; what the server tells by itself comes in by `ServerUpdates`. */
export class Editor {
  readonly store: StateStore<EditorState>;
  readonly connection: EditorConnection;
  readonly editing: Editing;
  readonly clipboard: Clipboard;
  readonly publishing: Publishing;
  readonly watching: Watching;
  readonly subgraphLoader: SubgraphLoader;
  readonly editStorage: EditStorage;
  readonly #updates = new ServerUpdates(this);
  #traits: ReadonlyMap<string, Traits> = new Map();
  #asking: ReturnType<typeof setTimeout> | undefined;
  #server = '';
  #notices = 0;
  #laying = false;

  constructor(url: string) {
    this.editStorage = new EditStorage(url);
    this.store = new StateStore(
      { ...initialEditorState(secret.get() ? 'given' : 'asking'), unsaved: this.editStorage.getSource() },
      nextFrame,
    );
    this.connection = new EditorConnection(url, {
      link: link => this.#linked(link),
      message: message => this.#updates.take(message),
    });
    this.editing = new Editing(this);
    this.clipboard = new Clipboard(this);
    this.publishing = new Publishing(this);
    this.watching = new Watching(this);
    this.subgraphLoader = new SubgraphLoader(this);
  }

  get state(): EditorState {
    return this.store.get();
  }

  start(): void {
    if (secret.get()) this.connection.connect();
  }

  /** Tries a secret that somebody has typed. */
  enter(typed: string): void {
    secret.set(typed);
    this.update(state => ({ ...state, access: 'given' }));
    this.connection.close();
    this.connection.connect();
  }

  /** Forgets the secret, and all that it has shown. */
  leave(): void {
    secret.clear();
    this.editStorage.clear();
    this.connection.close();
    this.store.update(() => initialEditorState('asking'));
  }

  update(change: (state: EditorState) => EditorState): void {
    this.store.update(change);
  }

  /** Has edits and what can be undone outlive a reload. */
  keepEdits(): void {
    const { id, draft, history } = this.state;
    if (draft) this.editStorage.set(id, { pending: draft.pending, history });
  }

  /** Takes another graph, library or layout in, with all that follows. */
  derive(change: (state: EditorState) => EditorState): void {
    this.store.update(state => derived(change(state)));
    this.#place();
  }

  select({ nodes, edges }: Selection): void {
    const [only] = nodes;
    this.update(state => {
      const { origin } = state.selection;
      const same = origin !== undefined && nodes.size === 1 && only === onlyNode(state);
      return { ...state, selection: { nodes, edges, ...(same && { origin }) } };
    });
    this.watching.follow();
  }

  show(panel: Panel | undefined): void {
    this.update(state => ({ ...state, panel, drawn: panel === 'publish' || panel === 'revisions' ? state.drawn : [] }));
  }

  /** Opens a panel, or closes it where it is open. */
  toggle(panel: Panel): void {
    this.show(this.state.panel === panel ? undefined : panel);
  }

  /** Shows a graph that can't be changed, or the draft again. */
  preview(title?: string, graph?: EditorGraph): void {
    const preview = title !== undefined && graph ? { title, graph } : undefined;
    this.derive(state => ({
      ...state,
      preview,
      automatic: new Map(),
      selection: { nodes: new Set(), edges: new Set() },
    }));
    this.watching.follow();
  }

  notify(text: string, kind: Notice['kind'] = 'said', until?: Notice['until']): void {
    if (this.state.notices.some(notice => notice.text === text)) return;
    const notice = { id: ++this.#notices, kind, text, until };
    this.update(state => ({ ...state, notices: [...state.notices.slice(-3), notice] }));
    setTimeout(() => this.dismiss(notice.id), kind === 'bad' ? 2 * NOTICE_MS : NOTICE_MS);
  }

  /** Takes away what is not true any more after an edit, or in a revision. */
  outdate(by: 'edit' | number): void {
    const stale = ({ until }: Notice) => (by === 'edit' ? until === 'edit' : typeof until === 'number' && until < by);
    if (!this.state.notices.some(stale)) return;
    this.update(state => ({ ...state, notices: state.notices.filter(notice => !stale(notice)) }));
  }

  dismiss(id: number): void {
    this.update(state => ({ ...state, notices: state.notices.filter(notice => notice.id !== id) }));
  }

  /** Asks for something, and says why where it can't be had. */
  async ask(protocol: string, command: string, payload: object = {}): Promise<unknown> {
    try {
      return (await this.connection.request(protocol, command, payload)).payload;
    } catch (error) {
      this.notify((error as Error).message, 'bad');
    }
  }

  /** Has the shown graph laid out where no hand has done it. */
  #place(): void {
    const { graph, cards, places } = this.state;
    if (this.#laying || graph.nodes.size === 0 || places.size > 0) return;
    this.#laying = true;
    void layOut(graph, cards).then(automatic => {
      this.#laying = false;
      const known = new Set(this.state.graph.nodes.keys());
      // What came in the meantime is laid out in another round; what elk left out must not keep all else hidden.
      const missing = [...graph.nodes.keys()].filter(name => known.has(name) && !automatic.has(name));
      const rest = missing.map((name, index) => [name, { x: 0, y: index * 160 }] as const);
      this.derive(state => ({ ...state, automatic: new Map([...state.automatic, ...automatic, ...rest]) }));
    });
  }

  #linked(link: EditorConnectionState): void {
    this.update(state => ({ ...state, link: link.kind === 'live' ? state.link : link }));
    if (link.kind === 'live') void loadAll(this);
  }

  /** A component is new in the library, or another one than before. */
  learnt(payload: unknown): void {
    const told = componentOf(payload);
    const component = withTraits(told, this.#traits.get(told.name));
    this.derive(state => ({ ...state, components: new Map(state.components).set(component.name, component) }));
    this.subgraphLoader.refresh(component.name);
    if (this.state.draft) this.#askTraits();
  }

  /** Asks which ports of components are settings, and which components are locked. */
  async learnTraits(): Promise<void> {
    this.#traits = traitsOf(await this.ask('flowchat', 'library'));
    const take = (state: EditorState) => ({
      ...state,
      components: new Map(
        [...state.components].map(([name, each]) => [name, withTraits(each, this.#traits.get(name))]),
      ),
    });
    if (this.state.draft) this.derive(take);
    else this.update(take);
  }

  /** Asks once where many components are other ones at once. */
  #askTraits(): void {
    clearTimeout(this.#asking);
    this.#asking = setTimeout(() => void this.learnTraits(), BATCH_MS);
  }

  /** What is live and what is a draft, as the server says it now. */
  took(payload: unknown): void {
    const status = statusOf(payload);
    const other = status.revision !== this.state.status?.revision;
    this.update(state => ({ ...state, status, errors: other ? new Map() : thrown(state.errors, status.faults) }));
    // A component's inside may have changed without a word, as it is another one only to those who look into it.
    if (other) this.subgraphLoader.refresh();
    if (status.revision !== undefined) this.outdate(status.revision);
    // What is wrong with the draft is said where it is, for as long as it is.
    for (const { id, text } of this.state.notices)
      if (status.faults.some(({ sentence }) => sentence === text)) this.dismiss(id);
  }

  /** The server's version; another one than at first is of a newer page. */
  met(version: string): void {
    this.#server ||= version;
    if (version !== this.#server) this.outdated();
  }

  /** A newer page is to be had. */
  outdated(): void {
    this.update(state => ({ ...state, outdated: true }));
  }

  /** Loads the page anew; what is kept in the window outlives that. */
  reload(): void {
    // What is kept is not lost, so that the browser need not ask.
    if (this.editStorage.getSource().size === this.state.unsaved.size)
      this.update(state => ({ ...state, unsaved: new Map() }));
    requestAnimationFrame(() => location.reload());
  }

  /** The server's draft is another one now. */
  became(json: unknown): void {
    const graph = graphOf(json);
    this.derive(state => (state.draft ? { ...state, draft: replaced(state.draft, graph) } : state));
  }
}
