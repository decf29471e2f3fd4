import {
  type Edge,
  type End,
  equal,
  type Graph,
  type InitialPacket,
  type Node,
  type OuterPort,
  renamed,
} from '../model/graph.ts';
import { dissectJson, type Json, memberOf, memberValue, plainObject } from './json.ts';
import { type ChangePlan, guessedRenames, type Matches, planOf } from './print-plan.ts';

const BRACKETS = { array: ['[', ']'], object: ['{', '}'] } as const;

/** A value of an object or array with its present text: of the value, or of the member if it has a name. */
interface Slot {
  readonly name?: string | undefined;
  readonly value: unknown;
  readonly before?: Json | undefined;
}

/** An object or array whose values have known predecessors; these keep their order. */
class Slots {
  readonly type: 'array' | 'object';
  readonly list: readonly Slot[];

  constructor(type: 'array' | 'object', list: readonly Slot[]) {
    this.type = type;
    this.list = list;
  }
}

/** Prints a changed JSON value with the smallest difference to its text. */
class Reprint {
  readonly #text: string;
  readonly #eol: string;
  readonly #unit: string;

  constructor(text: string) {
    this.#text = text;
    this.#eol = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
    this.#unit = /[\n\r]([ \t]+)"/.exec(text)?.[1] ?? '  ';
  }

  /** `value` may contain `Slots`; `indent` is that of the line. */
  print(before: Json, value: unknown, indent = ''): string {
    const { offset, length } = before;
    if (!(value instanceof Slots) && equal(plainObject(before), value))
      return this.#text.slice(offset, offset + length);
    const slots = slotsOf(before, value);
    return slots ? this.#container(before, slots, indent) : this.#fresh(value, indent, false);
  }

