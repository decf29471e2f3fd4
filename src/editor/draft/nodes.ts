import { renamed } from '../../fbp/renamed.ts';
import type { Graph, Group, Outer } from '../../fbp.ts';
import { MOST_NODES } from '../../model/limits.ts';
import { Refused } from '../protocol/message.ts';
import { name } from '../protocol/payload.ts';
import { edgesGone } from './edges.ts';
import { NOWHERE, nodeOf } from './graph.ts';
import { initialsGone } from './initials.ts';
import { given, labelled, merged, sent } from './metadata.ts';
import { type Change, type Edit, limit, present, told } from './step.ts';

export const addNode: Edit = (graph, payload) => {
  const id = name(payload, 'id');
  const component = name(payload, 'component');
  refuseTwin(graph, id);
  limit(graph.nodes.length, MOST_NODES, 'nodes');
  const metadata = labelled(id, merged({}, given(payload)));
  const node = { name: id, component, metadata, place: NOWHERE };
  const after = { ...graph, nodes: [...graph.nodes, node] };
  return { graph: after, told: [told('addnode', { id, component, metadata })] };
};

/** Takes away what is at the node first, so that nothing ever leads nowhere. */
export const removeNode: Edit = (graph, payload) => {
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
  const gone = emptied.map(group => told('removegroup', { name: group.name }));
  return { graph: after, told: [...cut(graph, id), ...gone, told('removenode', { id })] };
};

export const renameNode: Edit = (graph, payload) => {
  const from = name(payload, 'from');
  const to = name(payload, 'to');
  present(graph, from);
  const change = told('renamenode', { from, to });
  if (from === to) return { graph, told: [change] };
  refuseTwin(graph, to);
  return { graph: renamed(graph, new Map([[from, to]])), told: [change] };
};

export const changeNode: Edit = (graph, payload) => {
  const id = name(payload, 'id');
  const before = present(graph, id).metadata;
  const change = given(payload);
  const metadata = labelled(id, merged(before, change));
  const first = graph.nodes.findIndex(node => node.name === id);
  // What a second declaration gives would count instead.
  const nodes = graph.nodes.map((node, i) =>
    node.name === id ? { ...node, metadata: i === first ? metadata : {} } : node,
  );
  const after = Object.keys(change).length > 0 ? { ...graph, nodes } : graph;
  return { graph: after, told: [told('changenode', { id, metadata: sent(metadata) })] };
};

function refuseTwin(graph: Graph, id: string): void {
  const twin = nodeOf(graph, id);
  if (!twin) return;
  throw new Refused(`there is a node ${id} already${twin.component && `, a ${twin.component}`}; choose another name`);
}

/** Everything that ends at a node, as changes. */
function cut({ edges, initials, inports, outports }: Graph, id: string): Change[] {
  const outers = (command: string, all: readonly Outer[]) =>
    all.filter(({ node }) => node === id).map(({ name }) => told(command, { public: name }));
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
