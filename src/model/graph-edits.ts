import {
  type BareEdge,
  type BareGraph,
  type BareInitial,
  type BareNode,
  type BareOuterPort,
  equal,
  type GraphSide,
  type Group,
  renamed,
} from './graph.ts';
import type { Change, Command, EditPayloads } from './graph-commands.ts';
import {
  declared,
  edgeIdentity,
  findEdge,
  findGroup,
  findInitial,
  findOuter,
  isAt,
  isSameEdge,
  NOWHERE,
  portText,
  present,
  refuseBeyondLimit,
  refuseEdgeTwin,
  refuseGroupTwin,
  refuseNodeTwin,
  refuseOuterTwin,
  shown,
  site,
} from './graph-lookup.ts';
import { MAX_EDGES, MAX_INITIALS, MAX_NODES } from './limits.ts';
import { labelled, looking, mergedMetadata, type Payload, Refused, sendableMetadata } from './payload.ts';

const MAX_GROUPS = 1000;
const MAX_OUTERS = 1000;

const EMPTY = { nodes: [], edges: [], initials: [], inports: [], outports: [], groups: [] };

/** What an edit makes of a graph, and what is told of it. Metadata that is told is whole: what is not in it is gone. */
export interface EditResult {
  readonly graph: BareGraph;
  readonly changes: readonly Change[];
}

/** A command: does it, or throws Refused, which says why it can't be done; and what takes it back, in the graph before it. */
interface EditCommand<Content> {
  readonly apply: (graph: BareGraph, payload: Content) => EditResult;
  readonly inverse: (graph: BareGraph, payload: Content) => readonly Change[];
}

const told = <Name extends Command>(command: Name, payload: EditPayloads[Name]) => ({ command, payload }) as Change;

/** What takes metadata back to what it was. */
const restored = (before: Payload = {}, changed: Payload): Payload =>
  Object.fromEntries(Object.keys(changed).map(key => [key, before[key] ?? null]));

const edgeOf = ({ src, tgt }: EditPayloads['removeedge']) => ({
  from: { ...src, place: NOWHERE },
  to: { ...tgt, place: NOWHERE },
});
const ends = ({ from, to }: BareEdge) => ({ src: site(from), tgt: site(to) });
const addEdge = (edge: BareEdge) => told('addedge', { ...ends(edge), metadata: edge.metadata ?? {} });

/** Tells that edges are gone; one that a file has twice is told once, as both go. */
const edgesGone = (edges: readonly BareEdge[]) =>
  [...new Map(edges.map(edge => [edgeIdentity(edge), edge])).values()].map(edge => told('removeedge', ends(edge)));

/** Tells that initial packets are gone; equal ones once, as they go together. */
function initialsGone(initials: readonly BareInitial[]): readonly Change[] {
  const distinct: BareInitial[] = [];
  for (const initial of initials) if (!distinct.some(isLike(initial))) distinct.push(initial);
  return distinct.map(({ data, to }) => told('removeinitial', { src: { data }, tgt: site(to) }));
}

const isLike =
  ({ to, data }: BareInitial) =>
  (other: BareInitial): boolean =>
    isAt(other.to, to) && equal(other.data, data);

/** Refuses to take away what somebody else has changed meanwhile. */
export class StaleEdit extends Refused {}

/** The initial packets that a change takes away: those of a port, or only those with the data that is named. */
function initialsMeant(
  graph: BareGraph,
  { src: { data }, tgt }: EditPayloads['removeinitial'],
): readonly BareInitial[] {
  const there = findInitial(graph, tgt);
  const meant = data === undefined ? there : there.filter(initial => equal(initial.data, data));
  if (meant.length > 0) return meant;
  const now = there.map(initial => shown(initial.data)).join(' and ');
  throw new StaleEdit(
    `${portText(there[0]!.to)} of ${tgt.node} is ${now} by now, not ${shown(data)}; look at it again`,
  );
}

const isLast = ({ nodes }: Group, id: string): boolean => nodes.length > 0 && nodes.every(node => node === id);

/** The groups without a node; those that it was the last one of are gone. */
const without = (groups: readonly Group[], id: string): readonly Group[] =>
  groups
    .filter(group => !isLast(group, id))
    .map(group => (group.nodes.includes(id) ? { ...group, nodes: group.nodes.filter(node => node !== id) } : group));

/** Everything that goes with a node, as changes. */
function cut({ edges, initials, inports, outports, groups }: BareGraph, id: string): readonly Change[] {
  const at = (outers: readonly BareOuterPort[]) => outers.filter(({ node }) => node === id);
  return [
    ...edgesGone(edges.filter(({ from, to }) => from.node === id || to.node === id)),
    ...initialsGone(initials.filter(({ to }) => to.node === id)),
    ...at(inports).map(({ name }) => told('removeinport', { public: name })),
    ...at(outports).map(({ name }) => told('removeoutport', { public: name })),
    ...groups.filter(group => isLast(group, id)).map(({ name }) => told('removegroup', { name })),
  ];
}

