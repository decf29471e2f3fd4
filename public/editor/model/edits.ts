import { type BareEdge, type BareInitial, equal, type GraphMetadata, type PortRef } from '../../../src/model/graph.ts';
import type { Change } from '../../../src/model/graph-commands.ts';
import { plainPort } from '../../../src/model/graph-lookup.ts';
import { called, freeName } from '../../../src/model/words.ts';
import { brief } from './card.ts';
import { shortName } from './component.ts';
import type { EditorChange } from './draft.ts';
import { type CanvasPoint, type EditorGraph, edgeKey, edgeName, edgesOf, initialsAt } from './graph.ts';

/** A user's edit; the label names it in Undo and Redo. */
export interface Edit {
  readonly label: string;
  readonly changes: readonly EditorChange[];
}

const unwired = ({ from, to }: BareEdge): Change => ({
  command: 'removeedge',
  payload: { src: plainPort(from), tgt: plainPort(to) },
});

export const addNodeEdit = (name: string, component: string, { x, y }: CanvasPoint): Edit => ({
  label: `add ${shortName(component)}`,
  changes: [{ command: 'addnode', payload: { id: name, component, metadata: { x, y } } }],
});

export const renameNodeEdit = (from: string, to: string): Edit => ({
  label: `rename ${from} to ${to}`,
  changes: [{ command: 'renamenode', payload: { from, to } }],
});

const placed = ({ x, y }: CanvasPoint): GraphMetadata => ({ x: Math.round(x), y: Math.round(y) });

/** Moves nodes to positions. */
export const moveEdit = (graph: EditorGraph, places: ReadonlyMap<string, CanvasPoint>, label = 'move'): Edit => ({
  label,
  changes: [...places].map(([id, place]) => ({
    command: 'changenode',
    // A position set by hand is no longer pinned by the layout.
    payload: {
      id,
      metadata: { ...placed(place), ...(graph.nodes.get(id)?.metadata.pinned === true && { pinned: null }) },
    },
  })),
});

/** Pins nodes where the layout put them; not a move by hand. */
export const pinEdit = (places: ReadonlyMap<string, CanvasPoint>): readonly Change[] =>
  [...places].map(([id, place]) => ({
    command: 'changenode',
    payload: { id, metadata: { ...placed(place), pinned: true } },
  }));

/** Moves nodes aside to make room. Nodes without a position set by hand are pinned there. */
export const moveAside = (graph: EditorGraph, places: ReadonlyMap<string, CanvasPoint>): readonly Change[] =>
  [...places].map(([id, place]) => ({
    command: 'changenode',
    payload: {
      id,
      metadata: { ...placed(place), ...(!('x' in (graph.nodes.get(id)?.metadata ?? {})) && { pinned: true }) },
    },
  }));

export const connectEdit = (from: PortRef, to: PortRef): Edit => ({
  label: `connect ${edgeName({ from, to })}`,
  changes: [{ command: 'addedge', payload: { src: from, tgt: to, metadata: {} } }],
});

export const disconnectEdit = (edge: BareEdge): Edit => ({
  label: `disconnect ${edgeName(edge)}`,
  changes: [unwired(edge)],
});

/**
 * Removes initial packets, last first, so that undo restores their order. Equal ones of a port are removed together.
 */
function unset(initials: readonly BareInitial[]): readonly Change[] {
  const changes = initials.map(
    ({ data, to }): Change => ({ command: 'removeinitial', payload: { src: { data }, tgt: plainPort(to) } }),
  );
  return [...new Map(changes.map(change => [JSON.stringify(change), change])).values()].toReversed();
}

/** Sets a port's only initial packet; undefined removes all. No changes if the value is the same. */
export function setEdit(graph: EditorGraph, to: PortRef, data: unknown): Edit {
  const before = initialsAt(graph, to);
  const same = data === undefined ? before.length === 0 : before.length === 1 && equal(before[0]!.data, data);
  const removed = unset(before);
  const added: Change[] =
    data === undefined ? [] : [{ command: 'addinitial', payload: { src: { data }, tgt: to, metadata: {} } }];
  const setting = called(to);
  const label = data === undefined ? `clear ${setting}` : `set ${setting} to ${brief(data)}`;
  return { label, changes: same ? [] : [...removed, ...added] };
}

function removedNode(graph: EditorGraph, name: string): readonly Change[] {
  const outer = (ports: EditorGraph['inports']) => [...ports.values()].filter(({ node }) => node === name);
  return [
    ...unset(graph.initials.filter(({ to }) => to.node === name)),
    ...outer(graph.inports).map((port): Change => ({ command: 'removeinport', payload: { public: port.name } })),
    ...outer(graph.outports).map((port): Change => ({ command: 'removeoutport', payload: { public: port.name } })),
    { command: 'removenode', payload: { id: name } },
  ];
}

/** Removes nodes with their wires and settings, and edges; as separate changes, so that undo restores everything. */
export function removeEdit(graph: EditorGraph, nodes: ReadonlySet<string>, edges: ReadonlySet<string>): Edit {
  const hanging = [...nodes].flatMap(node => edgesOf(graph, node)).map(edge => [edgeKey(edge), edge] as const);
  const chosen = [...graph.edges].filter(([key]) => edges.has(key));
  const wires = new Map([...hanging, ...chosen]);
  // Removing last first lets undo restore the order.
  const present = [...graph.nodes.keys()].filter(node => nodes.has(node)).toReversed();
  const things = [...present, ...chosen.map(([, edge]) => edgeName(edge))];
  return {
    label: `delete ${things.length === 1 ? things[0] : `${things.length} things`}`,
    changes: [
      ...[...graph.edges].toReversed().flatMap(([key, edge]) => (wires.has(key) ? [unwired(edge)] : [])),
      ...ungrouped(graph, nodes),
      ...present.flatMap(node => removedNode(graph, node)),
    ],
  };
}

/** Removes nodes from their groups, and groups that become empty. */
function ungrouped(graph: EditorGraph, nodes: ReadonlySet<string>): readonly Change[] {
  return [...graph.groups.values()].flatMap((group): Change[] => {
    const rest = group.nodes.filter(name => !nodes.has(name));
    if (rest.length === group.nodes.length) return [];
    const removed: Change = { command: 'removegroup', payload: { name: group.name } };
    return rest.length === 0 ? [removed] : [removed, { command: 'addgroup', payload: { ...group, nodes: rest } }];
  });
}

export function groupEdit(graph: EditorGraph, nodes: ReadonlySet<string>): Edit {
  const name = freeName(groupName(graph, nodes), graph.groups);
  return {
    label: `group ${nodes.size} nodes`,
    changes: [{ command: 'addgroup', payload: { name, nodes: [...nodes], metadata: {} } }],
  };
}

/** Limit of components in a group's initial name. */
const MAX_NAMED = 3;

/** A group's initial name: its components, without duplicates. */
function groupName(graph: EditorGraph, nodes: ReadonlySet<string>): string {
  const kinds = new Set([...nodes].map(name => shortName(graph.nodes.get(name)?.component ?? '') || name));
  const names = [...kinds].slice(0, MAX_NAMED).join(', ');
  return kinds.size > MAX_NAMED ? `${names} and more` : names;
}

export const ungroupEdit = (name: string): Edit => ({
  label: `ungroup ${name}`,
  changes: [{ command: 'removegroup', payload: { name } }],
});

export const renameGroupEdit = (from: string, to: string): Edit => ({
  label: `rename ${from} to ${to}`,
  changes: [{ command: 'renamegroup', payload: { from, to } }],
});
