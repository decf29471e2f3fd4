import type { GraphSide } from '../../../src/model/graph.ts';
import { type Card, failsBy, handleY, slotId } from './card.ts';
import { type CanvasPoint, type EditorGraph, edgeKey } from './graph.ts';
import type { Places } from './layout.ts';

/** A horizontal section of a wire that passes the cards between its ends. */
export interface EdgeRoute {
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

/** An obstacle for wires. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A line by its key, and its two ends. */
export interface Ends {
  readonly key: string;
  readonly out: CanvasPoint;
  readonly into: CanvasPoint;
}

/** Distance of a wire from cards, and from other wires in the same corridor. */
const CLEAR = 10;
const GAP_Y = 9;
const SAMPLES = 20;
/** Above this number of nodes, wires are not routed. */
const MAX_NODES = 600;

const hits = ({ left, right, top, bottom }: Box, { x, y }: CanvasPoint): boolean =>
  x > left - CLEAR && x < right + CLEAR && y > top - CLEAR && y < bottom + CLEAR;

/** Points on the direct curve between two ends. */
function curve(from: CanvasPoint, to: CanvasPoint): readonly CanvasPoint[] {
  const reach = (to.x - from.x) / 2;
  return Array.from({ length: SAMPLES - 1 }, (_, index) => {
    const t = (index + 1) / SAMPLES;
    const [a, b, c, d] = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t ** 2, t ** 3];
    return {
      x: a * from.x + b * (from.x + reach) + c * (to.x - reach) + d * to.x,
      y: (a + b) * from.y + (c + d) * to.y,
    };
  });
}

function edgeRoute(
  from: CanvasPoint,
  to: CanvasPoint,
  between: readonly Box[],
  taken: readonly EdgeRoute[],
): EdgeRoute | undefined {
  const left = Math.max(Math.min(...between.map(box => box.left)) - 18, from.x + 12);
  const right = Math.min(Math.max(...between.map(box => box.right)) + 18, to.x - 12);
  if (left >= right) return;
  const levels = between.flatMap(({ top, bottom }) =>
    [0, 1, 2, 3].flatMap(step => [top - CLEAR - 6 - step * GAP_Y, bottom + CLEAR + 6 + step * GAP_Y]),
  );
  const free = [from.y, to.y, ...levels].filter(
    y =>
      between.every(({ top, bottom }) => y <= top - CLEAR || y >= bottom + CLEAR) &&
      taken.every(other => Math.abs(other.y - y) >= GAP_Y - 1 || other.right < left || other.left > right),
  );
  const detour = (y: number) => Math.abs(y - from.y) + Math.abs(y - to.y);
  const [y] = free.toSorted((a, b) => detour(a) - detour(b));
  return y === undefined ? undefined : { left, right, y };
}

/** The cards as boxes. */
export const boxes = (places: Places, cards: ReadonlyMap<string, Card>): readonly Box[] =>
  [...places].map(([name, { x, y }]) => {
    const { width = 0, height = 0 } = cards.get(name) ?? {};
    return { left: x, right: x + width, top: y, bottom: y + height };
  });

/** The bounding box of boxes. */
export const hull = (all: readonly Box[]): Box => ({
  left: Math.min(...all.map(({ left }) => left)),
  right: Math.max(...all.map(({ right }) => right)),
  top: Math.min(...all.map(({ top }) => top)),
  bottom: Math.max(...all.map(({ bottom }) => bottom)),
});

/** The position of a port's handle; undefined if its node has none. */
export function handlePoint(
  { places, cards }: { readonly places: Places; readonly cards: ReadonlyMap<string, Card> },
  side: GraphSide,
  node: string,
  slot: string,
): CanvasPoint | undefined {
  const [place, card] = [places.get(node), cards.get(node)];
  if (!place || !card) return;
  return { x: place.x + (side === 'outports' ? card.width : 0), y: place.y + handleY(card, side, slot) };
}

/** Routes for wires that would otherwise run behind cards, by edge key. */
export function findEdgeRoutes(
  graph: EditorGraph,
  places: Places,
  cards: ReadonlyMap<string, Card>,
  straight: (key: string) => boolean,
): ReadonlyMap<string, EdgeRoute> {
  if (places.size > MAX_NODES) return new Map();
  const ends = [...graph.edges.values()].flatMap(({ from, to }): Ends[] => {
    const key = edgeKey({ from, to });
    const out = handlePoint({ places, cards }, 'outports', from.node, slotId(from));
    const into = handlePoint({ places, cards }, 'inports', to.node, slotId(to));
    return straight(key) || !out || !into ? [] : [{ key, out, into }];
  });
  return lineRoutes(ends, boxes(places, cards));
}

/** Routes for lines that would otherwise run behind boxes, separate from existing routes. */
export function lineRoutes(
  ends: readonly Ends[],
  boxes: readonly Box[],
  taken: readonly EdgeRoute[] = [],
): ReadonlyMap<string, EdgeRoute> {
  const found = new Map<string, EdgeRoute>();
  for (const { key, out, into } of ends) {
    const between = boxes.filter(box => box.right > out.x && box.left < into.x);
    if (between.length === 0 || !curve(out, into).some(point => between.some(box => hits(box, point)))) continue;
    const trace = edgeRoute(out, into, between, [...taken, ...found.values()]);
    if (trace) found.set(key, trace);
  }
  return found;
}

