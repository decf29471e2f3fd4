import { type Marks, marksOf } from '../../../src/model/difference.ts';
import { type Card, cards } from './card.ts';
import {
  acknowledged,
  applyAll,
  type Contents,
  changesOf,
  type Draft,
  type EditorChange,
  insideView,
  subgraphsIn,
} from './draft.ts';
import type { Wiring } from './drop-target.ts';
import type { Components } from './fits.ts';
import type { ToldSettings } from './form.ts';
import { type EditorGraph, EMPTY_GRAPH, edgeKey, keyWithin, nodePath } from './graph.ts';
import { type EditHistory, emptyHistory } from './history.ts';
import { mergedPlaces, type Places } from './layout.ts';
import type { Rates, WireWatch } from './packets.ts';
import type { Recipe } from './recipe.ts';
import type { DraftTests } from './revisions.ts';
import { openAfterRename, type Scene, type SubgraphContent, sceneOf } from './scene.ts';
import type { ComponentSource } from './source.ts';
import { faultsWithin, type LocatedFault, type Status } from './status.ts';
import type { MessageTrace } from './traces.ts';

/**
 * The connection: being made, live, or retried at `until`, in milliseconds since 1970. `why` is why the server closed
 * it, if known.
 */
export type EditorConnectionState =
  | { readonly kind: 'connecting'; readonly why?: string | undefined }
  | { readonly kind: 'live' }
  | { readonly kind: 'offline'; readonly until: number; readonly why?: string | undefined };

/** The open side panel. */
export type Panel = 'library' | 'messages' | 'try' | 'tests' | 'revisions' | 'publish' | 'code' | 'outline';

export interface Selection {
  readonly nodes: ReadonlySet<string>;
  /** By edge key. */
  readonly edges: ReadonlySet<string>;
  /** The node's name when it was selected, if it was renamed since. */
  readonly origin?: string;
}

/** A temporary message. */
export interface Notice {
  readonly id: number;
  readonly kind: 'info' | 'bad';
  readonly text: string;
  /** When it becomes obsolete: with the next edit, or with a revision after this one. */
  readonly until?: 'edit' | number | undefined;
}

/** A read-only graph on the canvas: a revision. */
interface Preview {
  readonly title: string;
  readonly graph: EditorGraph;
}

/** A subgraph on the whole canvas, and the previous view of the surrounding graph. */
interface EnteredSubgraph {
  readonly component: string;
  /** The path of its node in the surrounding graph. */
  readonly path: string;
  readonly open: ReadonlySet<string>;
  readonly automatic: Places;
  readonly selection: Selection;
}

/** The whole state of the page. */
export interface EditorState {
  readonly link: EditorConnectionState;
  /** Signed in, signed out, or refused because the secret was wrong. */
  readonly access: 'asking' | 'refused' | 'given';
  /** The main graph's id. */
  readonly id: string;
  readonly status: Status | undefined;
  /** Whether the secret only allows changing settings. */
  readonly onlySettings: boolean;
  /** Whether people have accounts, and so private rooms. */
  readonly hasAccounts: boolean;
  /** Whether texts of private rooms are shown. */
  readonly looks: boolean;
  /** Whether the settings page is shown instead of the graph. */
  readonly showsSettings: boolean;
  readonly settings: ToldSettings | undefined;
  readonly draft: Draft | undefined;
  /** The newest version of the server's draft that contains an edit of ours. */
  readonly edited: number;
  readonly components: Components;
  /** As loaded when the library was last opened. */
  readonly recipes: readonly Recipe[];
  /** The draft's tests, if any were run. */
  readonly tests: DraftTests | undefined;
  readonly history: EditHistory;
  readonly selection: Selection;
  /** Nodes to scroll to. */
  readonly sought: ReadonlySet<string>;
  readonly panel: Panel | undefined;
  /** Whether the server has a newer version of this page. */
  readonly outdated: boolean;
  readonly notices: readonly Notice[];
  readonly preview: Preview | undefined;
  /** The subgraphs that were entered; the last one is on the canvas. */
  readonly entered: readonly EnteredSubgraph[];
  /** Positions from the layout, for nodes without a stored one. */
  readonly automatic: Places;
  /** Paths of open subgraphs. */
  readonly open: ReadonlySet<string>;
  /** The confirmed content of loaded subgraph components. */
  readonly subgraphs: ReadonlyMap<string, SubgraphContent>;
  readonly showsHeat: boolean;
  readonly rates: Rates;
  readonly watch: WireWatch | undefined;
  readonly traces: readonly MessageTrace[];
  /** The highlighted trace. */
  readonly trace: MessageTrace | undefined;
  /** What the canvas marks as changed. */
  readonly marks: Marks;
  /** The last error that each node threw. */
  readonly errors: ReadonlyMap<string, string>;
  /** The component open in the Code panel. */
  readonly coding: string | undefined;
  /** Unsaved source, by component. */
  readonly unsaved: ReadonlyMap<string, ComponentSource>;
  /** The wire that is being drawn or moved. */
  readonly wiring: Wiring | undefined;
  /** The item that is being dragged from the library. */
  readonly carried: { readonly component: string } | { readonly recipe: Recipe } | undefined;
  /** The canvas line that the dragged item would be inserted into, or why it can't be. */
  readonly splicing: { readonly line: string; readonly fault: string | undefined } | undefined;
  /** The line that the palette offers components for. */
  readonly inserting: string | undefined;