  #container({ type, offset, length, children = [] }: Json, slots: readonly Slot[], indent: string): string {
    const [open, close] = BRACKETS[type === 'array' ? 'array' : 'object'];
    if (slots.length === 0 && children.length > 0) return `${open}${close}`;
    if (slots.length === 0) return this.#text.slice(offset, offset + length);
    const leads = new Map(
      children.map((child, at) => [child, this.#text.slice(endOf(children[at - 1], offset), child.offset)]),
    );
    const last = children.at(-1);
    const usual = last ? (leads.get(last) ?? '').replace(',', '') : this.#eol + indent + this.#unit;
    const texts = slots.map((slot, at) => {
      const lead = leads.get(slot.before as Json) ?? usual;
      const comma = at > 0 && !lead.includes(',') ? ',' : '';
      return comma + (at === 0 ? lead.replace(',', '') : lead) + this.#slot(slot, last, indentOf(lead) ?? indent);
    });
    const rest = last ? this.#text.slice(endOf(last, offset), offset + length - 1) : this.#eol + indent;
    return `${open}${texts.join('')}${rest}${close}`;
  }

  #slot({ name, value, before }: Slot, sibling: Json | undefined, indent: string): string {
    const [key, inner] = before?.type === 'property' ? (before.children ?? []) : [undefined, before];
    const isShort =
      !inner && sibling !== undefined && !/[\n\r]/.test(this.#text.slice(sibling.offset, endOf(sibling, 0)));
    const said = inner ? this.print(inner, value, indent) : this.#fresh(value, indent, isShort);
    if (name === undefined) return said;
    const isSame = key && inner && key.value === name;
    return (isSame ? this.#text.slice(key.offset, inner.offset) : `${JSON.stringify(name)}: `) + said;
  }

  #fresh(value: unknown, indent: string, isShort: boolean): string {
    if (value instanceof Slots) return this.#container({ type: value.type, offset: 0, length: 0 }, value.list, indent);
    const text = JSON.stringify(value, null, this.#unit);
    return isShort ? text.replaceAll(/\n[ \t]*/g, ' ') : text.replaceAll('\n', this.#eol + indent);
  }
}

/** The indentation of a line that begins with this white space; undefined if it begins none. */
function indentOf(space: string): string | undefined {
  return /[\n\r]([ \t]*),?$/.exec(space)?.[1];
}

function endOf(before: Json | undefined, parent: number): number {
  return before ? before.offset + before.length : parent + 1;
}

/** The new values of an object or array; undefined if it is replaced by something else. */
function slotsOf(before: Json, value: unknown): readonly Slot[] | undefined {
  if (value instanceof Slots) {
    // Some languages serialise an empty object as `[]`.
    const isEmpty = value.list.length === 0 && before.children?.length === 0;
    return isEmpty || value.type === before.type ? value.list : undefined;
  }
  if (Array.isArray(value)) return before.type === 'array' ? paired(before, value) : undefined;
  const isObject = before.type === 'object' && typeof value === 'object' && value !== null;
  return isObject ? named(before, new Map(Object.entries(value))) : undefined;
}

function named({ children = [] }: Json, values: ReadonlyMap<string, unknown>): readonly Slot[] {
  const members = new Map(children.map(json => [keyOf(json), json]));
  const kept = [...members].filter(([name]) => values.has(name));
  const added = [...values].filter(([name]) => !members.has(name));
  return [
    ...kept.map(([name, before]) => ({ name, value: values.get(name), before })),
    ...added.map(([name, value]) => ({ name, value })),
  ];
}

/** Pairs the values of an array: equal ones at the start and the end, and those in between in order. */
function paired({ children = [] }: Json, values: readonly unknown[]): Slot[] {
  const isSame = (json: Json | undefined, value: unknown) => json !== undefined && equal(plainObject(json), value);
  const most = Math.min(children.length, values.length);
  let start = 0;
  while (start < most && isSame(children[start], values[start])) start += 1;
  let end = 0;
  while (end < most - start && isSame(children.at(-1 - end), values.at(-1 - end))) end += 1;
  return values.map((value, at) => {
    const isEnd = at >= values.length - end;
    const from = isEnd ? at - values.length + children.length : at;
    return { value, before: isEnd || from < children.length - end ? children[from] : undefined };
  });
}

type Fields = Record<string, unknown>;
type Link = Edge | InitialPacket;

const NOTHING = '{\n  "caseSensitive": false,\n  "processes": {},\n  "connections": []\n}\n';

/** FBP JSON of a graph, with the smallest difference to `before`; unknown members in `before` are preserved. */
export function printJson(graph: Graph, before: string): string {
  const known = dissectJson(before);
  if (!known) return before === NOTHING ? before : printJson(graph, NOTHING);
  const { root, graph: said } = known;
  const names = guessedRenames(said, graph);
  const mended = renamed(said, names);
  const changes = new Changes(root, mended, planOf(mended, graph), graph);
  const value = changes.root();
  const { offset, length } = root;
  return before.slice(0, offset) + new Reprint(before).print(root, value) + before.slice(offset + length);
}

/** A graph as an FBP JSON value, equal to what `printJson` prints for a new file. */
export function fbpJsonOf(graph: Graph): Readonly<Record<string, unknown>> {
  const { root, graph: empty } = dissectJson(NOTHING)!;
  return plainValue(new Changes(root, empty, planOf(empty, graph), graph).root()) as Fields;
}

function plainValue(value: unknown): unknown {
  if (!(value instanceof Slots)) return value;
  if (value.type === 'array') return value.list.map(slot => plainValue(slot.value));
  return Object.fromEntries(value.list.map(slot => [slot.name, plainValue(slot.value)]));
}

/** The changed members of a graph in JSON. */
class Changes {
  readonly #root: Json;
  readonly #said: Graph;
  readonly #plan: ChangePlan;
  readonly #graph: Graph;
  readonly #isSensitive: boolean;

  constructor(root: Json, said: Graph, plan: ChangePlan, graph: Graph) {
    this.#root = root;
    this.#said = said;
    this.#plan = plan;
    this.#graph = graph;
    this.#isSensitive =
      memberValue(root, 'caseSensitive')?.value === true || namesOf(graph).some(name => name !== name.toLowerCase());
  }

  root(): Slots {
    const { properties, groups } = this.#graph;
    const known = new Map<string, unknown>([
      ['caseSensitive', this.#isSensitive],
      ['properties', properties],
      ['inports', this.#outers('inports')],
      ['outports', this.#outers('outports')],
      ['groups', groups.map(({ name, nodes, metadata }) => withMetadata({ name, nodes }, metadata))],
      ['processes', this.#processes()],
      ['connections', this.#connections()],
    ]);
    const said = new Map((this.#root.children ?? []).flatMap(memberOf).map(({ name, value }) => [name, value]));
    const unknown = [...said].filter(([name]) => !known.has(name));
    const needed = [...known].filter(([name, value]) => said.has(name) || isNeeded(value));
    const values = [...unknown.map(([name, json]) => [name, plainObject(json)] as const), ...needed];
    return new Slots('object', named(this.#root, new Map(values)));
  }

  #processes(): Slots {
    const value = ({ component, metadata }: Node, json?: Json) =>
      withMetadata({ ...fieldsOf(json), component }, metadata, json);
    return this.#slots('processes', this.#said.nodes, this.#plan.nodes, value);
  }

  #outers(side: 'inports' | 'outports'): Slots {
    const value = (outer: OuterPort, json?: Json) => withMetadata(this.#end(outer, json), outer.metadata, json);
    return this.#slots(side, this.#said[side], this.#plan[side], value);
  }

  #connections(): Slots {
    const { edges, initials } = this.#plan;
    const said = [...this.#said.edges, ...this.#said.initials];
    const kept = new Map<Link, Link>([...edges.kept, ...initials.kept]);
    const added = [...edges.added, ...initials.added];
    return this.#slots('connections', said, { kept, added }, (link, json) => this.#connection(link, json));
  }

  #connection(link: Link, before?: Json): Fields {
    const source =
      'data' in link ? { data: link.data } : { src: this.#end(link.from, before && memberValue(before, 'src')) };
    const tgt = this.#end(link.to, before && memberValue(before, 'tgt'));
    return withMetadata({ ...fieldsOf(before), ...source, tgt }, link.metadata, before);
  }

  /** The new list of a member: kept items in order, then added ones. Unreadable items stay. */
  #slots<Item extends Node | OuterPort | Link>(
    member: string,
    said: readonly Item[],
    { kept, added }: Matches<Item>,
    printed: (item: Item, json?: Json) => Fields,
  ): Slots {
    const items = said.toSorted((a, b) => offsetOf(a) - offsetOf(b));
    let at = 0;
    const slots = (memberValue(this.#root, member)?.children ?? []).flatMap((before): Slot[] => {
      const [key, json = before] = before.type === 'property' ? (before.children ?? []) : [];
      const item = items[at];
      if (!item || offsetOf(item) >= endOf(before, 0)) return [{ name: key?.value, value: plainObject(json), before }];
      at += 1;
      const now = kept.get(item);
      const name = now && key && this.#nameOf(now, key.value);
      return now ? [{ name, value: printed(now, json), before }] : [];
    });
    const more = added.map(item => ({ name: this.#nameOf(item), value: printed(item) }));
    return new Slots(member === 'connections' ? 'array' : 'object', [...slots, ...more]);
  }

  /** Nodes keep the case of their names; ports keep the case of the previous text. */
  #nameOf(item: Node | OuterPort | Link, before = ''): string | undefined {
    if (!('name' in item)) return;
    return 'port' in item ? this.#spelling(before, item.name) : item.name;
  }

  #end({ node, port, index }: Pick<End, 'node' | 'port' | 'index'>, before?: Json): Fields {
    const { index: _, ...fields } = fieldsOf(before);
    const spelled = this.#spelling(String(fields.port ?? ''), port);
    return { ...fields, process: node, port: spelled, ...(index !== undefined && { index }) };
  }

  /** The previous spelling of a name, if it is the same name. */
  #spelling(before: string, name: string): string {
    return !this.#isSensitive && before.toLowerCase() === name ? before : name;
  }
}

function withMetadata(fields: Fields, metadata: Fields | undefined = {}, before?: Json): Fields {
  const { metadata: _, ...bare } = fields;
  const isEmpty = Object.keys(metadata).length === 0;
  return isEmpty && !(before && memberValue(before, 'metadata')) ? bare : { ...bare, metadata };
}

function fieldsOf(json: Json | undefined): Fields {
  return json?.type === 'object' ? (plainObject(json) as Fields) : {};
}

function keyOf(json: Json): string {
  return memberOf(json)[0]?.name ?? '';
}

function offsetOf(item: Link | Node | OuterPort): number {
  return ('from' in item ? item.from : item).place.column;
}

function isNeeded(value: unknown): boolean {
  if (value instanceof Slots) return value.list.length > 0;
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : value === true;
}

/** Names of ports, which are in lower case unless the graph is case-sensitive. */
function namesOf({ edges, initials, inports, outports }: Graph): string[] {
  return [
    ...edges.flatMap(({ from, to }) => [from.port, to.port]),
    ...initials.map(({ to }) => to.port),
    ...[...inports, ...outports].flatMap(({ name, port }) => [name, port]),
  ];
}
