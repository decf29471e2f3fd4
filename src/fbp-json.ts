import { getNodeValue, type Node as Json, type ParseError, parseTree } from 'jsonc-parser';
import type { Edge, End, Fault, Graph, Initial, Node, Outer, Place, Reading } from './fbp.ts';
import { jsonSentence } from './fbp-mistake.ts';
import { faultsOf, type Mistake, placer } from './fbp-place.ts';

interface Member {
  readonly name: string;
  readonly key: Json;
  readonly value: Json;
}

const NOTHING = { nodes: [], edges: [], initials: [], inports: [], outports: [], properties: {} };

/** Reads FBP JSON; see `read`. A name that is there twice is read twice. */
export function readJson(file: string, text: string): Reading {
  const place = placer(text);
  const reader = new Reader(place);
  const errors: ParseError[] = [];
  try {
    const root = parseTree(text, errors, { disallowComments: true, allowEmptyContent: true });
    const graph = { file, ...reader.graph(root) };
    return { graph, faults: faultsOf(file, firstOfLines(errors, reader.mistakes, place), place) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const faults: Fault[] = [{ file, line: 1, column: 1, sentence: 'this graph nests too deeply to be read' }];
    return { graph: { file, ...NOTHING }, faults };
  }
}

/** One syntax error a line, as the parser stumbles more than once, and no wrong shape where it may come from one. */
function firstOfLines(errors: readonly ParseError[], shapes: readonly Mistake[], place: (offset: number) => Place) {
  const lines = new Map<number, Mistake>();
  for (const error of errors) {
    const { line } = place(error.offset);
    if (!lines.has(line)) lines.set(line, { offset: error.offset, sentence: jsonSentence(error) });
  }
  return [...lines.values(), ...shapes.filter(({ offset }) => !lines.has(place(offset).line))];
}

type Type = 'array' | 'boolean' | 'object' | 'string';

class Reader {
  readonly mistakes: Mistake[] = [];
  readonly #place: (offset: number) => Place;
  #caseSensitive = false;

  constructor(place: (offset: number) => Place) {
    this.#place = place;
  }

  graph(root: Json | undefined): Omit<Graph, 'file'> {
    if (root?.type !== 'object') {
      this.#wrong(root ?? { offset: 0 }, 'a graph is a JSON object with "processes" and "connections"');
      return NOTHING;
    }
    this.#caseSensitive = this.#member(root, 'caseSensitive', 'boolean')?.value === true;
    const connections = this.#member(root, 'connections', 'array')?.children ?? [];
    const read = connections.map(connection => this.#connection(connection));
    const properties = this.#member(root, 'properties', 'object');
    return {
      nodes: this.#members(root, 'processes').map(process => this.#node(process)),
      edges: read.filter(made => made !== undefined && 'from' in made),
      initials: read.filter(made => made !== undefined && 'data' in made),
      inports: this.#members(root, 'inports').flatMap(member => this.#outer(member)),
      outports: this.#members(root, 'outports').flatMap(member => this.#outer(member)),
      properties: properties ? (plain(properties) as Record<string, unknown>) : {},
    };
  }

  #node({ name, key, value }: Member): Node {
    const component = value.type === 'object' ? this.#member(value, 'component', 'string')?.value : undefined;
    if (value.type !== 'object' || !find(value, 'component')) {
      this.#wrong(value, `process ${name} has no component; write {"component": "NAME"}`);
    }
    const metadata = value.type === 'object' ? this.#member(value, 'metadata', 'object') : undefined;
    return {
      name,
      component: component ?? '',
      metadata: metadata ? (plain(metadata) as Record<string, unknown>) : {},
      place: this.#place(key.offset),
    };
  }

  #connection(connection: Json): Edge | Initial | undefined {
    if (connection.type !== 'object') {
      this.#wrong(connection, 'a connection is an object with "src" or "data", and "tgt"');
      return;
    }
    const from = find(connection, 'src');
    const data = find(connection, 'data');
    if ((from === undefined) === (data === undefined)) {
      const found = from ? 'both "src" and "data"' : 'neither "src" nor "data"';
      this.#wrong(connection, `this connection has ${found}; give it one of them`);
      return;
    }
    const to = this.#end(connection, 'tgt');
    if (data) return to && { data: plain(data), to, place: this.#place(data.offset) };
    const source = this.#end(connection, 'src');
    return source && to && { from: source, to };
  }

  #end(connection: Json, key: 'src' | 'tgt'): End | undefined {
    const value = find(connection, key);
    const inner = value && this.#inner(value, `"${key}"`);
    if (!value) this.#wrong(connection, `this connection has no "${key}"; write {"process": NODE, "port": PORT}`);
    if (!value || !inner) return;
    const index = find(value, 'index');
    if (!index || index.type === 'null') return inner;
    if (Number.isInteger(index.value) && index.value >= 0) return { ...inner, index: index.value };
    this.#wrong(index, 'an index is a whole number from 0 on');
  }

  #outer({ name, value }: Member): Outer[] {
    const inner = this.#inner(value, `outer port ${name}`);
    return inner ? [{ ...inner, name: this.#caseSensitive ? name : name.toLowerCase() }] : [];
  }

  #inner(value: Json, what: string): { node: string; port: string; place: Place } | undefined {
    const process = find(value, 'process');
    const port = find(value, 'port');
    if (process?.type !== 'string' || port?.type !== 'string') {
      this.#wrong(value, `${what} is written {"process": NODE, "port": PORT}, both in double quotes`);
      return;
    }
    const name: string = this.#caseSensitive ? port.value : port.value.toLowerCase();
    return { node: process.value, port: name, place: this.#place(port.offset) };
  }

  #members(parent: Json, name: string): Member[] {
    return (this.#member(parent, name, 'object')?.children ?? []).flatMap(({ children: [key, value] = [] }) =>
      key && value ? [{ name: key.value, key, value }] : [],
    );
  }

  /** The value of a member, if it is of this type; it is a mistake if it is of another. */
  #member(parent: Json, name: string, type: Type): Json | undefined {
    const value = find(parent, name);
    if (!value || value.type === type) return value;
    this.#wrong(value, `"${name}" has the wrong type, ${value.type}; make it of type ${type}`);
  }

  #wrong({ offset }: Pick<Json, 'offset'>, sentence: string): void {
    this.mistakes.push({ offset, sentence });
  }
}

/** The value of a member; of the last one where there are more, as JSON.parse has it. */
function find(parent: Json, name: string): Json | undefined {
  if (parent.type !== 'object') return;
  return parent.children?.findLast(({ children: [key] = [] }) => key?.value === name)?.children?.[1];
}

/** The value itself: jsonc-parser's objects have no prototype, which the graph's readers don't expect. */
function plain(value: Json): unknown {
  return structuredClone(getNodeValue(value));
}
