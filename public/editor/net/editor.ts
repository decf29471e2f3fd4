import { marksOf } from '../../../src/model/difference.ts';
import type { AnswerPayloads, ClientMessageName, ClientPayloads } from '../../../src/model/editor-protocol.ts';
import type { ServerPayloads } from '../../../src/model/server-messages.ts';
import { nextFrame, StateStore } from '../../ui/store.ts';
import { componentOf, type Traits, traitsOf, withTraits } from '../model/component.ts';
import { replaced } from '../model/draft.ts';
import type { EditorGraph } from '../model/graph.ts';
import { graphOf } from '../model/json.ts';
import { editableLine } from '../model/level.ts';
import { intoFault, wireOfLine } from '../model/paste.ts';
import { type Recipe, recipesOf } from '../model/recipe.ts';
import {
  derived,
  type EditorConnectionState,
  type EditorState,
  graphAt,
  initialEditorState,
  type Notice,
  onlyEdge,
  onlyNode,
  type Panel,
  type Selection,
} from '../model/state.ts';
import { statusOf } from '../model/status.ts';
import { Clipboard } from './clipboard.ts';
import { EditorConnection } from './connection.ts';
import { Editing } from './editing.ts';
import { layOut } from './layouter.ts';
import { Publishing } from './publishing.ts';
import { SettingsForm } from './settings.ts';
import { secret } from './sign-in.ts';
import { Splicing } from './splicing.ts';
import { EditStorage } from './storage.ts';
import { SubgraphLoader } from './subgraph-loader.ts';
import { Subgraphs } from './subgraphs.ts';
import { loadAll, ServerUpdates } from './updates.ts';
import { Watching } from './watching.ts';

/** How long a notice stays, in milliseconds. */
const NOTICE_MS = 8_000;
/** Debounce for library updates, in milliseconds. */
const BATCH_MS = 200;

/**
 * The editor: its state and connection. Actions are in `editing`, `splicing`, `clipboard`, `publishing` and `watching`;
 * ServerUpdates handles unasked messages.
 */
