import { type Edge, equal, type Graph, type InitialPacket, type Node } from '../model/graph.ts';
import { initialValue } from '../model/ports.ts';
import type { ChangePlan } from './print-plan.ts';
import { annotations, type Mentions, outerText, packetText, portWords } from './print-text.ts';
import type { NodeMention, PacketPiece, Piece, Statement, StatementOf, SyntaxTree } from './tree.ts';
import { anonymousStem, type TreeView } from './view.ts';

/** What a tree is to say. */
export interface TreeChange {
  readonly tree: SyntaxTree;
  /** What it says now, but for the nodes that get another name: they have it already. */
  readonly view: TreeView;
  readonly renames: ReadonlyMap<string, string>;
  readonly meant: Graph;
  /** How the view's graph becomes the one that is meant. */
  readonly plan: ChangePlan;
  /** What stands in the place of edges that go. */
  readonly detours: ReadonlyMap<Edge, readonly Edge[]>;
}

/** Says the statements of a tree anew, in their order. What doesn't change keeps its text. */
export class Restatement {
  readonly #change: TreeChange;
  readonly #nodes: NodeWords;
  readonly #fresh: Mentions;
  readonly #annotations: ReadonlyMap<string, string>;
  readonly #eol: string;

  /** `fresh` says the new nodes. */
  constructor(change: TreeChange, fresh: Mentions, eol: string) {
    this.#change = change;
    this.#nodes = new NodeWords(change);
    this.#fresh = fresh;
    this.#annotations = new Map(annotations(change.meant.properties));
    this.#eol = eol;
  }

  /** Undefined where nothing is left of a statement. */
  say(statement: Statement): string | undefined {
    if (statement.kind === 'chain') return this.#chain(statement);
    if (statement.kind === 'outer') return this.#outer(statement);
    if (statement.kind === 'annotation') return this.#annotation(statement);
    return this.#text(statement.start, statement.end);
  }

  #chain({ pieces, start, row }: StatementOf<'chain'>): string | undefined {
    const parts = this.#parts(pieces);
    const said = parts.flatMap((part, at) => this.#part(part, at === 0, at === parts.length - 1) ?? []);
    const { rows } = this.#change.tree;
    const indent = /^ *$/.exec(this.#text(rows[row]!, start))?.[0] ?? '';
    return said.length > 0 ? said.join(this.#eol + indent) : undefined;
  }

  /** The parts that a chain falls into, at the links that go. */
  #parts(pieces: readonly Piece[]): Piece[][] {
    const { links } = this.#change.view;
    const isSound = pieces.every(piece => piece.kind === 'packet' || !this.#nodes.isGone(piece.node));
    const isWhole = pieces.slice(0, -1).every(piece => this.#linkNow(piece) || (isSound && !links.has(piece)));
    if (isWhole) return [[...pieces]];
    const parts: Piece[][] = [[]];
    for (const piece of pieces) {
      parts.at(-1)!.push(piece);
      if (!this.#linkNow(piece) && piece !== pieces.at(-1)) parts.push([]);
    }
    return parts;
  }

  /** What the link behind a piece becomes, if it stays. */
  #linkNow(piece: Piece): Edge | InitialPacket | undefined {
    const { view, plan, detours } = this.#change;
    const link = view.links.get(piece);
    if (!link) return;
    return 'data' in link ? plan.initials.kept.get(link) : (plan.edges.kept.get(link) ?? detours.get(link)?.at(-1));
  }

  /** A part of a chain without what led into it or out of it; undefined where it says nothing any more. */
  #part(part: readonly Piece[], isFirst: boolean, isLast: boolean): string | undefined {
    const [head, next] = part;
    const isWhole = next !== undefined || (isFirst && isLast);
    if (!next && head!.kind === 'packet') return;
    if (!next && head!.kind !== 'packet') {
      const { node } = head!;
      const stays = isWhole ? !this.#nodes.isGone(node) : this.#nodes.declares(node);
      if (!stays) return this.#nodes.drop(node);
    }
    const said = part.map((piece, at) => {
      const follower = part[at + 1];
      const before = at > 0 || (isFirst && isWhole);
      const after = follower !== undefined || (isLast && isWhole);
      const arrow = follower && this.#text(piece.end, follower.start) + this.#detour(piece);
      return this.#piece(piece, before, after) + (arrow ?? '');
    });
    return said.join('');
  }

  /** Leads an edge through new nodes: `a OUT -> IN b` becomes `a OUT -> IN x(X) OUT -> IN b`. */
  #detour(piece: Piece): string {
    const edges = this.#change.detours.get(this.#change.view.links.get(piece) as Edge) ?? [];
    const nodes = edges.slice(1).map(({ from }, at) => {
      const { to } = edges[at]!;
      return `${portWords(to)} ${this.#fresh.say(to.node)} ${portWords(from)} -> `;
    });
    return nodes.join('');
  }

  #piece(piece: Piece, before: boolean, after: boolean): string {
    if (piece.kind === 'packet') return this.#packet(piece);
    const { node, start, end } = piece;
    const inport = before ? this.#text(start, node.start) : '';
    return inport + this.#nodes.say(node) + (after ? this.#text(node.end, end) : '');
  }

