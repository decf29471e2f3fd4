/** A position; y grows downwards. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A node, or an outer port with its node; `at` is undefined without a position. */
interface PlacedNode {
  readonly name: string;
  readonly at: Point | undefined;
}
interface PlacedOuterPort extends PlacedNode {
  readonly node: string;
}

export interface PlacedGraph {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  readonly inports: readonly PlacedOuterPort[];
  readonly outports: readonly PlacedOuterPort[];
}

type Places = ReadonlyMap<string, Point>;

/** Distance between nodes, with room for a card of the built-in editor. */
const STEP = { x: 296, y: 160 };
/** Distance from a node to its outer ports. */
const OUTER = 180;
/** Nodes closer than this overlap; other editors draw them 72 pixels wide with a name below. */
const ROOM = 108;

/**
 * Gives everything in a drawing a position. Existing positions are kept; a node without one is placed near a connected
 * node, inports left of their node and outports right of it. If no node has a position, they are laid out in columns in
 * the direction of the edges.
 */
export function placements({ nodes, edges, inports, outports }: PlacedGraph): {
  readonly nodes: Places;
  readonly inports: Places;
  readonly outports: Places;
} {
  const free = new FreeSpace([...nodes, ...inports, ...outports].flatMap(({ at }) => at ?? []));
  const places = nodePlaces(nodes, edges, free);
  const beside = (outers: readonly PlacedOuterPort[], dx: number) =>
    new Map(
      outers.map(({ name, node, at }) => {
        const { x, y } = places.get(node) ?? { x: 0, y: 0 };
        return [name, at ?? free.take({ x: x + dx, y })] as const;
      }),
    );
  return { nodes: places, inports: beside(inports, -OUTER), outports: beside(outports, OUTER) };
}

function nodePlaces(nodes: readonly PlacedNode[], edges: PlacedGraph['edges'], free: FreeSpace): Places {
  const columns = inColumns(nodes, edges);
  const places = new Map(nodes.flatMap(({ name, at }) => (at ? [[name, at] as const] : [])));
  const neighbours = new Map<string, string[]>(nodes.map(({ name }) => [name, []]));
  for (const { from, to } of edges) {
    neighbours.get(from)?.push(to);
    neighbours.get(to)?.push(from);
  }
  const put = (name: string, { x, y }: Point) => places.set(name, free.take({ x, y }));
  const spread = (placed: Iterable<string>) => {
    // The set grows during iteration: a node that has just been placed places its neighbours.
    const met = new Set(placed);
    for (const name of met) {
      for (const other of neighbours.get(name) ?? []) {
        if (places.has(other)) continue;
        const [here, column, next] = [places.get(name)!, columns.get(name)!, columns.get(other)];
        if (!next) continue;
        const side = Math.sign(next.x - column.x) || 1;
        put(other, { x: here.x + side * STEP.x, y: here.y });
        met.add(other);
      }
    }
  };
  if (places.size === 0) for (const [name, at] of columns) put(name, at);
  spread([...places.keys()]);
  const lowest = Math.max(...[...places.values()].map(({ y }) => y));
  const left = Math.min(...[...places.values()].map(({ x }) => x));
  for (const { name } of nodes) {
    if (places.has(name)) continue;
    put(name, { x: left, y: lowest + STEP.y });
    spread([name]);
  }
  return places;
}

/** Places every node one column after its senders, ignoring loops. */
function inColumns(nodes: readonly PlacedNode[], edges: PlacedGraph['edges']): Map<string, Point> {
  const waiting = new Map(nodes.map(({ name }) => [name, 0]));
  const targets = new Map<string, string[]>(nodes.map(({ name }) => [name, []]));
  for (const { from, to } of edges) {
    if (from === to || !waiting.has(from) || !waiting.has(to)) continue;
    targets.get(from)!.push(to);
    waiting.set(to, waiting.get(to)! + 1);
  }
  const column = new Map<string, number>();
  const ready = [...waiting].filter(([, count]) => count === 0).map(([name]) => name);
  const visit = (name: string) => {
    waiting.delete(name);
    for (const to of targets.get(name)!) {
      if (!waiting.has(to)) continue;
      column.set(to, Math.max(column.get(to) ?? 0, (column.get(name) ?? 0) + 1));
      waiting.set(to, waiting.get(to)! - 1);
      if (waiting.get(to) === 0) ready.push(to);
    }
  };
  while (waiting.size > 0) {
    // If only loops are left, continue with the first node of the text.
    const next = ready.pop() ?? waiting.keys().next().value!;
    if (waiting.has(next)) visit(next);
  }
  const filled = new Map<number, number>();
  return new Map(
    nodes.map(({ name }) => {
      const at = column.get(name) ?? 0;
      const row = filled.get(at) ?? 0;
      filled.set(at, row + 1);
      return [name, { x: OUTER + at * STEP.x, y: row * STEP.y }];
    }),
  );
}

/** Free positions on the canvas. */
class FreeSpace {
  readonly #cells = new Map<string, Point[]>();

  constructor(taken: readonly Point[]) {
    for (const point of taken) this.#add(point);
  }

  /** Takes the nearest free position below the wanted one. */
  take({ x, y }: Point): Point {
    let at = { x: Math.round(x), y: Math.round(y) };
    for (let other = this.#near(at); other; other = this.#near(at)) at = { x: at.x, y: other.y + ROOM };
    this.#add(at);
    return at;
  }

  #near({ x, y }: Point): Point | undefined {
    const [column, row] = [Math.floor(x / ROOM), Math.floor(y / ROOM)];
    for (const c of [column - 1, column, column + 1]) {
      for (const r of [row - 1, row, row + 1]) {
        const found = this.#cells
          .get(`${c} ${r}`)
          ?.find(other => Math.abs(other.x - x) < ROOM && Math.abs(other.y - y) < ROOM);
        if (found) return found;
      }
    }
  }

  #add(point: Point): void {
    const key = `${Math.floor(point.x / ROOM)} ${Math.floor(point.y / ROOM)}`;
    const there = this.#cells.get(key);
    if (there) there.push(point);
    else this.#cells.set(key, [point]);
  }
}
