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
import type { Direction, StatementOf } from './tree.ts';
import type { TreeEdits } from './tree-edits.ts';

/** Puts what is new in a graph where a person would put it: below the row of what it is about. */
export class Additions {
  readonly #change: TreeChange;
  readonly #edits: TreeEdits;
  readonly #fresh: Mentions;
  /** The last rows with wires that mention a node or leave a port, and with packets that go to a node. */
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
    // A second declaration has to come after the first, wherever that one stands.
    this.#edits.put(this.#end, nodes.added.filter(node => !this.#fresh.declares(node)).map(declarationText));
  }

  /** A new text has its parts apart. */
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

  /** After those of the same direction, else after the others, else as a paragraph on top. */
  #outers(direction: Direction, added: readonly OuterPort[]): void {
    if (added.length === 0) return;
    const there = this.#all('outer');
    const last = there.findLast(outer => outer.direction === direction) ?? there.at(-1);
    const lines = added.map(outer => outerText(direction, outer));
    if (last) this.#edits.put(last.row, lines);
    else if (this.#isNew) this.#edits.put(this.#end, lines);
    else this.#edits.put(this.#top(), [...lines, '']);
  }

  /** After the text's first comment, if an empty row follows it before anything is said. */
  #top(): number {
    const { text, rows, statements } = this.#change.tree;
    const first = statements.find(({ kind }) => kind !== 'annotation')?.row ?? rows.length;
    return rows.findIndex((row, at) => at > 0 && at < first && /^\s+$/.test(text.slice(row, rows[at + 1])));
  }

  /**
   * After the last wire from the same port, else from or to the same node, else to the node that it leads to; on the same
   * line where the last one ended at a new node.
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

  /** Edges from new nodes after one that leads there, where there is one; those of one port in their order. */
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

  /** After the last packet for the same node, else after the last packet, else after an empty line at the end. */
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
