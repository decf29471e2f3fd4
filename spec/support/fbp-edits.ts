import fc from 'fast-check';
import type { Edge, End, Graph, InitialPacket, Place } from '../../src/model/graph.ts';
import { data } from './fbp-graphs.ts';

/** A graph after an edit, and the lines of its text that the edit concerns, besides added ones. */
export interface Edited {
  readonly graph: Graph;
  readonly lines: ReadonlySet<number>;
  /** A node that the edit concerns, wherever its name occurs. */
  readonly about?: string;
  readonly change: 'setting' | 'lines' | 'addition' | 'layout';
}

export type Edit = (graph: Graph) => Edited | undefined;

/** An edit that says what it is when a test fails. */
function made<Given>(
  kind: string,
  all: fc.Arbitrary<Given>,
  apply: (graph: Graph, given: Given) => Edited | undefined,
): fc.Arbitrary<Edit> {
  return all.map(given => {
    const edit = (graph: Graph) => apply(graph, given);
    return Object.assign(edit, { [fc.toStringMethod]: () => `${kind} ${JSON.stringify(given)}` });
  });
}

const place = { line: 1, column: 1 };
const NONE: ReadonlySet<number> = new Set();
const pick = <Item>(items: readonly Item[], at: number): Item | undefined => items[at % Math.max(1, items.length)];
const node = fc.constantFrom('a', 'b', 'router', 'new', 'chat/Router_x4f2a', '__proto__', 'a b');
const port = fc.constantFrom('in', 'out', 'error', 'odd port');
const end: fc.Arbitrary<End> = fc.record({ node, port, place: fc.constant(place) });

const added = (graph: Graph): Edited => ({ graph, lines: NONE, change: 'addition' });
const within = (from: Place, to: Place) => Array.from({ length: to.line - from.line + 1 }, (_, at) => from.line + at);
const edgeLines = ({ from, to }: Edge) => within(from.place, to.place);
const initialLines = (initial: InitialPacket) => within(initial.place, initial.to.place);

/** The lines that say something of a node, or of one that is anonymous as it is and may change its name with it. */
function nodeLines(graph: Graph, name: string): number[] {
  const isIt = (other: string) => other === name || (/^_.*_\d+$/.test(name) && /^_.*_\d+$/.test(other));
  return [
    ...graph.nodes.filter(other => isIt(other.name)).map(({ place }) => place.line),
    ...graph.edges.filter(({ from, to }) => isIt(from.node) || isIt(to.node)).flatMap(edgeLines),
    ...graph.initials.filter(({ to }) => isIt(to.node)).flatMap(initialLines),
    ...[...graph.inports, ...graph.outports].filter(outer => isIt(outer.node)).map(({ place }) => place.line),
  ];
}

/** Of two declarations that become the same, .fbp keeps one. */
const isDeclaredAgain = (graph: Graph, name: string) => graph.nodes.filter(other => other.name === name).length > 1;

