import { type Card, COLUMN_STEP, FIRST_PORT, slotId, WIDTH } from './card.ts';
import type { CanvasPoint, EditorGraph } from './graph.ts';
import { freePlace, OUTER, type Places } from './layout.ts';
import { handlePoint } from './routes.ts';
import type { Line } from './splices.ts';

/** Distance between cards that are wired to each other. */
const SPACE = COLUMN_STEP - WIDTH;

interface Scenery {
  readonly graph: EditorGraph;
  readonly places: Places;
  readonly cards: ReadonlyMap<string, Card>;
}

/** The position of a card in a line, and the cards that move to make room. */
interface Gap {
  readonly place: CanvasPoint;
  readonly moved: Places;
}

/** The two ends of a line. */
function endsOf({ places, cards }: Scenery, line: Line): readonly [CanvasPoint | undefined, CanvasPoint | undefined] {
  const at = (side: 'inports' | 'outports', node: string, port: { port: string; index?: number }) =>
    handlePoint({ places, cards }, side, node, slotId(port));
  if (line.edge) {
    const { from, to } = line.edge;
    return [at('outports', from.node, from), at('inports', to.node, to)];
  }
  const { side, outer } = line;
  const here = at(side, outer.node, outer);
  const there = here && { x: here.x + (side === 'inports' ? -1 : 1) * (OUTER.gap + SPACE), y: here.y };
  return side === 'inports' ? [there, here] : [here, there];
}

/**
 * The position in a line for a card: at the pointer if there is room. Without room between the two ends, everything
 * from the line's end on moves to the right.
 */
export function gapIn(scenery: Scenery, line: Line, pointer: CanvasPoint | undefined, height = 140): Gap {
  const { places, cards } = scenery;
  const [out, into] = endsOf(scenery, line);
  const level = out && into ? (out.y + into.y) / 2 : (out ?? into)?.y;
  const middle = out && into ? (out.x + into.x) / 2 : (out ?? into)?.x;
  const { x, y } = pointer ?? { x: middle ?? 0, y: level ?? 0 };
  const wanted = { x: Math.round(x - WIDTH / 2), y: Math.round(y - FIRST_PORT) };
  const free = (place: CanvasPoint) => freePlace(place, places, cards, height);
  const isFree = free(wanted).y === wanted.y;
  if (isFree || !out || !into || into.x <= out.x) return { place: free(wanted), moved: new Map() };
  const aligned = Math.round(level! - FIRST_PORT);
  const short = WIDTH + 2 * SPACE - (into.x - out.x);
  if (short <= 0) {
    const within = Math.min(Math.max(wanted.x, out.x + SPACE), into.x - SPACE - WIDTH);
    return { place: free({ x: Math.round(within), y: aligned }), moved: new Map() };
  }
  const moved = new Map(
    [...places].flatMap(([name, place]) =>
      place.x > into.x - SPACE ? [[name, { x: Math.round(place.x + short), y: place.y }] as const] : [],
    ),
  );
  const place = freePlace({ x: Math.round(out.x + SPACE), y: aligned }, new Map([...places, ...moved]), cards, height);
  return { place, moved };
}
