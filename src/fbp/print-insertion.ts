import type { Edge, Node, Outer, Place } from '../fbp.ts';
import type { Change } from './print-mention.ts';
import type { Rows } from './print-rows.ts';
import { annotations, annotationText, declarationText, Mentions, outerText, packetText } from './print-text.ts';
import { portKey } from './same.ts';
import type { Statement, Way } from './statement.ts';
import { edgeWords, initialWords } from './words.ts';

/** Puts what is new in a graph where a person would put it. */
export class Insertion {
  readonly #rows: Rows;
  readonly #statements: readonly Statement[];
  readonly #change: Change;
  /** Where wires end that mention a node or leave a port, and where packets end that go to a node. */
  readonly #wires = new Map<string, number>();
  readonly #packets = new Map<string, number>();
  /** Declares new nodes. */
  readonly mentions: Mentions;
  readonly #fresh: readonly Node[];
  readonly #end: number;
  readonly #endOfWires: number;

  constructor(rows: Rows, statements: readonly Statement[], change: Change) {
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
  #outers(way: Way, added: readonly Outer[]): void {
    if (added.length === 0) return;
    const there = this.#statements.filter(statement => statement.kind === 'outer');
    const last = there.findLast(outer => outer.way === way) ?? there.at(-1);
    const lines = added.map(outer => outerText(way, outer));
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
