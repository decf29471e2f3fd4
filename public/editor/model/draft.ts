import { type EditableGraph, portsKey } from '../../../src/model/editable-graph.ts';
import { type BareNode, equal, type GraphMetadata, type PortRef } from '../../../src/model/graph.ts';
import type { Change } from '../../../src/model/graph-commands.ts';
import { applyEdit, inverseEdit, isCommand, StaleEdit } from '../../../src/model/graph-edits.ts';
import { Absent, isAt, nodeOf } from '../../../src/model/graph-lookup.ts';
import { Refused } from '../../../src/model/refused.ts';
import { called } from '../../../src/model/words.ts';
import type { Components } from './fits.ts';
import { type EditorGraph, EMPTY_GRAPH, edgeKey, editableOf, edited, initialsAt } from './graph.ts';
import { fields } from './json.ts';

/** A change of the graph or, with `within`, of a subgraph, by its component's name. */
export type EditorChange = Change & { readonly within?: string };

type Changes = readonly EditorChange[];

/** The changes of the graph itself, or of one subgraph. */
export const changesOf = (changes: Changes, within?: string): readonly Change[] =>
  changes.filter(change => change.within === within);

/** The subgraphs that some changes concern. */
export const subgraphsIn = (changes: Changes): ReadonlySet<string> =>
  new Set(changes.flatMap(({ within }) => within ?? []));

/** Changes of a graph as changes of a subgraph. */
export const changesWithin = (changes: readonly Change[], within: string | undefined): Changes =>
  within === undefined ? changes : changes.map(change => ({ ...change, within }));

/** The known content of subgraphs, by component. */
export type Contents = { get(component: string): EditorGraph | undefined };

