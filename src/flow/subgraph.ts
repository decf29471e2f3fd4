import { storesIn } from '../check/stores.ts';
import { survey } from '../check/survey.ts';
import type { Blueprint, Catalogue, Port } from '../check.ts';
import { lowerCasePorts } from '../fbp/port-case.ts';
import type { Edge, End, Graph, Initial, Node, Outer } from '../fbp.ts';

/** What a graph looks like as a node: its outer ports, each with what the inner port says of itself. */
export function outside(name: string, read: Graph, catalogue: Catalogue): Blueprint {
  const graph = lowerCasePorts(read);
  const ports = (outers: readonly Outer[], side: 'inports' | 'outports'): Port[] =>
    outers.flatMap(outer => {
      const component = graph.nodes.find(node => node.name === outer.node)?.component;
      const inner = component && catalogue.find(component)?.[side].find(port => port.name === outer.port);
      return inner ? [{ ...inner, name: outer.name }] : [];
    });
  const inports = ports(graph.inports, 'inports');
  const outports = ports(graph.outports, 'outports');
  return {
    name,
    description: String(graph.properties.description ?? ''),
    icon: String(graph.properties.icon ?? 'sitemap'),
    inports,
    outports,
    stores: storesIn(survey(graph, catalogue)),
    vague: inports.length < graph.inports.length || outports.length < graph.outports.length,
  };
}

/**
 * The same graph with its subgraphs' nodes in place of them, named `outer/inner`, so that one network runs it all.
 * Throws a sentence where a subgraph contains itself.
 */
export function expand(
  read: Graph,
  subgraph: (component: string) => Graph | undefined,
  within: readonly string[] = [],
): Graph {
  const graph = lowerCasePorts(read);
  const inner = new Map<string, Graph>();
  const nodes: Node[] = [];
  const edges: Edge[] = [];
  const initials: Initial[] = [];
  for (const node of graph.nodes) {
    const found = subgraph(node.component);
    if (!found) {
      nodes.push(node);
      continue;
    }
    if (within.includes(found.file)) throw new Error(`${found.file} contains itself; take ${node.name} out`);
    const expanded = prefix(expand(found, subgraph, [...within, found.file]), node.name);
    inner.set(node.name, expanded);
    nodes.push(...expanded.nodes);
    edges.push(...expanded.edges);
    initials.push(...expanded.initials);
  }

  const through = <T extends End | Outer>(end: T, side: 'inports' | 'outports'): T => {
    const outer = inner.get(end.node)?.[side].find(({ name }) => name === end.port);
    return outer ? { ...end, node: outer.node, port: outer.port } : end;
  };
  edges.push(...graph.edges.map(({ from, to }) => ({ from: through(from, 'outports'), to: through(to, 'inports') })));
  initials.push(...graph.initials.map(initial => ({ ...initial, to: through(initial.to, 'inports') })));
  return {
    ...graph,
    nodes,
    edges,
    initials,
    inports: graph.inports.map(outer => through(outer, 'inports')),
    outports: graph.outports.map(outer => through(outer, 'outports')),
  };
}

function prefix(graph: Graph, name: string): Graph {
  const named = <T extends { node: string }>(end: T): T => ({ ...end, node: `${name}/${end.node}` });
  return {
    ...graph,
    nodes: graph.nodes.map(node => ({ ...node, name: `${name}/${node.name}` })),
    edges: graph.edges.map(({ from, to }) => ({ from: named(from), to: named(to) })),
    initials: graph.initials.map(initial => ({ ...initial, to: named(initial.to) })),
    inports: graph.inports.map(named),
    outports: graph.outports.map(named),
  };
}
