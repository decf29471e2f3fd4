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
import { dissectJson } from './json.ts';
import { type ChangePlan, guessedRenames, planOf } from './print-plan.ts';
import { type Json, memberOf, memberValue, plainObject } from './shape.ts';

const BRACKETS = { array: ['[', ']'], object: ['{', '}'] } as const;

/** One value of an object or array, and what stands for it so far: the value, or the member where it has a name. */
interface Slot {
  readonly name?: string;
  readonly value: unknown;
  readonly before?: Json | undefined;
}

/** An object or array of which is known what each of its values was; those that were keep their order. */
class Slots {
  readonly type: 'array' | 'object';
  readonly list: readonly Slot[];

  constructor(type: 'array' | 'object', list: readonly Slot[]) {
    this.type = type;
    this.list = list;
  }
}

/** Prints JSON as another value, with the smallest difference to its text. */
class Reprint {
  readonly #text: string;
  readonly #eol: string;
  readonly #unit: string;

  constructor(text: string) {
    this.#text = text;
    this.#eol = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
    this.#unit = /[\n\r]([ \t]+)"/.exec(text)?.[1] ?? '  ';
  }

  /** `value` may have `Slots` within. */
  print(before: Json, value: unknown): string {
    const { type, offset, length } = before;
    if (value instanceof Slots && value.type === type) return this.#container(before, value.list);
    if (!(value instanceof Slots) && equal(plainObject(before), value))
      return this.#text.slice(offset, offset + length);
    if (type === 'array' && Array.isArray(value)) return this.#container(before, paired(before, value));
    const isObject = !(value instanceof Slots) && typeof value === 'object' && value !== null && !Array.isArray(value);
    if (type === 'object' && isObject) return this.#container(before, named(before, value));
    return this.#fresh(value, this.#indent(offset), false);
  }