  #packet(packet: PacketPiece): string {
    const said = this.#text(packet.start, packet.end);
    const now = this.#linkNow(packet);
    const data = now && 'data' in now ? quotedAs(packet.data, now.data) : packet.data;
    return equal(data, packet.data) ? said : packetText(data, said);
  }

  #outer(outer: StatementOf<'outer'>): string | undefined {
    const { node, port, name, direction, start } = outer;
    const { view, plan } = this.#change;
    const was = view.outers.get(outer)!;
    const now = plan[direction === 'IN' ? 'inports' : 'outports'].kept.get(was);
    const declares = this.#nodes.declares(node);
    if (!now && !declares) return this.#nodes.drop(node);
    const said = this.#nodes.say(node);
    if (!now) return said;
    if (was.node !== now.node) return `${declares ? said + this.#eol : ''}${outerText(direction, now)}`;
    const inside = port.name === now.port ? this.#text(port.start, port.end) : now.port.toUpperCase();
    const outside = name.name === now.name ? this.#text(name.start, name.end) : now.name.toUpperCase();
    return `${this.#text(start, node.start)}${said}.${inside}:${outside}`;
  }

  #annotation({ key, value, start, end }: StatementOf<'annotation'>): string | undefined {
    const now = this.#annotations.get(key);
    return now === undefined ? undefined : this.#text(start, end - value.length) + now;
  }

  #text(start: number, end: number): string {
    return this.#change.tree.text.slice(start, end);
  }
}

/** Says the nodes that a tree mentions. Mentions are to be told in their order, as anonymous nodes are called by it. */
class NodeWords {
  readonly #change: TreeChange;
  readonly #gone: ReadonlySet<string>;
  /** Nodes that no longer have all the metadata that their declarations give them. */
  readonly #stripped: ReadonlySet<string>;
  readonly #renamed: ReadonlySet<string>;
  /** Stems of anonymous nodes' names whose count is another one from here on, so that they need their names. */
  readonly #shifted = new Set<string>();

  constructor(change: TreeChange) {
    const { view, renames, meant, plan } = change;
    this.#change = change;
    this.#renamed = new Set(renames.values());
    this.#gone = new Set(view.graph.nodes.map(({ name }) => name)).difference(
      new Set(meant.nodes.map(({ name }) => name)),
    );
    this.#stripped = new Set([...plan.nodes.kept].filter(([was, now]) => !holds(now, was)).map(([{ name }]) => name));
  }

  /** Says whether a mention declares a node, or gives it metadata, that there is to be. */
  declares(mention: NodeMention): boolean {
    return mention.component !== undefined && !this.isGone(mention);
  }

  /** Says whether what a mention says of its node is to go. */
  isGone(mention: NodeMention): boolean {
    const { view, plan } = this.#change;
    const was = this.#declared(mention);
    return was ? !plan.nodes.kept.has(was) : this.#gone.has(view.names.get(mention)!);
  }

  say(mention: NodeMention): string {
    const { component, metadata } = mention;
    const name = this.#change.view.names.get(mention)!;
    if (component === undefined) return name;
    const was = this.#declared(mention);
    const now = was && this.#change.plan.nodes.kept.get(was);
    const meant = now && was.component === component ? now.component : component;
    const given = metadata === undefined || this.#stripped.has(name) ? '' : `:${metadata}`;
    const parentheses = this.declares(mention) ? `(${meant}${given})` : '';
    if (mention.name !== undefined) return name + parentheses;
    const stem = anonymousStem(component);
    const isCalledSo = !this.#renamed.has(name) && !this.#shifted.has(stem);
    if (isCalledSo && parentheses !== '' && meant === component) return parentheses;
    this.#shifted.add(stem);
    return name + parentheses;
  }

  /** Notes that a mention is no longer there. */
  drop({ name, component }: NodeMention): undefined {
    if (name === undefined && component !== undefined) this.#shifted.add(anonymousStem(component));
  }

  #declared(mention: NodeMention): Node | undefined {
    const at = this.#change.view.declared.get(mention);
    return at === undefined ? undefined : this.#change.view.graph.nodes[at];
  }
}

/** Says whether a node has all the metadata that another has. */
function holds({ metadata: all }: Node, { metadata: some }: Node): boolean {
  return Object.entries(some).every(([key, value]) => Object.hasOwn(all, key) && equal(all[key], value));
}

/**
 * A number, an object or a list as a text, where it replaces one that stands in quotes: editors give a port its datatype.
 * The layout holds what is meant then.
 */
function quotedAs(before: unknown, now: unknown): unknown {
  if (typeof before !== 'string' || now === null) return now;
  const kind = Array.isArray(now) ? 'array' : typeof now;
  return (kind === 'number' || kind === 'object' || kind === 'array') && initialValue(before, kind)
    ? JSON.stringify(now)
    : now;
}
