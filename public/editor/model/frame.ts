import { type Card, HEAD, handleY, ROW, type Slot, slotId } from './card.ts';
import { type Graph, type Outer, portName } from './graph.ts';
import type { Point } from './point.ts';
import { boxes, type Corridor, type Ends, past } from './route.ts';
import type { Scene } from './scene.ts';

/** A line in a frame, from its port to the port of a node in it that it stands for, or the other way round. */
export interface Line {
  readonly id: string;
  readonly side: 'in' | 'out';
  /** The port's slot at the frame. */
  readonly slot: string;
  /** The node in the frame by its path, and its slot. */
  readonly node: string;
  readonly inner: string;
}

/** An open subgraph. */
export interface Frame {
  readonly component: string;
  /** What is in it, under its own names. */
  readonly graph: Graph;
  readonly lines: readonly Line[];
}

/** A frame with its inside, measured: how it is drawn, and where in it the inside begins. */
export interface Room {
  readonly card: Card;
  readonly inside: Scene;
  readonly origin: Point;
  readonly frame: Frame;
  /** The ways of lines that go around nodes, by their ids. */
  readonly corridors: ReadonlyMap<string, Corridor>;
}

/** Measures in pixels; the styles have the same: the columns of ports, and the space between them and the nodes. */
export const COLUMN = { in: 136, out: 112 };
const SPACE = 44;
const TOP = HEAD + 28;
const BOTTOM = 28;

const unset = ({ name }: Outer): Slot => ({
  id: name,
  port: name,
  label: portName({ port: name }),
  description: '',
  wired: false,
  failure: false,
  known: true,
});

/** All ports of the frame in one column at each side: those of the card, and those that a card does not show because nothing is there. */
function framePorts(card: Card, graph: Graph): Pick<Card, 'inports' | 'outports' | 'settings'> {
  const { inports, outports, settings } = card;
  const shown = new Set([...inports, ...settings].map(({ port }) => port));
  const rest = [...graph.inports.values()].filter(({ name }) => !shown.has(name));
  return { inports: [...inports, ...settings, ...rest.map(unset)], outports, settings: [] };
}

function linesOf({ inports, outports }: ReturnType<typeof framePorts>, graph: Graph): readonly Line[] {
  const lines = (side: 'in' | 'out', slots: readonly Slot[], outers: Graph['inports']) =>
    slots.flatMap(({ id, port }): Line[] => {
      const outer = outers.get(port);
      if (!outer || !graph.nodes.has(outer.node)) return [];
      return [{ id: `\n${side}\n${id}`, side, slot: id, node: outer.node, inner: slotId(outer) }];
    });
  return [...lines('in', inports, graph.inports), ...lines('out', outports, graph.outports)];
}

/** The extent of what is in a frame. */
function extent({ places, cards, lanes, corridors }: Scene) {
  const all = boxes(places, cards);
  const levels = [...[...lanes.values()].map(({ depth }) => depth), ...[...corridors.values()].map(({ y }) => y)];
  return {
    left: Math.min(...all.map(({ left }) => left)),
    right: Math.max(...all.map(({ right }) => right)),
    top: Math.min(...all.map(({ top }) => top), ...levels),
    bottom: Math.max(...all.map(({ bottom }) => bottom), ...levels),
  };
}

const nowhere = { left: 0, right: 0, top: 0, bottom: 0 };

/** The frame that a card becomes when its inside is open. */
export function framed(card: Card, component: string, graph: Graph, inside: Scene): Room {
  const ports = framePorts(card, graph);
  const lines = linesOf(ports, graph);
  const { left, right, top, bottom } = graph.nodes.size > 0 ? extent(inside) : nowhere;
  const before = ports.inports.length > 0 ? COLUMN.in : 0;
  const after = ports.outports.length > 0 ? COLUMN.out : 0;
  const width = before + SPACE + (right - left) + SPACE + after;
  const least = HEAD + (Math.max(ports.inports.length, ports.outports.length) + 1) * ROW;
  const origin = { x: before + SPACE - left, y: TOP - top };
  const shown = { ...card, ...ports, width };
  const ends = lines.map(line => endsOf(line, shown, inside, origin, before, width - after));
  const corridors = past(ends, boxes(inside.places, inside.cards), [...inside.corridors.values()]);
  const deepest = Math.max(bottom, ...[...corridors.values()].map(({ y }) => y));
  const height = Math.max(least, TOP + deepest - top + BOTTOM);
  return { card: { ...shown, height }, inside, origin, frame: { component, graph, lines }, corridors };
}

/** Where a line begins and ends, in the measures of the inside. */
function endsOf(
  { id, side, slot, node, inner }: Line,
  card: Card,
  inside: Scene,
  origin: Point,
  x: number,
  end: number,
) {
  const [place, target] = [inside.places.get(node), inside.cards.get(node)];
  const ports = side === 'in' ? 'inports' : 'outports';
  const border = { x: (side === 'in' ? x : end) - origin.x, y: handleY(card, ports, slot) - origin.y };
  const port = {
    x: (place?.x ?? 0) + (side === 'out' ? (target?.width ?? 0) : 0),
    y: (place?.y ?? 0) + (target ? handleY(target, ports, inner) : 0),
  };
  return (side === 'in' ? { key: id, out: border, into: port } : { key: id, out: port, into: border }) satisfies Ends;
}
