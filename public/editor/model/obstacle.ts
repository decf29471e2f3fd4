import { apply, isMeant } from './apply.ts';
import type { Change } from './change.ts';
import { type Components, declaredAt } from './fits.ts';
import { edgeKey, edgeName, type Graph, initialsAt, type Port, portName } from './graph.ts';
import { type Side, sideWord } from './outers.ts';

/** Says whether a port takes an index; such a one may have several settings. */
export type Addressable = (graph: Graph, port: Port) => boolean;

export const addressableBy =
  (components: Components): Addressable =>
  (graph, port) =>
    declaredAt(graph, components, port, 'inports')?.addressable === true;

/** Why changes can't be brought in to this graph one after the other, in a sentence; nothing where all of them can. */
export function obstacleTo(graph: Graph, changes: readonly Change[], addressable: Addressable): string | undefined {
  // A port that the changes themselves set may have had several values before.
  const set = new Set<string>();
  let now = graph;
  for (const change of changes) {
    const port = change.command === 'addinitial' ? JSON.stringify(change.payload.tgt) : '';
    const reason = obstacle(now, change, (graph, at) => set.has(port) || addressable(graph, at));
    if (reason) return reason;
    if (port) set.add(port);
    now = apply(now, change);
  }
  return undefined;
}

/** Why a change can't be brought in to this graph, in a sentence; nothing where it can. */
export function obstacle(
  graph: Graph,
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
      return groupObstacle(graph, { command, payload } as Change);
  }
}

/** The same for groups. */
function groupObstacle({ groups, nodes }: Graph, { command, payload }: Change): string | undefined {
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
