import { type Card, cards, portOfSlot } from './card.ts';
import { type CanvasPoint, type EditorGraph, edgeKey, keyWithin } from './graph.ts';
import { mergedPlaces, type Places } from './layout.ts';
import { outerId } from './outers.ts';
import { type Line, lineAt } from './splices.ts';
import { type EditorState, graphAt, mayEditAt } from './state.ts';

/** One of the graphs on the canvas, with its own names: the outermost one, or an open subgraph. */
export interface Level {
  /** The path of the open subgraph; empty for the outermost graph. */
  readonly frame: string;
  readonly graph: EditorGraph;
  /** Its positions and cards with closed subgraphs, as stored. */
  readonly places: Places;
  readonly cards: ReadonlyMap<string, Card>;
  /** Its cards as they are drawn. */
  readonly drawn: ReadonlyMap<string, Card>;
  /** The canvas point of its origin. */
  readonly origin: CanvasPoint;
}

/** The canvas name of a node in an open subgraph; its own name in the outermost graph. */
export const pathIn = (frame: string, name: string): string => (frame ? `${frame}/${name}` : name);

/** A node's own name in its open subgraph. */
export const nameIn = (frame: string, path: string): string => (frame ? path.slice(frame.length + 1) : path);

/** The path of the open subgraph that contains a canvas node. */
export const frameAround = ({ scene }: Pick<EditorState, 'scene'>, path: string): string =>
  scene.parents.get(path) ?? '';

/** The graph of an open subgraph, or the outermost one. */
export function levelAt(state: EditorState, frame: string): Level {
  const { scene, components, subgraphs, graph, places } = state;
  if (!frame) return { frame, graph, places, cards: state.cards, drawn: scene.cards, origin: { x: 0, y: 0 } };
  const inner = graphAt(state, frame);
  const { component = '', origin = { x: 0, y: 0 } } = scene.frames.get(frame) ?? {};
  const names = [...inner.nodes.keys()];
  return {
    frame,
    graph: inner,
    places: mergedPlaces(inner, subgraphs.get(component)?.automatic ?? new Map()),
    cards: cards(inner, components),
    drawn: new Map(names.flatMap(name => scene.cards.get(pathIn(frame, name)) ?? []).map(card => [card.name, card])),
    origin,
  };
}

/** A line on the canvas: the path of its open subgraph, and its id there. */
interface FramedLine {
  readonly frame: string;
  readonly id: string;
  readonly line: Line;
}

/** A line by its canvas id; undefined if there is none. */
export function lineOn(state: EditorState, id: string): FramedLine | undefined {
  const own = lineAt(state.graph, id);
  if (own) return { frame: '', id, line: own };
  const edge = state.scene.graph.edges.get(id);
  const frame = edge ? frameAround(state, edge.from.node) : frameOfLine(state, id);
  if (!frame) return;
  const inner = edge ? ownKey(frame, edge) : ownLine(state, frame, id);
  const line = lineAt(graphAt(state, frame), inner);
  return line && { frame, id: inner, line };
}

/** As `lineOn`; also undefined if the user may not edit the line's graph. */
export function editableLine(state: EditorState, id: string): FramedLine | undefined {
  const found = lineOn(state, id);
  return found && mayEditAt(state, found.frame) ? found : undefined;
}

/** The canvas id of a line in an open subgraph. */
export function canvasLine({ scene }: Pick<EditorState, 'scene'>, frame: string, id: string): string {
  if (!frame) return id;
  const [, side, name] = id.split('\t');
  const line = scene.frames
    .get(frame)
    ?.lines.find(each => each.side === side && portOfSlot('', each.slot).port === name);
  return line?.id ?? keyWithin(`${frame}/`, id);
}

type Ends = Parameters<typeof edgeKey>[0];

const ownKey = (frame: string, { from, to }: Ends): string =>
  edgeKey({
    from: { ...from, node: nameIn(frame, from.node) },
    to: { ...to, node: nameIn(frame, to.node) },
  });

const frameOfLine = ({ scene }: Pick<EditorState, 'scene'>, id: string): string =>
  [...scene.frames].find(([, { lines }]) => lines.some(line => line.id === id))?.[0] ?? '';

/** A line's id in its subgraph, for a line from the border of a frame. */
function ownLine({ scene }: Pick<EditorState, 'scene'>, frame: string, id: string): string {
  const line = scene.frames.get(frame)!.lines.find(each => each.id === id)!;
  return outerId(line.side, portOfSlot('', line.slot).port);
}
