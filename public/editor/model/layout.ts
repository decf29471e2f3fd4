import type { ElkNode } from 'elkjs/lib/elk-api.js';
import type { BareEdge } from '../../../src/model/graph.ts';
import { type Card, COLUMN_STEP, failsBy, handleY, slotId, WIDTH } from './card.ts';
import { type CanvasPoint, type EditorGraph, placeOf } from './graph.ts';

export type Places = ReadonlyMap<string, CanvasPoint>;
type Cards = ReadonlyMap<string, Card>;

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.spacing.nodeNode': '28',
  'elk.layered.spacing.nodeNodeBetweenLayers': `${COLUMN_STEP - WIDTH}`,
  // The same spacing for edges within a layer as between layers.
  'elk.layered.spacing.edgeNodeBetweenLayers': '14',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '8',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.thoroughness': '20',
  'elk.spacing.componentComponent': '64',
};

/** With more nodes, a long chain wraps to further rows. */
const ONE_ROW = 40;
const WRAPPED = { ...OPTIONS, 'elk.layered.wrapping.strategy': 'SINGLE_EDGE', 'elk.aspectRatio': '1.6' };

/** Minimal width of an outer port, and its gap to the node. */
export const OUTER = { width: 88, gap: 24 };
const MAX_OUTER_WIDTH = 176;

/** The width of an outer port, by its name. */
export const outerWidth = ({ length }: string): number =>
  Math.min(MAX_OUTER_WIDTH, Math.max(OUTER.width, 10 * length + 20));

/**
 * The wires that determine the layout: without failures, which run below the nodes, unless a node has no other wires.
 */
function leading(graph: EditorGraph, cards: Cards): readonly BareEdge[] {
  const edges = [...graph.edges.values()].filter(
    ({ from, to }) => graph.nodes.has(from.node) && graph.nodes.has(to.node),
  );
  const main = edges.filter(({ from }) => !failsBy(cards, from));
  const held = new Set(main.flatMap(({ from, to }) => [from.node, to.node]));
  return [
    ...main,
    ...edges.filter(edge => !main.includes(edge) && !(held.has(edge.from.node) && held.has(edge.to.node))),
  ];
}

/** The graph for elk, with ports where cards draw them, so that wires come out straight. */
export function elkGraph(graph: EditorGraph, cards: Cards): ElkNode {
  const children = [...graph.nodes.keys()].flatMap((name): ElkNode[] => {
    const card = cards.get(name);
    if (!card) return [];
    const port = (side: 'inports' | 'outports', id: string) => ({
      id: `${name}\n${side}\n${id}`,
      x: side === 'inports' ? 0 : card.width,
      y: handleY(card, side, id),
      width: 0,
      height: 0,
    });
    const ports = [
      ...[...card.inports, ...card.settings].map(({ id }) => port('inports', id)),
      ...card.outports.map(({ id }) => port('outports', id)),
    ];
    return [
      {
        id: name,
        width: card.width,
        height: card.height,
        ports,
        layoutOptions: { 'elk.portConstraints': 'FIXED_POS' },
      },
    ];
  });
  const outer = [...graph.inports.values()].map(({ name }) => ({
    id: `in\n${name}`,
    width: outerWidth(name),
    height: 28,
  }));
  const enter = [...graph.inports.values()].map(({ name, node, port }) => ({
    id: `enter\n${name}`,
    sources: [`in\n${name}`],
    targets: [`${node}\ninports\n${slotId({ port })}`],
  }));
  const edges = leading(graph, cards).map(({ from, to }, index) => ({
    id: `edge\n${index}`,
    sources: [`${from.node}\noutports\n${slotId(from)}`],
    targets: [`${to.node}\ninports\n${slotId(to)}`],
  }));
  const layoutOptions = children.length > ONE_ROW ? WRAPPED : OPTIONS;
  return { id: 'graph', layoutOptions, children: [...outer, ...children], edges: [...enter, ...edges] };
}

/** Positions computed by elk. */
export const placesOf = ({ children = [] }: ElkNode, graph: EditorGraph): Places =>
  new Map(
    children.flatMap(({ id, x = 0, y = 0 }) =>
      graph.nodes.has(id) ? [[id, { x: Math.round(x), y: Math.round(y) }]] : [],
    ),
  );

/** The wires without those that close a loop, starting from nodes without incoming wires. */
function withoutLoops(names: Iterable<string>, edges: readonly BareEdge[]): readonly BareEdge[] {
  const leaving = Map.groupBy(edges, ({ from }) => from.node);
  const reached = new Set(edges.map(({ to }) => to.node));
  const entered = new Set<string>();
  const onPath = new Set<string>();
  const kept: BareEdge[] = [];
  const all = [...names];
  for (const start of [...all.filter(name => !reached.has(name)), ...all]) {
    if (entered.has(start)) continue;
    const path = [{ name: start, left: [...(leaving.get(start) ?? [])] }];
    entered.add(start);
    onPath.add(start);
    for (let here = path.at(-1); here; here = path.at(-1)) {
      const edge = here.left.shift();
      if (!edge) {
        onPath.delete(here.name);
        path.pop();
        continue;
      }
      const { node } = edge.to;
      if (!onPath.has(node)) kept.push(edge);
      if (entered.has(node)) continue;
      entered.add(node);
      onPath.add(node);
      path.push({ name: node, left: [...(leaving.get(node) ?? [])] });
    }
  }
  return kept;
}

