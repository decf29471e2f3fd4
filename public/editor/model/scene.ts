import type { BareEdge, BareOuterPort, PortRef } from '../../../src/model/graph.ts';
import { portName } from '../../../src/model/words.ts';
import { type Card, cards as cardsOf, HEAD, handleY, ROW, type Slot, slotId } from './card.ts';
import type { Components } from './fits.ts';
import { type CanvasPoint, type EditorGraph, edgeKey, nodePath } from './graph.ts';
import { mergedPlaces, type Places, withSpace } from './layout.ts';
import {
  type Box,
  boxes,
  type EdgeRoute,
  type Ends,
  type FailureRoute,
  findEdgeRoutes,
  findFailureRoutes,
  handlePoint,
  hull,
  lineRoutes,
} from './routes.ts';

/** A line in a frame between one of the frame's ports and its inner port. */
interface FrameLine {
  readonly id: string;
  readonly side: 'in' | 'out';
  /** The frame's slot id. */
  readonly slot: string;
  /** The inner node's path, and its slot id. */
  readonly node: string;
  readonly inner: string;
}

/** An open subgraph. */
interface SubgraphFrame {
  readonly component: string;
  /** Its graph, under its own names. */
  readonly graph: EditorGraph;
  readonly lines: readonly FrameLine[];
  /** The canvas point of its graph's origin. */
  readonly origin: CanvasPoint;
}

/** A frame with its content, measured; `origin` is the position of the content in it. */
interface MeasuredFrame {
  readonly card: Card;
  readonly content: Scene;
  readonly origin: CanvasPoint;
  readonly frame: SubgraphFrame;
  /** Routes of lines around nodes, by line id. */
  readonly edgeRoutes: ReadonlyMap<string, EdgeRoute>;
}

/** Width of the port columns in pixels; the style sheets have the same. */
export const PORT_COLUMN = { in: 136, out: 112 };
const SPACE = 44;
const TOP = HEAD + 28;
const BOTTOM = 28;

const unset = ({ name }: BareOuterPort): Slot => ({
  id: name,
  port: name,
  label: portName({ port: name }),
  description: '',
  wired: false,
  failure: false,
  known: true,
});

/** The frame's ports, a column on each side: those of the card, and unused ones that a card hides. */
function framePorts(card: Card, graph: EditorGraph): Pick<Card, 'inports' | 'outports' | 'settings'> {
  const { inports, outports, settings } = card;
  const shown = new Set([...inports, ...settings].map(({ port }) => port));
  const rest = [...graph.inports.values()].filter(({ name }) => !shown.has(name));
  return { inports: [...inports, ...settings, ...rest.map(unset)], outports, settings: [] };
}

function linesOf({ inports, outports }: ReturnType<typeof framePorts>, graph: EditorGraph): readonly FrameLine[] {
  const lines = (side: 'in' | 'out', slots: readonly Slot[], outers: EditorGraph['inports']) =>
    slots.flatMap(({ id, port }): FrameLine[] => {
      const outer = outers.get(port);
      if (!outer || !graph.nodes.has(outer.node)) return [];
      return [{ id: `\n${side}\n${id}`, side, slot: id, node: outer.node, inner: slotId(outer) }];
    });
  return [...lines('in', inports, graph.inports), ...lines('out', outports, graph.outports)];
}

/** The extent of a frame's content. */
function extent({ places, cards, failureRoutes, edgeRoutes }: Scene): Box {
  const box = hull(boxes(places, cards));
  const levels = [
    ...[...failureRoutes.values()].map(({ depth }) => depth),
    ...[...edgeRoutes.values()].map(({ y }) => y),
  ];
  return { ...box, top: Math.min(box.top, ...levels), bottom: Math.max(box.bottom, ...levels) };
}

const nowhere = { left: 0, right: 0, top: 0, bottom: 0 };

/** The frame of an open subgraph. */
function framed(card: Card, component: string, graph: EditorGraph, content: Scene): MeasuredFrame {
  const ports = framePorts(card, graph);
  const lines = linesOf(ports, graph);
  const { left, right, top, bottom } = graph.nodes.size > 0 ? extent(content) : nowhere;
  const before = ports.inports.length > 0 ? PORT_COLUMN.in : 0;
  const after = ports.outports.length > 0 ? PORT_COLUMN.out : 0;
  const width = before + SPACE + (right - left) + SPACE + after;
  const least = HEAD + (Math.max(ports.inports.length, ports.outports.length) + 1) * ROW;
  const origin = { x: before + SPACE - left, y: TOP - top };
  const shown = { ...card, ...ports, width };
  const ends = lines.map(line => endsOf(line, shown, content, origin, before, width - after));
  const edgeRoutes = lineRoutes(ends, boxes(content.places, content.cards), [...content.edgeRoutes.values()]);
  const deepest = Math.max(bottom, ...[...edgeRoutes.values()].map(({ y }) => y));
  const height = Math.max(least, TOP + deepest - top + BOTTOM);
  return { card: { ...shown, height }, content, origin, frame: { component, graph, lines, origin }, edgeRoutes };
}