/** The result of a function, or its refusal. */
function attempt<Result>(action: () => Result): Result | Refused {
  try {
    return action();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

/** Parses a message of the graph protocol from the server as a change; undefined if it is none. */
export function changeOf(command: string, payload: unknown): Change | undefined {
  const { graph: _, ...content } = fields(payload);
  return isCommand(command) ? ({ command, payload: content } as Change) : undefined;
}

function applied(graph: EditableGraph, change: Change): EditableGraph {
  const result = attempt(() => applyEdit(graph, change));
  return result instanceof Refused ? graph : result.graph;
}

/** The graph after changes; impossible ones are skipped. */
export const applyAll = (graph: EditorGraph, changes: readonly Change[]): EditorGraph =>
  edited(changes.reduce(applied, editableOf(graph)));

/** The graph after a change; unchanged if that is impossible. */
export const apply = (graph: EditorGraph, change: Change): EditorGraph => applyAll(graph, [change]);

/** The changes that undo a series of changes, last one first. */
export function inverseAll(graph: EditorGraph, changes: readonly Change[]): readonly Change[] {
  const back: (readonly Change[])[] = [];
  changes.reduce((before, change) => {
    const after = applied(before, change);
    // A change without effect needs no inverse.
    if (after !== before) back.push(inverseEdit(before, change));
    return after;
  }, editableOf(graph));
  return back.toReversed().flat();
}

/** As `inverseAll`, for changes of several graphs. A subgraph without known content is new. */
export const inverseOfAll = (graph: EditorGraph, contents: Contents, changes: Changes): Changes => [
  ...inverseAll(graph, changesOf(changes)),
  ...[...subgraphsIn(changes)].flatMap(within =>
    changesWithin(inverseAll(contents.get(within) ?? EMPTY_GRAPH, changesOf(changes, within)), within),
  ),
];

/** Whether a port of a component is an array port, which may have several settings. */
type Addressable = (component: string, port: string) => boolean;

export const addressableBy =
  (components: Components): Addressable =>
  (component, port) =>
    components.get(component)?.inports.find(({ name }) => name === port)?.addressable === true;

/** Why changes can't be applied to this graph in order, as a sentence; undefined if they can. */
export function conflictWith(
  graph: EditorGraph,
  changes: readonly Change[],
  addressable: Addressable,
): string | undefined {
  // A port that the changes set themselves may have had several values before.
  const set = new Set<string>();
  let now = editableOf(graph);
  for (const change of changes) {
    const port = change.command === 'addinitial' ? JSON.stringify(change.payload.tgt) : '';
    const result = attempted(now, change, (component, name) => set.has(port) || addressable(component, name));
    if (typeof result === 'string') return result;
    if (port) set.add(port);
    now = result;
  }
  return undefined;
}

/** As `conflictWith`, for changes of several graphs. For a subgraph without known content, the server decides. */
export function conflictWithAll(
  graph: EditorGraph,
  contents: Contents,
  changes: Changes,
  addressable: Addressable,
): string | undefined {
  const reason = conflictWith(graph, changesOf(changes), addressable);
  if (reason !== undefined) return reason;
  for (const within of subgraphsIn(changes)) {
    const content = contents.get(within);
    const inside = content && conflictWith(content, changesOf(changes, within), addressable);
    if (inside !== undefined) return `in ${within}, ${inside}`;
  }
  return undefined;
}

const otherSetting = (port: PortRef): string => `${called(port)} has another setting now`;

/** The graph after a change, or why that is impossible. */
function attempted(graph: EditableGraph, change: Change, addressable: Addressable): EditableGraph | string {
  const { command, payload } = change;
  const result = attempt(() => applyEdit(graph, change));
  if (result instanceof Refused) return reasonOf(result, change);
  if (command === 'addinitial') {
    const { node, port } = payload.tgt;
    const isTaken = graph.initials.at(portsKey(payload.tgt)).some(({ to }) => isAt(to, payload.tgt));
    if (isTaken && !addressable(nodeOf(graph, node)?.component ?? '', port)) return otherSetting(payload.tgt);
  }
  if ('to' in payload && payload.from === payload.to) {
    const word = command.slice('rename'.length);
    return word.endsWith('port')
      ? `there is an ${word} ${payload.to.toUpperCase()} already`
      : `there is a ${word} ${payload.to} already`;
  }
  return result.graph;
}

function reasonOf(error: Refused, { command, payload }: Change): string {
  const isAbsent = error instanceof Absent;
  if (command === 'removeinitial' && (isAbsent || error instanceof StaleEdit)) return otherSetting(payload.tgt);
  return isAbsent ? `there is no ${error.what} ${error.named} any more` : error.message;
}

/** Whether the graph is as after the changes already: they arrived before the connection was lost. */
export function areApplied(graph: EditorGraph, changes: readonly Change[]): boolean {
  const again = new Set(changes.flatMap(({ command, payload }) => (command === 'addgroup' ? [payload.name] : [])));
  return changes.every(
    change => isApplied(graph, change) || (change.command === 'removegroup' && again.has(change.payload.name)),
  );
}

/** As `areApplied`, for changes of several graphs, which apply completely or not at all. */
function areAllApplied(graph: EditorGraph, contents: Contents, changes: Changes): boolean {
  const main = changesOf(changes);
  if (main.length > 0) return areApplied(graph, main);
  return [...subgraphsIn(changes)].every(within =>
    areApplied(contents.get(within) ?? EMPTY_GRAPH, changesOf(changes, within)),
  );
}

function isApplied(graph: EditorGraph, change: Change): boolean {
  const { command, payload } = change;
  switch (command) {
    case 'addnode':
      return graph.nodes.get(payload.id)?.component === payload.component;
    case 'addedge':
      return graph.edges.has(edgeKey({ from: payload.src, to: payload.tgt }));
    case 'addinitial':
      return initialsAt(graph, payload.tgt).some(({ data }) => equal(data, payload.src.data));
    case 'addinport':
    case 'addoutport': {
      const there = graph[command === 'addinport' ? 'inports' : 'outports'].get(payload.public);
      return there?.node === payload.node && there.port === payload.port;
    }
    case 'addgroup':
      return equal(graph.groups.get(payload.name)?.nodes, payload.nodes);
    case 'changenode':
    case 'changeedge':
    case 'changegroup': {
      const back = attempt(() => inverseEdit(editableOf(graph), change));
      return (
        !(back instanceof Refused) &&
        back.every(each => equal((each as typeof change).payload.metadata, payload.metadata))
      );
    }
    default:
      return isDone(graph, change);
  }
}

/** Whether the thing to be removed is missing, or the thing to be renamed has its new name. */
function isDone(graph: EditorGraph, change: Change): boolean {
  const { command, payload } = change;
  const now = editableOf(graph);
  if (!(attempt(() => applyEdit(now, change)) instanceof Refused)) return false;
  if (!('to' in payload)) return true;
  const back = { command, payload: { from: payload.to, to: payload.from } } as Change;
  return !(attempt(() => applyEdit(now, back)) instanceof Refused);
}

/** The position that the last of some changes gives a node, if any; null if it removes the position. */
function placedBy(changes: readonly Change[], id: string): unknown {
  const places = changes.flatMap(({ command, payload }) =>
    command === 'changenode' && payload.id === id && 'x' in payload.metadata ? [payload.metadata.x] : [],
  );
  return places.at(-1);
}

/**
 * Whether a change of pinning is outdated: the node was placed since, and is no longer where the inverse of the changes
 * would put it.
 */
function isSuperseded({ name, metadata }: BareNode, { pinned }: GraphMetadata, inverse: readonly Change[]): boolean {
  return pinned !== undefined && (metadata.x ?? null) !== (placedBy(inverse, name) ?? null);
}

/**
 * Changes that still matter when they are applied late: drops positions of nodes that others have deleted or placed
 * meanwhile, which must not prevent the rest of an edit.
 */
export function rebase(graph: EditorGraph, changes: Changes, inverse: Changes): Changes {
  const coming = new Set(
    changes.flatMap(({ command, payload }) =>
      command === 'addnode' ? [payload.id] : command === 'renamenode' ? [payload.to] : [],
    ),
  );
  const left = changes.filter(({ within, command, payload }) => {
    if (within !== undefined || command !== 'changenode' || coming.has(payload.id)) return true;
    const node = graph.nodes.get(payload.id);
    return node !== undefined && !isSuperseded(node, payload.metadata, changesOf(inverse));
  });
  return left.length > 0 ? left : changes;
}

/** An edit of ours that the server has not acknowledged yet. It applies completely or not at all. */
export interface Pending {
  readonly id: string;
  /** The history entry that it applies or undoes. */
  readonly entry: string;
  /** Its label in sentences: `set limit RATE to 5`. */
  readonly label: string;
  readonly changes: Changes;
  /** The changes that undo it. */
  readonly inverse: Changes;
  /** Whether it was sent, so that the server may have applied it. */
  readonly sent: boolean;
}

/** The shared draft: the server's confirmed state, pending edits, and the visible combination of both. */
export interface Draft {
  readonly confirmed: EditorGraph;
  readonly pending: readonly Pending[];
  readonly view: EditorGraph;
}

function draft(confirmed: EditorGraph, pending: readonly Pending[]): Draft {
  const view = applyAll(
    confirmed,
    pending.flatMap(({ changes }) => changesOf(changes)),
  );
  return { confirmed, pending, view };
}

/** A subgraph as shown: its confirmed state with pending edits. */
export function insideView(
  component: string,
  confirmed: EditorGraph,
  { pending }: Pick<Draft, 'pending'>,
): EditorGraph {
  const changes = pending.flatMap(({ changes }) => changesOf(changes, component));
  return changes.length > 0 ? applyAll(confirmed, changes) : confirmed;
}

/** Adds an edit of ours, which is visible at once. */
export const withEdit = (before: Draft, more: Pending): Draft => ({
  ...before,
  pending: [...before.pending, more],
  view: applyAll(before.view, changesOf(more.changes)),
});

/** Records that an edit of ours was sent. */
export const withSentEdit = (before: Draft, id: string): Draft => ({
  ...before,
  pending: before.pending.map(each => (each.id === id ? { ...each, sent: true } : each)),
});

/** Records that the server accepted an edit of ours. */
export function acknowledged(before: Draft, id: string): Draft {
  const index = before.pending.findIndex(pending => pending.id === id);
  const taken = before.pending[index];
  if (!taken) return before;
  const confirmed = applyAll(before.confirmed, changesOf(taken.changes));
  const pending = before.pending.toSpliced(index, 1);
  // Accepted in the order of our edits, so the view is unchanged.
  return index === 0 ? { ...before, confirmed, pending } : draft(confirmed, pending);
}

/** Removes an edit of ours that the server refused, or that was undone before it was sent. */
export const withoutEdit = (before: Draft, id: string): Draft =>
  draft(
    before.confirmed,
    before.pending.filter(pending => pending.id !== id),
  );

/** Applies somebody else's change. */
export const withOthersChange = (before: Draft, change: Change): Draft =>
  draft(othersChange(before.confirmed, change), before.pending);

/** A graph after a change announced by the server. */
export const othersChange = (graph: EditorGraph, change: Change): EditorGraph => apply(graph, whole(graph, change));

/** A change announced by the server, with complete metadata: missing keys were deleted. */
function whole(graph: EditorGraph, change: Change): Change {
  const { command, payload } = change;
  if (command !== 'changenode' && command !== 'changeedge' && command !== 'changegroup') return change;
  const before =
    command === 'changenode'
      ? graph.nodes.get(payload.id)
      : command === 'changeedge'
        ? graph.edges.get(edgeKey({ from: payload.src, to: payload.tgt }))
        : graph.groups.get(payload.name);
  const gone = Object.fromEntries(Object.keys(before?.metadata ?? {}).map(key => [key, null]));
  return { command, payload: { ...payload, metadata: { ...gone, ...payload.metadata } } } as Change;
}

/** Replaces the server's draft. Pending edits stay on top of it. */
export const replaced = (before: Draft, confirmed: EditorGraph): Draft => draft(confirmed, before.pending);

/** An edit that can no longer be applied, with the reason. */
interface LostEdit {
  readonly entry: string;
  readonly sentence: string;
}

/**
 * Edits to send again after a lost connection, based on the present draft: edits that arrived before are dropped, and
 * impossible ones are reported in sentences.
 */
export function resumed(
  { pending }: Pick<Draft, 'pending'>,
  confirmed: EditorGraph,
  addressable: Addressable,
  contents: Contents = new Map(),
): { draft: Draft; lost: readonly LostEdit[] } {
  const lost: LostEdit[] = [];
  const kept: Pending[] = [];
  let graph = confirmed;
  for (const each of pending) {
    const { entry, label } = each;
    const changes = rebase(graph, each.changes, each.inverse);
    if (areAllApplied(graph, contents, changes)) continue;
    const reason = conflictWithAll(graph, contents, changes, addressable);
    if (reason) {
      lost.push({ entry, sentence: `could not ${label}: ${reason}` });
      continue;
    }
    kept.push({ ...each, changes, sent: false });
    graph = applyAll(graph, changesOf(changes));
  }
  return { draft: draft(confirmed, kept), lost };
}
