import { type Card, WIDTH } from './card.ts';
import type { Places } from './layout.ts';
import type { Point } from './point.ts';

type Cards = ReadonlyMap<string, Card>;

/**
 * Where nodes are drawn while some of them are open and so larger than their cards: what stands right of such a one moves
 * to the right, what stands below it moves down, by as much as it has grown.
 */
export function withRoom(places: Places, closed: Cards, drawn: Cards): Places {
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

/** Where to keep a node so that it is drawn where a hand has put it, or as near as can be. */
export function placeFor(name: string, hand: Point, places: Places, closed: Cards, drawn: Cards): Point {
  const now = withRoom(places, closed, drawn);
  if (now === places) return hand;
  const candidates = [hand, ...[...now].map(([other, { x, y }]) => back(hand, { x, y }, places.get(other)!))];
  const distinct = new Map(candidates.map(place => [`${place.x} ${place.y}`, place]));
  const off = (place: Point) => {
    const { x, y } = withRoom(new Map(places).set(name, place), closed, drawn).get(name)!;
    return Math.hypot(x - hand.x, y - hand.y);
  };
  const [best] = [...distinct.values()].map(place => ({ place, off: off(place) })).toSorted((a, b) => a.off - b.off);
  return best!.place;
}

/** A place moved back by as much as another one has been moved. */
const back = (hand: Point, moved: Point, place: Point): Point => ({
  x: hand.x - (moved.x - place.x),
  y: hand.y - (moved.y - place.y),
});
