import { type Edge, equal, type Graph, type InitialPacket, type Node } from '../model/graph.ts';
import { initialValue } from '../model/ports.ts';
import type { ChangePlan } from './print-plan.ts';
import { annotations, type Mentions, outerText, packetText, portWords } from './print-text.ts';
import type { NodeMention, PacketPiece, Piece, Statement, StatementOf, SyntaxTree } from './tree.ts';
import { anonymousStem, type TreeView } from './view.ts';

/** The change of a tree. */
export interface TreeChange {
  readonly tree: SyntaxTree;
  /** The present view, in which renamed nodes have their new names already. */
  readonly view: TreeView;
  readonly renames: ReadonlyMap<string, string>;
  readonly meant: Graph;
  /** The change from the view's graph to the intended one. */
  readonly plan: ChangePlan;
  /** The replacements of removed edges. */
  readonly detours: ReadonlyMap<Edge, readonly Edge[]>;
}

/** Prints a tree's statements again, in order. Unchanged parts keep their text. */
export class Restatement {
  readonly #change: TreeChange;
  readonly #nodes: NodeWords;
  readonly #fresh: Mentions;
  readonly #annotations: ReadonlyMap<string, string>;
  readonly #eol: string;

  /** `fresh` declares the new nodes. */
  constructor(change: TreeChange, fresh: Mentions, eol: string) {
    this.#change = change;
    this.#nodes = new NodeWords(change);
    this.#fresh = fresh;
    this.#annotations = new Map(annotations(change.meant.properties));
    this.#eol = eol;
  }

  /** Undefined if nothing of a statement is left. */
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

  /** Splits a chain at its removed links. */
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

  /** The new version of the link after a piece, if it is kept. */
  #linkNow(piece: Piece): Edge | InitialPacket | undefined {
    const { view, plan, detours } = this.#change;
    const link = view.links.get(piece);
    if (!link) return;
    return 'data' in link ? plan.initials.kept.get(link) : (plan.edges.kept.get(link) ?? detours.get(link)?.at(-1));
  }

  /** A part of a chain without removed links at its ends; undefined if it has no effect any longer. */
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

  /** Routes an edge through new nodes: `a OUT -> IN b` becomes `a OUT -> IN x(X) OUT -> IN b`. */
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

/** Prints mentions of nodes. Call in text order, as names of anonymous nodes depend on it. */
class NodeWords {
  readonly #change: TreeChange;
  readonly #gone: ReadonlySet<string>;
  /** Nodes that lost metadata of their declarations. */
  readonly #stripped: ReadonlySet<string>;
  readonly #renamed: ReadonlySet<string>;
  /** Name stems of anonymous nodes whose count changes from here on, so that they need explicit names. */
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

  /** Whether a mention declares a node, or sets metadata, of the new graph. */
  declares(mention: NodeMention): boolean {
    return mention.component !== undefined && !this.isGone(mention);
  }

  /** Whether a mention's declaration or metadata is removed. */
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

  /** Records that a mention was removed. */
  drop({ name, component }: NodeMention): undefined {
    if (name === undefined && component !== undefined) this.#shifted.add(anonymousStem(component));
  }

  #declared(mention: NodeMention): Node | undefined {
    const at = this.#change.view.declared.get(mention);
    return at === undefined ? undefined : this.#change.view.graph.nodes[at];
  }
}

/** Whether a node has all the metadata of another. */
function holds({ metadata: all }: Node, { metadata: some }: Node): boolean {
  return Object.entries(some).every(([key, value]) => Object.hasOwn(all, key) && equal(all[key], value));
}

/**
 * Prints a number, an object or a list as a quoted text if it replaces one, since editors set a port's datatype. The
 * layout then has the real value.
 */
function quotedAs(before: unknown, now: unknown): unknown {
  if (typeof before !== 'string' || now === null) return now;
  const kind = Array.isArray(now) ? 'array' : typeof now;
  return (kind === 'number' || kind === 'object' || kind === 'array') && initialValue(before, kind)
    ? JSON.stringify(now)
    : now;
}
