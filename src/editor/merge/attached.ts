import { called } from '../../check/survey.ts';
import type { Graph, Group, Node } from '../../fbp.ts';
import { declared, edgeKey, wire } from '../draft/graph.ts';
import type { Three } from './united.ts';

/** What leads to nodes: a wire, an initial packet, an outer port. */
interface Tie {
  readonly key: string;
  readonly called: string;
  readonly nodes: readonly string[];
}

/**
 * Makes good where one removed a node to which the other leads something: what ours needs comes back, what only theirs
 * needs goes. What leads nowhere in one's own graph already, stays as it is.
 */
export function attached(graph: Graph, { ours, theirs }: Three<Graph>, say: (sentence: string) => void): Graph {
  const mine = declared(ours);
  const their = declared(theirs);
  const there = declared(graph);
  const myTies = new Set(ties(ours).map(({ key }) => key));
  const back = new Map<string, Node>();
  const gone = new Set<string>();
  for (const { key, called, nodes } of ties(graph)) {
    for (const name of nodes.filter(name => !there.has(name))) {
      const node = mine.get(name);
      if (node && myTies.has(key)) {
        if (!back.has(name)) say(`node ${name} stays for ${called}, though it was removed elsewhere`);
        back.set(name, node);
      } else if (!node && their.has(name) && !gone.has(key)) {
        say(`${called} is left out, as node ${name} was removed`);
        gone.add(key);
      }
    }
  }
  const stays = (key: string) => !gone.has(key);
  return {
    ...graph,
    nodes: [...graph.nodes, ...back.values()],
    edges: graph.edges.filter(edge => stays(edgeKey(edge))),
    initials: graph.initials.filter(({ to }) => stays(`initial ${called(to)}`)),
    inports: graph.inports.filter(({ name }) => stays(`inport ${name}`)),
    outports: graph.outports.filter(({ name }) => stays(`outport ${name}`)),
    groups: graph.groups.flatMap(group => without(group, name => !there.has(name) && !back.has(name))),
  };
}

function ties({ edges, initials, inports, outports }: Graph): Tie[] {
  return [
    ...edges.map(edge => ({ key: edgeKey(edge), called: `wire ${wire(edge)}`, nodes: [edge.from.node, edge.to.node] })),
    ...initials.map(({ to }) => ({ key: `initial ${called(to)}`, called: called(to), nodes: [to.node] })),
    ...inports.map(({ name, node }) => ({ key: `inport ${name}`, called: outer('inport', name), nodes: [node] })),
    ...outports.map(({ name, node }) => ({ key: `outport ${name}`, called: outer('outport', name), nodes: [node] })),
  ];
}

function outer(kind: string, name: string): string {
  return `outer ${kind} ${name.toUpperCase()}`;
}

/** A group without some nodes; nothing where it has none left. */
function without(group: Group, isGone: (node: string) => boolean): Group[] {
  const nodes = group.nodes.filter(node => !isGone(node));
  if (nodes.length === group.nodes.length) return [group];
  return nodes.length > 0 ? [{ ...group, nodes }] : [];
}
