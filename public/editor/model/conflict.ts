import { apply, isMeant, merged, sameData } from './apply.ts';
import type { Change } from './change.ts';
import { type Components, declaredAt } from './fits.ts';
import {
  type EditorGraph,
  type EditorNode,
  edgeKey,
  edgeName,
  type GraphMetadata,
  initialsAt,
  type PortRef,
  portName,
} from './graph.ts';
import { type PortSide, sideWord } from './outers.ts';

/** Says whether a port takes an index; such a one may have several settings. */
export type Addressable = (graph: EditorGraph, port: PortRef) => boolean;

export const addressableBy =
  (components: Components): Addressable =>
  (graph, port) =>
    declaredAt(graph, components, port, 'inports')?.addressable === true;

/** Why changes can't be brought in to this graph one after the other, in a sentence; nothing where all of them can. */
export function conflictWith(
  graph: EditorGraph,
  changes: readonly Change[],
  addressable: Addressable,
): string | undefined {
  // A port that the changes themselves set may have had several values before.
  const set = new Set<string>();
  let now = graph;
  for (const change of changes) {
    const port = change.command === 'addinitial' ? JSON.stringify(change.payload.tgt) : '';
    const reason = conflictOf(now, change, (graph, at) => set.has(port) || addressable(graph, at));
    if (reason) return reason;
    if (port) set.add(port);
    now = apply(now, change);
  }
  return undefined;
}

/** Why a change can't be brought in to this graph, in a sentence; nothing where it can. */
export function conflictOf(
  graph: EditorGraph,
  { command, payload }: Change,
  addressable: Addressable = () => false,
): string | undefined {
  const missing = (node: string) => (graph.nodes.has(node) ? undefined : `there is no node ${node} any more`);
  switch (command) {
    case 'addnode':
      return graph.nodes.has(payload.id) ? `there is another node ${payload.id} now` : undefined;
    case 'removenode':
    case 'changenode':
      return missing(payload.id);
    case 'renamenode':
      return (
        missing(payload.from) ?? (graph.nodes.has(payload.to) ? `there is a node ${payload.to} already` : undefined)
      );
    case 'addedge': {
      const edge = { from: payload.src, to: payload.tgt };
      const twin = graph.edges.has(edgeKey(edge)) ? `the wire ${edgeName(edge)} is there already` : undefined;
      return missing(payload.src.node) ?? missing(payload.tgt.node) ?? twin;
    }
    case 'removeedge':
    case 'changeedge': {
      const edge = { from: payload.src, to: payload.tgt };
      return graph.edges.has(edgeKey(edge)) ? undefined : `the wire ${edgeName(edge)} is gone`;
    }
    case 'addinitial': {
      const { tgt } = payload;
      const taken = initialsAt(graph, tgt).length > 0 && !addressable(graph, tgt);
      return missing(tgt.node) ?? (taken ? `${tgt.node} ${portName(tgt)} has another setting now` : undefined);
    }
    case 'removeinitial': {
      const { tgt } = payload;
      const there = graph.initials.some(initial => isMeant(initial, payload));
      return there ? undefined : `${tgt.node} ${portName(tgt)} has another setting now`;
    }
    default:
      return outerConflict(graph, { command, payload } as Change);
  }
}

/** The same for the graph's own ports. */
function outerConflict(graph: EditorGraph, { command, payload }: Change): string | undefined {
  const absent = (side: PortSide, name: string) =>
    graph[side].has(name) ? undefined : `there is no ${sideWord(side)} ${name.toUpperCase()} any more`;
  const twin = (side: PortSide, name: string) =>
    graph[side].has(name) ? `there is an ${sideWord(side)} ${name.toUpperCase()} already` : undefined;
  const side = command.endsWith('inport') ? 'inports' : 'outports';
  switch (command) {
    case 'addinport':
    case 'addoutport': {
      const { node } = payload;
      return graph.nodes.has(node) ? twin(side, payload.public) : `there is no node ${node} any more`;
    }
    case 'removeinport':
    case 'removeoutport':
      return absent(side, payload.public);
    case 'renameinport':
    case 'renameoutport':
      return absent(side, payload.from) ?? twin(side, payload.to);
    default:
      return groupConflict(graph, { command, payload } as Change);
  }
}

