import {
  type Edge,
  equal,
  type Graph,
  type InitialPacket,
  type Node,
  type OuterPort,
  type Place,
  portKey,
  renamed,
} from '../model/graph.ts';
import { initialValue } from '../model/ports.ts';
import type { Steps } from '../model/steps.ts';
import { detoursOf } from './print-detour.ts';
import { guessedRenames, planOf } from './print-plan.ts';
import { Rewording, type Rewrite, Rows, type TextEdit, withEdits } from './print-rows.ts';
import {
  annotations,
  annotationText,
  declarationText,
  edgeWords,
  initialWords,
  Mentions,
  outerText,
  packetText,
  portWords,
  printGraph,
} from './print-text.ts';
import type { Direction, NodeMention, Piece, Statement } from './statement.ts';
import type { Dissected } from './text.ts';

/** Puts what is new in a graph where a person would put it. */
class Insertion {
  readonly #rows: Rows;
  readonly #statements: readonly Statement[];
  readonly #change: Rewrite;
  /** Where wires end that mention a node or leave a port, and where packets end that go to a node. */
  readonly #wires = new Map<string, number>();
  readonly #packets = new Map<string, number>();
  /** Declares new nodes. */
  readonly mentions: Mentions;
  readonly #fresh: readonly Node[];
  readonly #end: number;
  readonly #endOfWires: number;

  constructor(rows: Rows, statements: readonly Statement[], change: Rewrite) {
    this.#rows = rows;
    this.#statements = statements;
    this.#change = change;
    this.#end = rows.after(statements.at(-1));
    const { nodes, edges, initials } = change.renamed;
    for (const { name, place } of nodes) if (this.#at(place)?.kind === 'chain') this.#note(place, name);
    for (const { from, to } of edges) this.#note(from.place, portKey(from), from.node, to.node);
    for (const [{ from: at }, edges] of change.detours) {
      for (const { from, to } of edges) this.#note(at.place, portKey(from), from.node, to.node);
    }
    for (const { to, place } of initials) this.#packets.set(to.node, rows.after(this.#at(place)));
    const lastOuter = statements.findLast(({ kind }) => kind === 'outer');
    const last = [...this.#wires.values()].reduce((a, b) => Math.max(a, b), -1);
    const declared = new Set([...change.plan.nodes.kept.values()].map(({ name }) => name));
    this.#fresh = change.plan.nodes.added.filter(({ name }) => declared.size < declared.add(name).size);
    this.mentions = new Mentions(this.#fresh);
    this.#endOfWires = last >= 0 ? last : lastOuter ? rows.after(lastOuter) : this.#end;
  }

  put(): void {
    const { plan } = this.#change;
    this.#annotations();
    this.#outers('IN', plan.inports.added);
    this.#outers('OUT', plan.outports.added);
    this.#edges();
    this.#initials();
    // A second declaration has to come after the first, wherever that one stands.
    this.#rows.put(this.#end, ...plan.nodes.added.filter(node => !this.#fresh.includes(node)).map(declarationText));
  }

  #annotations(): void {
    const there = this.#statements.filter(statement => statement.kind === 'annotation');
    const keys = new Set(there.map(({ key }) => key));
    const added = annotations(this.#change.meant.properties).filter(([key]) => !keys.has(key));
    const last = there.at(-1);
    this.#rows.put(last ? this.#rows.after(last) : 0, ...added.map(([key, value]) => annotationText(key, value)));
  }

  /** After those of the same way, else after the others, else on top. */
  #outers(direction: Direction, added: readonly OuterPort[]): void {
    if (added.length === 0) return;
    const there = this.#statements.filter(statement => statement.kind === 'outer');
    const last = there.findLast(outer => outer.direction === direction) ?? there.at(-1);
    const lines = added.map(outer => outerText(direction, outer));
    if (last) this.#rows.put(this.#rows.after(last), ...lines);
    else this.#rows.put(this.#rows.top(this.#statements.find(({ kind }) => kind !== 'annotation')), ...lines, '');
  }

  /**
   * After the last wire from the same port, else from or to the same node, else to the node that it leads to; on the same
   * line where the last one ended at a new node.
   */
  #edges(): void {
    const { plan, detours } = this.#change;
    const placed = new Set([...detours.values()].flat());
    const fresh = new Set(this.#fresh.map(({ name }) => name));
    const added = plan.edges.added.filter(edge => !placed.has(edge));
    let last: { readonly at: number; readonly node: string } | undefined;
    for (const edge of followed(added, fresh)) {
      const { from, to } = edge;
      const keys = [portKey(from), from.node, to.node];
      const at = keys.map(key => this.#wires.get(key)).find(found => found !== undefined) ?? this.#endOfWires;
      const words = edgeWords(edge, name => this.mentions.say(name));
      const goesOn = last?.at === at && last.node === from.node && fresh.has(from.node);
      if (!goesOn || !this.#rows.extend(at, words.slice(words.indexOf(' ')))) this.#rows.put(at, words);
      last = { at, node: to.node };
      for (const key of keys) if (!this.#wires.has(key)) this.#wires.set(key, at);
    }
    this.#rows.put(this.#endOfWires, ...this.mentions.rest());
  }

  /** After the last packet for the same node, else after the last packet, else after an empty line at the end. */
  #initials(): void {
    const { renamed, plan } = this.#change;
    const last = renamed.initials.at(-1);
    plan.initials.added.forEach((initial, at) => {
      const end = last ? this.#rows.after(this.#at(last.place)) : this.#end;
      const line = `${packetText(initial.data)} ${initialWords(initial)}`;
      this.#rows.put(this.#packets.get(initial.to.node) ?? end, ...(last || at > 0 ? [] : ['']), line);
    });
  }

  #note(place: Place, ...keys: string[]): void {
    const at = this.#rows.after(this.#at(place));
    for (const key of keys) this.#wires.set(key, Math.max(at, this.#wires.get(key) ?? 0));
  }

  /** The statement that stands at an offset. */
  #at({ column }: Place): Statement | undefined {
    let low = 0;
    let high = this.#statements.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#statements[middle]?.start ?? 0) <= column) low = middle;
      else high = middle;
    }
    return this.#statements[low];
  }
}

/** Edges from new nodes after one that leads there, where there is one; those of one port in their order. */
function followed(edges: readonly Edge[], fresh: ReadonlySet<string>): Edge[] {
  const waiting = Map.groupBy(
    edges.filter(({ from }) => fresh.has(from.node)),
    ({ from }) => from.node,
  );
  const take = (node: string) => {
    const found = waiting.get(node) ?? [];
    waiting.delete(node);
    return found;
  };
  const ordered: Edge[] = [];
  const follow = (some: readonly Edge[]) => {
    const ahead = some.toReversed();
    for (let next = ahead.pop(); next; next = ahead.pop()) {
      ordered.push(next);
      ahead.push(...take(next.to.node).toReversed());
    }
  };
  follow(edges.filter(({ from }) => !fresh.has(from.node)));
  for (const { from } of edges) follow(take(from.node));
  return ordered;
}

type Chain = Extract<Statement, { kind: 'chain' }>;
type Exported = Extract<Statement, { kind: 'outer' }>;
type Annotation = Extract<Statement, { kind: 'annotation' }>;

/** Changes what a text has of a graph: each statement stays, changes in parts, or is removed. */
class Surgery {
  readonly edits: TextEdit[] = [];
  readonly removed = new Set<Statement>();
  readonly #rows: Rows;
  readonly #words: Rewording;
  readonly #mentions: Mentions;
  /** What the link or outer port becomes whose place is at an offset. */
  readonly #links = new Map<number, Edge | InitialPacket | undefined>();
  /** What stands in the place of the edge whose place is at an offset. */
  readonly #detours = new Map<number, readonly Edge[]>();
  readonly #outers = new Map<number, OuterPort | undefined>();
  readonly #annotations: ReadonlyMap<string, string>;