  /** Derived from the rest: the shown graph, its cards and positions. */
  readonly graph: EditorGraph;
  readonly cards: ReadonlyMap<string, Card>;
  readonly places: Places;
  /** The scene, with open subgraphs in place. */
  readonly scene: Scene;
}

export const ofNodes = (...nodes: readonly string[]): Selection => ({ nodes: new Set(nodes), edges: new Set() });

export const ofEdge = (key: string): Selection => ({ nodes: new Set(), edges: new Set([key]) });

export const emptySelection = ofNodes();

/** The initial state, signed in or not. */
export const initialEditorState = (access: EditorState['access']): EditorState => ({
  link: { kind: 'connecting' },
  access,
  id: '',
  status: undefined,
  onlySettings: false,
  hasAccounts: false,
  looks: false,
  showsSettings: false,
  settings: undefined,
  draft: undefined,
  edited: 0,
  components: new Map(),
  recipes: [],
  tests: undefined,
  history: emptyHistory,
  selection: emptySelection,
  sought: new Set(),
  panel: undefined,
  outdated: false,
  notices: [],
  preview: undefined,
  entered: [],
  automatic: new Map(),
  open: new Set(),
  subgraphs: new Map(),
  showsHeat: true,
  rates: { edges: new Map(), nodes: new Map() },
  watch: undefined,
  traces: [],
  trace: undefined,
  marks: marksOf([]),
  errors: new Map(),
  coding: undefined,
  unsaved: new Map(),
  wiring: undefined,
  carried: undefined,
  splicing: undefined,
  inserting: undefined,
  graph: EMPTY_GRAPH,
  cards: new Map(),
  places: new Map(),
  scene: {
    graph: EMPTY_GRAPH,
    cards: new Map(),
    places: new Map(),
    failureRoutes: new Map(),
    edgeRoutes: new Map(),
    frames: new Map(),
    parents: new Map(),
  },
});

/** Recomputes everything that derives from the graph, the library and the layout. */
export function derived(state: EditorState): EditorState {
  const entered = enteredSubgraph(state);
  const own = entered === undefined ? state.draft?.view : contentOf(state, entered);
  const graph = state.preview?.graph ?? own ?? EMPTY_GRAPH;
  const drawn = cards(graph, state.components, state.cards);
  const laid = [...graph.nodes.values()].every(({ name, metadata }) => 'x' in metadata || state.automatic.has(name));
  const places = laid ? mergedPlaces(graph, state.automatic) : new Map();
  const scene = sceneOf({ graph, cards: drawn, places }, { ...state, subgraphs: seen(state), before: state.scene });
  const present = (key: string) => scene.graph.edges.has(key);
  const nodes = new Set([...state.selection.nodes].filter(name => scene.graph.nodes.has(name)));
  const edges = new Set([...state.selection.edges].filter(present));
  const same = nodes.size === state.selection.nodes.size && edges.size === state.selection.edges.size;
  return {
    ...state,
    graph,
    cards: drawn,
    places,
    scene,
    selection: same ? state.selection : { nodes, edges },
  };
}

