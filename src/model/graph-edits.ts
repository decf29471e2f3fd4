import { type EditableGraph, nameKey, nodeKey, portsKey, type Table, toEditable } from './editable-graph.ts';
import {
  type BareEdge,
  type BareInitial,
  type BareNode,
  type BareOuterPort,
  emptyGraph,
  equal,
  type GraphSide,
  type Group,
} from './graph.ts';
import type { Change, Command, EditPayloads } from './graph-commands.ts';
import {
  edgeIdentity,
  findEdge,
  findGroup,
  findInitial,
  findOuter,
  isAt,
  isSameEdge,
  NOWHERE,
  nodesByName,
  plainPort,
  portIdentity,
  refuseBeyondLimit,
  refuseEdgeTwin,
  refuseGroupTwin,
  refuseNodeTwin,
  refuseOuterTwin,
  requireNode,
} from './graph-lookup.ts';
import { MAX_EDGES, MAX_INITIALS, MAX_NODES } from './limits.ts';
import { mergedMetadata, optionalMetadata, sendableMetadata, withoutOwnName } from './metadata.ts';
import type { Payload } from './payload.ts';
import { Refused } from './refused.ts';
import { portName, shown } from './words.ts';

const MAX_GROUPS = 1000;
const MAX_OUTERS = 1000;

const EMPTY = toEditable(emptyGraph());

/**
 * The graph after an edit, and the changes to announce. Announced metadata is complete: a key that is not in it was
 * deleted.
 */
export interface EditResult {
  readonly graph: EditableGraph;
  readonly changes: readonly Change[];
}

/**
 * A command: `apply` makes the change or throws Refused with the reason; `inverse` gives the changes that undo it,
 * computed on the graph before it.
 */
interface EditCommand<Content> {
  readonly apply: (graph: EditableGraph, payload: Content) => EditResult;
  readonly inverse: (graph: EditableGraph, payload: Content) => readonly Change[];
}

const told = <Name extends Command>(command: Name, payload: EditPayloads[Name]) => ({ command, payload }) as Change;

/** The change that restores earlier metadata. */
const restored = (before: Payload = {}, changed: Payload): Payload =>
  Object.fromEntries(Object.keys(changed).map(key => [key, before[key] ?? null]));

const edgeOf = ({ src, tgt }: EditPayloads['removeedge']) => ({
  from: { ...src, place: NOWHERE },
  to: { ...tgt, place: NOWHERE },
});
const ends = ({ from, to }: BareEdge) => ({ src: plainPort(from), tgt: plainPort(to) });
const changedEdge = ({ edges }: EditableGraph, edge: BareEdge, change: (edge: BareEdge) => BareEdge | undefined) =>
  edges.update(portsKey(edge.from, edge.to), other => (isSameEdge(other, edge) ? change(other) : other));
const addEdge = (edge: BareEdge) => told('addedge', { ...ends(edge), metadata: edge.metadata ?? {} });

/** Announces removed edges; duplicates once, as they are removed together. */
const edgesGone = (edges: readonly BareEdge[]) =>
  [...new Map(edges.map(edge => [edgeIdentity(edge), edge])).values()].map(edge => told('removeedge', ends(edge)));

/** Announces removed initial packets; equal ones once, as they are removed together. */
function initialsGone(initials: readonly BareInitial[]): readonly Change[] {
  const distinct = new Map<string, BareInitial[]>();
  for (const initial of initials) {
    const there = distinct.get(portIdentity(initial.to)) ?? [];
    if (!there.some(isLike(initial))) distinct.set(portIdentity(initial.to), [...there, initial]);
  }
  return [...distinct.values()]
    .flat()
    .map(({ data, to }) => told('removeinitial', { src: { data }, tgt: plainPort(to) }));
}

const isLike =
  ({ to, data }: BareInitial) =>
  (other: BareInitial): boolean =>
    isAt(other.to, to) && equal(other.data, data);

/** Thrown if an edit would remove something that somebody else changed meanwhile. */
export class StaleEdit extends Refused {}

/** The initial packets that a change removes: all of a port, or those with the given data. */
function initialsMeant(
  graph: EditableGraph,
  { src: { data }, tgt }: EditPayloads['removeinitial'],
): readonly BareInitial[] {
  const there = findInitial(graph, tgt);
  const meant = data === undefined ? there : there.filter(initial => equal(initial.data, data));
  if (meant.length > 0) return meant;
  const now = there.map(initial => shown(initial.data)).join(' and ');
  throw new StaleEdit(
    `${portName(there[0]!.to)} of ${tgt.node} is ${now} by now, not ${shown(data)}; look at it again`,
  );
}

