import { type Edge, type OuterPort, portKey } from '../model/graph.ts';
import type { TreeChange } from './print-statements.ts';
import {
  annotations,
  annotationText,
  declarationText,
  edgeWords,
  initialWords,
  type Mentions,
  outerText,
  packetText,
} from './print-text.ts';
import { type Direction, isLineEnd, type Statement, type StatementOf, type SyntaxTree } from './tree.ts';

/** Adds new parts of a graph where a person would: below the row that they refer to. */
export class Additions {
  readonly #change: TreeChange;
  readonly #edits: TreeEdits;
  readonly #fresh: Mentions;
  /** The last rows with wires that mention a node or leave a port, and with packets for a node. */
  readonly #wires = new Map<string, number>();
  readonly #packets = new Map<string, number>();
  readonly #end: number;
  readonly #isNew: boolean;

  /** `fresh` declares the new nodes. */
  constructor(change: TreeChange, fresh: Mentions, edits: TreeEdits) {
    this.#change = change;
    this.#edits = edits;
    this.#fresh = fresh;
    const { statements, rows } = change.tree;
    this.#isNew = statements.length === 0;
    this.#end = statements.at(-1)?.row ?? rows.length - 1;
    for (const statement of statements) if (statement.kind === 'chain') this.#note(statement);
  }

  put(): void {
    const { inports, outports, nodes } = this.#change.plan;
    const endOfWires = lastRow(this.#wires) ?? this.#all('outer').at(-1)?.row ?? this.#end;
    this.#annotations();
    this.#paragraph();
    this.#outers('IN', inports.added);
    this.#outers('OUT', outports.added);
    this.#paragraph();
    this.#edges(endOfWires);
    this.#paragraph();
    this.#edits.put(endOfWires, this.#fresh.rest());
    this.#initials();
    // A second declaration must come after the first, wherever that is.
    this.#edits.put(this.#end, nodes.added.filter(node => !this.#fresh.declares(node)).map(declarationText));
  }

  /** In a new text, paragraphs are separated by blank lines. */
  #paragraph(): void {
    if (this.#isNew) this.#edits.gap(this.#end);
  }

  #note({ pieces, row }: StatementOf<'chain'>): void {
    const { view, detours } = this.#change;
    for (const piece of pieces) {
      if (piece.kind !== 'packet' && piece.node.component !== undefined)
        this.#wires.set(view.names.get(piece.node)!, row);
      const link = view.links.get(piece);
      if (link && 'data' in link) this.#packets.set(link.to.node, row);
      else if (link) for (const edge of [link, ...(detours.get(link) ?? [])]) this.#noteWire(edge, row);
    }
  }

  #noteWire({ from, to }: Edge, row: number): void {
    for (const key of [portKey(from), from.node, to.node]) this.#wires.set(key, row);
  }

  #annotations(): void {
    const there = this.#all('annotation');
    const keys = new Set(there.map(({ key }) => key));
    const added = annotations(this.#change.meant.properties).filter(([key]) => !keys.has(key));
    this.#edits.put(
      there.at(-1)?.row ?? (this.#isNew ? this.#end : -1),
      added.map(([key, value]) => annotationText(key, value)),
    );
  }

  /** After those of the same direction, otherwise after the others, otherwise as a first paragraph. */
  #outers(direction: Direction, added: readonly OuterPort[]): void {
    if (added.length === 0) return;
    const there = this.#all('outer');
    const last = there.findLast(outer => outer.direction === direction) ?? there.at(-1);
    const lines = added.map(outer => outerText(direction, outer));
    if (last) this.#edits.put(last.row, lines);
    else if (this.#isNew) this.#edits.put(this.#end, lines);
    else this.#edits.put(this.#top(), [...lines, '']);
  }

  /** After the text's first comment, if an empty row follows it before any statement. */
  #top(): number {
    const { text, rows, statements } = this.#change.tree;
    const first = statements.find(({ kind }) => kind !== 'annotation')?.row ?? rows.length;
    return rows.findIndex((row, at) => at > 0 && at < first && /^\s+$/.test(text.slice(row, rows[at + 1])));
  }

  /**
   * After the last wire of the same port, otherwise of the same node, otherwise of the target node; on the same line if
   * that one ends at a new node.
   */
  #edges(endOfWires: number): void {
    const { plan, detours } = this.#change;
    const placed = new Set([...detours.values()].flat());
    const added = plan.edges.added.filter(edge => !placed.has(edge));
    let last: { readonly row: number; readonly node: string } | undefined;
    for (const edge of this.#isNew ? added : this.#followed(added)) {
      const { from, to } = edge;
      const keys = [portKey(from), from.node, to.node];
      const row = keys.map(key => this.#wires.get(key)).find(found => found !== undefined) ?? endOfWires;
      const words = edgeWords(edge, name => this.#fresh.say(name));
      const goesOn = last?.row === row && last.node === from.node && this.#fresh.has(from.node);
      if (!goesOn || !this.#edits.extend(row, words.slice(words.indexOf(' ')))) this.#edits.put(row, [words]);
      last = { row, node: to.node };
      for (const key of keys) if (!this.#wires.has(key)) this.#wires.set(key, row);
    }
  }

  /** Puts edges from new nodes after one that leads to the node, if any; edges of one port keep their order. */
  #followed(edges: readonly Edge[]): Iterable<Edge> {
    const ordered = new Set<Edge>();
    const { fresh = [], known = [] } = Object.groupBy(edges, ({ from }) =>
      this.#fresh.has(from.node) ? 'fresh' : 'known',
    );
    const ahead = Map.groupBy(fresh, ({ from }) => from.node);
    const waiting = [...known, ...fresh].toReversed();
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (ordered.has(next)) continue;
      ordered.add(next);
      for (const edge of (ahead.get(next.to.node) ?? []).toReversed()) waiting.push(edge);
      ahead.delete(next.to.node);
    }
    return ordered;
  }

  /**
   * After the last packet for the same node, otherwise after the last packet, otherwise after a blank line at the end.
   */
  #initials(): void {
    const { added } = this.#change.plan.initials;
    const last = lastRow(this.#packets);
    this.#paragraph();
    if (!this.#isNew && last === undefined && added.length > 0) this.#edits.put(this.#end, ['']);
    for (const initial of added) {
      const line = `${packetText(initial.data)} ${initialWords(initial)}`;
      this.#edits.put(this.#packets.get(initial.to.node) ?? last ?? this.#end, [line]);
    }
  }

  #all<Kind extends 'annotation' | 'outer'>(kind: Kind): StatementOf<Kind>[] {
    return this.#change.tree.statements.filter(statement => statement.kind === kind) as StatementOf<Kind>[];
  }
}

