import type { BareEdge, BareOuterPort, PortRef } from '../../../src/model/graph.ts';
import type { Change } from '../../../src/model/graph-commands.ts';
import { plainPort } from '../../../src/model/graph-lookup.ts';
import { differing, type TypedPort } from '../../../src/model/ports.ts';
import { freeName, portName } from '../../../src/model/words.ts';
import { type Card, COLUMN_STEP, WIDTH } from './card.ts';
import type { Edit } from './edits.ts';
import { type Components, declaredAt, outerType, sentAt } from './fits.ts';
import { type CanvasPoint, type EditorGraph, edgeKey, edgeName, isSamePort, partialGraph } from './graph.ts';
import type { Places } from './layout.ts';
import type { Line } from './splices.ts';

/** The nodes defined by a pasted text with the wires between them. Nodes without a component are only referred to. */
export const pastedNodes = (pasted: EditorGraph): EditorGraph =>
  partialGraph(pasted, new Set([...pasted.nodes.values()].flatMap(({ name, component }) => (component ? [name] : []))));

/** All ports that wires and settings of a pasted text refer to. */
const ends = ({ edges, initials }: EditorGraph): readonly PortRef[] => [
  ...[...edges.values()].flatMap(({ from, to }) => [from, to]),
  ...initials.map(({ to }) => to),
];

/** A node that a text refers to but that is missing in the graph; undefined if there is none. */
function missingNode(graph: EditorGraph, pasted: EditorGraph): string | undefined {
  const { nodes } = pastedNodes(pasted);
  const named = [...ends(pasted).map(({ node }) => node), ...pasted.nodes.keys()];
  return named.find(name => name !== OUTSIDE && !nodes.has(name) && !graph.nodes.has(name));
}

/** Why a text can't be pasted, or a recipe can't be inserted; undefined if it can. */
export function pasteFault({ missing }: Pick<PreparedPaste, 'missing'>, isRecipe = false): string | undefined {
  if (missing === undefined) return undefined;
  return isRecipe
    ? `it leads to ${missing}, and there is no such node here`
    : `there is no node ${missing}; give it a component, as in ${missing}(core/Drop)`;
}

/** A recipe that uses the graph's message store instead of its own. */
export function inStoreOf(graph: EditorGraph, recipe: EditorGraph, components: Components): EditorGraph {
  const isStore = (of: EditorGraph, to: PortRef) => declaredAt(of, components, to, 'inports')?.schema === 'chat/store';
  const own = graph.initials.find(({ to }) => isStore(graph, to));
  if (!own) return recipe;
  const { data } = own;
  return { ...recipe, initials: recipe.initials.map(each => (isStore(recipe, each.to) ? { ...each, data } : each)) };
}

/** Stands for the outside, where wires from the graph's inports begin. */
const OUTSIDE = '';

/** The graph's inports as wires. */
const outerWires = ({ inports }: EditorGraph): readonly BareEdge[] => [...inports.values()].map(outerWire);

/** Renames pasted nodes to free names; inports of the text become wires. */
function renamed(graph: EditorGraph, pasted: EditorGraph): EditorGraph {
  const { nodes } = pastedNodes(pasted);
  const taken = new Set(graph.nodes.keys());
  const names = new Map<string, string>();
  for (const name of nodes.keys()) {
    const free = freeName(name, taken);
    taken.add(free);
    names.set(name, free);
  }
  const end = (port: PortRef): PortRef => ({ ...port, node: names.get(port.node) ?? port.node });
  const edges = [...pasted.edges.values(), ...outerWires(pasted).filter(({ to }) => nodes.has(to.node))];
  return {
    ...pasted,
    nodes: new Map([...nodes.values()].map(node => [names.get(node.name)!, { ...node, name: names.get(node.name)! }])),
    edges: keyed(edges.map(edge => ({ ...edge, from: end(edge.from), to: end(edge.to) }))),
    initials: pasted.initials.map(initial => ({ ...initial, to: end(initial.to) })),
  };
}

const keyed = (edges: readonly BareEdge[]): EditorGraph['edges'] =>
  new Map(edges.map(edge => [edgeKey(edge), edge] as const));

/** A path through pasted nodes that could replace a direct wire. */
interface Passage {
  readonly entry: BareEdge;
  readonly exits: readonly BareEdge[];
}

/** Pasted nodes with their wires, and the wires of the graph that they replace. */
interface PreparedPaste {
  readonly own: EditorGraph;
  readonly replaced: readonly BareEdge[];
  /** A missing node that the text refers to; prevents pasting. */
  readonly missing: string | undefined;
}

/** The nodes that packets from a node reach, including itself. */
function reached(edges: Iterable<BareEdge>, start: string): ReadonlySet<string> {
  const all = [...edges];
  const found = new Set([start]);
  for (const node of found) for (const { from, to } of all) if (from.node === node) found.add(to.node);
  return found;
}