const isLast = ({ nodes }: Group, id: string): boolean => nodes.every(node => node === id);

/** The changes that remove everything connected to a node. */
function cut({ edges, initials, inports, outports, groups }: EditableGraph, id: string): readonly Change[] {
  const at = nodeKey(id);
  return [
    ...edgesGone(edges.at(at)),
    ...initialsGone(initials.at(at)),
    ...inports.at(at).map(({ name }) => told('removeinport', { public: name })),
    ...outports.at(at).map(({ name }) => told('removeoutport', { public: name })),
    ...groups.at(at).flatMap(group => (isLast(group, id) ? [told('removegroup', { name: group.name })] : [])),
  ];
}

/** The commands for the graph's own inports or outports. */
function outerEdits<Word extends 'inport' | 'outport'>(word: Word) {
  const side: GraphSide = `${word}s`;
  const having = (graph: EditableGraph, outers: Table<BareOuterPort>): EditableGraph => ({ ...graph, [side]: outers });
  const added = ({ name, node, port, metadata = {} }: BareOuterPort) =>
    told(`add${word}`, { public: name, node, port, ...optionalMetadata(metadata) });
  const add: EditCommand<EditPayloads['addinport']> = {
    apply(graph, { public: outer, node, port, metadata }) {
      requireNode(graph, node);
      refuseOuterTwin(graph, side, outer);
      refuseBeyondLimit(graph[side].size, MAX_OUTERS, `outer ${side}`);
      const one = { name: outer, node, port, ...optionalMetadata(mergedMetadata({}, metadata ?? {})), place: NOWHERE };
      return { graph: having(graph, graph[side].add(one)), changes: [added(one)] };
    },
    inverse: (_, payload) => [told(`remove${word}`, { public: payload.public })],
  };
  const remove: EditCommand<EditPayloads['removeinport']> = {
    apply(graph, payload) {
      const { name: outer } = findOuter(graph, side, payload.public);
      const left = graph[side].update(nameKey(outer.toLowerCase()), each => (each.name === outer ? undefined : each));
      return { graph: having(graph, left), changes: [told(`remove${word}`, { public: outer })] };
    },
    inverse: (graph, payload) => [added(findOuter(graph, side, payload.public))],
  };
  const rename: EditCommand<EditPayloads['renameinport']> = {
    apply(graph, { from: wanted, to }) {
      const { name: from } = findOuter(graph, side, wanted);
      const changes = [told(`rename${word}`, { from, to })];
      if (from === to) return { graph, changes };
      refuseOuterTwin(graph, side, to);
      const named = (each: BareOuterPort) => (each.name === from ? { ...each, name: to } : each);
      return { graph: having(graph, graph[side].update(nameKey(from.toLowerCase()), named)), changes };
    },
    inverse: (_, { from, to }) => [told(`rename${word}`, { from: to, to: from })],
  };
  return { add, remove, rename, added };
}

const inports = outerEdits('inport');
const outports = outerEdits('outport');

const addNode = ({ name, component, metadata }: BareNode) => told('addnode', { id: name, component, metadata });
const addInitial = ({ data, to, metadata = {} }: BareInitial) =>
  told('addinitial', { src: { data }, tgt: plainPort(to), metadata });
const addGroup = ({ name, nodes, metadata }: Group) => told('addgroup', { name, nodes, metadata });

