import { type Marks, marksOf } from '../../../src/model/difference.ts';
import type { PortRef } from '../../../src/model/graph.ts';
import type { Change } from '../../../src/model/graph-commands.ts';
import { type Card, cards } from './card.ts';
import type { Draft } from './draft.ts';
import type { Components } from './fits.ts';
import { type EditorGraph, EMPTY_GRAPH, edgeKey } from './graph.ts';
import { type EditHistory, fresh } from './history.ts';
import { combined, type Places } from './layout.ts';
import type { Rates, WireWatch } from './packets.ts';
import type { Recipe } from './recipe.ts';
import { reopened, type Scene, type SubgraphContent, sceneOf } from './scene.ts';
import type { ComponentSource } from './source.ts';
import type { LocatedFault, Status } from './status.ts';
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
  readonly kind: 'said' | 'bad';
  readonly text: string;
  /** What makes it obsolete: the next edit, or a revision after this one. */
  readonly until?: 'edit' | number | undefined;
}

/** A read-only graph on the canvas: a revision, or a subgraph. */
interface Preview {
  readonly title: string;
  readonly graph: EditorGraph;
}

/** The whole state of the page. */
export interface EditorState {
  readonly link: EditorConnectionState;
  /** Signed in, signed out, or refused because the secret was wrong. */
  readonly access: 'asking' | 'refused' | 'given';
  /** The main graph's id. */
  readonly id: string;
  readonly status: Status | undefined;
  readonly draft: Draft | undefined;
  readonly components: Components;
  /** As known since the library was opened. */
  readonly recipes: readonly Recipe[];
  readonly history: EditHistory;
  readonly selection: Selection;
  /** Nodes to scroll to. */
  readonly sought: ReadonlySet<string>;
  readonly panel: Panel | undefined;
  /** Whether the server has a newer version of this page. */
  readonly outdated: boolean;
  readonly notices: readonly Notice[];
  readonly preview: Preview | undefined;
  /** Places from the layout, for nodes without a stored place. */
  readonly automatic: Places;
  /** Paths of open subgraphs. */
  readonly open: ReadonlySet<string>;
  /** The content of subgraph components loaded so far. */
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
  /** The port that a wire is being drawn from. */
  readonly wiring: { readonly port: PortRef; readonly outgoing: boolean } | undefined;

  /** Derived from the rest: the shown graph, its cards and places. */
  readonly graph: EditorGraph;
  readonly cards: ReadonlyMap<string, Card>;
  readonly places: Places;
  /** The scene, with open subgraphs in place. */
  readonly scene: Scene;
}

export const ofNodes = (...nodes: readonly string[]): Selection => ({ nodes: new Set(nodes), edges: new Set() });

export const ofEdge = (key: string): Selection => ({ nodes: new Set(), edges: new Set([key]) });

export const nothing = ofNodes();

/** The initial state, signed in or not. */
export const initialEditorState = (access: EditorState['access']): EditorState => ({
  link: { kind: 'connecting' },
  access,
  id: '',
  status: undefined,
  draft: undefined,
  components: new Map(),
  recipes: [],
  history: fresh,
  selection: nothing,
  sought: new Set(),
  panel: undefined,
  outdated: false,
  notices: [],
  preview: undefined,
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

/** Recomputes what derives from the graph, the library and the layout. */
export function derived(state: EditorState): EditorState {
  const graph = state.preview?.graph ?? state.draft?.view ?? EMPTY_GRAPH;
  const drawn = cards(graph, state.components, state.cards);
  const laid = [...graph.nodes.values()].every(({ name, metadata }) => 'x' in metadata || state.automatic.has(name));
  const places = laid ? combined(graph, state.automatic) : new Map();
  const scene = sceneOf({ graph, cards: drawn, places }, { ...state, before: state.scene });
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

const NONE: readonly LocatedFault[] = [];

/** The draft's faults; none while a read-only graph is shown. */
export const shownFaults = ({ preview, status }: EditorState): readonly LocatedFault[] =>
  (preview ? undefined : status?.faults) ?? NONE;

/** The draft's warnings; none while a read-only graph is shown. */
export const shownWarnings = ({ preview, status }: EditorState): readonly LocatedFault[] =>
  (preview ? undefined : status?.warnings) ?? NONE;

/** Whether a port has a fault. */
export const isFaulty = (state: EditorState, node: string, port: string): boolean =>
  shownFaults(state).some(fault => fault.node === node && fault.port === port);

export const isLive = ({ link }: EditorState): boolean => link.kind === 'live';

/** Whether the user may edit: has the right, and looks at the draft. */
export const mayEdit = ({ status, preview }: EditorState): boolean => !preview && (status?.rights.has('edit') ?? false);

/** The selected node, if nothing else is selected. */
export const onlyNode = ({ selection: { nodes, edges } }: EditorState): string | undefined =>
  nodes.size === 1 && edges.size === 0 ? nodes.values().next().value : undefined;

/** The selected wire, if nothing else is selected. */
export const onlyEdge = ({ selection: { nodes, edges } }: EditorState): string | undefined =>
  edges.size === 1 && nodes.size === 0 ? edges.values().next().value : undefined;

/** Keeps selection, open subgraphs and layout when a node is renamed. */
export function followed(state: EditorState, { command, payload }: Change): EditorState {
  if (command !== 'renamenode') return state;
  const { from, to } = payload;
  const { nodes, edges, origin = from } = state.selection;
  const renamed = (name: string) => [...reopened(new Set([name]), from, to)][0]!;
  const rekeyed = (key: string) => {
    const [source, out, index, target, into, other] = JSON.parse(key);
    return edgeKey({
      from: { node: renamed(source), port: out, index: index ?? undefined },
      to: { node: renamed(target), port: into, index: other ?? undefined },
    });
  };
  return {
    ...state,
    open: reopened(state.open, from, to),
    automatic: new Map([...state.automatic].map(([name, place]) => [name === from ? to : name, place])),
    selection: {
      nodes: new Set([...nodes].map(renamed)),
      edges: new Set([...edges].map(rekeyed)),
      ...(nodes.has(from) && { origin }),
    },
  };
}

/** Undoes `followed` for changes that were rejected. */
export const unfollowed = (state: EditorState, changes: readonly Change[]): EditorState =>
  changes.toReversed().reduce((after, { command, payload }) => {
    if (command !== 'renamenode') return after;
    return followed(after, { command, payload: { from: payload.to, to: payload.from } });
  }, state);
