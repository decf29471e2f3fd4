import { toBare } from '../../../src/model/editable-graph.ts';
import type { BareGraph, BareOuterPort, GraphSide } from '../../../src/model/graph.ts';
import { changesToBuild, inlineSubgraph, makeSubgraph } from '../../../src/model/subgraph.ts';
import { freeName } from '../../../src/model/words.ts';
import { type Card, WIDTH } from './card.ts';
import { type Component, type DeclaredPort, shortName } from './component.ts';
import { changesWithin } from './draft.ts';
import type { Edit } from './edits.ts';
import type { Components } from './fits.ts';
import { type EditorGraph, editableOf, placeOf } from './graph.ts';
import type { Places } from './layout.ts';
import { nodeName } from './names.ts';
import { boxes, hull } from './routes.ts';

/** Why a subgraph can't have a name; undefined if it can. */
export function subgraphFault(name: string, library: string, components: Components): string | undefined {
  if (!name.trim()) return 'a subgraph needs a name';
  if (!/^[A-Z][A-Za-z0-9]{0,63}$/.test(name))
    return 'a subgraph begins with a capital, and has letters from a to z and digits only, at most 64';
  if (components.has(`${library}/${name}`)) return `there is a component ${name} already; take another name`;
  return undefined;
}

/** An initial name for a subgraph of nodes: that of their group, or of their components. */
export function subgraphName(
  graph: EditorGraph,
  nodes: ReadonlySet<string>,
  library: string,
  components: Components,
): string {
  const isOwn = ({ nodes: members }: { readonly nodes: readonly string[] }) =>
    members.length === nodes.size && members.every(name => nodes.has(name));
  const group = [...graph.groups.values()].find(isOwn)?.name;
  const kinds = [...new Set([...nodes].map(name => shortName(graph.nodes.get(name)?.component ?? '')))];
  const words = (group ?? kinds.slice(0, 2).join(' ')).match(/[A-Za-z0-9]+/g) ?? [];
  const name = words.map(word => word[0]!.toUpperCase() + word.slice(1)).join('');
  const taken = { has: (other: string) => components.has(`${library}/${other}`) };
  return freeName(/^[A-Z]/.test(name) ? name.slice(0, 60) : 'Part', taken);
}

const bareOf = (graph: EditorGraph): BareGraph => toBare(editableOf(graph));

/** A graph with its nodes' positions on the canvas. */
const withPlaces = (graph: BareGraph, places: Places): BareGraph => ({
  ...graph,
  nodes: graph.nodes.map(node => ({ ...node, metadata: { ...node.metadata, ...places.get(node.name) } })),
});

/** Whether a node of a graph has a stored position; otherwise the layout places all nodes. */
const isPlaced = (graph: EditorGraph): boolean => [...graph.nodes.values()].some(node => placeOf(node) !== undefined);

/** A new subgraph: the edit that makes it, its node, and its component, used until the server describes it. */
interface NewSubgraph {
  readonly edit: Edit;
  readonly node: string;
  readonly component: Component;
}

/** Makes a subgraph of nodes. Throws Refused on failure. */
export function newSubgraph(
  { graph, places, components }: { graph: EditorGraph; places: Places; components: Components },
  chosen: ReadonlySet<string>,
  component: string,
): NewSubgraph {
  const taken = new Set([...graph.nodes.keys()].filter(name => !chosen.has(name)));
  const node = nodeName(component, taken);
  const around = isPlaced(graph) ? withPlaces(bareOf(graph), places) : bareOf(graph);
  const { subgraph, changes } = makeSubgraph(around, chosen, { component, node });
  const inside = changesWithin([{ command: 'clear', payload: {} }, ...changesToBuild(subgraph)], component);
  const what = chosen.size === 1 ? '1 node' : `${chosen.size} nodes`;
  return {
    node,
    edit: { label: `make ${shortName(component)} of ${what}`, changes: [...inside, ...changes] },
    component: {
      name: component,
      description: '',
      icon: 'sitemap',
      subgraph: true,
      locked: '',
      inports: portsOf(subgraph, 'inports', components),
      outports: portsOf(subgraph, 'outports', components),
    },
  };
}

function portsOf(subgraph: BareGraph, side: GraphSide, components: Components): readonly DeclaredPort[] {
  const declared = ({ name, node, port }: BareOuterPort): readonly DeclaredPort[] => {
    const component = subgraph.nodes.find(inner => inner.name === node)?.component ?? '';
    const found = components.get(component)?.[side].find(inner => inner.name === port);
    return found ? [{ ...found, name }] : [];
  };
  return subgraph[side].flatMap(declared);
}

/** A subgraph's known content, its nodes' positions, and its drawing. */
interface DrawnContent {
  readonly graph: EditorGraph;
  readonly places: Places;
  readonly cards: ReadonlyMap<string, Card>;
}

/**
 * Replaces a subgraph's node by its content, making room for it. Throws Refused if an edge uses a port that the
 * subgraph lacks.
 */
export function inlineEdit(around: DrawnContent, node: string, inside: DrawnContent): Edit {
  const label = `inline ${node}`;
  const { graph } = around;
  if (!isPlaced(graph)) return { label, changes: inlineSubgraph(bareOf(graph), node, bareOf(inside.graph)) };
  const [outer, inner] = [withPlaces(bareOf(graph), around.places), withPlaces(bareOf(inside.graph), inside.places)];
  return { label, changes: [...inlineSubgraph(outer, node, inner), ...roomFor(around, node, inside)] };
}

const GAP = 48;

/** Moves nodes to the right of or below a node, as far as its content would cover them. */
function roomFor({ graph, places, cards }: DrawnContent, node: string, inside: DrawnContent): Edit['changes'] {
  const at = places.get(node);
  const content = boxes(inside.places, inside.cards);
  if (!at || content.length === 0) return [];
  const own = [...inside.places.values()];
  const mean = (axis: 'x' | 'y') => Math.round(own.reduce((sum, place) => sum + place[axis], 0) / own.length);
  const by = { x: at.x - mean('x'), y: at.y - mean('y') };
  const placed = content.map(({ left, right, top, bottom }) => ({
    left: left + by.x,
    right: right + by.x,
    top: top + by.y,
    bottom: bottom + by.y,
  }));
  const room = hull(placed);
  const others = [...places].filter(([name]) => name !== node);
  const isHit = ([name, { x, y }]: (typeof others)[number]) => {
    const { width = WIDTH, height = 0 } = cards.get(name) ?? {};
    return placed.some(box => x < box.right && box.left < x + width && y < box.bottom && box.top < y + height);
  };
  const hit = others.filter(isHit);
  const width = cards.get(node)?.width ?? WIDTH;
  const isRight = ([, { x }]: (typeof others)[number]) => x >= at.x + width;
  const isLeft = ([, { x }]: (typeof others)[number]) => x + width <= at.x;
  const toRight = hit.some(isRight) ? room.right + GAP - at.x - width : 0;
  const toLeft = hit.some(isLeft) ? at.x - room.left + GAP : 0;
  const lower = hit.some(one => !isRight(one) && !isLeft(one)) ? room.bottom + GAP - at.y : 0;
  return others.flatMap((one): Edit['changes'] => {
    const [id, { x, y }] = one;
    const by = isRight(one)
      ? { x: toRight, y: 0 }
      : isLeft(one)
        ? { x: -toLeft, y: 0 }
        : { x: 0, y: y > at.y ? lower : 0 };
    if ((by.x === 0 && by.y === 0) || !graph.nodes.has(id)) return [];
    return [{ command: 'changenode', payload: { id, metadata: { x: x + by.x, y: y + by.y } } }];
  });
}
