import { type Card, handleY, slotId } from './card.ts';
import { edgeKey, type Graph } from './graph.ts';
import type { Places } from './layout.ts';
import type { Point } from './point.ts';

/** A level stretch that leads a wire past the cards between its ends. */
export interface Corridor {
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

/** What wires go around. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A line by its key, from where it comes out to where it goes in. */
export interface Ends {
  readonly key: string;
  readonly out: Point;
  readonly into: Point;
}

/** How far a wire keeps from a card, and from another wire in the same corridor. */
const CLEAR = 10;
const APART = 9;
const SAMPLES = 20;
/** Above so many nodes, nobody follows single wires. */
const MOST = 600;

const hits = ({ left, right, top, bottom }: Box, { x, y }: Point): boolean =>
  x > left - CLEAR && x < right + CLEAR && y > top - CLEAR && y < bottom + CLEAR;

/** Points on the curve that leads straight from one end to the other. */
function curve(from: Point, to: Point): readonly Point[] {
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

function corridor(from: Point, to: Point, between: readonly Box[], taken: readonly Corridor[]): Corridor | undefined {
  const left = Math.max(Math.min(...between.map(box => box.left)) - 18, from.x + 12);
  const right = Math.min(Math.max(...between.map(box => box.right)) + 18, to.x - 12);
  if (left >= right) return;
  const levels = between.flatMap(({ top, bottom }) =>
    [0, 1, 2, 3].flatMap(step => [top - CLEAR - 6 - step * APART, bottom + CLEAR + 6 + step * APART]),
  );
  const free = [from.y, to.y, ...levels].filter(
    y =>
      between.every(({ top, bottom }) => y <= top - CLEAR || y >= bottom + CLEAR) &&
      taken.every(other => Math.abs(other.y - y) >= APART - 1 || other.right < left || other.left > right),
  );
  const detour = (y: number) => Math.abs(y - from.y) + Math.abs(y - to.y);
  const [y] = free.toSorted((a, b) => detour(a) - detour(b));
  return y === undefined ? undefined : { left, right, y };
}

/** Cards where they stand. */
export const boxes = (places: Places, cards: ReadonlyMap<string, Card>): readonly Box[] =>
  [...places].map(([name, { x, y }]) => {
    const { width = 0, height = 0 } = cards.get(name) ?? {};
    return { left: x, right: x + width, top: y, bottom: y + height };
  });

/** Corridors for those wires that would otherwise run behind cards, by edge. */
export function routes(
  graph: Graph,
  places: Places,
  cards: ReadonlyMap<string, Card>,
  straight: (key: string) => boolean,
): ReadonlyMap<string, Corridor> {
  if (places.size > MOST) return new Map();
  const ends = [...graph.edges.values()].flatMap(({ from, to }): Ends[] => {
    const key = edgeKey({ from, to });
    const [start, end] = [places.get(from.node), places.get(to.node)];
    const [source, target] = [cards.get(from.node), cards.get(to.node)];
    if (straight(key) || !start || !end || !source || !target) return [];
    const out = { x: start.x + source.width, y: start.y + handleY(source, 'outports', slotId(from)) };
    const into = { x: end.x, y: end.y + handleY(target, 'inports', slotId(to)) };
    return [{ key, out, into }];
  });
  return past(ends, boxes(places, cards));
}

/** Corridors for those lines that would otherwise run behind boxes, apart from those that are taken already. */
export function past(
  ends: readonly Ends[],
  boxes: readonly Box[],
  taken: readonly Corridor[] = [],
): ReadonlyMap<string, Corridor> {
  const found = new Map<string, Corridor>();
  for (const { key, out, into } of ends) {
    const between = boxes.filter(box => box.right > out.x && box.left < into.x);
    if (between.length === 0 || !curve(out, into).some(point => between.some(box => hits(box, point)))) continue;
    const way = corridor(out, into, between, [...taken, ...found.values()]);
    if (way) found.set(key, way);
  }
  return found;
}

/** An SVG path into a corridor, along it, and out of it. */
export function corridorPath(from: Point, to: Point, { left, right, y }: Corridor): string {
  const bend = (a: Point, b: Point) => {
    const reach = Math.max(12, (b.x - a.x) / 2);
    return `C${a.x + reach},${a.y} ${b.x - reach},${b.y} ${b.x},${b.y}`;
  };
  const [enter, leave] = [
    { x: left, y },
    { x: right, y },
  ];
  return `M${from.x},${from.y}${bend(from, enter)}L${right},${y}${bend(leave, to)}`;
}
