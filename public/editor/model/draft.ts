import { type EditableGraph, portsKey } from '../../../src/model/editable-graph.ts';
import { type BareNode, equal, type GraphMetadata, type PortRef } from '../../../src/model/graph.ts';
import type { Change } from '../../../src/model/graph-commands.ts';
import { applyEdit, inverseEdit, isCommand, StaleEdit } from '../../../src/model/graph-edits.ts';
import { Absent, isAt, nodeOf } from '../../../src/model/graph-lookup.ts';
import { Refused } from '../../../src/model/refused.ts';
import type { Components } from './fits.ts';
import { type EditorGraph, EMPTY_GRAPH, edgeKey, editableOf, edited, initialsAt, portName } from './graph.ts';
import { fields } from './json.ts';

/** A change of the graph or, with `within`, of a subgraph, by its component's name. */
export type EditorChange = Change & { readonly within?: string };

type Changes = readonly EditorChange[];

/** The changes of the graph itself, or of one subgraph. */
export const changesOf = (changes: Changes, within?: string): readonly Change[] =>
  changes.filter(change => change.within === within);

/** The subgraphs that changes are of. */
export const subgraphsIn = (changes: Changes): ReadonlySet<string> =>
  new Set(changes.flatMap(({ within }) => within ?? []));

/** Changes of a graph as changes of a subgraph. */
export const changesWithin = (changes: readonly Change[], within: string | undefined): Changes =>
  within === undefined ? changes : changes.map(change => ({ ...change, within }));

/** The known content of subgraphs, by component. */
export type Contents = { get(component: string): EditorGraph | undefined };