const addEdge = made('addEdge', fc.tuple(end, end), (graph, [from, to]) =>
  added({ ...graph, edges: [...graph.edges, { from, to }] }),
);
const addInitial = made('addInitial', fc.tuple(data, end), (graph, [said, to]) =>
  added({ ...graph, initials: [...graph.initials, { data: said, to, place }] }),
);
const addNode = made('addNode', node, (graph, name) => {
  if (graph.nodes.some(other => other.name === name)) return;
  return added({ ...graph, nodes: [...graph.nodes, { name, component: 'chat/New', metadata: { x: -1.5 }, place }] });
});
const addOuter = made('addOuter', fc.tuple(port, end), (graph, [name, { node, port }]) => {
  const isThere = graph.inports.some(outer => outer.name === name || (outer.node === node && outer.port === port));
  return isThere ? undefined : added({ ...graph, inports: [...graph.inports, { name, node, port, place }] });
});
const setPacket = made('setPacket', fc.tuple(fc.nat(), data), (graph, [at, said]) => {
  const old = pick(graph.initials, at);
  if (!old) return;
  const initials = graph.initials.map(initial => (initial === old ? { ...initial, data: said } : initial));
  return { graph: { ...graph, initials }, lines: new Set(initialLines(old)), change: 'setting' };
});
const removeEdge = made('removeEdge', fc.nat(), (graph, at) => {
  const old = pick(graph.edges, at);
  if (!old) return;
  // Of the same edge twice, it is the same which of them goes.
  const alike = graph.edges.filter(
    ({ from, to }) => from.node === old.from.node && from.port === old.from.port && to.node === old.to.node,
  );
  const edges = graph.edges.filter(edge => edge !== old);
  return { graph: { ...graph, edges }, lines: new Set(alike.flatMap(edgeLines)), change: 'lines' };
});
const removeInitial = made('removeInitial', fc.nat(), (graph, at) => {
  const old = pick(graph.initials, at);
  if (!old) return;
  const alike = graph.initials.filter(({ to }) => to.node === old.to.node && to.port === old.to.port);
  const initials = graph.initials.filter(initial => initial !== old);
  return { graph: { ...graph, initials }, lines: new Set(alike.flatMap(initialLines)), change: 'lines' };
});
const removeNode = made('removeNode', fc.nat(), (graph, at) => {
  const name = pick(graph.nodes, at)?.name;
  if (name === undefined) return;
  const isLeft = (outer: { node: string }) => outer.node !== name;
  const left = {
    ...graph,
    nodes: graph.nodes.filter(other => other.name !== name),
    edges: graph.edges.filter(({ from, to }) => isLeft(from) && isLeft(to)),
    initials: graph.initials.filter(({ to }) => isLeft(to)),
    inports: graph.inports.filter(isLeft),
    outports: graph.outports.filter(isLeft),
  };
  return { graph: left, lines: new Set(nodeLines(graph, name)), about: name, change: 'lines' };
});
const insertNode = made('insertNode', fc.tuple(fc.nat(), node), (graph, [at, name]) => {
  const old = pick(graph.edges, at);
  if (!old || JSON.stringify(graph).includes(JSON.stringify(name))) return;
  const edges = graph.edges.filter(edge => edge !== old);
  const into = { from: old.from, to: { node: name, port: 'in', place } };
  const out = { from: { node: name, port: 'out', place }, to: old.to };
  const alike = graph.edges.filter(({ from }) => from.node === old.from.node && from.port === old.from.port);
  return {
    graph: {
      ...graph,
      nodes: [...graph.nodes, { name, component: 'chat/New', metadata: {}, place }],
      edges: [...edges, out, into],
    },
    lines: new Set(alike.flatMap(edgeLines)),
    change: 'lines',
  };
});
const renameNode = made('renameNode', fc.tuple(fc.nat(), node), (graph, [at, name]) => {
  const old = pick(graph.nodes, at)?.name;
  if (old === undefined || isDeclaredAgain(graph, old)) return;
  if (JSON.stringify(graph).includes(JSON.stringify(name))) return;
  const end = <Of extends { node: string }>(of: Of): Of => (of.node === old ? { ...of, node: name } : of);
  const renamed = {
    ...graph,
    nodes: graph.nodes.map(other => (other.name === old ? { ...other, name } : other)),
    edges: graph.edges.map(edge => ({ ...edge, from: end(edge.from), to: end(edge.to) })),
    initials: graph.initials.map(initial => ({ ...initial, to: end(initial.to) })),
    inports: graph.inports.map(end),
    outports: graph.outports.map(end),
  };
  return { graph: renamed, lines: new Set(nodeLines(graph, old)), about: old, change: 'lines' };
});
const changeNode = made(
  'changeNode',
  fc.tuple(fc.nat(), fc.constantFrom('chat/Other', 'odd.name', 'A')),
  (graph, [at, component]) => {
    const old = pick(graph.nodes, at);
    if (!old || isDeclaredAgain(graph, old.name)) return;
    const nodes = graph.nodes.map(other => (other === old ? { ...old, component } : other));
    return { graph: { ...graph, nodes }, lines: new Set(nodeLines(graph, old.name)), about: old.name, change: 'lines' };
  },
);
const moveNode = made('moveNode', fc.tuple(fc.nat(), fc.integer(), fc.integer()), (graph, [at, x, y]) => {
  const old = pick(graph.nodes, at);
  if (!old) return;
  const nodes = graph.nodes.map(other => (other === old ? { ...old, metadata: { ...old.metadata, x, y } } : other));
  // A position that stands in the text leaves it.
  const isInText = Object.keys(old.metadata).length > 0;
  const lines = new Set(isInText ? nodeLines(graph, old.name) : []);
  return {
    graph: { ...graph, nodes },
    lines,
    ...(isInText && { about: old.name }),
    change: isInText ? 'lines' : 'layout',
  };
});

/** Edits that editors make. An edit that is impossible in a graph returns undefined. */
export const edits: fc.Arbitrary<Edit> = fc.oneof(
  addEdge,
  addInitial,
  addNode,
  addOuter,
  setPacket,
  removeEdge,
  removeInitial,
  removeNode,
  insertNode,
  renameNode,
  changeNode,
  moveNode,
);