/** A line's ends, in coordinates of the content. */
function endsOf(
  { id, side, slot, node, inner }: FrameLine,
  card: Card,
  content: Scene,
  origin: CanvasPoint,
  x: number,
  end: number,
) {
  const ports = side === 'in' ? 'inports' : 'outports';
  const border = { x: (side === 'in' ? x : end) - origin.x, y: handleY(card, ports, slot) - origin.y };
  const port = handlePoint(content, ports, node, inner) ?? { x: 0, y: 0 };
  return (side === 'in' ? { key: id, out: border, into: port } : { key: id, out: port, into: border }) satisfies Ends;
}

/** A subgraph component's graph, and its layout's positions. */
export interface SubgraphContent {
  readonly graph: EditorGraph;
  readonly automatic: Places;
}

/**
 * The drawn scene: a graph including the content of its open subgraphs. Inner nodes are named by path, `outer/inner`,
 * as the server does.
 */
export interface Scene {
  /** All drawn nodes, wires and initial packets; outer ports and groups are those of the outermost graph. */
  readonly graph: EditorGraph;
  readonly cards: ReadonlyMap<string, Card>;
  readonly places: Places;
  /** Routes of failures, by edge key. */
  readonly failureRoutes: ReadonlyMap<string, FailureRoute>;
  /** Routes of wires and lines that go around nodes. */
  readonly edgeRoutes: ReadonlyMap<string, EdgeRoute>;
  /** Open subgraphs by path, outer ones first. */
  readonly frames: ReadonlyMap<string, SubgraphFrame>;
  /** The path of the frame that contains a node, by node path. */
  readonly parents: ReadonlyMap<string, string>;
}

/** The open subgraphs, and the known content of subgraphs. */
export interface View {
  /** Paths of open nodes. */
  readonly open: ReadonlySet<string>;
  /** By component. */
  readonly subgraphs: ReadonlyMap<string, SubgraphContent>;
  readonly components: Components;
  /** The previous scene; unchanged cards are reused. */
  readonly before: Pick<Scene, 'cards'>;
}

type Level = Pick<Scene, 'graph' | 'cards' | 'places'>;

/** The scene of a graph. If nothing is open, it is the graph itself. */
export function sceneOf({ graph, cards, places }: Level, view: View, within: readonly string[] = []): Scene {
  const rooms = new Map(
    [...graph.nodes.values()].flatMap(({ name, component }) => {
      const [card, content] = [cards.get(name), view.subgraphs.get(component)];
      if (!card || !content || !places.has(name) || !view.open.has(nodePath(within, name))) return [];
      return [[name, framed(card, component, content.graph, inner(content, view, [...within, name]))] as const];
    }),
  );
  const drawn = rooms.size === 0 ? cards : grown(cards, rooms, view, within);
  const roomy = rooms.size === 0 ? places : withSpace(places, cards, drawn);
  const deep = findFailureRoutes(graph, roomy, drawn);
  const edgeRoutes = findEdgeRoutes(graph, roomy, drawn, key => deep.has(key));
  const bare: Scene = {
    graph,
    cards: drawn,
    places: roomy,
    failureRoutes: deep,
    edgeRoutes,
    frames: new Map(),
    parents: new Map(),
  };
  return [...rooms].reduce((scene, [name, room]) => filled(scene, name, room), bare);
}

function inner({ graph, automatic }: SubgraphContent, view: View, within: readonly string[]): Scene {
  const before = { get: (name: string) => view.before.cards.get(nodePath(within, name)) };
  return sceneOf(
    { graph, cards: cardsOf(graph, view.components, before), places: mergedPlaces(graph, automatic) },
    view,
    within,
  );
}