/** What a function returns, or what it is refused with. */
function attempt<Result>(action: () => Result): Result | Refused {
  try {
    return action();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

/** A message of the graph protocol, as the server sends it, as a change; nothing where it is none. */
export function changeOf(command: string, payload: unknown): Change | undefined {
  const { graph: _, ...content } = fields(payload);
  return isCommand(command) ? ({ command, payload: content } as Change) : undefined;
}

function applied(graph: EditableGraph, change: Change): EditableGraph {
  const result = attempt(() => applyEdit(graph, change));
  return result instanceof Refused ? graph : result.graph;
}

/** The graph after changes. One that can't be done changes nothing. */
export const applyAll = (graph: EditorGraph, changes: readonly Change[]): EditorGraph =>
  edited(changes.reduce(applied, editableOf(graph)));

/** The graph after a change, as it is where the change can't be done. */
export const apply = (graph: EditorGraph, change: Change): EditorGraph => applyAll(graph, [change]);

/** The changes that take a series of changes back, the last one first. */
export function inverseAll(graph: EditorGraph, changes: readonly Change[]): readonly Change[] {
  const back: (readonly Change[])[] = [];
  changes.reduce((before, change) => {
    const after = applied(before, change);
    // What changed nothing has nothing to be taken back.
    if (after !== before) back.push(inverseEdit(before, change));
    return after;
  }, editableOf(graph));
  return back.toReversed().flat();
}

/** As `inverseAll`, for changes of several graphs. A subgraph whose content is not known is a new one. */
export const inverseOfAll = (graph: EditorGraph, contents: Contents, changes: Changes): Changes => [
  ...inverseAll(graph, changesOf(changes)),
  ...[...subgraphsIn(changes)].flatMap(within =>
    changesWithin(inverseAll(contents.get(within) ?? EMPTY_GRAPH, changesOf(changes, within)), within),
  ),
];

/** Says whether a port of a component takes an index; such a one may have several settings. */
type Addressable = (component: string, port: string) => boolean;

export const addressableBy =
  (components: Components): Addressable =>
  (component, port) =>
    components.get(component)?.inports.find(({ name }) => name === port)?.addressable === true;

/** Why changes can't be brought in to this graph one after the other, in a sentence; nothing where all of them can. */
export function conflictWith(
  graph: EditorGraph,
  changes: readonly Change[],
  addressable: Addressable,
): string | undefined {
  // A port that the changes themselves set may have had several values before.
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

/** As `conflictWith`, for changes of several graphs. Of a subgraph whose content is not known the server says it. */
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

const otherSetting = (port: PortRef): string => `${port.node} ${portName(port)} has another setting now`;

/** The graph after a change, or why it can't be done. */
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

/** Whether the graph is already as the changes would make it: they came through before the connection was lost. */
export function areApplied(graph: EditorGraph, changes: readonly Change[]): boolean {
  const again = new Set(changes.flatMap(({ command, payload }) => (command === 'addgroup' ? [payload.name] : [])));
  return changes.every(
    change => isApplied(graph, change) || (change.command === 'removegroup' && again.has(change.payload.name)),
  );
}

/** As `areApplied`, for changes of several graphs, which are done wholly or not at all. */
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

/** Whether what is to be removed is not there, or what is to be renamed has its new name. */
function isDone(graph: EditorGraph, change: Change): boolean {
  const { command, payload } = change;
  const now = editableOf(graph);
  if (!(attempt(() => applyEdit(now, change)) instanceof Refused)) return false;
  if (!('to' in payload)) return true;
  const back = { command, payload: { from: payload.to, to: payload.from } } as Change;
  return !(attempt(() => applyEdit(now, back)) instanceof Refused);
}

/** Where the last of some changes puts a node, if any of them does; null where it takes its place away. */
function placedBy(changes: readonly Change[], id: string): unknown {
  const places = changes.flatMap(({ command, payload }) =>
    command === 'changenode' && payload.id === id && 'x' in payload.metadata ? [payload.metadata.x] : [],
  );
  return places.at(-1);
}

/**
 * Whether a change that lets a node stay where it is seen, or no longer, comes too late: somebody has placed the node since,
 * which is not any more where the inverse of the changes would put it.
 */
function isSuperseded({ name, metadata }: BareNode, { pinned }: GraphMetadata, inverse: readonly Change[]): boolean {
  return pinned !== undefined && (metadata.x ?? null) !== (placedBy(inverse, name) ?? null);
}

/**
 * Changes that still matter when they are made later than they were meant: where a node is drawn that others have deleted or
 * placed meanwhile does not keep the rest of an edit from being done.
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

/** An edit of ours that the server has not acknowledged yet. It is done wholly or not at all. */
export interface Pending {
  readonly id: string;
  /** The entry of the history that it does or takes back. */
  readonly entry: string;
  /** What it does, for a sentence: `set limit RATE to 5`. */
  readonly label: string;
  readonly changes: Changes;
  /** What would take the changes back. */
  readonly inverse: Changes;
  /** Whether it was sent, so that the server may have it. */
  readonly sent: boolean;
}

/** The shared draft: what the server is known to have, what is on its way there, and what one sees, which is both together. */
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

/** A subgraph as one sees it: as the server is known to have it, with what is on its way there. */
export function insideView(
  component: string,
  confirmed: EditorGraph,
  { pending }: Pick<Draft, 'pending'>,
): EditorGraph {
  const changes = pending.flatMap(({ changes }) => changesOf(changes, component));
  return changes.length > 0 ? applyAll(confirmed, changes) : confirmed;
}

/** Takes in an edit of ours, to be seen at once. */
export const withEdit = (before: Draft, more: Pending): Draft => ({
  ...before,
  pending: [...before.pending, more],
  view: applyAll(before.view, changesOf(more.changes)),
});

/** An edit of ours is on its way. */
export const withSentEdit = (before: Draft, id: string): Draft => ({
  ...before,
  pending: before.pending.map(each => (each.id === id ? { ...each, sent: true } : each)),
});

/** The server has taken an edit of ours. */
export function acknowledged(before: Draft, id: string): Draft {
  const index = before.pending.findIndex(pending => pending.id === id);
  const taken = before.pending[index];
  if (!taken) return before;
  const confirmed = applyAll(before.confirmed, changesOf(taken.changes));
  const pending = before.pending.toSpliced(index, 1);
  // The order in which the server took them is the order in which they were made, so the view stays.
  return index === 0 ? { ...before, confirmed, pending } : draft(confirmed, pending);
}

/** An edit of ours is not to be: the server has turned it down, or it was undone before it was sent. */
export const withoutEdit = (before: Draft, id: string): Draft =>
  draft(
    before.confirmed,
    before.pending.filter(pending => pending.id !== id),
  );

/** Somebody else has changed the draft. */
export const withOthersChange = (before: Draft, change: Change): Draft =>
  draft(othersChange(before.confirmed, change), before.pending);

/** A graph after a change as the server tells it. */
export const othersChange = (graph: EditorGraph, change: Change): EditorGraph => apply(graph, whole(graph, change));

/** A change as the server tells it, which has all metadata that is left: what isn't in it is gone. */
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

/** The server's draft is another one now. What is on its way stays on top of it. */
export const replaced = (before: Draft, confirmed: EditorGraph): Draft => draft(confirmed, before.pending);

/** An edit that can't be brought in any more, and why. */
interface LostEdit {
  readonly entry: string;
  readonly sentence: string;
}

/**
 * What is to be brought in again after a lost connection, on top of the draft as it is now: what came through before is
 * dropped, and what is impossible by now is told in sentences.
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