/** The commands for one side of the graph's own ports. */
function outerEdits<Word extends 'inport' | 'outport'>(word: Word) {
  const side: GraphSide = `${word}s`;
  const having = (graph: BareGraph, outers: readonly BareOuterPort[]): BareGraph => ({ ...graph, [side]: outers });
  const added = ({ name, node, port, metadata = {} }: BareOuterPort) =>
    told(`add${word}`, { public: name, node, port, ...looking(metadata) });
  const add: EditCommand<EditPayloads['addinport']> = {
    apply(graph, { public: outer, node, port, metadata }) {
      present(graph, node);
      refuseOuterTwin(graph, side, outer);
      refuseBeyondLimit(graph[side].length, MAX_OUTERS, `outer ${side}`);
      const one = { name: outer, node, port, ...looking(mergedMetadata({}, metadata ?? {})), place: NOWHERE };
      return { graph: having(graph, [...graph[side], one]), changes: [added(one)] };
    },
    inverse: (_, payload) => [told(`remove${word}`, { public: payload.public })],
  };
  const remove: EditCommand<EditPayloads['removeinport']> = {
    apply(graph, payload) {
      const { name: outer } = findOuter(graph, side, payload.public);
      const left = graph[side].filter(other => other.name !== outer);
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
      return {
        graph: having(
          graph,
          graph[side].map(each => (each.name === from ? { ...each, name: to } : each)),
        ),
        changes,
      };
    },
    inverse: (_, { from, to }) => [told(`rename${word}`, { from: to, to: from })],
  };
  return { add, remove, rename, added };
}

const inports = outerEdits('inport');
const outports = outerEdits('outport');

const addNode = ({ name, component, metadata }: BareNode) => told('addnode', { id: name, component, metadata });
const addInitial = ({ data, to, metadata = {} }: BareInitial) =>
  told('addinitial', { src: { data }, tgt: site(to), metadata });
const addGroup = ({ name, nodes, metadata }: Group) => told('addgroup', { name, nodes, metadata });

