import {
  type Edge,
  type End,
  equal,
  type Graph,
  type GraphSide,
  type Group,
  type InitialPacket,
  type OuterPort,
  renamed,
} from './graph.ts';
import {
  edgeIdentity,
  type GraphChange,
  type GraphEdit,
  given,
  graphChange,
  hint,
  isAround,
  isAt,
  labelled,
  looking,
  mergedMetadata,
  NOWHERE,
  nodeOf,
  portText,
  present,
  refuseBeyondLimit,
  sendableMetadata,
  shown,
  site,
  wire,
} from './graph-lookup.ts';
import { MAX_EDGES, MAX_INITIALS, MAX_NODES } from './limits.ts';
import { boundedJson, isRecord, name, type Payload, port, Refused } from './payload.ts';
import { called } from './words.ts';

export const addEdge: GraphEdit = (graph, payload) => {
  const edge = read(payload);
  present(graph, edge.from.node);
  present(graph, edge.to.node);
  if (graph.edges.some(other => isThis(other, edge))) throw new Refused(`there is a wire ${wire(edge)} already`);
  refuseBeyondLimit(graph.edges.length, MAX_EDGES, 'wires');
  const metadata = mergedMetadata({}, given(payload));
  const after = { ...graph, edges: [...graph.edges, { ...edge, ...looking(metadata) }] };
  return { graph: after, changes: [graphChange('addedge', { ...ends(edge), metadata })] };
};

export const removeEdge: GraphEdit = (graph, payload) => {
  const edge = findEdge(graph, read(payload));
  const edges = graph.edges.filter(other => !isThis(other, edge));
  return { graph: { ...graph, edges }, changes: edgesGone([edge]) };
};

export const changeEdge: GraphEdit = (graph, payload) => {
  const edge = findEdge(graph, read(payload));
  const change = given(payload);
  const metadata = mergedMetadata(edge.metadata ?? {}, change);
  const changed = ({ from, to }: Edge): Edge => ({ from, to, ...looking(metadata) });
  const edges = graph.edges.map(other => (isThis(other, edge) ? changed(other) : other));
  const after = Object.keys(change).length > 0 ? { ...graph, edges } : graph;
  return {
    graph: after,
    changes: [graphChange('changeedge', { ...ends(edge), metadata: sendableMetadata(metadata) })],
  };
};

/** Tells that edges are gone; one that a file has twice is told once, as both go. */
function edgesGone(edges: readonly Edge[]): GraphChange[] {
  const distinct = new Map(edges.map(edge => [edgeIdentity(edge), edge]));
  return [...distinct.values()].map(edge => graphChange('removeedge', ends(edge)));
}

function read(payload: Payload): Edge {
  return { from: { ...port(payload, 'src'), place: NOWHERE }, to: { ...port(payload, 'tgt'), place: NOWHERE } };
}

function ends({ from, to }: Edge): Payload {
  return { src: site(from), tgt: site(to) };
}

function isThis(edge: Edge, wanted: Edge): boolean {
  return isAt(edge.from, wanted.from) && isAt(edge.to, wanted.to);
}

/** The edge that a message means: some editors leave the places of array ports out. */
function findEdge(graph: Graph, wanted: Edge): Edge {
  const exact = graph.edges.find(edge => isThis(edge, wanted));
  if (exact) return exact;
  const near = graph.edges.filter(({ from, to }) => isAround(from, wanted.from) && isAround(to, wanted.to));
  const [first, second] = near;
  if (first && second && !isThis(first, second)) {
    throw new Refused(`there is more than one wire ${wire(wanted)}; give the "index" of the one that you mean`);
  }
  if (first) return first;
  present(graph, wanted.from.node);
  present(graph, wanted.to.node);
  const between = graph.edges.filter(({ from, to }) => from.node === wanted.from.node && to.node === wanted.to.node);
  throw new Refused(`there is no wire ${wire(wanted)}; ${hint(wire(wanted), between.map(wire))}`);
}

/** Refuses to take away what somebody else has changed meanwhile. */
export class StaleEdit extends Refused {}

