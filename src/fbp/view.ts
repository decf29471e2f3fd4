import type { Edge, End, Graph, InitialPacket, Node, OuterPort } from '../model/graph.ts';
import { placer } from './place.ts';
import type { NodeMention, NodePiece, Piece, Statement, StatementOf, SyntaxTree, WrittenPort } from './tree.ts';

/** The graph of a tree, linked to the tree's parts. */
export interface TreeView {
  readonly graph: Graph;
  /** Links by the piece before the arrow, without those that have no effect. */
  readonly links: ReadonlyMap<Piece, Edge | InitialPacket>;
  readonly outers: ReadonlyMap<Statement, OuterPort>;
  /** The names of all mentioned nodes. */
  readonly names: ReadonlyMap<NodeMention, string>;
  /** The nodes, by index, that mentions declare or give metadata. */
  readonly declared: ReadonlyMap<NodeMention, number>;
}

/** Names of anonymous nodes; their declarations never refer to an existing node. */
const ANONYMOUS = /^_.*_\d+$/;

const NONE: ReadonlyMap<string, string> = new Map();

/** Interprets a tree as the package `fbp` does; `renames` renames nodes. */
export function viewOf(tree: SyntaxTree, renames = NONE): TreeView {
  const viewer = new Viewer(tree, renames);
  for (const statement of tree.statements) viewer.add(statement);
  return viewer.view();
}

/** Later statements may override default ports. */
class Viewer {
  readonly #place: ReturnType<typeof placer>;
  readonly #renames: ReadonlyMap<string, string>;
  readonly #links = new Map<Piece, Edge | InitialPacket>();
  readonly #outers = new Map<StatementOf<'outer'>, OuterPort>();
  readonly #names = new Map<NodeMention, string>();
  readonly #declared = new Map<NodeMention, number>();
  readonly #nodes: Node[] = [];
  readonly #properties = new Map<string, unknown>();
  /** The last declaration of each name. */
  readonly #latest = new Map<string, number>();
  readonly #anonymous = new Map<string, number>();
  #defaultIn = 'in';
  #defaultOut = 'out';

  constructor({ text }: SyntaxTree, renames: ReadonlyMap<string, string>) {
    this.#place = placer(text);
    this.#renames = renames;
  }

  view(): TreeView {
    const links = [...this.#links.values()];
    const outers = [...this.#outers];
    const graph = {
      file: '',
      nodes: this.#nodes,
      edges: links.filter(link => 'from' in link),
      initials: links.filter(link => 'data' in link),
      inports: outers.flatMap(([{ direction }, outer]) => (direction === 'IN' ? outer : [])),
      outports: outers.flatMap(([{ direction }, outer]) => (direction === 'OUT' ? outer : [])),
      groups: [],
      properties: Object.fromEntries(this.#properties),
    };
    return { graph, links: this.#links, outers: this.#outers, names: this.#names, declared: this.#declared };
  }

  add(statement: Statement): void {
    if (statement.kind === 'chain') this.#chain(statement.pieces);
    else if (statement.kind === 'outer') this.#outer(statement);
    else if (statement.kind === 'annotation') this.#annotate(statement.key, statement.value);
    else if (statement.kind === 'default' && statement.direction === 'IN') this.#defaultIn = statement.name;
    else if (statement.kind === 'default') this.#defaultOut = statement.name;
  }

  #outer(outer: StatementOf<'outer'>): void {
    const { name, node, port } = outer;
    this.#outers.set(outer, {
      name: name.name,
      node: this.#node(node),
      port: port.name,
      place: this.#place(port.start),
    });
  }

  #annotate(key: string, value: string): void {
    if (key === 'runtime') this.#properties.set('environment', { type: value });
    else this.#properties.set(key, value);
  }

  #chain(pieces: readonly Piece[]): void {
    for (const piece of pieces) if (piece.kind !== 'packet') this.#node(piece.node);
    pieces.forEach((piece, at) => {
      const next = pieces[at + 1];
      if (!next || next.kind === 'packet' || next.kind === 'outport') return;
      const to = this.#end(next, next.inport, this.#defaultIn);
      if (piece.kind === 'packet') {
        this.#links.set(piece, { data: piece.data, to, place: this.#place(piece.start) });
      } else if (piece.kind !== 'inport') {
        this.#links.set(piece, { from: this.#end(piece, piece.outport, this.#defaultOut), to });
      }
    });
  }

  #end({ node }: NodePiece, port: WrittenPort | undefined, fallback: string): End {
    const index = port?.index;
    return {
      node: this.#names.get(node) ?? '',
      port: port?.name ?? fallback,
      ...(index !== undefined && { index }),
      place: this.#place((port ?? node).start),
    };
  }

  /** Records a mention's declaration, and returns the node's name. */
  #node(mention: NodeMention): string {
    const { component } = mention;
    const written = mention.name ?? this.#nameless(component ?? '');
    const name = this.#renames.get(written) ?? written;
    this.#names.set(mention, name);
    if (component !== undefined)
      this.#declare(mention, written, { name, component, place: this.#place(mention.start) });
    return name;
  }

  #declare(mention: NodeMention, written: string, node: Omit<Node, 'metadata'>): void {
    const metadata = metadataOf(mention);
    let at = this.#latest.get(written) ?? this.#nodes.length;
    const known = this.#nodes[at];
    const isAgain = node.component === known?.component && !ANONYMOUS.test(written);
    if (known?.component && node.component && !isAgain) at = this.#nodes.length;
    this.#declared.set(mention, at);
    this.#latest.set(written, at);
    const before = this.#nodes[at];
    const declared = before && (before.component || !node.component) ? before : node;
    this.#nodes[at] = { ...declared, metadata: metadata ?? before?.metadata ?? {} };
  }

  #nameless(component: string): string {
    const stem = anonymousStem(component);
    const count = (this.#anonymous.get(stem) ?? 0) + 1;
    this.#anonymous.set(stem, count);
    return `_${stem}_${count}`;
  }
}

/** The prefix of anonymous nodes' names of a component, before their number. */
export function anonymousStem(component: string): string {
  return component.replace(/[^a-zA-Z0-9]+/, '_');
}

function metadataOf({ metadata }: NodeMention): Record<string, unknown> | undefined {
  if (metadata === undefined) return;
  const entries = metadata.split(',').map((item): [string, unknown] => {
    const [key = '', value] = item.split('=');
    if (value === undefined) return ['routes', key];
    return [key, key === 'x' || key === 'y' ? Number.parseFloat(value) : value];
  });
  return Object.fromEntries(entries);
}