/** The cards, with frames for open nodes. */
function grown(
  cards: Scene['cards'],
  rooms: ReadonlyMap<string, MeasuredFrame>,
  { before }: View,
  within: readonly string[],
): Scene['cards'] {
  const kept = (name: string, card: Card): Card => {
    const old = before.cards.get(nodePath(within, name));
    return old && JSON.stringify(old) === JSON.stringify(card) ? old : card;
  };
  return new Map([...cards].map(([name, card]) => [name, kept(name, rooms.get(name)?.card ?? card)]));
}

/** Adds the content of a node to the scene, under paths that begin with its name. */
function filled(scene: Scene, name: string, { content, origin, frame, edgeRoutes }: MeasuredFrame): Scene {
  const { x: left, y: top } = scene.places.get(name)!;
  const by = { x: left + origin.x, y: top + origin.y };
  const path = (key: string) => nodePath([name], key);
  const end = (port: PortRef): PortRef => ({ ...port, node: path(port.node) });
  const wired = (edge: BareEdge): BareEdge => ({ ...edge, from: end(edge.from), to: end(edge.to) });
  const edges = new Map([...content.graph.edges].map(([key, edge]) => [key, wired(edge)]));
  // Other keys are those of frame lines.
  const key = (old: string) => (edges.has(old) ? edgeKey(edges.get(old)!) : path(old));
  const level = ({ left, right, y }: EdgeRoute) => ({ left: left + by.x, right: right + by.x, y: y + by.y });
  const lined = ({ lines, ...rest }: SubgraphFrame): SubgraphFrame => ({
    ...rest,
    lines: lines.map(line => ({ ...line, id: path(line.id), node: path(line.node) })),
  });
  const inner = ({ origin, ...rest }: SubgraphFrame): SubgraphFrame =>
    lined({ ...rest, origin: { x: origin.x + by.x, y: origin.y + by.y } });
  return {
    graph: {
      ...scene.graph,
      nodes: joined(scene.graph.nodes, content.graph.nodes, path, node => ({ ...node, name: path(node.name) })),
      edges: new Map([...scene.graph.edges, ...[...edges.values()].map(edge => [edgeKey(edge), edge] as const)]),
      initials: [...scene.graph.initials, ...content.graph.initials.map(each => ({ ...each, to: end(each.to) }))],
    },
    cards: joined(scene.cards, content.cards, path, card => card),
    places: joined(scene.places, content.places, path, ({ x, y }) => ({ x: x + by.x, y: y + by.y })),
    failureRoutes: joined(scene.failureRoutes, content.failureRoutes, key, failureRoute => ({
      ...failureRoute,
      depth: failureRoute.depth + by.y,
    })),
    edgeRoutes: joined(scene.edgeRoutes, new Map([...content.edgeRoutes, ...edgeRoutes]), key, level),
    frames: joined(new Map(scene.frames).set(name, lined({ ...frame, origin: by })), content.frames, path, inner),
    parents: new Map([
      ...scene.parents,
      ...[...content.graph.nodes.keys()].map(
        each => [path(each), content.parents.has(each) ? path(content.parents.get(each)!) : name] as const,
      ),
    ]),
  };
}

const joined = <Value>(
  outer: ReadonlyMap<string, Value>,
  more: ReadonlyMap<string, Value>,
  key: (key: string) => string,
  change: (value: Value) => Value,
): ReadonlyMap<string, Value> =>
  new Map([...outer, ...[...more].map(([name, value]) => [key(name), change(value)] as const)]);

/** The drawn node for a path: itself, or the closed subgraph that contains it; undefined if neither exists. */
export function visibleNode({ graph }: Scene, path: string): string | undefined {
  const parts = path.split('/');
  const paths = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  return paths.find(each => graph.nodes.has(each));
}

/** The open paths after a node was renamed. */
export function openAfterRename(open: ReadonlySet<string>, from: string, to: string): ReadonlySet<string> {
  const renamed = (path: string) =>
    path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path;
  return new Set([...open].map(renamed));
}

const meet = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** The boxes around a group's nodes: one, or as few as possible without other nodes. */
export function groupBoxes(own: readonly Box[], others: readonly Box[]): readonly Box[] {
  const free = (box: Box) => !others.some(other => meet(box, other));
  if (own.length === 0) return [];
  const all = hull(own);
  if (free(all)) return [all];
  const made: Box[] = [];
  for (const box of own.toSorted((a, b) => a.left - b.left || a.top - b.top)) {
    const at = made.findIndex(other => free(hull([other, box])));
    if (at < 0) made.push(box);
    else made[at] = hull([made[at]!, box]);
  }
  return made;
}