function lastRow(rows: ReadonlyMap<string, number>): number | undefined {
  const last = rows.values().reduce((a, b) => Math.max(a, b), -1);
  return last === -1 ? undefined : last;
}

/** Limit of a chain's line length, in characters. */
const LINE_WIDTH = 120;

/** Changes of a tree: new texts of its statements, and lines inserted below its rows. */
export class TreeEdits {
  readonly eol: string;
  readonly #tree: SyntaxTree;
  /** The text, with a line end on its last line. */
  readonly #text: string;
  readonly #said = new Map<Statement, string>();
  readonly #below = new Map<number, string[]>();
  readonly #gaps = new Set<number>();

  constructor(tree: SyntaxTree) {
    this.eol = /\r\n|\n|\r/.exec(tree.text)?.[0] ?? '\n';
    this.#tree = tree;
    this.#text = tree.text === '' || isLineEnd(tree.text.at(-1)) ? tree.text : tree.text + this.eol;
  }

  /** Replaces a statement's text; undefined removes it, and its row if nothing else is in it. */
  say(statement: Statement, text: string | undefined): void {
    if (text !== undefined) this.#said.set(statement, text);
  }

  /** Inserts lines below a row; row -1 is the top of the text. */
  put(row: number, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const there = this.#below.get(row) ?? [];
    if (this.#gaps.delete(row) && there.length > 0) there.push('');
    for (const line of lines) there.push(line);
    this.#below.set(row, there);
  }

  /** Puts a blank line between the lines inserted below a row and further ones. */
  gap(row: number): void {
    this.#gaps.add(row);
  }

  /** Continues the last line inserted below a row; false if it would become too long. */
  extend(row: number, more: string): boolean {
    const lines = this.#below.get(row) ?? [];
    const line = lines.at(-1) + more;
    if (line.length > LINE_WIDTH) return false;
    lines[lines.length - 1] = line;
    return true;
  }

  /** The changed text. */
  print(): string {
    const inRows = Map.groupBy(this.#tree.statements, ({ row }) => row);
    const rows = this.#tree.rows.map((_, row) => this.#row(row, inRows.get(row) ?? []) + this.#lines(row));
    const made = this.#lines(-1) + rows.join('');
    const isLonger = this.#text !== this.#tree.text && made.endsWith(this.eol);
    return isLonger ? made.slice(0, -this.eol.length) : made;
  }

  #lines(row: number): string {
    return (this.#below.get(row) ?? []).map(line => line + this.eol).join('');
  }

  /** The text between two statements stays as long as the first of them and a later one stay. */
  #row(row: number, statements: readonly Statement[]): string {
    const start = this.#tree.rows[row]!;
    const end = this.#tree.rows[row + 1] ?? this.#text.length;
    const [first] = statements;
    if (!first) return this.#text.slice(start, end);
    const last = statements.findLastIndex(statement => this.#said.has(statement));
    const parts = statements.slice(0, last + 1).map((statement, at) => {
      const said = this.#said.get(statement);
      const gap = at < last ? this.#text.slice(statement.end, statements[at + 1]!.start) : '';
      return said === undefined ? '' : said + gap;
    });
    if (last === -1) return '';
    return this.#text.slice(start, first.start) + parts.join('') + this.#text.slice(statements.at(-1)!.end, end);
  }
}