  #container(before: Json, slots: readonly Slot[]): string {
    const { offset, length, children = [] } = before;
    const [open, close] = BRACKETS[before.type === 'array' ? 'array' : 'object'];
    if (slots.length === 0)
      return children.length === 0 ? this.#text.slice(offset, offset + length) : `${open}${close}`;
    const leads = new Map(
      children.map((child, at) => [child, this.#text.slice(endOf(children[at - 1], offset), child.offset)]),
    );
    const indent = this.#indent(offset);
    const last = children.at(-1);
    const usual = last ? (leads.get(last) ?? '').replace(',', '') : this.#eol + indent + this.#unit;
    const texts = slots.map((slot, at) => {
      const lead = leads.get(slot.before as Json) ?? usual;
      const comma = at > 0 && !lead.includes(',') ? ',' : '';
      return comma + (at === 0 ? lead.replace(',', '') : lead) + this.#slot(slot, last, usual);
    });
    const rest = last ? this.#text.slice(endOf(last, offset), offset + length - 1) : this.#eol + indent;
    return `${open}${texts.join('')}${rest}${close}`;
  }

  #slot({ name, value, before }: Slot, sibling: Json | undefined, lead: string): string {
    const [key, inner] = before?.type === 'property' ? (before.children ?? []) : [undefined, before];
    const indent = /[\n\r]([ \t]*)$/.exec(lead)?.[1] ?? '';
    const isShort = sibling !== undefined && !/[\n\r]/.test(this.#text.slice(sibling.offset, endOf(sibling, 0)));
    const said = inner ? this.print(inner, value) : this.#fresh(value, indent, isShort);
    if (name === undefined) return said;
    const isSame = key && inner && key.value === name;
    return (isSame ? this.#text.slice(key.offset, inner.offset) : `${JSON.stringify(name)}: `) + said;
  }

  #fresh(value: unknown, indent: string, isShort: boolean): string {
    if (value instanceof Slots) return this.#freshSlots(value, indent);
    const text = JSON.stringify(value, null, this.#unit);
    return isShort ? text.replaceAll(/\n[ \t]*/g, ' ') : text.replaceAll('\n', this.#eol + indent);
  }

  #freshSlots({ type, list }: Slots, indent: string): string {
    const lead = this.#eol + indent + this.#unit;
    const [open, close] = BRACKETS[type];
    if (list.length === 0) return open + close;
    const texts = list.map(slot => lead + this.#slot(slot, undefined, lead));
    return open + texts.join(',') + this.#eol + indent + close;
  }

  /** White space at the start of the line of an offset. */
  #indent(offset: number): string {
    const start = Math.max(this.#text.lastIndexOf('\n', offset - 1), this.#text.lastIndexOf('\r', offset - 1)) + 1;
    return /^[ \t]*/.exec(this.#text.slice(start, offset))?.[0] ?? '';
  }
}

function endOf(before: Json | undefined, parent: number): number {
  return before ? before.offset + before.length : parent + 1;
}

function named(before: Json, value: object): Slot[] {
  const members = (before.children ?? []).map(json => ({ json, name: memberOf(json)[0]?.name ?? '' }));
  const kept = members.flatMap(({ json, name }) =>
    Object.hasOwn(value, name) && memberValue(before, name) === json.children?.[1]
      ? [{ name, value: (value as Record<string, unknown>)[name], before: json }]
      : [],
  );
  const names = new Set(kept.map(({ name }) => name));
  const added = Object.entries(value).filter(([name]) => !names.has(name));
  return [...kept, ...added.map(([name, inner]) => ({ name, value: inner }))];
}

/** The values of an array: the same from the start on, the same up to the end, and between them one for another. */
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

const NOTHING = '{\n  "caseSensitive": false,\n  "processes": {},\n  "connections": []\n}\n';

/** FBP JSON of a graph, with the smallest difference to `before`; what else `before` says of a thing stays with it. */
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

/** What the members of a graph in JSON become. */
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
    const values = new Map<string, unknown>([
      ['caseSensitive', this.#isSensitive],
      ['properties', properties],
      ['inports', this.#outers('inports')],
      ['outports', this.#outers('outports')],
      ['groups', groups.map(({ name, nodes, metadata }) => withMetadata({ name, nodes }, metadata))],
      ['processes', this.#processes()],
      ['connections', this.#connections()],
    ]);
    const members = (this.#root.children ?? []).flatMap(json => memberOf(json).map(member => ({ ...member, json })));
    const kept = members
      .filter(({ name, value }) => !values.has(name) || value === memberValue(this.#root, name))
      .map(({ name, value, json }) => ({
        name,
        before: json,
        value: values.has(name) ? values.get(name) : plainObject(value),
      }));
    const names = new Set(kept.map(({ name }) => name));
    const added = [...values].filter(([name, value]) => !names.has(name) && isNeeded(value));
    return new Slots('object', [...kept, ...added.map(([name, value]) => ({ name, value }))]);
  }

  #processes(): Slots {
    const { kept, added } = this.#plan.nodes;
    const value = ({ component, metadata }: Node, before?: Json) =>
      withMetadata({ ...fieldsOf(before), component }, metadata, before);
    const slots = this.#slots(
      'processes',
      this.#said.nodes,
      kept,
      ({ place }) => place.column,
      json => memberOf(json)[0]?.key,
    );
    return new Slots('object', [
      ...slots.map(({ json, now }) => ({
        before: json,
        name: now?.name ?? keyOf(json),
        value: now ? value(now, json.children?.[1]) : plainOf(json),
      })),
      ...added.map(node => ({ name: node.name, value: value(node) })),
    ]);
  }

  #outers(side: 'inports' | 'outports'): Slots {
    const { kept, added } = this.#plan[side];
    const value = (outer: OuterPort, before?: Json) => withMetadata(this.#end(outer, before), outer.metadata, before);
    const portOf = (json: Json) => json.children?.[1] && memberValue(json.children[1], 'port');
    const slots = this.#slots(side, this.#said[side], kept, ({ place }) => place.column, portOf);
    return new Slots('object', [
      ...slots.map(({ json, now }) => ({
        before: json,
        name: now ? this.#spelling(keyOf(json), now.name) : keyOf(json),
        value: now ? value(now, json.children?.[1]) : plainOf(json),
      })),
      ...added.map(outer => ({ name: outer.name, value: value(outer) })),
    ]);
  }

  #connections(): Slots {
    const { edges, initials } = this.#plan;
    const said: (Edge | InitialPacket)[] = [...this.#said.edges, ...this.#said.initials];
    const kept = new Map<Edge | InitialPacket, Edge | InitialPacket>([...edges.kept, ...initials.kept]);
    const offset = (link: Edge | InitialPacket) => ('data' in link ? link.place : link.from.place).column;
    const placeOf = (json: Json) => memberValue(json, 'data') ?? memberValue(memberValue(json, 'src') ?? json, 'port');
    return new Slots('array', [
      ...this.#slots('connections', said, kept, offset, placeOf).map(({ json, now }) => ({
        before: json,
        value: now ? this.#connection(now, json) : plainObject(json),
      })),
      ...[...edges.added, ...initials.added].map(link => ({ value: this.#connection(link) })),
    ]);
  }

  #connection(link: Edge | InitialPacket, before?: Json): Fields {
    const source =
      'data' in link ? { data: link.data } : { src: this.#end(link.from, before && memberValue(before, 'src')) };
    const tgt = this.#end(link.to, before && memberValue(before, 'tgt'));
    return withMetadata({ ...fieldsOf(before), ...source, tgt }, link.metadata, before);
  }

  /** What a member has so far, with what each becomes; without those that go. What could not be read stays. */
  #slots<Item>(
    member: string,
    said: readonly Item[],
    kept: ReadonlyMap<Item, Item>,
    offset: (item: Item) => number,
    placeOf: (json: Json) => Json | undefined,
  ): { json: Json; now: Item | undefined }[] {
    const items = new Map(said.map(item => [offset(item), item]));
    return (memberValue(this.#root, member)?.children ?? []).flatMap(json => {
      const item = items.get(placeOf(json)?.offset ?? -1);
      const now = item && kept.get(item);
      return item && !now ? [] : [{ json, now }];
    });
  }

  #end({ node, port, index }: Pick<End, 'node' | 'port' | 'index'>, before?: Json): Fields {
    const { index: _, ...fields } = fieldsOf(before);
    const spelled = this.#spelling(String(fields.port ?? ''), port);
    return { ...fields, process: node, port: spelled, ...(index !== undefined && { index }) };
  }

  /** A name as it is spelled so far, where that is the same name. */
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

function plainOf(json: Json): unknown {
  return json.children?.[1] && plainObject(json.children[1]);
}

function isNeeded(value: unknown): boolean {
  if (value instanceof Slots) return value.list.length > 0;
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : value === true;
}

/** Of ports, which are in lower case unless a graph says otherwise. */
function namesOf({ edges, initials, inports, outports }: Graph): string[] {
  return [
    ...edges.flatMap(({ from, to }) => [from.port, to.port]),
    ...initials.map(({ to }) => to.port),
    ...[...inports, ...outports].flatMap(({ name, port }) => [name, port]),
  ];
}