const EDITS: { readonly [Name in Command]: EditCommand<EditPayloads[Name]> } = {
  /** Empties the graph, but for what its properties say of where it runs, which stays also when it is taken back. */
  clear: {
    apply(graph, payload) {
      const { main: _, ...said } = payload;
      const after = { ...graph, ...EMPTY, properties: { ...graph.properties, ...said } };
      return { graph: after, changes: [told('clear', payload)] };
    },
    inverse: graph => [
      ...[...declared(graph).values()].map(addNode),
      ...graph.edges.map(addEdge),
      ...graph.initials.map(addInitial),
      ...graph.inports.map(inports.added),
      ...graph.outports.map(outports.added),
      ...graph.groups.map(addGroup),
    ],
  },
  addnode: {
    apply(graph, { id, component, metadata: given }) {
      refuseNodeTwin(graph, id);
      refuseBeyondLimit(graph.nodes.length, MAX_NODES, 'nodes');
      const metadata = labelled(id, mergedMetadata({}, given));
      const node = { name: id, component, metadata, place: NOWHERE };
      return { graph: { ...graph, nodes: [...graph.nodes, node] }, changes: [addNode(node)] };
    },
    inverse: (_, { id }) => [told('removenode', { id })],
  },
  /** Takes away what is at the node first, so that nothing ever leads nowhere. */
  removenode: {
    apply(graph, { id }) {
      present(graph, id);
      const isElsewhere = ({ node }: { readonly node: string }) => node !== id;
      const after = {
        ...graph,
        nodes: graph.nodes.filter(node => node.name !== id),
        edges: graph.edges.filter(({ from, to }) => isElsewhere(from) && isElsewhere(to)),
        initials: graph.initials.filter(({ to }) => isElsewhere(to)),
        inports: graph.inports.filter(isElsewhere),
        outports: graph.outports.filter(isElsewhere),
        groups: without(graph.groups, id),
      };
      return { graph: after, changes: [...cut(graph, id), told('removenode', { id })] };
    },
    inverse: (graph, { id }) => [
      addNode(present(graph, id)),
      ...cut(graph, id).flatMap(change => inverseEdit(graph, change)),
      ...graph.groups
        .filter(group => group.nodes.includes(id) && !isLast(group, id))
        .flatMap(group => [told('removegroup', { name: group.name }), addGroup(group)]),
    ],
  },
  renamenode: {
    apply(graph, { from, to }) {
      present(graph, from);
      const changes = [told('renamenode', { from, to })];
      if (from === to) return { graph, changes };
      refuseNodeTwin(graph, to);
      return { graph: renamed(graph, new Map([[from, to]])), changes };
    },
    inverse: (_, { from, to }) => [told('renamenode', { from: to, to: from })],
  },
  changenode: {
    apply(graph, { id, metadata: change }) {
      const metadata = labelled(id, mergedMetadata(present(graph, id).metadata, change));
      const changes = [told('changenode', { id, metadata: sendableMetadata(metadata) })];
      if (Object.keys(change).length === 0) return { graph, changes };
      const first = graph.nodes.findIndex(node => node.name === id);
      // What a second declaration gives would count instead.
      const nodes = graph.nodes.map((node, i) =>
        node.name === id ? { ...node, metadata: i === first ? metadata : {} } : node,
      );
      return { graph: { ...graph, nodes }, changes };
    },
    inverse: (graph, { id, metadata }) => [
      told('changenode', { id, metadata: restored(present(graph, id).metadata, metadata) }),
    ],
  },
  addedge: {
    apply(graph, payload) {
      const edge = edgeOf(payload);
      present(graph, edge.from.node);
      present(graph, edge.to.node);
      refuseEdgeTwin(graph, edge);
      refuseBeyondLimit(graph.edges.length, MAX_EDGES, 'wires');
      const added = { ...edge, ...looking(mergedMetadata({}, payload.metadata)) };
      return { graph: { ...graph, edges: [...graph.edges, added] }, changes: [addEdge(added)] };
    },
    inverse: (_, { src, tgt }) => [told('removeedge', { src, tgt })],
  },
  removeedge: {
    apply(graph, payload) {
      const edge = findEdge(graph, edgeOf(payload));
      const edges = graph.edges.filter(other => !isSameEdge(other, edge));
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
      const changed = ({ from, to }: BareEdge) => ({ from, to, ...looking(metadata) });
      const edges = graph.edges.map(other => (isSameEdge(other, edge) ? changed(other) : other));
      return { graph: { ...graph, edges }, changes };
    },
    inverse(graph, payload) {
      const edge = findEdge(graph, edgeOf(payload));
      return [told('changeedge', { ...ends(edge), metadata: restored(edge.metadata, payload.metadata) })];
    },
  },
  /** Gives a port one more initial packet, as NoFlo allows several. */
  addinitial: {
    apply(graph, { src: { data }, tgt, metadata }) {
      present(graph, tgt.node);
      refuseBeyondLimit(graph.initials.length, MAX_INITIALS, 'initial packets');
      const to = { ...tgt, place: NOWHERE };
      const initial = { data, to, ...looking(mergedMetadata({}, metadata)), place: NOWHERE };
      return { graph: { ...graph, initials: [...graph.initials, initial] }, changes: [addInitial(initial)] };
    },
    // Equal ones go together.
    inverse: (graph, { src, tgt }) => [
      told('removeinitial', { src, tgt }),
      ...graph.initials.filter(isLike({ ...src, to: tgt })).map(addInitial),
    ],
  },
  removeinitial: {
    apply(graph, payload) {
      const gone = new Set(initialsMeant(graph, payload));
      const initials = graph.initials.filter(initial => !gone.has(initial));
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
      refuseBeyondLimit(graph.groups.length, MAX_GROUPS, 'groups');
      for (const node of nodes) present(graph, node);
      const group = { name, nodes, metadata: mergedMetadata({}, given) };
      return { graph: { ...graph, groups: [...graph.groups, group] }, changes: [addGroup(group)] };
    },
    inverse: (_, { name }) => [told('removegroup', { name })],
  },
  removegroup: {
    apply(graph, payload) {
      const { name } = findGroup(graph, payload.name);
      const groups = graph.groups.filter(other => other.name !== name);
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
      const groups = graph.groups.map(group => (group.name === from ? { ...group, name: to } : group));
      return { graph: { ...graph, groups }, changes };
    },
    inverse: (_, { from, to }) => [told('renamegroup', { from: to, to: from })],
  },
  changegroup: {
    apply(graph, { name, metadata: change }) {
      const metadata = mergedMetadata(findGroup(graph, name).metadata, change);
      const changes = [told('changegroup', { name, metadata: sendableMetadata(metadata) })];
      if (Object.keys(change).length === 0) return { graph, changes };
      const groups = graph.groups.map(other => (other.name === name ? { ...other, metadata } : other));
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

/** Does a change. Throws Refused where it can't be done. */
export function applyEdit(graph: BareGraph, change: Change): EditResult {
  return commandOf(change).apply(graph, change.payload);
}

/** The changes that take one back, in the graph as it is before it. Throws Refused where it can't be done. */
export function inverseEdit(graph: BareGraph, change: Change): readonly Change[] {
  return commandOf(change).inverse(graph, change.payload);
}
