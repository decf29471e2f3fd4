import { type Card, cards } from './card.ts';
import type { Item } from './difference.ts';
import type { Draft } from './draft.ts';
import type { Components } from './fits.ts';
import { empty, type Graph, type Port } from './graph.ts';
import { fresh, type History } from './history.ts';
import { combined, type Places } from './layout.ts';
import type { Watch } from './packets.ts';
import type { Rates } from './rates.ts';
import { type Inside, type Scene, sceneOf } from './scene.ts';
import type { Source } from './source.ts';
import type { Fault, Status } from './status.ts';
import type { Way } from './ways.ts';

/**
 * The connection: being made, there, or to be tried again at a moment in milliseconds since 1970. `why` is what the
 * server said when it closed the last one.
 */
export type Link =
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
export interface Glance {
  readonly title: string;
  readonly graph: Graph;
}

/** Everything the page shows. */
export interface State {
  readonly link: Link;
  /** Whether the secret is to be asked for, and whether the last one was wrong. */
  readonly access: 'asking' | 'refused' | 'given';
  /** The main graph's id. */
  readonly id: string;
  readonly status: Status | undefined;
  readonly draft: Draft | undefined;
  readonly components: Components;
  readonly history: History;
  readonly selection: Selection;
  /** Nodes to be brought into sight. */
  readonly sought: ReadonlySet<string>;
  readonly panel: Panel | undefined;
  /** Whether the server has a newer page than this one. */
  readonly outdated: boolean;
  readonly notices: readonly Notice[];
  readonly glance: Glance | undefined;
  /** Places found by layout, for those nodes that no hand has placed. */
  readonly automatic: Places;
  /** The nodes that are open, by their paths. */
  readonly open: ReadonlySet<string>;
  /** The insides of components that are graphs, as far as they were asked for. */
  readonly insides: ReadonlyMap<string, Inside>;
  readonly warm: boolean;
  readonly rates: Rates;
  readonly watch: Watch | undefined;
  readonly ways: readonly Way[];
  /** The way that is lit up. */
  readonly way: Way | undefined;
  /** A difference that is drawn on the picture. */
  readonly drawn: readonly Item[];
  /** The last error that each node threw. */
  readonly errors: ReadonlyMap<string, string>;
  /** The component whose code is open. */
  readonly coding: string | undefined;
  /** Source that was changed and is not saved, by component. */
  readonly unsaved: ReadonlyMap<string, Source>;
  /** The port that a wire is being drawn from. */
  readonly wiring: { readonly port: Port; readonly outgoing: boolean } | undefined;

  /** What follows from the rest: the graph on show, how its nodes are drawn and where they are kept. */
  readonly graph: Graph;
  readonly cards: ReadonlyMap<string, Card>;
  readonly places: Places;
  /** The picture, with the insides of open subgraphs in place. */
  readonly scene: Scene;
}

export const nothing: Selection = { nodes: new Set(), edges: new Set() };

/** The state at the beginning, with or without a secret at hand. */
export const first = (access: State['access']): State => ({
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
  glance: undefined,
  automatic: new Map(),
  open: new Set(),
  insides: new Map(),
  warm: true,
  rates: { edges: new Map(), nodes: new Map() },
  watch: undefined,
  ways: [],
  way: undefined,
  drawn: [],
  errors: new Map(),
  coding: undefined,
  unsaved: new Map(),
  wiring: undefined,
  graph: empty,
  cards: new Map(),
  places: new Map(),
  scene: {
    graph: empty,
    cards: new Map(),
    places: new Map(),
    lanes: new Map(),
    corridors: new Map(),
    frames: new Map(),
    parents: new Map(),
  },
});

/** Brings up to date what follows from the graph, the library and the layout. */
export function derived(state: State): State {
  const graph = state.glance?.graph ?? state.draft?.view ?? empty;
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
export const mayEdit = ({ status, glance }: State): boolean => !glance && (status?.rights.has('edit') ?? false);

/** The only node that is selected. */
export const onlyNode = ({ selection: { nodes, edges } }: State): string | undefined =>
  nodes.size === 1 && edges.size === 0 ? nodes.values().next().value : undefined;

/** The only wire that is selected. */
export const onlyEdge = ({ selection: { nodes, edges } }: State): string | undefined =>
  edges.size === 1 && nodes.size === 0 ? edges.values().next().value : undefined;

/** Errors that nodes threw, without those that only say what is wrong with the draft; these are told as faults. */
export const thrown = (errors: State['errors'], faults: readonly Fault[]): State['errors'] =>
  new Map([...errors].filter(([, error]) => !faults.some(({ sentence }) => sentence === error)));

/** With an error that a node threw. */
export const withError = (state: State, node: string, error: string): State => ({
  ...state,
  errors: thrown(new Map(state.errors).set(node, error), state.status?.faults ?? []),
});