/** Gives a port one more initial packet, as NoFlo allows several. */
export const addInitial: GraphEdit = (graph, payload) => {
  const to = { ...port(payload, 'tgt'), place: NOWHERE };
  if (!isRecord(payload.src) || payload.src.data === undefined) throw new Refused('"src" must be {"data"}');
  present(graph, to.node);
  refuseBeyondLimit(graph.initials.length, MAX_INITIALS, 'initial packets');
  const data = boundedJson(payload.src.data, '"data"');
  const metadata = mergedMetadata({}, given(payload));
  const initial = { data, to, ...looking(metadata), place: NOWHERE };
  const after = { ...graph, initials: [...graph.initials, initial] };
  return { graph: after, changes: [graphChange('addinitial', { src: { data }, tgt: site(to), metadata })] };
};

/** Takes a port's initial packets away, or only those with the data that is named. */
export const removeInitial: GraphEdit = (graph, payload) => {
  const there = findInitial(graph, { ...port(payload, 'tgt'), place: NOWHERE });
  const gone = new Set(there.filter(wanted(payload)));
  if (gone.size === 0) throw new StaleEdit(otherData(there, (payload.src as Payload).data));
  const initials = graph.initials.filter(initial => !gone.has(initial));
  return { graph: { ...graph, initials }, changes: initialsGone([...gone]) };
};

/** Tells that initial packets are gone; equal ones once, as they go together. */
function initialsGone(initials: readonly InitialPacket[]): GraphChange[] {
  const distinct: InitialPacket[] = [];
  for (const initial of initials) {
    if (!distinct.some(({ to, data }) => isAt(to, initial.to) && equal(data, initial.data))) distinct.push(initial);
  }
  return distinct.map(({ data, to }) => graphChange('removeinitial', { src: { data }, tgt: site(to) }));
}

function wanted({ src }: Payload): (initial: InitialPacket) => boolean {
  if (!isRecord(src) || src.data === undefined) return () => true;
  const data = boundedJson(src.data, '"data"');
  return initial => equal(initial.data, data);
}

/** The initial packets of the port that a message means: some editors leave the place of an array port out. */
function findInitial(graph: Graph, wanted: End): readonly InitialPacket[] {
  const exact = graph.initials.filter(({ to }) => isAt(to, wanted));
  if (exact.length > 0) return exact;
  const near = graph.initials.filter(({ to }) => isAround(to, wanted));
  const [first] = near;
  if (!first) {
    present(graph, wanted.node);
    throw new Refused(`${called(wanted)} has no initial packet; it may have been removed meanwhile`);
  }
  if (near.every(({ to }) => isAt(to, first.to))) return near;
  throw new Refused(`${called(wanted)} has initial packets at more than one place; give the "index" of the one`);
}

function otherData([first, ...more]: readonly InitialPacket[], data: unknown): string {
  if (!first) return '';
  const now = [first, ...more].map(initial => shown(initial.data)).join(' and ');
  return `${portText(first.to)} of ${first.to.node} is ${now} by now, not ${shown(data)}; look at it again`;
}

export const addNode: GraphEdit = (graph, payload) => {
  const id = name(payload, 'id');
  const component = name(payload, 'component');
  refuseNodeTwin(graph, id);
  refuseBeyondLimit(graph.nodes.length, MAX_NODES, 'nodes');
  const metadata = labelled(id, mergedMetadata({}, given(payload)));
  const node = { name: id, component, metadata, place: NOWHERE };
  const after = { ...graph, nodes: [...graph.nodes, node] };
  return { graph: after, changes: [graphChange('addnode', { id, component, metadata })] };
};

