import { getNodeValue, type Node as Json, type ParseError, parseTree } from 'jsonc-parser';
import type { DiagnosticCode, Params } from '../model/diagnostic.ts';
import {
  type Edge,
  type End,
  emptyGraph,
  type Graph,
  type Group,
  type InitialPacket,
  type Node,
  type OuterPort,
  type Place,
  type Reading,
} from '../model/graph.ts';
import { LAST_INDEX, MAX_DEPTH } from '../model/limits.ts';
import { jsonMistake } from './mistake.ts';
import { faultAt, type OffsetFault, placedFaults, placer } from './place.ts';

export type { Node as Json } from 'jsonc-parser';

export type Metadata = Readonly<Record<string, unknown>>;

/** One member of a JSON object. */
interface Member {
  readonly name: string;
  readonly key: Json;
  readonly value: Json;
}

type Type = 'array' | 'boolean' | 'object' | 'string';

/** Reads JSON of a known shape, and records deviations. */
export class Shapes {
  readonly mistakes: OffsetFault[] = [];

  /** The value of a member, if it has this type; a different type is recorded as a mistake. */
  member(parent: Json, name: string, type: Type): Json | undefined {
    const value = memberValue(parent, name);
    if (!value || value.type === type) return value;
    this.wrong(value, 'wrong-type', { name, found: value.type, wanted: type });
  }

  /** The members of an object in a member. */
  members(parent: Json, name: string): Member[] {
    // Some languages serialise an empty object as `[]`.
    const found = memberValue(parent, name);
    if (found?.type === 'array' && found.children?.length === 0) return [];
    return (this.member(parent, name, 'object')?.children ?? []).flatMap(memberOf);
  }

  /** The metadata of a process, connection, outer port or group; empty if missing. */
  metadata(parent: Json): Metadata {
    const found = parent.type === 'object' ? this.member(parent, 'metadata', 'object') : undefined;
    return found ? (this.plain(found) as Metadata) : {};
  }

  groups(parent: Json): Group[] {
    return (this.member(parent, 'groups', 'array')?.children ?? []).flatMap(group => {
      const name = group.type === 'object' ? this.member(group, 'name', 'string') : undefined;
      const nodes = group.type === 'object' ? this.member(group, 'nodes', 'array') : undefined;
      const names = (nodes?.children ?? []).filter(({ type }) => type === 'string').map(({ value }) => String(value));
      if (name && nodes && names.length === nodes.children?.length) {
        return [{ name: String(name.value), nodes: names, metadata: this.metadata(group) }];
      }
      this.wrong(group, 'group-form');
      return [];
    });
  }

  /** The plain value; `{}` and a mistake if it is nested more deeply than `most`. */
  plain(value: Json, most = MAX_DEPTH): unknown {
    if (!isDeeper(value, most)) return plainObject(value);
    this.wrong(value, 'value-too-deep', { most });
    return {};
  }

  wrong<Code extends DiagnosticCode>({ offset }: Pick<Json, 'offset'>, code: Code, ...params: Params<Code>): void {
    this.mistakes.push(faultAt(offset, code, ...params));
  }
}

/** Parses JSON and reads it by `say`. Syntax errors and recorded deviations are returned as mistakes; never throws. */
export function readShapes<Said>(
  text: string,
  say: (root: Json | undefined, shapes: Shapes) => Said,
): { said: Said | undefined; mistakes: OffsetFault[]; isJson: boolean } {
  const errors: ParseError[] = [];
  try {
    const shapes = new Shapes();
    const said = say(parseTree(text, errors, { disallowComments: true, allowEmptyContent: true }), shapes);
    return { said, mistakes: firstOfLines(text, errors, shapes.mistakes), isJson: errors.length === 0 };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { said: undefined, mistakes: [faultAt(0, 'json-too-deep')], isJson: false };
  }
}

/** The value of a member; of duplicates the last, as in JSON.parse. */
export function memberValue(parent: Json, name: string): Json | undefined {
  if (parent.type !== 'object') return;
  return parent.children?.findLast(({ children: [key] = [] }) => key?.value === name)?.children?.[1];
}

/** The plain value. jsonc-parser's objects have no prototype, which readers of the graph don't expect. */
export function plainObject(value: Json): unknown {
  return structuredClone(getNodeValue(value));
}

/** Counts brackets, as in .fbp; member names don't count. */
function isDeeper({ type, children = [] }: Json, most: number): boolean {
  if (type === 'object' || type === 'array') return most === 0 || children.some(child => isDeeper(child, most - 1));
  return children.some(child => isDeeper(child, most));
}

/** Empty if the member has no value. */
export function memberOf({ children: [key, value] = [] }: Json): Member[] {
  return key && value ? [{ name: key.value, key, value }] : [];
}

/**
 * One syntax error per line, as the parser reports follow-up errors, and no deviation that a syntax error may have
 * caused.
 */
function firstOfLines(text: string, errors: readonly ParseError[], shapes: readonly OffsetFault[]): OffsetFault[] {
  const place = placer(text);
  const lines = new Map<number, OffsetFault>();
  for (const error of errors) {
    const { line } = place(error.offset);
    if (!lines.has(line)) lines.set(line, jsonMistake(error));
  }
  return [...lines.values(), ...shapes.filter(({ offset }) => !lines.has(place(offset).line))];
}

/** Parses FBP JSON; see `read`. A duplicate name is read twice. */
export function readJson(file: string, text: string): Reading {
  const place = placer(text);
  const { said, mistakes } = readShapes(text, (root, shapes) => new Reader(place, shapes).graph(root));
  return { graph: { ...(said ?? emptyGraph()), file }, faults: placedFaults(file, mistakes, place), warnings: [] };
}

/** The graph and tree of FBP JSON; undefined if it has syntax errors. Places are offsets, as columns of line 0. */
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
