import type { ServerPayloads } from '../../../src/model/server-messages.ts';
import { cards, handleY, slotId } from './card.ts';
import type { Components } from './fits.ts';
import type { CanvasPoint, EditorGraph } from './graph.ts';
import { graphOf } from './json.ts';
import type { Places } from './layout.ts';
import { score } from './search.ts';

/** Nodes and wires of one behaviour, to be inserted into the graph. */
export interface Recipe {
  readonly name: string;
  readonly title: string;
  /** Its description, in sentences. */
  readonly about: string;
  /** Nodes without a component exist in the graph already. */
  readonly graph: EditorGraph;
  /** Why it can't be inserted; empty if it can. */
  readonly locked: string;
}

/** Parses the server's recipes. */
export const recipesOf = (told: ServerPayloads['flowchat:recipes']['recipes']): readonly Recipe[] =>
  told.map(({ graph, locked = '', ...recipe }) => ({ ...recipe, graph: graphOf(graph), locked }));

/** Recipes that match the search words, best first; without words, all. Unusable ones come last. */
export function findRecipes(recipes: readonly Recipe[], wanted: string): readonly Recipe[] {
  const words = wanted.trim();
  const rank = ({ title, about }: Recipe) => Math.max(score(title, words), score(about, words) >= 500 ? 500 : 0);
  const found = words ? recipes.filter(recipe => rank(recipe) >= 500).toSorted((a, b) => rank(b) - rank(a)) : recipes;
  return found.toSorted((a, b) => Number(a.locked !== '') - Number(b.locked !== ''));
}

/** A recipe's graph with its neighbour nodes, as it is drawn. */
export function drawnGraph({ graph }: Recipe): EditorGraph {
  const ends = [...graph.edges.values()].flatMap(({ from, to }) => [from.node, to.node]);
  const others = ends.filter(name => !graph.nodes.has(name));
  return {
    ...graph,
    nodes: new Map([...graph.nodes, ...others.map(name => [name, { name, component: '', metadata: {} }] as const)]),
  };
}

/** A recipe's drawing, in canvas pixels. */
interface RecipePicture {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly {
    readonly name: string;
    /** Whether the node belongs to the recipe. */
    readonly own: boolean;
    readonly at: CanvasPoint;
    readonly width: number;
    readonly height: number;
  }[];
  readonly wires: readonly { readonly key: string; readonly path: string }[];
}

/** The drawing of a recipe with given node positions. */
export function recipePicture(graph: EditorGraph, components: Components, places: Places): RecipePicture {
  const drawn = cards(graph, components);
  const boxes = [...drawn.values()].map(({ name, component, width, height }) => {
    return { name, own: component !== '', at: places.get(name) ?? { x: 0, y: 0 }, width, height };
  });
  const left = Math.min(...boxes.map(({ at }) => at.x));
  const top = Math.min(...boxes.map(({ at }) => at.y));
  const moved = boxes.map(box => ({ ...box, at: { x: box.at.x - left, y: box.at.y - top } }));
  const ends = new Map(moved.map(box => [box.name, box]));
  const wires = [...graph.edges].flatMap(([key, { from, to }]) => {
    const [out, into] = [ends.get(from.node), ends.get(to.node)];
    if (!out || !into) return [];
    const start = { x: out.at.x + out.width, y: out.at.y + handleY(drawn.get(from.node)!, 'outports', slotId(from)) };
    const end = { x: into.at.x, y: into.at.y + handleY(drawn.get(to.node)!, 'inports', slotId(to)) };
    const reach = Math.max(30, (end.x - start.x) / 2);
    const path = `M${start.x} ${start.y}C${start.x + reach} ${start.y} ${end.x - reach} ${end.y} ${end.x} ${end.y}`;
    return [{ key, path }];
  });
  return {
    width: Math.max(...moved.map(({ at, width }) => at.x + width)),
    height: Math.max(...moved.map(({ at, height }) => at.y + height)),
    boxes: moved,
    wires,
  };
}