/** Takes away what is at the node first, so that nothing ever leads nowhere. */
export const removeNode: GraphEdit = (graph, payload) => {
  const id = name(payload, 'id');
  present(graph, id);
  const { left: groups, emptied } = leave(graph.groups, id);
  const isElsewhere = ({ node }: { node: string }) => node !== id;
  const after: Graph = {
    ...graph,
    nodes: graph.nodes.filter(node => node.name !== id),
    edges: graph.edges.filter(({ from, to }) => isElsewhere(from) && isElsewhere(to)),
    initials: graph.initials.filter(({ to }) => isElsewhere(to)),
    inports: graph.inports.filter(isElsewhere),
    outports: graph.outports.filter(isElsewhere),
    groups,
  };
  const gone = emptied.map(group => graphChange('removegroup', { name: group.name }));
  return { graph: after, changes: [...cut(graph, id), ...gone, graphChange('removenode', { id })] };
};

export const renameNode: GraphEdit = (graph, payload) => {
  const from = name(payload, 'from');
  const to = name(payload, 'to');
  present(graph, from);
  const change = graphChange('renamenode', { from, to });
  if (from === to) return { graph, changes: [change] };
  refuseNodeTwin(graph, to);
  return { graph: renamed(graph, new Map([[from, to]])), changes: [change] };
};

export const changeNode: GraphEdit = (graph, payload) => {
  const id = name(payload, 'id');
  const before = present(graph, id).metadata;
  const change = given(payload);
  const metadata = labelled(id, mergedMetadata(before, change));
  const first = graph.nodes.findIndex(node => node.name === id);
  // What a second declaration gives would count instead.
  const nodes = graph.nodes.map((node, i) =>
    node.name === id ? { ...node, metadata: i === first ? metadata : {} } : node,
  );
  const after = Object.keys(change).length > 0 ? { ...graph, nodes } : graph;
  return { graph: after, changes: [graphChange('changenode', { id, metadata: sendableMetadata(metadata) })] };
};

function refuseNodeTwin(graph: Graph, id: string): void {
  const twin = nodeOf(graph, id);
  if (!twin) return;
  throw new Refused(`there is a node ${id} already${twin.component && `, a ${twin.component}`}; choose another name`);
}

/** Everything that ends at a node, as changes. */
function cut({ edges, initials, inports, outports }: Graph, id: string): GraphChange[] {
  const outers = (command: string, all: readonly OuterPort[]) =>
    all.filter(({ node }) => node === id).map(({ name }) => graphChange(command, { public: name }));
  return [
    ...edgesGone(edges.filter(({ from, to }) => from.node === id || to.node === id)),
    ...initialsGone(initials.filter(({ to }) => to.node === id)),
    ...outers('removeinport', inports),
    ...outers('removeoutport', outports),
  ];
}

/** The groups without a node, and those that it was the last one of. */
function leave(groups: readonly Group[], id: string): { left: readonly Group[]; emptied: readonly Group[] } {
  const isLast = ({ nodes }: Group) => nodes.length > 0 && nodes.every(node => node === id);
  const left = groups.filter(group => !isLast(group));
  return {
    left: left.map(group => ({ ...group, nodes: group.nodes.filter(node => node !== id) })),
    emptied: groups.filter(isLast),
  };
}

const MAX_GROUPS = 1000;

export const addGroup: GraphEdit = (graph, payload) => {
  const group = name(payload, 'name');
  if (!Array.isArray(payload.nodes)) throw new Refused('"nodes" must be an array of the names of nodes');
  refuseGroupTwin(graph, group);
  refuseBeyondLimit(graph.groups.length, MAX_GROUPS, 'groups');
  const nodes = [...new Set(payload.nodes)].map(node => present(graph, name({ node }, 'node')).name);
  const metadata = mergedMetadata({}, given(payload));
  const after = { ...graph, groups: [...graph.groups, { name: group, nodes, metadata }] };
  return { graph: after, changes: [graphChange('addgroup', { name: group, nodes, metadata })] };
};

export const removeGroup: GraphEdit = (graph, payload) => {
  const group = findGroup(graph, name(payload, 'name'));
  const groups = graph.groups.filter(other => other.name !== group.name);
  return { graph: { ...graph, groups }, changes: [graphChange('removegroup', { name: group.name })] };
};

