import { merged, sameData } from './apply.ts';
import type { Change } from './change.ts';
import { edgeKey, type Graph, initialsAt, type Metadata } from './graph.ts';

/** Whether the graph is already as the changes would make it: they came through before the connection was lost. */
export function areDone(graph: Graph, changes: readonly Change[]): boolean {
  const again = new Set(changes.flatMap(({ command, payload }) => (command === 'addgroup' ? [payload.name] : [])));
  return changes.every(
    change => isDone(graph, change) || (change.command === 'removegroup' && again.has(change.payload.name)),
  );
}

/** Whether metadata have what a change would give them. */
const have = (metadata: Metadata | undefined, changed: Metadata): boolean =>
  metadata !== undefined && sameData(merged(metadata, changed), metadata);

function isDone(graph: Graph, { command, payload }: Change): boolean {
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
      return isOuterDone(graph, { command, payload } as Change);
  }
}

function isOuterDone(graph: Graph, { command, payload }: Change): boolean {
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
