import fbp from 'fbp';
import { diagnostic } from '../model/diagnostic.ts';
import type { Edge, End, Graph, InitialPacket, Node, OuterPort, Place, Reading } from '../model/graph.ts';
import { atOnce, type Steps } from '../model/steps.ts';
import { Latest } from './latest.ts';
import { isInert, leftOver, losses } from './loss.ts';
import { mistakeIn, regionEnd } from './mistake.ts';
import { MAX_FAULTS, type OffsetFault, placedFaults, placer } from './place.ts';
import { isTooDeep } from './scanner.ts';
import { type NodeMention, type Piece, type Statement, scan, type WrittenPort } from './statement.ts';

/** Names that `fbp` would look up in a plain object and find there, or even write to, such as `__proto__`. */
const INHERITED = new RegExp(Object.getOwnPropertyNames(Object.prototype).join('|'), 'g');

/** How often a text is read over again at most, as `fbp` starts anew behind each mistake. */
const MAX_READINGS = 4;

/** What anonymous nodes are called; their declarations are never those of a node that is there already. */
const ANONYMOUS = /^_.*_\d+$/;

/** The time that `fbp` needs for a chain grows with the square of its length. */
const LONGEST_CHAIN = 500;

/** Reads .fbp; see `read`. The package `fbp` decides what parses, our own reading of the same grammar where it stands. */
export function readFbp(file: string, text: string): Reading {
  const { statements, mistakes } = sift(text);
  const place = placer(text);
  const graph = new Builder(file, place).build(statements);
  const warnings = placedFaults(file, leftOver(text, statements), place).map(fault => ({
    ...fault,
    warning: true as const,
  }));
  return { graph, faults: placedFaults(file, [...mistakes, ...losses(text, statements)], place), warnings };
}

/** The statements of a text, and the graph that they make; each place in it is an offset, given as the column of line 0. */
export interface Dissected {
  readonly statements: readonly Statement[];
  readonly graph: Graph;
}

export function dissect(text: string): Dissected {
  return atOnce(dissecting(text));
}

/** As `dissect`, in steps. */
export function* dissecting(text: string): Steps<Dissected> {
  const { statements } = sift(text);
  yield;
  const graph = new Builder('', offset => ({ line: 0, column: offset })).build(statements);
  return { statements, graph };
}

interface Sifted {
  readonly statements: readonly Statement[];
  readonly mistakes: readonly OffsetFault[];
}

const latest = new Latest<Sifted>();

function sift(text: string): Sifted {
  return latest.of(text, () => sifted(text));
}

/** The statements that can be read, and a mistake for each line whose rest had to be left out. */
function sifted(text: string): Sifted {
  const harmless = text.replace(INHERITED, name => 'x'.repeat(name.length));
  const parts: Statement[][] = [];
  const mistakes: OffsetFault[] = [];
  let effort = 0;
  for (let from = 0; from < text.length && mistakes.length <= MAX_FAULTS; ) {
    if (effort > MAX_READINGS * text.length) {
      mistakes.push({ offset: from, ...diagnostic('not-read') });
      break;
    }
    const found = scan(text, from);
    const hopeless = tooLong(found.statements);
    const deep = found.stuck !== undefined && isTooDeep(text, found.stuck);
    const refusal = hopeless ?? refusalOf(deep ? harmless.slice(0, found.stuck) : harmless, from);
    const farthest = refusal ?? found.stuck;
    if (farthest === undefined || typeof farthest === 'object') {
      if (farthest) mistakes.push(farthest);
      parts.push(found.statements);
      break;
    }
    const stuck = found.stuck ?? farthest;
    const begin = lineOf(found.statements)?.start ?? stuck;
    const end = regionEnd(text, stuck);
    if (deep) mistakes.push({ offset: stuck, ...diagnostic('packet-too-deep') });
    else mistakes.push(mistakeIn(text, { begin, stuck, farthest, end }));
    parts.push(withoutInertEnd(found.statements));
    effort += Math.max(farthest, end) - from;
    from = end + 1;
  }
  return { statements: parts.flat(), mistakes };
}

function tooLong(statements: readonly Statement[]): OffsetFault | undefined {
  const long = statements.find(told => told.kind === 'chain' && told.pieces.length > LONGEST_CHAIN);
  return long && { offset: long.start, ...diagnostic('chain-too-long', { most: LONGEST_CHAIN }) };
}

/** How far the package `fbp` gets, a mistake where its stack ends first, and undefined where it reads the whole rest. */
function refusalOf(text: string, from: number): number | OffsetFault | undefined {
  try {
    fbp.parse(text.slice(from), { caseSensitive: false, validateContents: false, validateSchema: false });
  } catch (error) {
    if (error instanceof RangeError) return { offset: from, ...diagnostic('nests-too-deep') };
    return from + (error as { location: { start: { offset: number } } }).location.start.offset;
  }
}

