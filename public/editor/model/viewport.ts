import { type Card, OUTER_HEIGHT, WIDTH } from './card.ts';
import type { EditorGraph } from './graph.ts';
import { OUTER, type Places } from './layout.ts';

/** A rectangle, in pixels of whatever it is in. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How the picture is moved and scaled. */
export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

const MAX_ZOOM = 1.1;
const LEAST_ZOOM = 0.15;
/** Smaller than this ports can't be read and are left out, and names are drawn larger. */
export const READABLE = 0.5;
/** The smallest text of a card, in pixels of the picture, as the styles have it, and in pixels of the window at first sight. */
const TEXT = 14;
const LEAST_TEXT = 11;
/** Where all of it would be smaller than this, its beginning says more. */
const WHOLE = LEAST_TEXT / TEXT;
/** Smaller than this not even names can be read, which grow as the picture shrinks. */
const NAMES = 0.2;
const NARROW = 600;

/** What the nodes and the outer ports take up. */
export function bounds({ inports, outports }: EditorGraph, places: Places, cards: ReadonlyMap<string, Card>): Rect {
  const all = [...places];
  const hang = OUTER.width + OUTER.gap;
  const left = Math.min(...all.map(([, { x }]) => x)) - (inports.size > 0 ? hang : 0);
  const right =
    Math.max(...all.map(([name, { x }]) => x + (cards.get(name)?.width ?? WIDTH))) + (outports.size > 0 ? hang : 0);
  const top = Math.min(...all.map(([, { y }]) => y));
  const bottom = Math.max(...all.map(([name, { y }]) => y + (cards.get(name)?.height ?? OUTER_HEIGHT)));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

const roomIn = ({ width }: Rect): number => (width < NARROW ? 16 : 20);

/** How near all of it can be. */
function nearest(whole: Rect, area: Rect): number {
  const room = 2 * roomIn(area);
  return Math.min((area.width - room) / whole.width, (area.height - room) / whole.height, MAX_ZOOM);
}

/** In the middle of an area; what is larger, from its beginning on. */
function placed(whole: Rect, area: Rect, zoom: number): Viewport {
  const room = roomIn(area);
  return {
    x: area.x + Math.max((area.width - whole.width * zoom) / 2, room) - whole.x * zoom,
    y: area.y + Math.max((area.height - whole.height * zoom) / 2, room) - whole.y * zoom,
    zoom,
  };
}

/** Whether some of a place is within an area, enough to be noticed. */
export function isVisible(what: Rect, area: Rect, { x, y, zoom }: Viewport): boolean {
  const [left, top] = [what.x * zoom + x, what.y * zoom + y];
  const within = (from: number, size: number, least: number, room: number) =>
    Math.min(from + size, least + room) - Math.max(from, least) > 24;
  return within(left, what.width * zoom, area.x, area.width) && within(top, what.height * zoom, area.y, area.height);
}

/** How many nodes lie outside of an area of the window, by the half or more. */
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

/**
 * Shows all of it in an area of the window where it can be read, and else its beginning. In a narrow window the names are
 * enough.
 */
export function fitted(whole: Rect, area: Rect): Viewport {
  const full = nearest(whole, area);
  const narrow = area.width < NARROW;
  const zoom = full >= WHOLE || (narrow && full >= NAMES) ? full : narrow ? READABLE : WHOLE;
  return placed(whole, area, zoom);
}

/** Shows all of it in an area of the window, however small. */
export const overview = (whole: Rect, area: Rect): Viewport =>
  placed(whole, area, Math.max(nearest(whole, area), LEAST_ZOOM));

/** Brings a place into sight, smaller where it does not fit. */
export function scrolledTo(what: Rect, area: Rect, now: Viewport): Viewport | undefined {
  const fits = what.width * now.zoom <= area.width && what.height * now.zoom <= area.height;
  return fits ? centredOn(what, area, now) : overview(what, area);
}

/** Brings a place into the middle of an area, unless it is within it already. */
export function centredOn(what: Rect, area: Rect, { x, y, zoom }: Viewport): Viewport | undefined {
  const [left, top] = [what.x * zoom + x, what.y * zoom + y];
  const [right, bottom] = [left + what.width * zoom, top + what.height * zoom];
  const content = left >= area.x && top >= area.y && right <= area.x + area.width && bottom <= area.y + area.height;
  if (content) return;
  const near = Math.max(zoom, READABLE);
  // What is wider than the area is shown from its beginning on.
  const margin = Math.max(16, (area.width - what.width * near) / 2);
  return {
    x: area.x + margin - what.x * near,
    y: area.y + area.height / 2 - (what.y + what.height / 2) * near,
    zoom: near,
  };
}

/** By how much a stretch is to be moved so that it lies within another one; not at all where it has no room there. */
function moved(from: number, to: number, least: number, most: number): number {
  if (to - from > most - least) return 0;
  return from < least ? least - from : to > most ? most - to : 0;
}

/** Brings a place into sight, and with it what belongs to it, as far as there is room and it can be read. */
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