export class Editor {
  readonly store: StateStore<EditorState>;
  readonly connection: EditorConnection;
  readonly editing: Editing;
  readonly splicing: Splicing;
  readonly clipboard: Clipboard;
  readonly publishing: Publishing;
  readonly settings: SettingsForm;
  readonly watching: Watching;
  readonly subgraphLoader: SubgraphLoader;
  readonly subgraphs: Subgraphs;
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
    this.splicing = new Splicing(this);
    this.clipboard = new Clipboard(this);
    this.publishing = new Publishing(this);
    this.settings = new SettingsForm(this);
    this.watching = new Watching(this);
    this.subgraphLoader = new SubgraphLoader(this);
    this.subgraphs = new Subgraphs(this);
  }

  get state(): EditorState {
    return this.store.get();
  }

  start(): void {
    if (secret.get()) this.connection.connect();
  }

  /** Signs in with a secret. */
  enter(typed: string): void {
    secret.set(typed);
    this.update(state => ({ ...state, access: 'given' }));
    this.connection.close();
    this.connection.connect();
  }

  /** Signs in as an owner who has just signed in to the chat, by its cookie. */
  enterAsOwner(): void {
    this.update(state => ({ ...state, access: 'given' }));
    this.connection.connect();
  }

  /** Signs out: forgets the secret and everything it gave access to. */
  leave(): void {
    secret.clear();
    this.editStorage.clear();
    this.connection.close();
    this.store.update(({ hasAccounts }) => ({ ...initialEditorState('asking'), hasAccounts }));
  }

  update(change: (state: EditorState) => EditorState): void {
    this.store.update(change);
  }

  /** Stores edits and the undo history, so that they survive a reload. */
  keepEdits(): void {
    const { id, draft, history } = this.state;
    if (draft) this.editStorage.set(id, { pending: draft.pending, history });
  }

  /** Changes the graph, the library or the layout, and recomputes what derives from them. */
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
    const isMarked = panel === 'publish' || panel === 'revisions';
    this.update(state => ({ ...state, panel, marks: isMarked ? state.marks : marksOf([]) }));
  }

  /** Opens a panel, or closes it if it is open. */
  toggle(panel: Panel): void {
    this.show(this.state.panel === panel ? undefined : panel);
  }

  /** Shows a read-only graph, or without arguments the draft again. */
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

  notify(text: string, kind: Notice['kind'] = 'info', until?: Notice['until']): void {
    if (this.state.notices.some(notice => notice.text === text)) return;
    const notice = { id: ++this.#notices, kind, text, until };
    this.update(state => ({ ...state, notices: [...state.notices.slice(-3), notice] }));
    setTimeout(() => this.dismiss(notice.id), kind === 'bad' ? 2 * NOTICE_MS : NOTICE_MS);
  }

  /** Removes notices that an edit or a revision makes obsolete. */
  outdate(by: 'edit' | number): void {
    const stale = ({ until }: Notice) => (by === 'edit' ? until === 'edit' : typeof until === 'number' && until < by);
    if (!this.state.notices.some(stale)) return;
    this.update(state => ({ ...state, notices: state.notices.filter(notice => !stale(notice)) }));
  }

  dismiss(id: number): void {
    this.update(state => ({ ...state, notices: state.notices.filter(notice => notice.id !== id) }));
  }

  /** Sends a request. If it is refused, shows why and returns undefined. */
  async ask<Name extends ClientMessageName>(
    name: Name,
    payload: ClientPayloads[Name],
  ): Promise<AnswerPayloads[Name] | undefined> {
    try {
      return await this.connection.request(name, payload);
    } catch (error) {
      this.notify((error as Error).message, 'bad');
    }
  }

  /** As `ask`, for a request about the draft: sent after all earlier edits. */
  async askOfDraft<Name extends ClientMessageName>(
    name: Name,
    payload: ClientPayloads[Name],
  ): Promise<AnswerPayloads[Name] | undefined> {
    try {
      await this.editing.settled();
    } catch (error) {
      return void this.notify((error as Error).message, 'bad');
    }
    return this.ask(name, payload);
  }

  /** Lays out nodes without a stored position. */
  #place(): void {
    const { graph, cards, places } = this.state;
    if (this.#laying || graph.nodes.size === 0 || places.size > 0) return;
    this.#laying = true;
    void layOut(graph, cards).then(automatic => {
      this.#laying = false;
      const known = new Set(this.state.graph.nodes.keys());
      // Nodes added meanwhile are laid out in the next round; nodes that elk left out get a position too, so that they
      // don't keep the rest hidden.
      const missing = [...graph.nodes.keys()].filter(name => known.has(name) && !automatic.has(name));
      const rest = missing.map((name, index) => [name, { x: 0, y: index * 160 }] as const);
      this.derive(state => ({ ...state, automatic: new Map([...state.automatic, ...automatic, ...rest]) }));
    });
  }

  #linked(link: EditorConnectionState): void {
    this.update(state => ({ ...state, link: link.kind === 'live' ? state.link : link }));
    if (link.kind === 'live') void loadAll(this);
  }

  /** A component was added to the library, or changed. */
  learnt(payload: ServerPayloads['component:component']): void {
    const told = componentOf(payload);
    const component = withTraits(told, this.#traits.get(told.name));
    this.derive(state => ({ ...state, components: new Map(state.components).set(component.name, component) }));
    this.subgraphLoader.refresh(component.name);
    if (this.state.draft) this.#askTraits();
  }

  /** Loads which ports are settings, and which components are locked. */
  async learnTraits(): Promise<void> {
    const library = await this.ask('flowchat:library', {});
    this.#traits = traitsOf(library?.components ?? []);
    const take = (state: EditorState) => ({
      ...state,
      components: new Map(
        [...state.components].map(([name, each]) => [name, withTraits(each, this.#traits.get(name))]),
      ),
    });
    if (this.state.draft) this.derive(take);
    else this.update(take);
  }

  /** Loads the recipes. */
  async learnRecipes(): Promise<void> {
    const answer = await this.ask('flowchat:recipes', {});
    if (answer) this.update(state => ({ ...state, recipes: recipesOf(answer.recipes) }));
  }

  /** Inserts a recipe: into a line on the canvas, or the selected one, if its type fits; otherwise where it belongs. */
  insertRecipe({ title, graph }: Recipe, line = onlyEdge(this.state) ?? ''): Promise<void> {
    const found = editableLine(this.state, line);
    const into = found && wireOfLine(found.line);
    const isFit = into && !intoFault(graphAt(this.state, found.frame), graph, this.state.components, into);
    return this.clipboard.insert(graph, isFit ? { title, into, frame: found.frame } : { title });
  }

  /** Loads traits once after many components changed. */
  #askTraits(): void {
    clearTimeout(this.#asking);
    this.#asking = setTimeout(() => void this.learnTraits(), BATCH_MS);
  }

  /** Stores the server's state of the live revision and the draft. */
  took(payload: ServerPayloads['flowchat:state']): void {
    const status = statusOf(payload);
    const other = status.revision !== this.state.status?.revision;
    this.update(state => ({ ...state, status, errors: other ? new Map() : state.errors }));
    // The server does not announce that a subgraph's content changed, so reload it.
    if (other) this.subgraphLoader.refresh();
    if (status.revision !== undefined) this.outdate(status.revision);
  }

  /** Call when the server sent its version. If it changed since the page was loaded, the page is outdated. */
  met(version: string): void {
    this.#server ||= version;
    if (version !== this.#server) this.outdated();
  }

  /** Marks the page as outdated. */
  outdated(): void {
    this.update(state => ({ ...state, outdated: true }));
  }

  /** Reloads the page; stored edits and source survive. */
  reload(): void {
    // All unsaved source is stored, so the browser need not ask before leaving.
    if (this.editStorage.getSource().size === this.state.unsaved.size)
      this.update(state => ({ ...state, unsaved: new Map() }));
    requestAnimationFrame(() => location.reload());
  }

  /** Call when the server replaced its draft. */
  became(json: unknown): void {
    const graph = graphOf(json);
    this.derive(state => (state.draft ? { ...state, draft: replaced(state.draft, graph) } : state));
  }
}
