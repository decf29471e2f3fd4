import { indexOfInitial, sameData } from './apply.ts';
import type { Change } from './change.ts';
import { edgeKey, edgeName, type Graph, initialsAt, portName } from './graph.ts';
import { type Side, sideWord } from './outers.ts';

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
      return missing(payload.tgt.node);
    case 'removeinitial': {
      const { tgt } = payload;
      return indexOfInitial(graph, payload) < 0 ? `${tgt.node} ${portName(tgt)} has another setting now` : undefined;
    }
    default:
      return outerObstacle(graph, { command, payload } as Change);
  }
}

/** The same for the graph's own ports. */
function outerObstacle(graph: Graph, { command, payload }: Change): string | undefined {
  const absent = (side: Side, name: string) =>
    graph[side].has(name) ? undefined : `there is no ${sideWord(side)} ${name.toUpperCase()} any more`;
  const twin = (side: Side, name: string) =>
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
    case 'addinport':
    case 'addoutport':
      return `make ${payload.node} ${payload.port.toUpperCase()} the ${command.slice(3)} ${payload.public.toUpperCase()}`;
    case 'removeinport':
    case 'removeoutport':
      return `remove the ${command.slice(6)} ${payload.public.toUpperCase()}`;
    case 'renamenode':
    case 'renameinport':
    case 'renameoutport':
    case 'renamegroup':
      return `rename ${payload.from} to ${payload.to}`;
    default:
      return `${command} ${payload.name}`;
  }
}
