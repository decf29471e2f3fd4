import { type Card, cards as cardsOf } from './card.ts';
import type { Components } from './fits.ts';
import { type Frame, framed, type Room } from './frame.ts';
import { type Edge, edgeKey, type Graph, type Port, pathOf } from './graph.ts';
import { type Lane, lanes } from './lane.ts';
import { combined, type Places } from './layout.ts';
import { withRoom } from './room.ts';
import { type Corridor, routes } from './route.ts';

/** The inside of a component that is a graph, and the places that layout has found for its nodes. */
export interface Inside {
  readonly graph: Graph;
  readonly automatic: Places;
}

/**
 * The picture: a graph with the insides of its open subgraphs in place. What is in one is named by its path,
 * `outer/inner`, as in what the server says of it.
 */
export interface Scene {
  /** All nodes, wires and initial packets on the picture; the outer ports and groups are those of the outermost graph. */
  readonly graph: Graph;
  readonly cards: ReadonlyMap<string, Card>;
  readonly places: Places;
  /** Where failures run, by wire. */
  readonly lanes: ReadonlyMap<string, Lane>;
  /** The ways of those wires and lines that go around nodes. */
  readonly corridors: ReadonlyMap<string, Corridor>;
  /** The open subgraphs by path, outer ones first. */
  readonly frames: ReadonlyMap<string, Frame>;
  /** The frame that something is in, by its path. */
  readonly parents: ReadonlyMap<string, string>;
}

/** What is open, and what is known of the insides. */
export interface View {
  /** The paths of open nodes. */
  readonly open: ReadonlySet<string>;
  /** By component. */
  readonly insides: ReadonlyMap<string, Inside>;
  readonly components: Components;
  /** The picture before, whose cards are kept where they look the same. */
  readonly before: Pick<Scene, 'cards'>;
}

type Level = Pick<Scene, 'graph' | 'cards' | 'places'>;

/** The picture of a graph. Where nothing is open, it is the graph as it stands. */
export function sceneOf({ graph, cards, places }: Level, view: View, within: readonly string[] = []): Scene {
  const rooms = new Map(
    [...graph.nodes.values()].flatMap(({ name, component }) => {
      const [card, inside] = [cards.get(name), view.insides.get(component)];
      if (!card || !inside || !places.has(name) || !view.open.has(pathOf(within, name))) return [];
      return [[name, framed(card, component, inside.graph, inner(inside, view, [...within, name]))] as const];
    }),
  );
  const drawn = rooms.size === 0 ? cards : grown(cards, rooms, view, within);
  const roomy = rooms.size === 0 ? places : withRoom(places, cards, drawn);
  const deep = lanes(graph, roomy, drawn);
  const corridors = routes(graph, roomy, drawn, key => deep.has(key));
  const bare: Scene = {
    graph,
    cards: drawn,
    places: roomy,
    lanes: deep,
    corridors,
    frames: new Map(),
    parents: new Map(),
  };
  return [...rooms].reduce((scene, [name, room]) => filled(scene, name, room), bare);
}

function inner({ graph, automatic }: Inside, view: View, within: readonly string[]): Scene {
  const before = { get: (name: string) => view.before.cards.get(pathOf(within, name)) };
  return sceneOf(
    { graph, cards: cardsOf(graph, view.components, before), places: combined(graph, automatic) },
    view,
    within,
  );
}

/** The cards with frames in the place of those that are open. */
function grown(
  cards: Scene['cards'],
  rooms: ReadonlyMap<string, Room>,
  { before }: View,
  within: readonly string[],
): Scene['cards'] {
  const kept = (name: string, card: Card): Card => {
    const old = before.cards.get(pathOf(within, name));
    return old && JSON.stringify(old) === JSON.stringify(card) ? old : card;
  };
  return new Map([...cards].map(([name, card]) => [name, kept(name, rooms.get(name)?.card ?? card)]));
}

/** Puts the inside of a node into the picture, under paths that begin with its name. */
function filled(scene: Scene, name: string, { inside, origin, frame, corridors }: Room): Scene {
  const { x: left, y: top } = scene.places.get(name)!;
  const by = { x: left + origin.x, y: top + origin.y };
  const path = (key: string) => pathOf([name], key);
  const end = (port: Port): Port => ({ ...port, node: path(port.node) });
  const wired = (edge: Edge): Edge => ({ ...edge, from: end(edge.from), to: end(edge.to) });
  const edges = new Map([...inside.graph.edges].map(([key, edge]) => [key, wired(edge)]));
  // What is no wire is a line of a frame.
  const key = (old: string) => (edges.has(old) ? edgeKey(edges.get(old)!) : path(old));
  const level = ({ left, right, y }: Corridor) => ({ left: left + by.x, right: right + by.x, y: y + by.y });
  const lined = ({ lines, ...rest }: Frame): Frame => ({
    ...rest,
    lines: lines.map(line => ({ ...line, id: path(line.id), node: path(line.node) })),
  });
  return {
    graph: {
      ...scene.graph,
      nodes: joined(scene.graph.nodes, inside.graph.nodes, path, node => ({ ...node, name: path(node.name) })),
      edges: new Map([...scene.graph.edges, ...[...edges.values()].map(edge => [edgeKey(edge), edge] as const)]),
      initials: [...scene.graph.initials, ...inside.graph.initials.map(each => ({ ...each, to: end(each.to) }))],
    },
    cards: joined(scene.cards, inside.cards, path, card => card),
    places: joined(scene.places, inside.places, path, ({ x, y }) => ({ x: x + by.x, y: y + by.y })),
    lanes: joined(scene.lanes, inside.lanes, key, lane => ({ ...lane, depth: lane.depth + by.y })),
    corridors: joined(scene.corridors, new Map([...inside.corridors, ...corridors]), key, level),
    frames: joined(new Map(scene.frames).set(name, lined(frame)), inside.frames, path, lined),
    parents: new Map([
      ...scene.parents,
      ...[...inside.graph.nodes.keys()].map(
        each => [path(each), inside.parents.has(each) ? path(inside.parents.get(each)!) : name] as const,
      ),
    ]),
  };
}

const joined = <Value>(
  outer: ReadonlyMap<string, Value>,
  more: ReadonlyMap<string, Value>,
  key: (key: string) => string,
  change: (value: Value) => Value,
): ReadonlyMap<string, Value> =>
  new Map([...outer, ...[...more].map(([name, value]) => [key(name), change(value)] as const)]);

/** What stands for a node on the picture: itself, or the closed subgraph that it is in; nothing where neither is there. */
export function standIn({ graph }: Scene, path: string): string | undefined {
  const parts = path.split('/');
  const paths = parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
  return paths.find(each => graph.nodes.has(each));
}

/** What stays open after nodes got other names. */
export function reopened(open: ReadonlySet<string>, from: string, to: string): ReadonlySet<string> {
  const renamed = (path: string) =>
    path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path;
  return new Set([...open].map(renamed));
}
