import { type Card, OUTER_HEIGHT, WIDTH } from './card.ts';
import type { EditorGraph } from './graph.ts';
import { OUTER, outerWidth, type Places } from './layout.ts';
import { boxes, hull } from './routes.ts';

/** A rectangle, in pixels. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Pan and zoom of the canvas. */
export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

const MAX_ZOOM = 1.1;
/** Enough for 200 nodes in a row on a small window. */
export const LEAST_ZOOM = 0.02;
/** Below this zoom, ports are unreadable and hidden, and names are drawn larger. */
export const READABLE = 0.5;
/**
 * The smallest text of a card in canvas pixels, as in the style sheets, and its minimal initial size in window pixels.
 */
const TEXT = 14;
const LEAST_TEXT = 11;
/** Below this zoom, the first view shows the beginning instead of the whole graph. */
const WHOLE = LEAST_TEXT / TEXT;
/** Below this zoom not even names are readable, although they are enlarged. */
const NAMES = 0.2;
const NARROW = 600;

/** The bounds of nodes and outer ports. */
export function bounds({ inports, outports }: EditorGraph, places: Places, cards: ReadonlyMap<string, Card>): Rect {
  const { left, right, top, bottom } = hull(boxes(places, cards));
  const hang = (outers: EditorGraph['inports']) =>
    outers.size > 0 ? Math.max(...[...outers.keys()].map(outerWidth)) + OUTER.gap : 0;
  const [before, after] = [hang(inports), hang(outports)];
  return { x: left - before, y: top, width: before + right - left + after, height: bottom - top };
}

const roomIn = ({ width }: Rect): number => (width < NARROW ? 16 : 20);

/** The largest zoom that shows everything. */
function nearest(whole: Rect, area: Rect): number {
  const room = 2 * roomIn(area);
  return Math.min((area.width - room) / whole.width, (area.height - room) / whole.height, MAX_ZOOM);
}

/** Centres in an area; larger things start at the area's edge. */
function placed(whole: Rect, area: Rect, zoom: number): Viewport {
  const room = roomIn(area);
  return {
    x: area.x + Math.max((area.width - whole.width * zoom) / 2, room) - whole.x * zoom,
    y: area.y + Math.max((area.height - whole.height * zoom) / 2, room) - whole.y * zoom,
    zoom,
  };
}

/** Whether enough of a place is visible to be noticed. */
export function isVisible(what: Rect, area: Rect, { x, y, zoom }: Viewport): boolean {
  const [left, top] = [what.x * zoom + x, what.y * zoom + y];
  const within = (from: number, size: number, least: number, room: number) =>
    Math.min(from + size, least + room) - Math.max(from, least) > 24;
  return within(left, what.width * zoom, area.x, area.width) && within(top, what.height * zoom, area.y, area.height);
}

/** How many nodes lie at least half outside the visible area. */
export function beyond(places: Places, cards: ReadonlyMap<string, Card>, area: Rect, viewport: Viewport): number {
  if (area.width === 0) return 0;
  const within = (at: number, least: number, room: number) => at >= least && at <= least + room;
  const hidden = [...places].filter(([name, { x, y }]) => {
    const { width = WIDTH, height = OUTER_HEIGHT } = cards.get(name) ?? {};
    const [left, top] = [(x + width / 2) * viewport.zoom + viewport.x, (y + height / 2) * viewport.zoom + viewport.y];
    return !(within(left, area.x, area.width) && within(top, area.y, area.height));
  });
  return hidden.length;
}

/** Shows the whole if it is readable, otherwise its beginning. On a narrow window, readable names suffice. */
export function fitted(whole: Rect, area: Rect): Viewport {
  const full = nearest(whole, area);
  const narrow = area.width < NARROW;
  const zoom = full >= WHOLE || (narrow && full >= NAMES) ? full : narrow ? READABLE : WHOLE;
  return placed(whole, area, zoom);
}

/** Shows the whole, however small. */
export const overview = (whole: Rect, area: Rect): Viewport =>
  placed(whole, area, Math.max(nearest(whole, area), LEAST_ZOOM));

/** Scrolls to a place, zooming out if it does not fit. */
export function scrolledTo(what: Rect, area: Rect, now: Viewport): Viewport | undefined {
  const fits = what.width * now.zoom <= area.width && what.height * now.zoom <= area.height;
  return fits ? centredOn(what, area, now) : overview(what, area);
}

/** Centres a place, unless it is fully visible. */
export function centredOn(what: Rect, area: Rect, { x, y, zoom }: Viewport): Viewport | undefined {
  const [left, top] = [what.x * zoom + x, what.y * zoom + y];
  const [right, bottom] = [left + what.width * zoom, top + what.height * zoom];
  const content = left >= area.x && top >= area.y && right <= area.x + area.width && bottom <= area.y + area.height;
  if (content) return;
  const near = Math.max(zoom, READABLE);
  // Things wider than the area start at its left edge.
  const margin = Math.max(16, (area.width - what.width * near) / 2);
  return {
    x: area.x + margin - what.x * near,
    y: area.y + area.height / 2 - (what.y + what.height / 2) * near,
    zoom: near,
  };
}

/** How far to move a range so that it lies within another; 0 if it does not fit. */
function moved(from: number, to: number, least: number, most: number): number {
  if (to - from > most - least) return 0;
  return from < least ? least - from : to > most ? most - to : 0;
}

/** Scrolls to a place together with its surroundings, as far as they fit and stay readable. */
export function gathered(what: Rect, around: Rect, area: Rect, before: Viewport): Viewport | undefined {
  const viewport = centredOn(what, area, before) ?? before;
  const { x, y, zoom } = viewport;
  if (zoom < READABLE) return viewport === before ? undefined : viewport;
  const [left, top] = [around.x * zoom + x, around.y * zoom + y];
  const right = moved(left, left + around.width * zoom, area.x + 16, area.x + area.width - 16);
  const down = moved(top, top + around.height * zoom, area.y + 16, area.y + area.height - 16);
  if (right === 0 && down === 0) return viewport === before ? undefined : viewport;
  return { x: x + right, y: y + down, zoom };
}