/** The subgraph on the whole canvas; undefined if the graph itself is. */
export const enteredSubgraph = ({ entered }: Pick<EditorState, 'entered'>): string | undefined =>
  entered.at(-1)?.component;

/** The path in the main graph of a canvas node, as the server names it. */
export const livePath = ({ entered }: Pick<EditorState, 'entered'>, name: string): string =>
  nodePath(
    entered.map(({ path }) => path),
    name,
  );

/** The key in the main graph of a wire on the canvas. */
export function liveKey({ entered }: Pick<EditorState, 'entered'>, key: string): string {
  return entered.length === 0 ? key : keyWithin(`${entered.map(({ path }) => path).join('/')}/`, key);
}

/** A subgraph as shown; undefined if its content is unknown. */
export function contentOf({ subgraphs, draft }: EditorState, component: string): EditorGraph | undefined {
  const known = subgraphs.get(component)?.graph;
  return known && draft ? insideView(component, known, draft) : known;
}

/** The contents of subgraphs, as shown. */
export const contentsOf = (state: EditorState): Contents => ({ get: component => contentOf(state, component) });

/** The loaded subgraphs, as shown. */
function seen({ subgraphs, draft }: EditorState): EditorState['subgraphs'] {
  const changed = subgraphsIn(draft?.pending.flatMap(({ changes }) => changes) ?? []);
  if (!draft || changed.size === 0) return subgraphs;
  return new Map(
    [...subgraphs].map(([name, content]) => [name, { ...content, graph: insideView(name, content.graph, draft) }]),
  );
}

/** Records that the server accepted an edit of ours, giving its draft this version. */
export function withAcknowledged(state: EditorState, id: string, version: number): EditorState {
  const { draft } = state;
  const taken = draft?.pending.find(pending => pending.id === id);
  if (!draft || !taken) return state;
  const subgraphs = new Map(state.subgraphs);
  for (const component of subgraphsIn(taken.changes)) {
    const content = subgraphs.get(component);
    const changes = changesOf(taken.changes, component);
    if (content) subgraphs.set(component, { ...content, graph: applyAll(content.graph, changes) });
  }
  return { ...state, draft: acknowledged(draft, id), subgraphs, edited: version };
}

/**
 * Shows or hides texts of private rooms. Earlier packets are dropped, except those of dry runs; the selected trace
 * stays if it is among `traces`.
 */
export function withLooks(state: EditorState, looks: boolean, traces: readonly MessageTrace[]): EditorState {
  const { trace, watch } = state;
  const isTried = trace?.revision === 0;
  return {
    ...state,
    looks,
    traces,
    trace: isTried ? trace : traces.find(({ id }) => id === trace?.id),
    watch: watch && { ...watch, packets: [], pausedPackets: [] },
  };
}

/** Whether this window has unsent edits or unsaved source. */
export const hasUnsaved = ({ draft, unsaved }: EditorState): boolean => (draft?.pending.length ?? 0) + unsaved.size > 0;

const NONE: readonly LocatedFault[] = [];
const inEntered = new WeakMap<readonly LocatedFault[], Map<string, readonly LocatedFault[]>>();

/** Faults for the canvas: while a subgraph is entered, those in it, by its own node names. */
function shown({ preview, entered }: EditorState, faults: readonly LocatedFault[] = NONE): readonly LocatedFault[] {
  const component = enteredSubgraph({ entered });
  if (preview) return NONE;
  if (component === undefined) return faults;
  const known = inEntered.get(faults) ?? new Map<string, readonly LocatedFault[]>();
  inEntered.set(faults, known);
  const own = known.get(component) ?? faultsWithin(faults, component);
  known.set(component, own);
  return own;
}

