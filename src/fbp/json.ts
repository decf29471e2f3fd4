import {
  type Edge,
  type End,
  emptyGraph,
  type Graph,
  type InitialPacket,
  type Node,
  type OuterPort,
  type Place,
  type Reading,
} from '../model/graph.ts';
import { LAST_INDEX, MAX_DEPTH } from '../model/limits.ts';
import { placedFaults, placer } from './place.ts';
import { type Json, type Member, type Metadata, memberValue, readShapes, type Shapes } from './shape.ts';

/** Reads FBP JSON; see `read`. A name that is there twice is read twice. */
export function readJson(file: string, text: string): Reading {
  const place = placer(text);
  const { said, mistakes } = readShapes(text, (root, shapes) => new Reader(place, shapes).graph(root));
  return { graph: { ...(said ?? emptyGraph()), file }, faults: placedFaults(file, mistakes, place), warnings: [] };
}

/** The graph of an FBP JSON that has no faults of syntax, and its tree; each place is an offset, given as the column of line 0. */
export function dissectJson(text: string): { graph: Graph; root: Json } | undefined {
  const { said, isJson } = readShapes(text, (root, shapes) => {
    if (root?.type !== 'object') return;
    const place = (offset: number) => ({ line: 0, column: offset });
    return { graph: { file: '', ...new Reader(place, shapes).graph(root) }, root };
  });
  return isJson ? said : undefined;
}

class Reader {
  readonly #place: (offset: number) => Place;
  readonly #shapes: Shapes;
  #caseSensitive = false;

  constructor(place: (offset: number) => Place, shapes: Shapes) {
    this.#place = place;
    this.#shapes = shapes;
  }

  graph(root: Json | undefined): Omit<Graph, 'file'> {
    const shapes = this.#shapes;
    if (root?.type !== 'object') {
      shapes.wrong(root ?? { offset: 0 }, 'graph-form');
      return emptyGraph();
    }
    this.#caseSensitive = shapes.member(root, 'caseSensitive', 'boolean')?.value === true;
    const connections = shapes.member(root, 'connections', 'array')?.children ?? [];
    const read = connections.map(connection => this.#connection(connection));
    const properties = shapes.member(root, 'properties', 'object');
    return {
      nodes: shapes.members(root, 'processes').map(process => this.#node(process)),
      edges: read.filter(made => made !== undefined && 'from' in made),
      initials: read.filter(made => made !== undefined && 'data' in made),
      inports: shapes.members(root, 'inports').flatMap(member => this.#outer(member)),
      outports: shapes.members(root, 'outports').flatMap(member => this.#outer(member)),
      groups: shapes.groups(root),
      properties: properties ? (shapes.plain(properties, MAX_DEPTH + 1) as Metadata) : {},
    };
  }

  #node({ name, key, value }: Member): Node {
    const isObject = value.type === 'object';
    const component = isObject ? this.#shapes.member(value, 'component', 'string')?.value : undefined;
    if (!memberValue(value, 'component')) {
      this.#shapes.wrong(value, 'process-component', { node: name });
    }
    const metadata = this.#shapes.metadata(value);
    return { name, component: component ?? '', metadata, place: this.#place(key.offset) };
  }

  #connection(connection: Json): Edge | InitialPacket | undefined {
    if (connection.type !== 'object') {
      this.#shapes.wrong(connection, 'connection-form');
      return;
    }
    const from = memberValue(connection, 'src');
    const data = memberValue(connection, 'data');
    if ((from === undefined) === (data === undefined)) {
      this.#shapes.wrong(connection, 'connection-source', { both: from !== undefined });
      return;
    }
    const to = this.#end(connection, 'tgt');
    const source = data ? undefined : this.#end(connection, 'src');
    const metadata = given(this.#shapes.metadata(connection));
    if (data) return to && { data: this.#shapes.plain(data), to, ...metadata, place: this.#place(data.offset) };
    return source && to && { from: source, to, ...metadata };
  }

  #end(connection: Json, key: 'src' | 'tgt'): End | undefined {
    const value = memberValue(connection, key);
    const inner = value && this.#inner(value, `"${key}"`);
    if (!value) this.#shapes.wrong(connection, 'connection-end', { key });
    if (!value || !inner) return;
    const index = memberValue(value, 'index');
    if (!index || index.type === 'null') return inner;
    const isWhole = Number.isInteger(index.value) && index.value >= 0;
    if (isWhole && index.value <= LAST_INDEX) return { ...inner, index: index.value };
    this.#shapes.wrong(index, 'json-index', isWhole ? { last: LAST_INDEX } : {});
  }

  #outer({ name, value }: Member): OuterPort[] {
    const inner = this.#inner(value, `outer port ${name}`);
    if (!inner) return [];
    return [
      { ...inner, name: this.#caseSensitive ? name : name.toLowerCase(), ...given(this.#shapes.metadata(value)) },
    ];
  }

  #inner(value: Json, what: string): { node: string; port: string; place: Place } | undefined {
    const process = memberValue(value, 'process');
    const port = memberValue(value, 'port');
    if (process?.type !== 'string' || port?.type !== 'string') {
      this.#shapes.wrong(value, 'end-form', { what });
      return;
    }
    const name: string = this.#caseSensitive ? port.value : port.value.toLowerCase();
    return { node: process.value, port: name, place: this.#place(port.offset) };
  }
}

function given(metadata: Metadata): { metadata?: Metadata } {
  return Object.keys(metadata).length > 0 ? { metadata } : {};
}
