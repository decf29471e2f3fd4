import type { Edge, Initial, Outer } from '../fbp.ts';
import { initialValue } from '../model/value.ts';
import { type Change, Rewording } from './print-mention.ts';
import type { Edit, Rows } from './print-rows.ts';
import { annotations, type Mentions, outerText, packetText } from './print-text.ts';
import { equal } from './same.ts';
import type { Mention, Piece, Statement } from './statement.ts';
import { portWords } from './words.ts';

type Chain = Extract<Statement, { kind: 'chain' }>;
type Exported = Extract<Statement, { kind: 'outer' }>;
type Annotation = Extract<Statement, { kind: 'annotation' }>;

/** Changes what a text has of a graph: each statement stays, changes in parts, or is removed. */
export class Surgery {
  readonly edits: Edit[] = [];
  readonly removed = new Set<Statement>();
  readonly #rows: Rows;
  readonly #words: Rewording;
  readonly #mentions: Mentions;
  /** What the link or outer port becomes whose place is at an offset. */
  readonly #links = new Map<number, Edge | Initial | undefined>();
  /** What stands in the place of the edge whose place is at an offset. */
  readonly #detours = new Map<number, readonly Edge[]>();
  readonly #outers = new Map<number, Outer | undefined>();
  readonly #annotations: ReadonlyMap<string, string>;

  constructor(rows: Rows, change: Change, mentions: Mentions) {
    const { renamed, meant, plan, detours } = change;
    this.#mentions = mentions;
    this.#rows = rows;
    this.#words = new Rewording(rows.text, change);
    for (const edge of renamed.edges) this.#links.set(edge.from.place.column, plan.edges.kept.get(edge));
    for (const [{ from }, edges] of detours) {
      this.#links.set(from.place.column, edges.at(-1));
      this.#detours.set(from.place.column, edges);
    }
    for (const initial of renamed.initials) this.#links.set(initial.place.column, plan.initials.kept.get(initial));
    for (const outer of renamed.inports) this.#outers.set(outer.place.column, plan.inports.kept.get(outer));
    for (const outer of renamed.outports) this.#outers.set(outer.place.column, plan.outports.kept.get(outer));
    this.#annotations = new Map(annotations(meant.properties));
  }

  /** Statements are to be told in their order. */
  change(statement: Statement): void {
    if (statement.kind === 'chain') this.#chain(statement);
    else if (statement.kind === 'outer') this.#outer(statement);
    else if (statement.kind === 'annotation') this.#annotation(statement);
  }

  #chain(chain: Chain): void {
    const { pieces, start, end } = chain;
    const parts = this.#parts(pieces);
    for (const [at, { start }] of pieces.slice(1).entries()) this.#detour(offsetOf(pieces[at]!), start);
    if (parts.length === 1) {
      const [only] = pieces;
      if (pieces.length === 1 && only?.kind !== 'packet' && only && this.#words.isGone(only.node)) this.#remove(chain);
      else for (const piece of pieces) this.#piece(piece);
      return;
    }
    const spans = parts.flatMap(part => this.#part(part, part[0] === pieces[0], part.at(-1) === pieces.at(-1)));
    if (spans.length === 0) {
      this.removed.add(chain);
      return;
    }
    const between = this.#rows.eol + this.#rows.indent(chain);
    spans.forEach((span, at) => {
      const before = spans[at - 1];
      this.#edit(before?.end ?? start, span.start, before ? between : '');
    });
    this.#edit(spans.at(-1)?.end ?? end, end, '');
  }

  /** The parts that a chain falls into; only one where all its links stay. */
  #parts(pieces: readonly Piece[]): Piece[][] {
    const links = pieces.slice(0, -1).map(offsetOf);
    const isSound = pieces.every(piece => piece.kind === 'packet' || !this.#words.isGone(piece.node));
    if (links.every(at => this.#links.get(at) || (isSound && !this.#links.has(at)))) return [[...pieces]];
    const parts: Piece[][] = [[]];
    pieces.forEach((piece, at) => {
      parts.at(-1)?.push(piece);
      const link = links[at];
      if (link !== undefined && !this.#links.get(link)) parts.push([]);
    });
    return parts;
  }

  /** Where a part of a chain stands without what led into it or out of it; nothing where it says nothing any more. */
  #part(part: readonly Piece[], isFirst: boolean, isLast: boolean): { start: number; end: number }[] {
    const head = part[0] as Piece;
    const tail = part.at(-1) as Piece;
    if (head === tail && (head.kind === 'packet' || !this.#words.declares(head.node))) {
      if (head.kind !== 'packet') this.#words.drop(head.node);
      return [];
    }
    for (const piece of part) this.#piece(piece);
    const isWhole = head !== tail;
    return [
      {
        start: head.kind === 'packet' || (isFirst && isWhole) ? head.start : head.node.offset,
        end: tail.kind === 'packet' || (isLast && isWhole) ? tail.end : this.#words.end(tail.node),
      },
    ];
  }

  /** Leads an edge through new nodes: `a OUT -> IN b` becomes `a OUT -> IN x(X) OUT -> IN b`. */
  #detour(link: number, start: number): void {
    const edges = this.#detours.get(link) ?? [];
    const nodes = edges.slice(1).map(({ from }, at) => {
      const { to } = edges[at]!;
      return `${portWords(to)} ${this.#mentions.say(to.node)} ${portWords(from)} -> `;
    });
    this.#edit(start, start, nodes.join(''));
  }

  #piece(piece: Piece): void {
    if (piece.kind !== 'packet') {
      this.#mention(piece.node);
      return;
    }
    const now = this.#links.get(piece.start);
    if (!now || !('data' in now)) return;
    const data = quotedAs(piece.data, now.data);
    if (equal(data, piece.data)) return;
    this.#edit(piece.start, piece.end, packetText(data, this.#rows.text.slice(piece.start, piece.end)));
  }

  #outer(outer: Exported): void {
    const { node, port, name, way, start, end } = outer;
    const now = this.#outers.get(port.offset);
    const declares = this.#words.declares(node);
    const said = this.#words.say(node);
    if (!now && !declares) this.#remove(outer);
    else if (!now) this.#edit(start, end, said);
    else if (this.#words.name(node) !== now.node) {
      this.#edit(start, end, `${declares ? said + this.#rows.eol : ''}${outerText(way, now)}`);
    } else {
      this.#mention(node);
      if (port.name !== now.port) this.#edit(port.offset, port.offset + port.name.length, now.port.toUpperCase());
      if (name !== now.name) this.#edit(end - name.length, end, now.name.toUpperCase());
    }
  }

  #annotation(annotation: Annotation): void {
    const { key, value, end } = annotation;
    const now = this.#annotations.get(key);
    if (now === undefined) this.removed.add(annotation);
    else if (now !== value) this.#edit(end - 1 - value.length, end - 1, now);
  }

  #remove(statement: Chain | Exported): void {
    this.removed.add(statement);
    if (statement.kind === 'outer') this.#words.drop(statement.node);
    else for (const piece of statement.pieces) if (piece.kind !== 'packet') this.#words.drop(piece.node);
  }

  #mention(mention: Mention): void {
    this.#edit(mention.offset, this.#words.end(mention), this.#words.say(mention));
  }

  #edit(start: number, end: number, text: string): void {
    if (this.#rows.text.slice(start, end) !== text) this.edits.push({ start, end, text });
  }
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

/** Where the link behind a piece has its place. */
function offsetOf(piece: Piece): number {
  return piece.kind === 'packet' ? piece.start : (piece.outport ?? piece.node).offset;
}