/** SVG path into a corridor, along it, and out of it. */
export function edgeRoutePath(from: CanvasPoint, to: CanvasPoint, { left, right, y }: EdgeRoute): string {
  const bend = (a: CanvasPoint, b: CanvasPoint) => {
    const reach = Math.max(12, (b.x - a.x) / 2);
    return `C${a.x + reach},${a.y} ${b.x - reach},${b.y} ${b.x},${b.y}`;
  };
  const [enter, leave] = [
    { x: left, y },
    { x: right, y },
  ];
  return `M${from.x},${from.y}${bend(from, enter)}L${right},${y}${bend(leave, to)}`;
}

const GAP = 34;
const TURN = 20;
/** Distance of a vertical line from a card beside it. */
const BESIDE = 12;

/** A failure's route below the nodes: its depth, and how far from its ends it goes down and comes up. */
export interface FailureRoute {
  readonly depth: number;
  readonly down: number;
  readonly up: number;
}

/** How far from a port a line can go down or up without running behind a card, to the right or left. */
function beside(port: CanvasPoint, depth: number, boxes: readonly Box[], sign: 1 | -1): number {
  const at = (distance: number) => port.x + sign * distance;
  const behind = (distance: number) =>
    boxes.some(({ left, right, top, bottom }) => {
      const x = at(distance);
      const level = top < port.y && bottom > port.y && left < Math.max(x, port.x) && right > Math.min(x, port.x);
      return level || (left < x && right > x && top < depth && bottom > port.y);
    });
  const edges = boxes.flatMap(({ left, right }) => [(left - port.x) * sign - BESIDE, (right - port.x) * sign + BESIDE]);
  const near = edges.filter(distance => distance >= BESIDE && distance < FARTHEST).toSorted((a, b) => a - b);
  return [TURN, ...near].find(distance => !behind(distance)) ?? TURN;
}

/** Beyond this distance from its port, a line is harder to follow than one behind a card. */
const FARTHEST = 320;

interface Shared {
  readonly ends: readonly { readonly key: string; readonly from: CanvasPoint; readonly to: CanvasPoint }[];
  readonly bottom: number;
}

/** Routes of failures by edge key. Failures to one port share a lane, to be drawn as one line. */
export function findFailureRoutes(
  graph: EditorGraph,
  places: Places,
  cards: ReadonlyMap<string, Card>,
): ReadonlyMap<string, FailureRoute> {
  const all = boxes(places, cards);
  const widthOf = (node: string) => cards.get(node)?.width ?? 0;
  const byTarget = new Map<string, Shared>();
  for (const edge of graph.edges.values()) {
    const from = handlePoint({ places, cards }, 'outports', edge.from.node, slotId(edge.from));
    const to = handlePoint({ places, cards }, 'inports', edge.to.node, slotId(edge.to));
    if (!failsBy(cards, edge.from) || !from || !to) continue;
    const left = Math.min(from.x - widthOf(edge.from.node), to.x - TURN);
    const right = Math.max(from.x + TURN, to.x + widthOf(edge.to.node));
    const between = all.filter(box => box.right >= left && box.left <= right).map(({ bottom }) => bottom);
    const port = `${edge.to.node}\n${slotId(edge.to)}`;
    const { ends, bottom } = byTarget.get(port) ?? { ends: [], bottom: Number.NEGATIVE_INFINITY };
    byTarget.set(port, { ends: [...ends, { key: edgeKey(edge), from, to }], bottom: Math.max(bottom, ...between) });
  }
  const stacked = [...byTarget.values()].toSorted((a, b) => a.bottom - b.bottom);
  return new Map(
    stacked.flatMap(({ ends, bottom }, index) => {
      const depth = bottom + GAP + (index % 4) * 10;
      return ends.map(({ key, from, to }) => {
        const failureRoute = { depth, down: beside(from, depth, all, 1), up: beside(to, depth, all, -1) };
        return [key, failureRoute] as const;
      });
    }),
  );
}

const ROUND = 12;

/** SVG path with rounded corners. */
function rounded(points: readonly CanvasPoint[]): string {
  const parts = [`M${points[0]!.x},${points[0]!.y}`];
  for (let index = 1; index < points.length - 1; index++) {
    const [before, here, after] = [points[index - 1]!, points[index]!, points[index + 1]!];
    const towards = (to: CanvasPoint) => {
      const length = Math.hypot(to.x - here.x, to.y - here.y) || 1;
      const by = Math.min(ROUND, length / 2) / length;
      return `${here.x + (to.x - here.x) * by},${here.y + (to.y - here.y) * by}`;
    };
    parts.push(`L${towards(before)}Q${here.x},${here.y} ${towards(after)}`);
  }
  const last = points.at(-1)!;
  return `${parts.join('')}L${last.x},${last.y}`;
}

/** SVG path of a failure: out of its node, down beside it, along its lane, and up to its target. */
export function failureRoutePath(from: CanvasPoint, to: CanvasPoint, { depth, down, up }: FailureRoute): string {
  const near = to.x - from.x > 2 * TURN && to.x - from.x < 160;
  const right = from.x + down;
  const left = to.x - up;
  const middle = (from.x + to.x) / 2;
  if (near) return rounded([from, { x: middle, y: from.y }, { x: middle, y: to.y }, to]);
  return rounded([
    from,
    { x: right, y: from.y },
    { x: right, y: depth },
    { x: left, y: depth },
    { x: left, y: to.y },
    to,
  ]);
}
