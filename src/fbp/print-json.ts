import type { Edge, End, Graph, Initial, Node, Outer } from '../fbp.ts';
import { dissectJson } from './json.ts';
import { type Plan, planOf } from './print-plan.ts';
import { renames } from './print-rename.ts';
import { renamed } from './renamed.ts';
import { Reprint, Slots } from './reprint.ts';
import { find, type Json, memberOf, plain } from './shape.ts';

type Fields = Record<string, unknown>;

const NOTHING = '{\n  "caseSensitive": false,\n  "processes": {},\n  "connections": []\n}\n';

/** FBP JSON of a graph, with the smallest difference to `before`; what else `before` says of a thing stays with it. */
export function printJson(graph: Graph, before: string): string {
  const known = dissectJson(before);
  if (!known) return before === NOTHING ? before : printJson(graph, NOTHING);
  const { root, graph: said } = known;
  const names = renames(said, graph);
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
  readonly #plan: Plan;
  readonly #graph: Graph;
  readonly #isSensitive: boolean;

  constructor(root: Json, said: Graph, plan: Plan, graph: Graph) {
    this.#root = root;
    this.#said = said;
    this.#plan = plan;
    this.#graph = graph;
    this.#isSensitive =
      find(root, 'caseSensitive')?.value === true || namesOf(graph).some(name => name !== name.toLowerCase());
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
      .filter(({ name, value }) => !values.has(name) || value === find(this.#root, name))
      .map(({ name, value, json }) => ({
        name,
        before: json,
        value: values.has(name) ? values.get(name) : plain(value),
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
    const value = (outer: Outer, before?: Json) => withMetadata(this.#end(outer, before), outer.metadata, before);
    const portOf = (json: Json) => json.children?.[1] && find(json.children[1], 'port');
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
    const said: (Edge | Initial)[] = [...this.#said.edges, ...this.#said.initials];
    const kept = new Map<Edge | Initial, Edge | Initial>([...edges.kept, ...initials.kept]);
    const offset = (link: Edge | Initial) => ('data' in link ? link.place : link.from.place).column;
    const placeOf = (json: Json) => find(json, 'data') ?? find(find(json, 'src') ?? json, 'port');
    return new Slots('array', [
      ...this.#slots('connections', said, kept, offset, placeOf).map(({ json, now }) => ({
        before: json,
        value: now ? this.#connection(now, json) : plain(json),
      })),
      ...[...edges.added, ...initials.added].map(link => ({ value: this.#connection(link) })),
    ]);
  }

  #connection(link: Edge | Initial, before?: Json): Fields {
    const source = 'data' in link ? { data: link.data } : { src: this.#end(link.from, before && find(before, 'src')) };
    const tgt = this.#end(link.to, before && find(before, 'tgt'));
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
    return (find(this.#root, member)?.children ?? []).flatMap(json => {
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
  return isEmpty && !(before && find(before, 'metadata')) ? bare : { ...bare, metadata };
}

function fieldsOf(json: Json | undefined): Fields {
  return json?.type === 'object' ? (plain(json) as Fields) : {};
}

function keyOf(json: Json): string {
  return memberOf(json)[0]?.name ?? '';
}

function plainOf(json: Json): unknown {
  return json.children?.[1] && plain(json.children[1]);
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
