import type { End, Graph, OuterPort } from '../model/graph.ts';

/** Stand-ins for names. */
export interface Names {
  readonly nodes: ReadonlyMap<string, string>;
  readonly components: ReadonlyMap<string, string>;
  readonly ports: ReadonlyMap<string, string>;
  readonly outers: ReadonlyMap<string, string>;
}

/** What the grammar accepts as a name, and the characters to remove from a stand-in. */
interface NameKind {
  readonly grammar: RegExp;
  readonly odd: RegExp;
  readonly fold?: true;
}

const NODE: NameKind = { grammar: /^[a-zA-Z_][\w-]*$/, odd: /[^\w-]+/g };
const COMPONENT: NameKind = { grammar: /^[\w/-]+$/, odd: /[^\w/-]+/g };
const PORT: NameKind = { grammar: /^[a-z_][a-z0-9_.]*$/, odd: /[^a-z0-9_.]+/g, fold: true };

/** Length of a stand-in. */
const SHORT = 40;

/**
 * Chooses how each name of a graph is written in the text: as its previous stand-in, which the layout gives in
 * `before`; as itself if the grammar accepts it, or it is in `kept`; otherwise as a new stand-in.
 */
export function namesOf(graph: Graph, before: Names, kept: ReadonlySet<string>): Names {
  const { inports, outports } = graph;
  const ends = endsOf(graph);
  const repeated = repeatedNames(graph);
  const declared = graph.nodes.filter(({ name, component }) => component || repeated.has(name));
  const nodes = [...graph.nodes.map(({ name }) => name), ...ends.map(({ node }) => node)];
  const components = declared.map(({ component }) => component);
  const outers = [...inports, ...outports].map(({ name }) => name);
  return {
    nodes: chosen(NODE, nodes, before.nodes, kept),
    components: chosen(COMPONENT, components, before.components),
    ports: chosen(
      PORT,
      ends.map(({ port }) => port),
      before.ports,
    ),
    outers: chosen(PORT, outers, before.outers),
  };
}

function chosen(
  kind: NameKind,
  names: readonly string[],
  before: ReadonlyMap<string, string>,
  kept: ReadonlySet<string> = new Set(),
): Map<string, string> {
  const wanted = new Set(names);
  const texts = new Map<string, string>();
  const taken = new Set<string>();
  const take = (name: string, text: string) => {
    if (!wanted.has(name) || texts.has(name) || taken.has(text)) return;
    texts.set(name, text);
    taken.add(text);
  };
  for (const [text, name] of before) if (kind.grammar.test(text)) take(name, text);
  for (const name of wanted) if (isPlain(kind, name) || kept.has(name)) take(name, name);
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

/** The grammar accepts names of object members, but the package `fbp` mishandles them. */
function isPlain({ grammar }: NameKind, name: string): boolean {
  return grammar.test(name) && !(name in Object.prototype);
}

/** Prefix of noflo-ui's names in a project without a name; unreadable. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\/(?=.)/i;

/** A stand-in for a name, valid in the grammar. */
function stemOf({ grammar, odd, fold }: NameKind, full: string): string {
  const name = full.replace(UUID, '');
  const cased = fold ? name.toLowerCase() : name;
  const plain = cased.slice(0, SHORT).normalize('NFKD').replaceAll(/\p{M}/gu, '').replaceAll(odd, '_');
  const stem = plain in Object.prototype ? `${plain}_` : plain;
  return grammar.test(stem) ? stem : `_${stem}`;
}

/** A graph with a text's names. */
export function withTextNames(graph: Graph, names: Names): Graph {
  const repeated = repeatedNames(graph);
  const { nodes, initials, ...meant } = reworded(graph, names);
  return {
    ...meant,
    nodes: nodes.map((node, at) => {
      const { name, component } = graph.nodes[at]!;
      return component || repeated.has(name) ? node : { ...node, component };
    }),
    // The grammar would parse these packets as nodes.
    initials: initials.map(initial => {
      const { data } = initial;
      return typeof data === 'boolean' || data === null ? { ...initial, data: String(data) } : initial;
    }),
  };
}

/** The same graph with other names. */
export function reworded(graph: Graph, { nodes, components, ports, outers }: Names): Graph {
  const named = (names: ReadonlyMap<string, string>, name: string) => names.get(name) ?? name;
  const end = <Of extends End | OuterPort>(of: Of): Of => ({
    ...of,
    node: named(nodes, of.node),
    port: named(ports, of.port),
  });
  const outer = (of: OuterPort): OuterPort => ({ ...end(of), name: named(outers, of.name) });
  return {
    ...graph,
    nodes: graph.nodes.map(node => ({
      ...node,
      name: named(nodes, node.name),
      component: named(components, node.component),
    })),
    edges: graph.edges.map(edge => ({ ...edge, from: end(edge.from), to: end(edge.to) })),
    initials: graph.initials.map(initial => ({ ...initial, to: end(initial.to) })),
    inports: graph.inports.map(outer),
    outports: graph.outports.map(outer),
  };
}

/** Names of nodes that are declared more than once. */
function repeatedNames({ nodes }: Graph): Set<string> {
  const seen = new Set<string>();
  return new Set(nodes.map(({ name }) => name).filter(name => seen.size === seen.add(name).size));
}

function endsOf({ edges, initials, inports, outports }: Graph): (End | OuterPort)[] {
  return [...edges.flatMap(({ from, to }) => [from, to]), ...initials.map(({ to }) => to), ...inports, ...outports];
}