/** The paths through pasted nodes that output the type of their input. */
function lines(graph: EditorGraph, own: EditorGraph, components: Components): readonly Passage[] {
  const both = {
    ...graph,
    nodes: new Map([...graph.nodes, ...own.nodes]),
    edges: new Map([...graph.edges, ...own.edges]),
  };
  const typeOf = (from: PortRef): string | undefined => {
    const outer = from.node === OUTSIDE ? graph.inports.get(from.port) : undefined;
    return (outer ? declaredAt(graph, components, outer, 'inports') : sentAt(both, components, from))?.schema;
  };
  const all = [...own.edges.values()];
  const inner = all.filter(({ from, to }) => own.nodes.has(from.node) && own.nodes.has(to.node));
  const exits = all.filter(({ from, to }) => own.nodes.has(from.node) && !own.nodes.has(to.node));
  return all
    .filter(({ from, to }) => !own.nodes.has(from.node) && own.nodes.has(to.node))
    .map(entry => {
      const within = reached(inner, entry.to.node);
      const type = typeOf(entry.from);
      return { entry, exits: exits.filter(({ from }) => within.has(from.node) && type && typeOf(from) === type) };
    })
    .filter(({ exits }) => exits.length > 0);
}

/**
 * The wires of the graph that a path replaces: those to its own target, otherwise those that reach the target over
 * other nodes.
 */
function replacedBy({ entry, exits }: Passage, graph: EditorGraph, isOnly: boolean): readonly BareEdge[] {
  const edges = [...graph.edges.values()];
  const wires = [...edges, ...outerWires(graph)].filter(({ from }) => isSamePort(from, entry.from));
  const direct = wires.filter(({ to }) => exits.some(exit => isSamePort(exit.to, to)));
  if (direct.length > 0 || !isOnly) return direct;
  return wires.filter(({ to }) => {
    const onward = reached(edges, to.node);
    return exits.some(exit => onward.has(exit.to.node));
  });
}

/** The type of packets at an outport, or at an inport of the graph. */
const typeAt = (graph: EditorGraph, components: Components, from: PortRef): TypedPort | undefined =>
  isOutside({ from }) ? outerType({ name: from.port }) : sentAt(graph, components, from);

/** Why a path can't be inserted into a wire; undefined if the types fit. */
function misfitOf(
  graph: EditorGraph,
  own: EditorGraph,
  components: Components,
  { entry }: Passage,
  wire: BareEdge,
): string | undefined {
  const sent = typeAt(graph, components, wire.from);
  const taken = declaredAt(own, components, entry.to, 'inports');
  const meant = typeAt(graph, components, entry.from);
  const kinds =
    (sent && taken && differing(sent, taken)) ??
    (sent?.schema === meant?.schema ? undefined : [sent?.schema || 'anything', meant?.schema || 'anything']);
  return kinds && `${wireName(wire)} carries ${kinds[0]}, and not ${kinds[1]}`;
}

const wireName = (wire: BareEdge): string =>
  isOutside(wire) ? `${wire.from.port.toUpperCase()} → ${portName(wire.to)} ${wire.to.node}` : edgeName(wire);

/** Connects a text's inputs from missing nodes to the start of a wire. */
function ledFrom(graph: EditorGraph, own: EditorGraph, { from }: BareEdge): EditorGraph {
  const isStrange = (edge: BareEdge) =>
    !isOutside(edge) && !own.nodes.has(edge.from.node) && !graph.nodes.has(edge.from.node);
  const edges = [...own.edges.values()].map(edge => (isStrange(edge) ? { ...edge, from } : edge));
  return { ...own, edges: keyed(edges) };
}

/** Why nodes can't be inserted into a wire as a whole; undefined if they have a single path that fits. */
export function intoFault(
  graph: EditorGraph,
  pasted: EditorGraph,
  components: Components,
  into: BareEdge,
): string | undefined {
  const own = ledFrom(graph, renamed(graph, pasted), into);
  const [first, ...more] = lines(graph, own, components);
  if (!first) return 'it lets no packet through to where the wire leads';
  if (more.length > 0) return 'it has several ways through it';
  return (
    misfitOf(graph, own, components, first, into) ?? pasteFault(preparePaste(graph, pasted, components, into), true)
  );
}

/** A line as a wire for insertion; undefined for the line to an outport. */
export const wireOfLine = (line: Line): BareEdge | undefined =>
  line.edge ?? (line.side === 'inports' ? outerWire(line.outer) : undefined);

/** The line of an inport of a graph, as a wire. */
const outerWire = ({ name, node, port }: BareOuterPort): BareEdge => ({
  from: { node: OUTSIDE, port: name },
  to: { node, port },
});

/**
 * Fits a pasted text into a graph. If it connects a port through new nodes to a target that the port reaches already,
 * the new nodes replace the wire between; `into` is a different wire for them, if its type fits.
 */