export const renameGroup: GraphEdit = (graph, payload) => {
  const { name: from } = findGroup(graph, name(payload, 'from'));
  const to = name(payload, 'to');
  const change = graphChange('renamegroup', { from, to });
  if (from === to) return { graph, changes: [change] };
  refuseGroupTwin(graph, to);
  const groups = graph.groups.map(group => (group.name === from ? { ...group, name: to } : group));
  return { graph: { ...graph, groups }, changes: [change] };
};

export const changeGroup: GraphEdit = (graph, payload) => {
  const group = findGroup(graph, name(payload, 'name'));
  const change = given(payload);
  const metadata = mergedMetadata(group.metadata, change);
  const groups = graph.groups.map(other => (other.name === group.name ? { ...other, metadata } : other));
  const after = Object.keys(change).length > 0 ? { ...graph, groups } : graph;
  return {
    graph: after,
    changes: [graphChange('changegroup', { name: group.name, metadata: sendableMetadata(metadata) })],
  };
};

function refuseGroupTwin(graph: Graph, group: string): void {
  const isThere = graph.groups.some(({ name }) => name === group);
  if (isThere) throw new Refused(`there is a group ${group} already; choose another name`);
}

function findGroup(graph: Graph, wanted: string): Group {
  const group = graph.groups.find(({ name }) => name === wanted);
  if (group) return group;
  const names = graph.groups.map(({ name }) => name);
  throw new Refused(`there is no group ${wanted}; ${hint(wanted, names)}`);
}

const MAX_OUTERS = 1000;

/** The commands for one side of the graph's own ports: `addinport` or `addoutport`, and so on. */
export function outerEdits(side: GraphSide): Readonly<Record<'add' | 'remove' | 'rename', GraphEdit>> {
  const word = side.slice(0, -1);
  const having = (graph: Graph, outers: readonly OuterPort[]): Graph => ({ ...graph, [side]: outers });
  return {
    add(graph, payload) {
      const outer = name(payload, 'public').toLowerCase();
      const node = name(payload, 'node');
      const port = name(payload, 'port').toLowerCase();
      present(graph, node);
      refuseOuterTwin(graph, side, outer);
      refuseBeyondLimit(graph[side].length, MAX_OUTERS, `outer ${side}`);
      const look = looking(mergedMetadata({}, given(payload)));
      const after = having(graph, [...graph[side], { name: outer, node, port, ...look, place: NOWHERE }]);
      return { graph: after, changes: [graphChange(`add${word}`, { public: outer, node, port, ...look })] };
    },
    remove(graph, payload) {
      const { name: outer } = findOuter(graph, side, name(payload, 'public'));
      const after = having(
        graph,
        graph[side].filter(other => other.name !== outer),
      );
      return { graph: after, changes: [graphChange(`remove${word}`, { public: outer })] };
    },
    rename(graph, payload) {
      const { name: from } = findOuter(graph, side, name(payload, 'from'));
      const to = name(payload, 'to').toLowerCase();
      const change = graphChange(`rename${word}`, { from, to });
      if (from === to) return { graph, changes: [change] };
      refuseOuterTwin(graph, side, to);
      const outers = graph[side].map(outer => (outer.name === from ? { ...outer, name: to } : outer));
      return { graph: having(graph, outers), changes: [change] };
    },
  };
}

function refuseOuterTwin(graph: Graph, side: GraphSide, outer: string): void {
  const twin = graph[side].find(({ name }) => name.toLowerCase() === outer);
  if (!twin) return;
  throw new Refused(`there is an ${outerCalled(side, outer)} already, at ${twin.node}; choose another name`);
}

function findOuter(graph: Graph, side: GraphSide, wanted: string): OuterPort {
  const outer = graph[side].find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (outer) return outer;
  const names = graph[side].map(({ name }) => name.toUpperCase());
  throw new Refused(`there is no ${outerCalled(side, wanted)}; ${hint(wanted.toUpperCase(), names)}`);
}

function outerCalled(side: GraphSide, outer: string): string {
  return `outer ${side.slice(0, -1)} ${outer.toUpperCase()}`;
}