/** The same for groups. */
function groupConflict({ groups, nodes }: EditorGraph, { command, payload }: Change): string | undefined {
  const absent = (name: string) => (groups.has(name) ? undefined : `there is no group ${name} any more`);
  const twin = (name: string) => (groups.has(name) ? `there is a group ${name} already` : undefined);
  switch (command) {
    case 'addgroup': {
      const gone = payload.nodes.find(name => !nodes.has(name));
      return gone === undefined ? twin(payload.name) : `there is no node ${gone} any more`;
    }
    case 'removegroup':
    case 'changegroup':
      return absent(payload.name);
    case 'renamegroup':
      return absent(payload.from) ?? twin(payload.to);
    default:
      return undefined;
  }
}

/** Whether the graph is already as the changes would make it: they came through before the connection was lost. */
export function areApplied(graph: EditorGraph, changes: readonly Change[]): boolean {
  const again = new Set(changes.flatMap(({ command, payload }) => (command === 'addgroup' ? [payload.name] : [])));
  return changes.every(
    change => isApplied(graph, change) || (change.command === 'removegroup' && again.has(change.payload.name)),
  );
}

/** Whether metadata have what a change would give them. */
const have = (metadata: GraphMetadata | undefined, changed: GraphMetadata): boolean =>
  metadata !== undefined && sameData(merged(metadata, changed), metadata);

function isApplied(graph: EditorGraph, { command, payload }: Change): boolean {
  switch (command) {
    case 'addnode':
      return graph.nodes.get(payload.id)?.component === payload.component;
    case 'removenode':
      return !graph.nodes.has(payload.id);
    case 'renamenode':
      return !graph.nodes.has(payload.from) && graph.nodes.has(payload.to);
    case 'changenode':
      return have(graph.nodes.get(payload.id)?.metadata, payload.metadata);
    case 'addedge':
      return graph.edges.has(edgeKey({ from: payload.src, to: payload.tgt }));
    case 'changeedge':
      return have(graph.edges.get(edgeKey({ from: payload.src, to: payload.tgt }))?.metadata, payload.metadata);
    case 'removeedge':
      return !graph.edges.has(edgeKey({ from: payload.src, to: payload.tgt }));
    case 'addinitial':
      return initialsAt(graph, payload.tgt).some(({ data }) => sameData(data, payload.src.data));
    case 'removeinitial':
      return !initialsAt(graph, payload.tgt).some(({ data }) => sameData(data, payload.src.data));
    case 'addgroup':
      return sameData(graph.groups.get(payload.name)?.nodes, payload.nodes);
    case 'removegroup':
      return !graph.groups.has(payload.name);
    case 'renamegroup':
      return !graph.groups.has(payload.from) && graph.groups.has(payload.to);
    case 'changegroup':
      return have(graph.groups.get(payload.name)?.metadata, payload.metadata);
    default:
      return isOuterApplied(graph, { command, payload } as Change);
  }
}

function isOuterApplied(graph: EditorGraph, { command, payload }: Change): boolean {
  const outers = command.endsWith('inport') ? graph.inports : graph.outports;
  switch (command) {
    case 'addinport':
    case 'addoutport': {
      const there = outers.get(payload.public);
      return there?.node === payload.node && there.port === payload.port;
    }
    case 'removeinport':
    case 'removeoutport':
      return !outers.has(payload.public);
    case 'renameinport':
    case 'renameoutport':
      return !outers.has(payload.from) && outers.has(payload.to);
    default:
      return false;
  }
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
function isSuperseded({ name, metadata }: EditorNode, { pinned }: GraphMetadata, inverse: readonly Change[]): boolean {
  return pinned !== undefined && (metadata.x ?? null) !== (placedBy(inverse, name) ?? null);
}

/**
 * Changes that still matter when they are made later than they were meant: where a node is drawn that others have deleted or
 * placed meanwhile does not keep the rest of an edit from being done.
 */
export function rebase(graph: EditorGraph, changes: readonly Change[], inverse: readonly Change[]): readonly Change[] {
  const coming = new Set(
    changes.flatMap(({ command, payload }) =>
      command === 'addnode' ? [payload.id] : command === 'renamenode' ? [payload.to] : [],
    ),
  );
  const left = changes.filter(({ command, payload }) => {
    if (command !== 'changenode' || coming.has(payload.id)) return true;
    const node = graph.nodes.get(payload.id);
    return node !== undefined && !isSuperseded(node, payload.metadata, inverse);
  });
  return left.length > 0 ? left : changes;
}