  constructor(rows: Rows, change: Rewrite, mentions: Mentions) {
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
    const parts = this.#deps(pieces);
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
  #deps(pieces: readonly Piece[]): Piece[][] {
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
    const rest = part.at(-1) as Piece;
    if (head === rest && (head.kind === 'packet' || !this.#words.declares(head.node))) {
      if (head.kind !== 'packet') this.#words.drop(head.node);
      return [];
    }
    for (const piece of part) this.#piece(piece);
    const isWhole = head !== rest;
    return [
      {
        start: head.kind === 'packet' || (isFirst && isWhole) ? head.start : head.node.offset,
        end: rest.kind === 'packet' || (isLast && isWhole) ? rest.end : this.#words.end(rest.node),
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
    const { node, port, name, direction, start, end } = outer;
    const now = this.#outers.get(port.offset);
    const declares = this.#words.declares(node);
    const said = this.#words.say(node);
    if (!now && !declares) this.#remove(outer);
    else if (!now) this.#edit(start, end, said);
    else if (this.#words.name(node) !== now.node) {
      this.#edit(start, end, `${declares ? said + this.#rows.eol : ''}${outerText(direction, now)}`);
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

  #mention(mention: NodeMention): void {
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

/** A text changed so that it says a graph, which is in the text's words, in steps; see `detoursOf` for `detours`. */
export function* editText(
  { text, statements, graph }: Dissected & { text: string },
  meant: Graph,
  detours: boolean,
): Steps<string> {
  const rows = new Rows(text, statements);
  if (statements.length === 0) {
    const lines = printGraph(meant).map(line => line + rows.eol);
    return rows.text + lines.join('');
  }
  const names = guessedRenames(graph, meant);
  const mended = renamed(graph, names);
  yield;
  const plan = planOf(mended, meant);
  yield;
  const change: Rewrite = {
    said: graph,
    renamed: mended,
    meant,
    names,
    plan,
    detours: detours ? detoursOf(mended, plan) : new Map(),
  };
  yield;
  const insertion = new Insertion(rows, statements, change);
  yield;
  const surgery = new Surgery(rows, change, insertion.mentions);
  for (const statement of statements) {
    surgery.change(statement);
    yield;
  }
  insertion.put();
  yield;
  const made = withEdits(rows.text, [...surgery.edits, ...rows.edits(surgery.removed)]);
  return rows.text !== text && made.endsWith(rows.eol) ? made.slice(0, -rows.eol.length) : made;
}
