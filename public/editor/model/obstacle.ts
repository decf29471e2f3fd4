import { indexOfInitial, sameData } from './apply.ts';
import type { Change } from './change.ts';
import { edgeKey, edgeName, type Graph, initialsAt, portName } from './graph.ts';

/** Why a change can't be brought in to this graph, in a sentence; nothing where it can. */
export function obstacle(graph: Graph, { command, payload }: Change): string | undefined {
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
    case 'addedge':
      return missing(payload.src.node) ?? missing(payload.tgt.node);
    case 'removeedge':
    case 'changeedge': {
      const edge = { from: payload.src, to: payload.tgt };
      return graph.edges.has(edgeKey(edge)) ? undefined : `the wire ${edgeName(edge)} is gone`;
    }
    case 'addinitial':
    case 'addinport':
    case 'addoutport':
      return missing('tgt' in payload ? payload.tgt.node : payload.node);
    case 'removeinitial': {
      const { tgt } = payload;
      return indexOfInitial(graph, payload) < 0 ? `${tgt.node} ${portName(tgt)} has another setting now` : undefined;
    }
    default:
      return undefined;
  }
}

/** Whether the graph is already as the change would make it: it came through before the connection was lost. */
export function isDone(graph: Graph, { command, payload }: Change): boolean {
  switch (command) {
    case 'addnode':
      return graph.nodes.get(payload.id)?.component === payload.component;
    case 'removenode':
      return !graph.nodes.has(payload.id);
    case 'renamenode':
      return !graph.nodes.has(payload.from) && graph.nodes.has(payload.to);
    case 'addedge':
      return graph.edges.has(edgeKey({ from: payload.src, to: payload.tgt }));
    case 'removeedge':
      return !graph.edges.has(edgeKey({ from: payload.src, to: payload.tgt }));
    case 'addinitial':
      return initialsAt(graph, payload.tgt).some(({ data }) => sameData(data, payload.src.data));
    case 'removeinitial':
      return !initialsAt(graph, payload.tgt).some(({ data }) => sameData(data, payload.src.data));
    case 'removegroup':
      return !graph.groups.has(payload.name);
    default:
      return false;
  }
}

/** What a change does, for a sentence: `set limit RATE`. */
export function called({ command, payload }: Change): string {
  const port = (verb: string, { node, ...rest }: { node: string; port: string; index?: number }) =>
    `${verb} ${node} ${portName(rest)}`;
  switch (command) {
    case 'addnode':
      return `add ${payload.id}`;
    case 'removenode':
      return `delete ${payload.id}`;
    case 'changenode':
      return `move ${payload.id}`;
    case 'addedge':
      return `connect ${edgeName({ from: payload.src, to: payload.tgt })}`;
    case 'removeedge':
    case 'changeedge':
      return `change ${edgeName({ from: payload.src, to: payload.tgt })}`;
    case 'addinitial':
      return port('set', payload.tgt);
    case 'removeinitial':
      return port('clear', payload.tgt);
    case 'renamenode':
    case 'renameinport':
    case 'renameoutport':
    case 'renamegroup':
      return `rename ${payload.from} to ${payload.to}`;
    default:
      return `${command} ${'public' in payload ? payload.public : payload.name}`;
  }
}
