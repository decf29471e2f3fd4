import type { PortRef } from '../../../src/model/graph.ts';
import type { Change } from '../../../src/model/graph-commands.ts';
import { type Card, cards } from './card.ts';
import type { DiffItem } from './difference.ts';
import type { Draft } from './draft.ts';
import type { Components } from './fits.ts';
import { type EditorGraph, EMPTY_GRAPH, edgeKey } from './graph.ts';
import { type EditHistory, fresh } from './history.ts';
import { combined, type Places } from './layout.ts';
import type { Rates, WireWatch } from './packets.ts';
import { reopened, type Scene, type SubgraphContent, sceneOf } from './scene.ts';
import type { ComponentSource } from './source.ts';
import type { LocatedFault, Status } from './status.ts';
import type { MessageTrace } from './traces.ts';

/**
 * The connection: being made, there, or to be tried again at a moment in milliseconds since 1970. `why` is what the
 * server said when it closed the last one.
 */
export type EditorConnectionState =
  | { readonly kind: 'connecting'; readonly why?: string | undefined }
  | { readonly kind: 'live' }
  | { readonly kind: 'offline'; readonly until: number; readonly why?: string | undefined };

/** What stands beside the picture. */
export type Panel = 'library' | 'messages' | 'try' | 'tests' | 'revisions' | 'publish' | 'code' | 'outline';

export interface Selection {
  readonly nodes: ReadonlySet<string>;
  /** By their keys. */
  readonly edges: ReadonlySet<string>;
  /** What the node was called when it was selected, where it has got another name since. */
  readonly origin?: string;
}

/** A sentence that stays for a while. */
export interface Notice {
  readonly id: number;
  readonly kind: 'said' | 'bad';
  readonly text: string;
  /** What makes it untrue, where something does: another edit, or another revision than this one. */
  readonly until?: 'edit' | number | undefined;
}

/** A graph that is looked at and can't be changed: a revision, or the inside of a node. */
export interface Preview {
  readonly title: string;
  readonly graph: EditorGraph;
}

/** Everything the page shows. */
export interface EditorState {
  readonly link: EditorConnectionState;
  /** Whether the secret is to be asked for, and whether the last one was wrong. */
  readonly access: 'asking' | 'refused' | 'given';
  /** The main graph's id. */
  readonly id: string;
  readonly status: Status | undefined;
  readonly draft: Draft | undefined;
  readonly components: Components;
  readonly history: EditHistory;
  readonly selection: Selection;
  /** Nodes to be brought into sight. */
  readonly sought: ReadonlySet<string>;
  readonly panel: Panel | undefined;
  /** Whether the server has a newer page than this one. */
  readonly outdated: boolean;
  readonly notices: readonly Notice[];
  readonly preview: Preview | undefined;
  /** Places found by layout, for those nodes that no hand has placed. */
  readonly automatic: Places;
  /** The nodes that are open, by their paths. */
  readonly open: ReadonlySet<string>;
  /** The insides of components that are graphs, as far as they were asked for. */
  readonly subgraphs: ReadonlyMap<string, SubgraphContent>;
  readonly showsHeat: boolean;
  readonly rates: Rates;
  readonly watch: WireWatch | undefined;
  readonly traces: readonly MessageTrace[];
  /** The way that is lit up. */
  readonly trace: MessageTrace | undefined;
  /** A difference that is drawn on the picture. */
  readonly drawn: readonly DiffItem[];
  /** The last error that each node threw. */
  readonly errors: ReadonlyMap<string, string>;
  /** The component whose code is open. */
  readonly coding: string | undefined;
  /** Source that was changed and is not saved, by component. */
  readonly unsaved: ReadonlyMap<string, ComponentSource>;
  /** The port that a wire is being drawn from. */
  readonly wiring: { readonly port: PortRef; readonly outgoing: boolean } | undefined;

  /** What follows from the rest: the graph on show, how its nodes are drawn and where they are kept. */
  readonly graph: EditorGraph;
  readonly cards: ReadonlyMap<string, Card>;
  readonly places: Places;
  /** The picture, with the insides of open subgraphs in place. */
  readonly scene: Scene;
}

export const nothing: Selection = { nodes: new Set(), edges: new Set() };

/** The state at the beginning, with or without a secret at hand. */
export const initialEditorState = (access: EditorState['access']): EditorState => ({
  link: { kind: 'connecting' },
  access,
  id: '',
  status: undefined,
  draft: undefined,
  components: new Map(),
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
  drawn: [],
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

/** Brings up to date what follows from the graph, the library and the layout. */
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

/** Whether changes may be made: with the right to, and in the draft itself. */
export const mayEdit = ({ status, preview }: EditorState): boolean => !preview && (status?.rights.has('edit') ?? false);

/** The only node that is selected. */
export const onlyNode = ({ selection: { nodes, edges } }: EditorState): string | undefined =>
  nodes.size === 1 && edges.size === 0 ? nodes.values().next().value : undefined;

/** The only wire that is selected. */
export const onlyEdge = ({ selection: { nodes, edges } }: EditorState): string | undefined =>
  edges.size === 1 && nodes.size === 0 ? edges.values().next().value : undefined;

/** Errors that nodes threw, without those that only say what is wrong with the draft; these are told as faults. */
export const thrown = (errors: EditorState['errors'], faults: readonly LocatedFault[]): EditorState['errors'] =>
  new Map([...errors].filter(([, error]) => !faults.some(({ sentence }) => sentence === error)));

/** With an error that a node threw. */
export const withError = (state: EditorState, node: string, error: string): EditorState => ({
  ...state,
  errors: thrown(new Map(state.errors).set(node, error), state.status?.faults ?? []),
});

/** What is selected, open and laid out goes by a node's name; it stays so when the node gets another one. */
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

/** The same where changes were not to be. */
export const unfollowed = (state: EditorState, changes: readonly Change[]): EditorState =>
  changes.toReversed().reduce((after, { command, payload }) => {
    if (command !== 'renamenode') return after;
    return followed(after, { command, payload: { from: payload.to, to: payload.from } });
  }, state);
