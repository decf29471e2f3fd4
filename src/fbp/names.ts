import type { Edge, End, Graph, InitialPacket, OuterPort } from '../model/graph.ts';
import type { Layout, Names } from './layout.ts';

interface Kind {
  /** What the grammar takes for such a name. */
  readonly grammar: RegExp;
  /** Characters that don't get into a name that stands for another. */
  readonly odd: RegExp;
  readonly fold?: true;
}

const NODE: Kind = { grammar: /^[a-zA-Z_][\w-]*$/, odd: /[^\w-]+/g };
const COMPONENT: Kind = { grammar: /^[\w/-]+$/, odd: /[^\w/-]+/g };
const PORT: Kind = { grammar: /^[a-z_][a-z0-9_.]*$/, odd: /[^a-z0-9_.]+/g, fold: true };

/** Characters above which a name is shortened for the text, and to how many. */
const LONG = 100;
const SHORT = 40;

/**
 * Chooses what stands in the text for each name of a graph: what stood there before, as `said` and `layout` tell, the name
 * itself where the grammar takes it, and else a name made of it. `strict` gives up what stood there and can't be written
 * everywhere, such as the name of an anonymous node with a slash.
 */
export function namesOf(graph: Graph, said: Graph, layout: Layout, strict: boolean): Names {
  const choose = (kind: Kind, wanted: Iterable<string>, before: Iterable<string>, names: ReadonlyMap<string, string>) =>
    chosen(kind, new Set(wanted), strict ? [...before].filter(text => kind.grammar.test(text)) : before, names);
  const repeated = repeatedNames(graph);
  const components = graph.nodes.filter(({ name, component }) => component || repeated.has(name));
  const ports = (of: Graph) => [...endsOf(of), ...outersOf(of)].map(({ port }) => port);
  const nodes = (of: Graph) => [
    ...of.nodes.map(({ name }) => name),
    ...[...endsOf(of), ...outersOf(of)].map(({ node }) => node),
  ];
  return {
    nodes: choose(NODE, nodes(graph), nodes(said), layout.nodeNames),
    components: choose(
      COMPONENT,
      components.map(({ component }) => component),
      said.nodes.flatMap(({ component }) => component || []),
      layout.componentNames,
    ),
    ports: choose(PORT, ports(graph), ports(said), layout.portNames),
    outers: choose(
      PORT,
      outersOf(graph).map(({ name }) => name),
      outersOf(said).map(({ name }) => name),
      layout.outerNames,
    ),
  };
}

/** A graph in the words of a text, without what only its layout holds. */
export function withTextNames(graph: Graph, names: Names): Graph {
  const repeated = repeatedNames(graph);
  const node = (name: string) => names.nodes.get(name) ?? name;
  const port = (name: string) => names.ports.get(name) ?? name;
  const end = <Of extends End | OuterPort>(of: Of): Of => ({ ...of, node: node(of.node), port: port(of.port) });
  const outer = (of: OuterPort): OuterPort => ({ ...end(of), name: names.outers.get(of.name) ?? of.name });
  return {
    ...graph,
    nodes: graph.nodes.map(({ name, component, ...rest }) => ({
      name: node(name),
      component: component || repeated.has(name) ? (names.components.get(component) ?? component) : '',
      ...rest,
    })),
    edges: graph.edges.map(({ from, to }: Edge) => ({ from: end(from), to: end(to) })),
    initials: graph.initials.map(({ data, to, place }: InitialPacket) => ({
      data: placeholder(data),
      to: end(to),
      place,
    })),
    inports: graph.inports.map(outer),
    outports: graph.outports.map(outer),
  };
}

/** What stands in the text for a packet: itself, but for those that the grammar takes for nodes. */
function placeholder(data: unknown): unknown {
  return typeof data === 'boolean' || data === null ? String(data) : data;
}

function chosen(
  kind: Kind,
  wanted: ReadonlySet<string>,
  before: Iterable<string>,
  names: ReadonlyMap<string, string>,
): Map<string, string> {
  const texts = new Map<string, string>();
  const taken = new Set<string>();
  const take = (name: string, text: string) => {
    if (texts.has(name) || taken.has(text)) return;
    texts.set(name, text);
    taken.add(text);
  };
  for (const text of before) {
    const name = names.get(text) ?? text;
    if (wanted.has(name)) take(name, text);
  }
  for (const name of wanted) {
    if (kind.grammar.test(name) && name.length <= LONG && !(name in Object.prototype)) take(name, name);
  }
  const counts = new Map<string, number>();
  for (const name of wanted) {
    if (texts.has(name)) continue;
    const stem = stemOf(kind, name);
    let text = stem;
    for (let count = counts.get(stem) ?? 1; taken.has(text); count += 1) {
      text = `${stem}_${count + 1}`;
      counts.set(stem, count + 1);
    }
    take(name, text);
  }
  return texts;
}

/** A name made of another, which the grammar takes. */
function stemOf({ grammar, odd, fold }: Kind, name: string): string {
  const cased = fold ? name.toLowerCase() : name;
  const plain = cased.slice(0, SHORT).normalize('NFKD').replaceAll(/\p{M}/gu, '').replaceAll(odd, '_');
  const stem = plain in Object.prototype ? `${plain}_` : plain;
  return grammar.test(stem) ? stem : `_${stem}`;
}

function repeatedNames({ nodes }: Graph): Set<string> {
  const seen = new Set<string>();
  return new Set(nodes.map(({ name }) => name).filter(name => seen.size === seen.add(name).size));
}

function endsOf({ edges, initials }: Graph): End[] {
  return [...edges.flatMap(({ from, to }) => [from, to]), ...initials.map(({ to }) => to)];
}

function outersOf({ inports, outports }: Graph): OuterPort[] {
  return [...inports, ...outports];
}