export function preparePaste(
  graph: EditorGraph,
  pasted: EditorGraph,
  components: Components,
  into?: BareEdge,
): PreparedPaste {
  const own = into ? ledFrom(graph, renamed(graph, pasted), into) : renamed(graph, pasted);
  const found = lines(graph, own, components);
  const [first] = found;
  const chosen = into && first && misfitOf(graph, own, components, first, into) === undefined ? into : undefined;
  const replaced = chosen ? [chosen] : found.flatMap(line => replacedBy(line, graph, found.length === 1));
  const isKept = (edge: BareEdge) =>
    !isOutside(edge) || !graph.inports.has(edge.from.port) || replaced.some(({ from }) => isSamePort(from, edge.from));
  const targets = chosen ? [chosen.to] : found.length === 1 ? replaced.map(({ to }) => to) : [];
  const entries = new Set(found.map(({ entry }) => entry));
  const exits = new Set(found.flatMap(({ exits }) => exits));
  const edges = [...own.edges.values()].flatMap((edge): readonly BareEdge[] => {
    if (exits.has(edge) && targets.length > 0) return targets.map(to => ({ ...edge, to }));
    if (!chosen || !entries.has(edge)) return isKept(edge) ? [edge] : [];
    return edge === first?.entry ? [{ ...edge, from: chosen.from }] : [];
  });
  const made = { ...own, edges: keyed(edges) };
  return { own: made, replaced, missing: missingNode(graph, chosen ? made : pasted) };
}

const isOutside = ({ from }: Pick<BareEdge, 'from'>): boolean => from.node === OUTSIDE;

/**
 * Adds nodes with free names and positions, connected to the existing nodes they refer to; as a group, if it has a
 * name.
 */
export function paste(
  { own, replaced }: PreparedPaste,
  placed: Places,
  { label, group }: { readonly label?: string; readonly group?: string } = {},
): Edit {
  const added = [...own.nodes.values()].map(({ name, component, metadata }): Change => {
    return { command: 'addnode', payload: { id: name, component, metadata: { ...metadata, ...placed.get(name) } } };
  });
  const moved = [...placed].flatMap(([id, { x, y }]): Change[] =>
    own.nodes.has(id) ? [] : [{ command: 'changenode', payload: { id, metadata: { x, y } } }],
  );
  const removed = replaced.map((edge): Change => {
    if (isOutside(edge)) return { command: 'removeinport', payload: { public: edge.from.port } };
    return { command: 'removeedge', payload: { src: plainPort(edge.from), tgt: plainPort(edge.to) } };
  });
  const edges = [...own.edges.values()].map((edge): Change => {
    const { from, to, metadata = {} } = edge;
    if (isOutside(edge))
      return { command: 'addinport', payload: { public: from.port, node: to.node, port: to.port, metadata: {} } };
    return { command: 'addedge', payload: { src: plainPort(from), tgt: plainPort(to), metadata } };
  });
  const initials = own.initials.map(({ data, to, metadata = {} }): Change => {
    return { command: 'addinitial', payload: { src: { data }, tgt: plainPort(to), metadata } };
  });
  const { size } = own.nodes;
  const what = size === 1 ? '1 node' : size > 1 ? `${size} nodes` : 'wires';
  const grouped: readonly Change[] =
    group === undefined
      ? []
      : [{ command: 'addgroup', payload: { name: group, nodes: [...own.nodes.keys()], metadata: {} } }];
  return {
    label: label ?? `paste ${what}`,
    changes: [...removed, ...moved, ...added, ...edges, ...initials, ...grouped],
  };
}

/** Space around pasted nodes. */
const GAP = 80;

/**
 * Positions for pasted nodes, given their layout `content`: in a wire, whose end moves right together with everything
 * there; otherwise below all others, near the nodes that send to them.
 */
export function pastedPlaces(
  { own, replaced }: PreparedPaste,
  content: readonly CanvasPoint[],
  places: Places,
  cards: ReadonlyMap<string, Card>,
): Places {
  const shifted = (by: CanvasPoint) =>
    [...own.nodes.keys()].map((name, index) => {
      const { x, y } = content[index] ?? { x: 0, y: 0 };
      return [name, { x: by.x + x, y: by.y + y }] as const;
    });
  const [wire] = replaced;
  const [from, to] = [places.get(wire?.from.node ?? ''), places.get(wire?.to.node ?? '')];
  if (to && !(from && from.x >= to.x)) {
    const width = Math.max(...content.map(({ x }) => x)) + COLUMN_STEP;
    const aside = [...places]
      .filter(([, { x }]) => x + WIDTH > to.x)
      .map(([name, { x, y }]) => [name, { x: x + width, y }] as const);
    return new Map([...shifted({ x: to.x, y: to.y }), ...aside]);
  }
  const bottom = Math.max(0, ...[...places].map(([name, { y }]) => y + (cards.get(name)?.height ?? 0)));
  const [before] = [...own.edges.values()].flatMap(edge => places.get(edge.from.node) ?? []);
  const left = before?.x ?? Math.min(0, ...[...places.values()].map(({ x }) => x));
  return new Map(shifted({ x: left, y: bottom + GAP }));
}