/** The first of those statements at the end that stand on one line with nothing between them. */
function lineOf(statements: readonly Statement[]): Statement | undefined {
  return statements[statements.findLastIndex(statement => statement.closed) + 1];
}

/** Without those that only are statements because what follows them on their line can't be read. */
function withoutInertEnd(statements: readonly Statement[]): Statement[] {
  const end = statements.findLastIndex(statement => statement.closed || !isInert(statement));
  return statements.slice(0, end + 1).map((statement, at) => (at === end ? { ...statement, closed: true } : statement));
}

/** Puts a graph together as the package `fbp` does: what is said later about default ports counts from there on. */
class Builder {
  readonly #place: (offset: number) => Place;
  readonly #graph: {
    file: string;
    nodes: Node[];
    edges: Edge[];
    initials: InitialPacket[];
    inports: OuterPort[];
    outports: OuterPort[];
  };
  readonly #properties = new Map<string, unknown>();
  readonly #declared = new Map<string, number>();
  readonly #anonymous = new Map<string, number>();
  #defaultIn = 'in';
  #defaultOut = 'out';

  constructor(file: string, place: (offset: number) => Place) {
    this.#place = place;
    this.#graph = { file, nodes: [], edges: [], initials: [], inports: [], outports: [] };
  }

  build(statements: readonly Statement[]): Graph {
    for (const statement of statements) this.#add(statement);
    return { ...this.#graph, groups: [], properties: Object.fromEntries(this.#properties) };
  }

  #add(statement: Statement): void {
    if (statement.kind === 'chain') this.#chain(statement.pieces);
    else if (statement.kind === 'outer') this.#outer(statement);
    else if (statement.kind === 'annotation') this.#annotate(statement.key, statement.value);
    else if (statement.direction === 'IN') this.#defaultIn = statement.name;
    else this.#defaultOut = statement.name;
  }

  #outer({ direction, name, node: mention, port }: Extract<Statement, { kind: 'outer' }>): void {
    const node = this.#node(mention);
    const outers = direction === 'IN' ? this.#graph.inports : this.#graph.outports;
    outers.push({ name, node, port: port.name, place: this.#place(port.offset) });
  }

  #annotate(key: string, value: string): void {
    if (key === 'runtime') this.#properties.set('environment', { type: value });
    else this.#properties.set(key, value);
  }

  #chain(pieces: readonly Piece[]): void {
    const ends = pieces.map(piece => this.#ends(piece));
    ends.forEach(({ from, data }, at) => {
      const to = ends[at + 1]?.to;
      if (to && from) this.#graph.edges.push({ from, to });
      if (to && data) this.#graph.initials.push({ ...data, to });
    });
  }

  #ends(piece: Piece): { from?: End; to?: End; data?: Omit<InitialPacket, 'to'> } {
    if (piece.kind === 'packet') return { data: { data: piece.data, place: this.#place(piece.start) } };
    const { kind, node, inport, outport } = piece;
    const name = this.#node(node);
    const from = this.#end(name, node, outport, this.#defaultOut);
    const to = this.#end(name, node, inport, this.#defaultIn);
    return { ...(kind !== 'inport' && { from }), ...(kind !== 'outport' && { to }) };
  }

  #end(node: string, mention: NodeMention, port: WrittenPort | undefined, fallback: string): End {
    const place = this.#place(port?.offset ?? mention.offset);
    const index = port?.index;
    return { node, port: port?.name ?? fallback, ...(index !== undefined && { index }), place };
  }

  /** Notes what a mention declares, and says the node's name. */
  #node({ name: written, component, metadata, offset }: NodeMention): string {
    const name = written ?? this.#nameless(component ?? '');
    if (component === undefined) return name;
    const { nodes } = this.#graph;
    const before = this.#declared.get(name) ?? nodes.length;
    const known = nodes[before];
    const given = known && Object.keys(metadata).length === 0 ? known.metadata : metadata;
    const isAgain = component === known?.component && !ANONYMOUS.test(name);
    if (known && (!component || isAgain)) nodes[before] = { ...known, metadata: given };
    else {
      const at = known?.component ? nodes.length : before;
      nodes[at] = { name, component, metadata: known?.component ? metadata : given, place: this.#place(offset) };
      this.#declared.set(name, at);
    }
    return name;
  }

  #nameless(component: string): string {
    const stem = stemOf(component);
    const count = (this.#anonymous.get(stem) ?? 0) + 1;
    this.#anonymous.set(stem, count);
    return `_${stem}_${count}`;
  }
}

/** What the names of anonymous nodes of a component begin with, before their count. */
export function stemOf(component: string): string {
  return component.replace(/[^a-zA-Z0-9]+/, '_');
}