/** Rough places without elk: columns by distance from the start. */
export function roughPlaces(graph: EditorGraph, cards: Cards): Places {
  const depth = new Map([...graph.nodes.keys()].map(name => [name, 0]));
  const edges = withoutLoops(depth.keys(), leading(graph, cards));
  for (let round = 0; round < Math.min(depth.size, 50); round++) {
    for (const { from, to } of edges) {
      const next = depth.get(from.node)! + 1;
      if (next > depth.get(to.node)!) depth.set(to.node, next);
    }
  }
  const filled = new Map<number, number>();
  return new Map(
    [...depth].map(([name, column]) => {
      const y = filled.get(column) ?? 0;
      filled.set(column, y + (cards.get(name)?.height ?? 100) + 40);
      return [name, { x: column * COLUMN_STEP, y }];
    }),
  );
}

/** Offset for automatically placed nodes: beside the nodes they are wired to, otherwise below all. */
function shiftOf(graph: EditorGraph, hand: Places, automatic: Places): CanvasPoint {
  const mixed = [...graph.edges.values()].filter(({ from, to }) => hand.has(from.node) !== hand.has(to.node));
  const held = new Set(mixed.map(({ from, to }) => (hand.has(from.node) ? from.node : to.node)));
  const moved = [...held].flatMap(name => {
    const [place, other] = [hand.get(name), automatic.get(name)];
    return place && other ? [{ x: place.x - other.x, y: place.y - other.y }] : [];
  });
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  if (moved.length > 0) return { x: mean(moved.map(({ x }) => x)), y: mean(moved.map(({ y }) => y)) };
  const loose = [...automatic].filter(([name]) => !hand.has(name)).map(([, place]) => place);
  if (hand.size === 0 || loose.length === 0) return { x: 0, y: 0 };
  const placed = [...hand.values()];
  return {
    x: Math.min(...placed.map(({ x }) => x)) - Math.min(...loose.map(({ x }) => x)),
    y: Math.max(...placed.map(({ y }) => y)) + 320 - Math.min(...loose.map(({ y }) => y)),
  };
}

/** All positions: those set by hand win; the others are shifted together to fit among them. */
export function mergedPlaces(graph: EditorGraph, automatic: Places): Places {
  const hand = new Map(
    [...graph.nodes.values()].flatMap(node => {
      const place = placeOf(node);
      return place ? [[node.name, place] as const] : [];
    }),
  );
  const shift = shiftOf(graph, hand, automatic);
  return new Map(
    [...graph.nodes.keys()].map(name => {
      const { x, y } = automatic.get(name) ?? { x: 0, y: 0 };
      return [name, hand.get(name) ?? { x: Math.round(x + shift.x), y: Math.round(y + shift.y) }];
    }),
  );
}

/** The nearest position below a wanted one where a new card covers no other. */
export function freePlace(wanted: CanvasPoint, places: Places, cards: Cards, height = 120): CanvasPoint {
  let { x, y } = wanted;
  const hit = () =>
    [...places].find(([name, place]) => {
      const other = cards.get(name)?.height ?? height;
      return Math.abs(place.x - x) < WIDTH + 16 && y < place.y + other + 16 && place.y < y + height + 16;
    });
  for (let found = hit(), tries = 0; found && tries < 1000; found = hit(), tries++)
    y = found[1].y + (cards.get(found[0])?.height ?? height) + 24;
  return { x: Math.round(x), y: Math.round(y) };
}

type CardsOf = ReadonlyMap<string, Card>;

/**
 * Positions with room for open subgraphs: cards to the right of one move right, cards below move down, by as much as it
 * grew.
 */
export function withSpace(places: Places, closed: CardsOf, drawn: CardsOf): Places {
  let moved = places;
  const widths = new Map([...closed].map(([name, { width }]) => [name, width]));
  for (const [name, { width, height }] of drawn) {
    const [before, at] = [closed.get(name), moved.get(name)];
    if (!before || !at || (before.width === width && before.height === height)) continue;
    const right = at.x + before.width;
    const bottom = at.y + before.height;
    moved = new Map(
      [...moved].map(([other, place]) => {
        const { x, y } = place;
        if (other === name) return [other, place];
        if (x >= right) return [other, { x: x + width - before.width, y }];
        const below = y >= bottom && x + (widths.get(other) ?? WIDTH) > at.x;
        return [other, below ? { x, y: y + height - before.height } : place];
      }),
    );
    widths.set(name, width);
  }
  return moved;
}

/** The position to store for a node so that it is drawn where it was dropped, or as near as possible. */
export function placeFor(
  name: string,
  hand: CanvasPoint,
  places: Places,
  closed: CardsOf,
  drawn: CardsOf,
): CanvasPoint {
  const now = withSpace(places, closed, drawn);
  if (now === places) return hand;
  const candidates = [hand, ...[...now].map(([other, { x, y }]) => back(hand, { x, y }, places.get(other)!))];
  const distinct = new Map(candidates.map(place => [`${place.x} ${place.y}`, place]));
  const off = (place: CanvasPoint) => {
    const { x, y } = withSpace(new Map(places).set(name, place), closed, drawn).get(name)!;
    return Math.hypot(x - hand.x, y - hand.y);
  };
  const [best] = [...distinct.values()].map(place => ({ place, off: off(place) })).toSorted((a, b) => a.off - b.off);
  return best!.place;
}

/** A position with another node's shift removed. */
const back = (hand: CanvasPoint, moved: CanvasPoint, place: CanvasPoint): CanvasPoint => ({
  x: hand.x - (moved.x - place.x),
  y: hand.y - (moved.y - place.y),
});
