import { type Card, slotId } from './card.ts';
import { isFailure } from './component.ts';
import { edgeKey, type Graph } from './graph.ts';
import type { Places } from './layout.ts';
import type { Point } from './point.ts';

const GAP = 34;

/** How deep below the nodes the failures run that lead to one port: they share a lane, so that they are one line and not a tangle. By edge. */
export function lanes(graph: Graph, places: Places, cards: ReadonlyMap<string, Card>): ReadonlyMap<string, number> {
  const boxes = [...places].map(([name, { x, y }]) => {
    const { width = 0, height = 0 } = cards.get(name) ?? {};
    return { x, right: x + width, bottom: y + height };
  });
  const byTarget = new Map<string, { keys: string[]; depth: number }>();
  for (const edge of graph.edges.values()) {
    const [from, to] = [places.get(edge.from.node), places.get(edge.to.node)];
    if (!isFailure(edge.from.port) || !from || !to) continue;
    const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
    const between = boxes.filter(box => box.right >= left && box.x <= right).map(({ bottom }) => bottom);
    const target = `${edge.to.node}\n${slotId(edge.to)}`;
    const lane = byTarget.get(target) ?? { keys: [], depth: Number.NEGATIVE_INFINITY };
    byTarget.set(target, { keys: [...lane.keys, edgeKey(edge)], depth: Math.max(lane.depth, ...between) });
  }
  const stacked = [...byTarget.values()].toSorted((a, b) => a.depth - b.depth);
  return new Map(
    stacked.flatMap(({ keys, depth }, index) => keys.map(key => [key, depth + GAP + (index % 4) * 10] as const)),
  );
}

const TURN = 20;
const ROUND = 12;

/** An SVG path through corners, rounded. */
export function rounded(points: readonly Point[]): string {
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
export function lanePath(from: Point, to: Point, depth: number): string {
  const near = to.x - from.x > 2 * TURN && to.x - from.x < 160;
  const right = from.x + TURN;
  const left = to.x - TURN;
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
