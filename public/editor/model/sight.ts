import { type Card, OUTER_HEIGHT, WIDTH } from './card.ts';
import type { Graph } from './graph.ts';
import { OUTER, type Places } from './layout.ts';

/** A rectangle, in pixels of whatever it is in. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How the picture is moved and scaled. */
export interface Sight {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

const MOST_ZOOM = 1.1;
/** Smaller than this nobody can read, so a small window shows the beginning only. */
const READABLE = 0.5;
const NARROW = 600;

/** What the nodes and the outer ports take up. */
export function bounds({ inports, outports }: Graph, places: Places, cards: ReadonlyMap<string, Card>): Rect {
  const all = [...places];
  const hang = OUTER.width + OUTER.gap;
  const left = Math.min(...all.map(([, { x }]) => x)) - (inports.size > 0 ? hang : 0);
  const right =
    Math.max(...all.map(([name, { x }]) => x + (cards.get(name)?.width ?? WIDTH))) + (outports.size > 0 ? hang : 0);
  const top = Math.min(...all.map(([, { y }]) => y));
  const bottom = Math.max(...all.map(([name, { y }]) => y + (cards.get(name)?.height ?? OUTER_HEIGHT)));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Shows all of it in an area of the window; from its beginning on where all of it would be too small to be read. */
export function fitted(whole: Rect, area: Rect): Sight {
  const room = area.width < NARROW ? 16 : 28;
  const full = Math.min((area.width - 2 * room) / whole.width, (area.height - 2 * room) / whole.height, MOST_ZOOM);
  const zoom = area.width < NARROW ? Math.max(full, READABLE) : Math.max(full, 0.15);
  const spare = area.width - whole.width * zoom;
  return {
    x: area.x + Math.max(spare / 2, room) - whole.x * zoom,
    y: area.y + Math.max((area.height - whole.height * zoom) / 2, room) - whole.y * zoom,
    zoom,
  };
}

/** Whether some of a place is within an area, enough to be noticed. */
export function seen(what: Rect, area: Rect, { x, y, zoom }: Sight): boolean {
  const [left, top] = [what.x * zoom + x, what.y * zoom + y];
  const within = (from: number, size: number, least: number, room: number) =>
    Math.min(from + size, least + room) - Math.max(from, least) > 24;
  return within(left, what.width * zoom, area.x, area.width) && within(top, what.height * zoom, area.y, area.height);
}

/** Brings a place into the middle of an area, unless it is within it already. */
export function brought(what: Rect, area: Rect, { x, y, zoom }: Sight): Sight | undefined {
  const [left, top] = [what.x * zoom + x, what.y * zoom + y];
  const [right, bottom] = [left + what.width * zoom, top + what.height * zoom];
  const inside = left >= area.x && top >= area.y && right <= area.x + area.width && bottom <= area.y + area.height;
  if (inside) return;
  const near = Math.max(zoom, READABLE);
  // What is wider than the area is shown from its beginning on.
  const margin = Math.max(16, (area.width - what.width * near) / 2);
  return {
    x: area.x + margin - what.x * near,
    y: area.y + area.height / 2 - (what.y + what.height / 2) * near,
    zoom: near,
  };
}
