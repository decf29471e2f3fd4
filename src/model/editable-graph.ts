import type { BareEdge, BareGraph, BareInitial, BareNode, BareOuterPort, Group, PortRef } from './graph.ts';

/** Rows per chunk, which are copied together; a power of two. */
const CHUNK = 32;
/** Buckets of the index, which are copied one by one; a power of two. */
const BUCKETS = 512;

type Chunks<Thing> = readonly (readonly (Thing | undefined)[])[];
type Buckets = readonly ReadonlyMap<string, ReadonlySet<number>>[];

/**
 * An immutable, ordered table with an index; each thing may have several keys. A change returns a new table that shares
 * unchanged parts, so its cost hardly depends on the size.
 */
export class Table<Thing extends object> {
  readonly size: number;
  readonly #keysOf: (thing: Thing) => readonly string[];
  /** The things by row, in chunks; rows of removed things stay empty. */
  readonly #chunks: Chunks<Thing>;
  /** The rows by key, in buckets by the key's hash. */
  readonly #buckets: Buckets;
  #list: readonly Thing[] | undefined;

  private constructor(
    keysOf: (thing: Thing) => readonly string[],
    size = 0,
    chunks: Chunks<Thing> = [],
    buckets: Buckets = [],
  ) {
    this.#keysOf = keysOf;
    this.size = size;
    this.#chunks = chunks;
    this.#buckets = buckets;
  }

  static of<Thing extends object>(things: readonly Thing[], keysOf: (thing: Thing) => readonly string[]): Table<Thing> {
    const table = new Table(keysOf).#with(things.map((thing, row) => [row, thing]));
    table.#list = things;
    return table;
  }

  /** All things in order; the same array each time. */
  get list(): readonly Thing[] {
    this.#list ??= this.#chunks.flat().filter(thing => thing !== undefined);
    return this.#list;
  }

  /** The things with a key, in order. */
  at(key: string): readonly Thing[] {
    return this.#rows(key).map(row => this.#thing(row)!);
  }

  /** Adds a thing at the end. */
  add(thing: Thing): Table<Thing> {
    return this.#with([[this.#end, thing]]);
  }

  /** Replaces the things with a key in place, and removes those for which `change` returns undefined. */
  update(key: string, change: (thing: Thing, index: number) => Thing | undefined): Table<Thing> {
    const table = this.#with(this.#rows(key).map((row, index) => [row, change(this.#thing(row)!, index)]));
    const isSparse = table.#end > 2 * table.size + CHUNK;
    return isSparse ? Table.of(table.list, this.#keysOf) : table;
  }

  /** The index behind the last row. */
  get #end(): number {
    const last = this.#chunks.at(-1);
    return last ? (this.#chunks.length - 1) * CHUNK + last.length : 0;
  }

  #thing(row: number): Thing | undefined {
    return this.#chunks[Math.floor(row / CHUNK)]?.[row % CHUNK];
  }

  #rows(key: string): readonly number[] {
    return [...(this.#buckets[bucketOf(key)]?.get(key) ?? [])].sort((a, b) => a - b);
  }

  /** The table with some rows replaced. Copies each chunk, bucket and set of rows once before it changes it. */
  #with(changes: readonly (readonly [row: number, thing: Thing | undefined])[]): Table<Thing> {
    const chunks = this.#chunks.slice();
    const buckets = this.#buckets.slice();
    const copies = new Set<object>();
    const own = <Part extends object>(part: Part, copy: () => Part): Part => {
      if (copies.has(part)) return part;
      const made = copy();
      copies.add(made);
      return made;
    };
    const put = (row: number, thing: Thing | undefined) => {
      const at = Math.floor(row / CHUNK);
      const chunk = own(chunks[at] ?? [], () => (this.#chunks[at] ?? []).slice()) as (Thing | undefined)[];
      chunk[row % CHUNK] = thing;
      chunks[at] = chunk;
    };
    const enter = (key: string, row: number, isThere: boolean) => {
      const at = bucketOf(key);
      const bucket = own(buckets[at] ?? NO_KEYS, () => new Map(this.#buckets[at])) as Map<string, Set<number>>;
      const rows = own(bucket.get(key) ?? NO_ROWS, () => new Set(bucket.get(key))) as Set<number>;
      if (isThere) rows.add(row);
      else rows.delete(row);
      if (rows.size > 0) bucket.set(key, rows);
      else bucket.delete(key);
      buckets[at] = bucket;
    };
    let { size } = this;
    for (const [row, thing] of changes) {
      const before = this.#thing(row);
      size += Number(thing !== undefined) - Number(before !== undefined);
      put(row, thing);
      for (const key of before ? this.#keysOf(before) : []) enter(key, row, false);
      for (const key of thing ? this.#keysOf(thing) : []) enter(key, row, true);
    }
    return new Table(this.#keysOf, size, chunks, buckets);
  }
}

const NO_KEYS: ReadonlyMap<string, ReadonlySet<number>> = new Map();
const NO_ROWS: ReadonlySet<number> = new Set();

function bucketOf(key: string): number {
  let hash = 0;
  for (let at = 0; at < key.length; at += 1) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0;
  return (hash ^ (hash >>> 16)) & (BUCKETS - 1);
}

/** The key of a name: a node, an outer port in lower case, a group. */
export const nameKey = (name: string): string => `name ${name}`;
/** The key of everything at a node. */
export const nodeKey = (node: string): string => `node ${node}`;
/** The key of everything at a port, in lower case, whatever the index. */
export const portsKey = (...ends: readonly PortRef[]): string =>
  JSON.stringify(ends.map(({ node, port }) => [node, port.toLowerCase()]));

/** An immutable graph for edits: the cost of an edit depends on what it touches, not on the graph's size. */
export interface EditableGraph {
  readonly nodes: Table<BareNode>;
  readonly edges: Table<BareEdge>;
  readonly initials: Table<BareInitial>;
  readonly inports: Table<BareOuterPort>;
  readonly outports: Table<BareOuterPort>;
  readonly groups: Table<Group>;
  readonly properties: BareGraph['properties'];
}

const outerKeys = ({ name, node }: BareOuterPort) => [nameKey(name.toLowerCase()), nodeKey(node)];

/** Indexes a graph; takes time in proportion to its size. */
export function toEditable({
  nodes,
  edges,
  initials,
  inports,
  outports,
  groups,
  properties,
}: BareGraph): EditableGraph {
  return {
    nodes: Table.of(nodes, ({ name }) => [nameKey(name)]),
    edges: Table.of(edges, ({ from, to }) => [nodeKey(from.node), nodeKey(to.node), portsKey(from, to)]),
    initials: Table.of(initials, ({ to }) => [nodeKey(to.node), portsKey(to)]),
    inports: Table.of(inports, outerKeys),
    outports: Table.of(outports, outerKeys),
    groups: Table.of(groups, ({ name, nodes }) => [nameKey(name), ...nodes.map(nodeKey)]),
    properties,
  };
}

/** The graph as plain lists; a list that no edit changed is the same array as before. */
export function toBare({ nodes, edges, initials, inports, outports, groups, properties }: EditableGraph): BareGraph {
  return {
    nodes: nodes.list,
    edges: edges.list,
    initials: initials.list,
    inports: inports.list,
    outports: outports.list,
    groups: groups.list,
    properties,
  };
}
