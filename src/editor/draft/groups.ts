import type { Graph, Group } from '../../fbp.ts';
import { Refused } from '../protocol/message.ts';
import { name } from '../protocol/payload.ts';
import { given, merged, sent } from './metadata.ts';
import { type Edit, hint, limit, present, told } from './step.ts';

const MOST_GROUPS = 1000;

export const addGroup: Edit = (graph, payload) => {
  const group = name(payload, 'name');
  if (!Array.isArray(payload.nodes)) throw new Refused('"nodes" must be an array of the names of nodes');
  refuseTwin(graph, group);
  limit(graph.groups.length, MOST_GROUPS, 'groups');
  const nodes = [...new Set(payload.nodes)].map(node => present(graph, name({ node }, 'node')).name);
  const metadata = merged({}, given(payload));
  const after = { ...graph, groups: [...graph.groups, { name: group, nodes, metadata }] };
  return { graph: after, told: [told('addgroup', { name: group, nodes, metadata })] };
};

export const removeGroup: Edit = (graph, payload) => {
  const group = find(graph, name(payload, 'name'));
  const groups = graph.groups.filter(other => other.name !== group.name);
  return { graph: { ...graph, groups }, told: [told('removegroup', { name: group.name })] };
};

export const renameGroup: Edit = (graph, payload) => {
  const { name: from } = find(graph, name(payload, 'from'));
  const to = name(payload, 'to');
  const change = told('renamegroup', { from, to });
  if (from === to) return { graph, told: [change] };
  refuseTwin(graph, to);
  const groups = graph.groups.map(group => (group.name === from ? { ...group, name: to } : group));
  return { graph: { ...graph, groups }, told: [change] };
};

export const changeGroup: Edit = (graph, payload) => {
  const group = find(graph, name(payload, 'name'));
  const change = given(payload);
  const metadata = merged(group.metadata, change);
  const groups = graph.groups.map(other => (other.name === group.name ? { ...other, metadata } : other));
  const after = Object.keys(change).length > 0 ? { ...graph, groups } : graph;
  return { graph: after, told: [told('changegroup', { name: group.name, metadata: sent(metadata) })] };
};

function refuseTwin(graph: Graph, group: string): void {
  const isThere = graph.groups.some(({ name }) => name === group);
  if (isThere) throw new Refused(`there is a group ${group} already; choose another name`);
}

function find(graph: Graph, wanted: string): Group {
  const group = graph.groups.find(({ name }) => name === wanted);
  if (group) return group;
  const names = graph.groups.map(({ name }) => name);
  throw new Refused(`there is no group ${wanted}; ${hint(wanted, names)}`);
}
