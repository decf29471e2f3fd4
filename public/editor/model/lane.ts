import { type Card, failsBy, handleY, slotId } from './card.ts';
import { edgeKey, type Graph } from './graph.ts';
import type { Places } from './layout.ts';
import type { Point } from './point.ts';
import { type Box, boxes } from './route.ts';

const GAP = 34;
const TURN = 20;
/** How far a line beside a card keeps from it. */
const BESIDE = 12;

/** The way of a failure below the nodes: how deep it runs, and how far from its ends it goes down and comes up. */
export interface Lane {
  readonly depth: number;
  readonly down: number;
  readonly up: number;
}

/** How far from a port a line goes down or up to a depth without running behind a card, to the right or to the left. */
function beside(port: Point, depth: number, boxes: readonly Box[], sign: 1 | -1): number {
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

/** Farther from its port than this, a line is harder to follow than one behind a card. */
const FARTHEST = 320;

interface Shared {
  readonly ends: readonly { readonly key: string; readonly from: Point; readonly to: Point }[];
  readonly bottom: number;
}

/** The failures' lanes: those that lead to one port share one, so that they are one line and not a tangle. By edge. */
export function lanes(graph: Graph, places: Places, cards: ReadonlyMap<string, Card>): ReadonlyMap<string, Lane> {
  const all = boxes(places, cards);
  const byTarget = new Map<string, Shared>();
  for (const edge of graph.edges.values()) {
    const [start, end] = [places.get(edge.from.node), places.get(edge.to.node)];
    const [source, target] = [cards.get(edge.from.node), cards.get(edge.to.node)];
    if (!failsBy(cards, edge.from) || !start || !end || !source || !target) continue;
    const from = { x: start.x + source.width, y: start.y + handleY(source, 'outports', slotId(edge.from)) };
    const to = { x: end.x, y: end.y + handleY(target, 'inports', slotId(edge.to)) };
    const [left, right] = [Math.min(start.x, to.x - TURN), Math.max(from.x + TURN, end.x + target.width)];
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
        const lane = { depth, down: beside(from, depth, all, 1), up: beside(to, depth, all, -1) };
        return [key, lane] as const;
      });
    }),
  );
}

const ROUND = 12;

/** An SVG path through corners, rounded. */
function rounded(points: readonly Point[]): string {
  const parts = [`M${points[0]!.x},${points[0]!.y}`];
  for (let index = 1; index < points.length - 1; index++) {
    const [before, here, after] = [points[index - 1]!, points[index]!, points[index + 1]!];
    const towards = (to: Point) => {
      const length = Math.hypot(to.x - here.x, to.y - here.y) || 1;
      const by = Math.min(ROUND, length / 2) / length;
      return `${here.x + (to.x - here.x) * by},${here.y + (to.y - here.y) * by}`;
    };
    parts.push(`L${towards(before)}Q${here.x},${here.y} ${towards(after)}`);
  }
  const last = points.at(-1)!;
  return `${parts.join('')}L${last.x},${last.y}`;
}

/** The way of a failure: out of its node, down beside it, along its lane, and up to where it is answered. */
export function lanePath(from: Point, to: Point, { depth, down, up }: Lane): string {
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