const EDITS: { readonly [Name in Command]: EditCommand<EditPayloads[Name]> } = {
  /** Empties the graph. Properties about its runtime stay, also on undo. */
  clear: {
    apply(graph, payload) {
      const { main: _, ...said } = payload;
      const after = { ...EMPTY, properties: { ...graph.properties, ...said } };
      return { graph: after, changes: [told('clear', payload)] };
    },
    inverse: graph => [
      ...[...nodesByName({ nodes: graph.nodes.list }).values()].map(addNode),
      ...graph.edges.list.map(addEdge),
      ...graph.initials.list.map(addInitial),
      ...graph.inports.list.map(inports.added),
      ...graph.outports.list.map(outports.added),
      ...graph.groups.list.map(addGroup),
    ],
  },
  addnode: {
    apply(graph, { id, component, metadata: given }) {
      refuseNodeTwin(graph, id);
      refuseBeyondLimit(graph.nodes.size, MAX_NODES, 'nodes');
      const metadata = withoutOwnName(id, mergedMetadata({}, given));
      const node = { name: id, component, metadata, place: NOWHERE };
      return { graph: { ...graph, nodes: graph.nodes.add(node) }, changes: [addNode(node)] };
    },
    inverse: (_, { id }) => [told('removenode', { id })],
  },
  /** Removes what is connected to the node first, so that no edge is ever left dangling. */
  removenode: {
    apply(graph, { id }) {
      requireNode(graph, id);
      const gone = () => undefined;
      const at = nodeKey(id);
      const after = {
        ...graph,
        nodes: graph.nodes.update(nameKey(id), gone),
        edges: graph.edges.update(at, gone),
        initials: graph.initials.update(at, gone),
        inports: graph.inports.update(at, gone),
        outports: graph.outports.update(at, gone),
        groups: graph.groups.update(at, group =>
          isLast(group, id) ? undefined : { ...group, nodes: group.nodes.filter(node => node !== id) },
        ),
      };
      return { graph: after, changes: [...cut(graph, id), told('removenode', { id })] };
    },
    inverse: (graph, { id }) => [
      addNode(requireNode(graph, id)),
      ...cut(graph, id).flatMap(change => inverseEdit(graph, change)),
      ...graph.groups
        .at(nodeKey(id))
        .flatMap(group => (isLast(group, id) ? [] : [told('removegroup', { name: group.name }), addGroup(group)])),
    ],
  },
  renamenode: {
    apply(graph, { from, to }) {
      requireNode(graph, from);
      const changes = [told('renamenode', { from, to })];
      if (from === to) return { graph, changes };
      refuseNodeTwin(graph, to);
      const at = nodeKey(from);
      const named = (node: string) => (node === from ? to : node);
      const moved = <End extends { readonly node: string }>(end: End): End => ({ ...end, node: named(end.node) });
      const after = {
        ...graph,
        nodes: graph.nodes.update(nameKey(from), node => ({ ...node, name: to })),
        edges: graph.edges.update(at, edge => ({ ...edge, from: moved(edge.from), to: moved(edge.to) })),
        initials: graph.initials.update(at, initial => ({ ...initial, to: moved(initial.to) })),
        inports: graph.inports.update(at, moved),
        outports: graph.outports.update(at, moved),
        groups: graph.groups.update(at, group => ({ ...group, nodes: group.nodes.map(named) })),
      };
      return { graph: after, changes };
    },
    inverse: (_, { from, to }) => [told('renamenode', { from: to, to: from })],
  },
  changenode: {
    apply(graph, { id, metadata: change }) {
      const metadata = withoutOwnName(id, mergedMetadata(requireNode(graph, id).metadata, change));
      const changes = [told('changenode', { id, metadata: sendableMetadata(metadata) })];
      if (Object.keys(change).length === 0) return { graph, changes };
      // Metadata of a second declaration would override this one.
      const nodes = graph.nodes.update(nameKey(id), (node, i) => ({ ...node, metadata: i === 0 ? metadata : {} }));
      return { graph: { ...graph, nodes }, changes };
    },
    inverse: (graph, { id, metadata }) => [
      told('changenode', { id, metadata: restored(requireNode(graph, id).metadata, metadata) }),
    ],
  },
  addedge: {
    apply(graph, payload) {
      const edge = edgeOf(payload);
      requireNode(graph, edge.from.node);
      requireNode(graph, edge.to.node);
      refuseEdgeTwin(graph, edge);
      refuseBeyondLimit(graph.edges.size, MAX_EDGES, 'wires');
      const added = { ...edge, ...optionalMetadata(mergedMetadata({}, payload.metadata)) };
      return { graph: { ...graph, edges: graph.edges.add(added) }, changes: [addEdge(added)] };
    },
    inverse: (_, { src, tgt }) => [told('removeedge', { src, tgt })],
  },
  removeedge: {
    apply(graph, payload) {
      const edge = findEdge(graph, edgeOf(payload));
      const edges = changedEdge(graph, edge, () => undefined);
      return { graph: { ...graph, edges }, changes: edgesGone([edge]) };
    },
    inverse: (graph, payload) => [addEdge(findEdge(graph, edgeOf(payload)))],
  },
  changeedge: {
    apply(graph, payload) {
      const edge = findEdge(graph, edgeOf(payload));
      const metadata = mergedMetadata(edge.metadata ?? {}, payload.metadata);
      const changes = [told('changeedge', { ...ends(edge), metadata: sendableMetadata(metadata) })];
      if (Object.keys(payload.metadata).length === 0) return { graph, changes };
      const edges = changedEdge(graph, edge, ({ from, to }) => ({ from, to, ...optionalMetadata(metadata) }));
      return { graph: { ...graph, edges }, changes };
    },
    inverse(graph, payload) {
      const edge = findEdge(graph, edgeOf(payload));
      return [told('changeedge', { ...ends(edge), metadata: restored(edge.metadata, payload.metadata) })];
    },
  },
  /** Adds an initial packet to a port; NoFlo allows several. */
  addinitial: {
    apply(graph, { src: { data }, tgt, metadata }) {
      requireNode(graph, tgt.node);
      refuseBeyondLimit(graph.initials.size, MAX_INITIALS, 'initial packets');
      const to = { ...tgt, place: NOWHERE };
      const initial = { data, to, ...optionalMetadata(mergedMetadata({}, metadata)), place: NOWHERE };
      return { graph: { ...graph, initials: graph.initials.add(initial) }, changes: [addInitial(initial)] };
    },
    // Equal ones are removed together.
    inverse: (graph, { src, tgt }) => [
      told('removeinitial', { src, tgt }),
      ...graph.initials
        .at(portsKey(tgt))
        .filter(isLike({ ...src, to: tgt }))
        .map(addInitial),
    ],
  },
  removeinitial: {
    apply(graph, payload) {
      const gone = new Set(initialsMeant(graph, payload));
      const initials = graph.initials.update(portsKey(payload.tgt), initial =>
        gone.has(initial) ? undefined : initial,
      );
      return { graph: { ...graph, initials }, changes: initialsGone([...gone]) };
    },
    inverse: (graph, payload) => initialsMeant(graph, payload).map(addInitial),
  },
  addinport: inports.add,
  removeinport: inports.remove,
  renameinport: inports.rename,
  addoutport: outports.add,
  removeoutport: outports.remove,
  renameoutport: outports.rename,
  addgroup: {
    apply(graph, { name, nodes, metadata: given }) {
      refuseGroupTwin(graph, name);
      refuseBeyondLimit(graph.groups.size, MAX_GROUPS, 'groups');
      for (const node of nodes) requireNode(graph, node);
      const group = { name, nodes, metadata: mergedMetadata({}, given) };
      return { graph: { ...graph, groups: graph.groups.add(group) }, changes: [addGroup(group)] };
    },
    inverse: (_, { name }) => [told('removegroup', { name })],
  },
  removegroup: {
    apply(graph, payload) {
      const { name } = findGroup(graph, payload.name);
      const groups = graph.groups.update(nameKey(name), () => undefined);
      return { graph: { ...graph, groups }, changes: [told('removegroup', { name })] };
    },
    inverse: (graph, { name }) => [addGroup(findGroup(graph, name))],
  },
  renamegroup: {
    apply(graph, { from, to }) {
      findGroup(graph, from);
      const changes = [told('renamegroup', { from, to })];
      if (from === to) return { graph, changes };
      refuseGroupTwin(graph, to);
      const groups = graph.groups.update(nameKey(from), group => ({ ...group, name: to }));
      return { graph: { ...graph, groups }, changes };
    },
    inverse: (_, { from, to }) => [told('renamegroup', { from: to, to: from })],
  },
  changegroup: {
    apply(graph, { name, metadata: change }) {
      const metadata = mergedMetadata(findGroup(graph, name).metadata, change);
      const changes = [told('changegroup', { name, metadata: sendableMetadata(metadata) })];
      if (Object.keys(change).length === 0) return { graph, changes };
      const groups = graph.groups.update(nameKey(name), group => ({ ...group, metadata }));
      return { graph: { ...graph, groups }, changes };
    },
    inverse: (graph, { name, metadata }) => [
      told('changegroup', { name, metadata: restored(findGroup(graph, name).metadata, metadata) }),
    ],
  },
};

const commandOf = (change: Change) => EDITS[change.command] as EditCommand<Change['payload']>;

/** Whether the graph protocol has this command. */
export const isCommand = (command: string): command is Command => Object.hasOwn(EDITS, command);

/** Applies a change. Throws Refused if it is impossible. */
export function applyEdit(graph: EditableGraph, change: Change): EditResult {
  return commandOf(change).apply(graph, change.payload);
}

/** The changes that undo a change, computed on the graph before it. Throws Refused if the change is impossible. */
export function inverseEdit(graph: EditableGraph, change: Change): readonly Change[] {
  return commandOf(change).inverse(graph, change.payload);
}