/** The draft's faults in the shown graph; none while a read-only graph is shown. */
export const shownFaults = (state: EditorState): readonly LocatedFault[] => shown(state, state.status?.faults);

/** The draft's warnings in the shown graph; none while a read-only graph is shown. */
export const shownWarnings = (state: EditorState): readonly LocatedFault[] => shown(state, state.status?.warnings);

/** Whether a port has a fault. */
export const isFaulty = (state: EditorState, node: string, port: string): boolean =>
  shownFaults(state).some(fault => fault.node === node && fault.port === port);

export const isLive = ({ link }: EditorState): boolean => link.kind === 'live';

/** Whether the server has accepted all our edits, and has sent the resulting state of the draft. */
export const isSettled = ({ draft, status, edited }: EditorState): boolean =>
  (draft?.pending.length ?? 0) === 0 && edited <= (status?.version ?? 0);

/**
 * Whether the user may edit what is shown: has the right, and sees the draft, or a subgraph that belongs to no library.
 */
export function mayEdit({ id, status, preview, entered }: EditorState): boolean {
  const component = enteredSubgraph({ entered }) ?? id;
  return !preview && component.split('/')[0] === id.split('/')[0] && (status?.rights.has('edit') ?? false);
}

/** The graph of an open subgraph, by its path; without one, the graph on the canvas. */
export const graphAt = ({ graph, scene }: EditorState, frame: string): EditorGraph =>
  frame ? (scene.frames.get(frame)?.graph ?? EMPTY_GRAPH) : graph;

/** Whether the user may edit an open subgraph, by its path; without one, the graph on the canvas. */
export function mayEditAt(state: EditorState, frame: string): boolean {
  const component = state.scene.frames.get(frame)?.component ?? state.id;
  return mayEdit(state) && component.split('/')[0] === state.id.split('/')[0];
}

/** The selected node, if nothing else is selected. */
export const onlyNode = ({ selection: { nodes, edges } }: EditorState): string | undefined =>
  nodes.size === 1 && edges.size === 0 ? nodes.values().next().value : undefined;

/** The selected wire, if nothing else is selected. */
export const onlyEdge = ({ selection: { nodes, edges } }: EditorState): string | undefined =>
  edges.size === 1 && nodes.size === 0 ? edges.values().next().value : undefined;

/** Updates selection, open subgraphs and layout after a node was renamed, wherever the canvas shows it. */
export function afterRename(state: EditorState, { within, command, payload }: EditorChange): EditorState {
  if (command !== 'renamenode') return state;
  const frames = [...state.scene.frames].filter(([, { component }]) => component === within);
  const places = [...(enteredSubgraph(state) === within ? [''] : []), ...frames.map(([path]) => `${path}/`)];
  return places.reduce((after, place) => withRenamed(after, place + payload.from, place + payload.to), state);
}

function withRenamed(state: EditorState, from: string, to: string): EditorState {
  const { nodes, edges, origin = from } = state.selection;
  const renamed = (name: string) => [...openAfterRename(new Set([name]), from, to)][0]!;
  const rekeyed = (key: string) => {
    const [source, out, index, target, into, other] = JSON.parse(key);
    return edgeKey({
      from: { node: renamed(source), port: out, index: index ?? undefined },
      to: { node: renamed(target), port: into, index: other ?? undefined },
    });
  };
  return {
    ...state,
    open: openAfterRename(state.open, from, to),
    automatic: new Map([...state.automatic].map(([name, place]) => [name === from ? to : name, place])),
    selection: {
      nodes: new Set([...nodes].map(renamed)),
      edges: new Set([...edges].map(rekeyed)),
      ...(nodes.has(from) && { origin }),
    },
  };
}

/** Undoes `afterRename` for changes that were rejected. */
export const beforeRename = (state: EditorState, changes: readonly EditorChange[]): EditorState =>
  changes.toReversed().reduce((after, change) => {
    if (change.command !== 'renamenode') return after;
    return afterRename(after, { ...change, payload: { from: change.payload.to, to: change.payload.from } });
  }, state);
