import { MAX_DEPTH } from '../model/limits.ts';

/** A part of a text; the second offset is exclusive. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** A port in the text, with its name in lower case. */
export interface WrittenPort extends Span {
  readonly name: string;
  readonly index: number | undefined;
}

/** A node in the text; anonymous without a name, only mentioned without a component. */
export interface NodeMention extends Span {
  readonly name: string | undefined;
  readonly component: string | undefined;
  readonly metadata: string | undefined;
}

/** The part between two arrows: a bridge receives and sends, an outport only sends, an inport only receives. */
export type Piece = PacketPiece | NodePiece;

export interface PacketPiece extends Span {
  readonly kind: 'packet';
  readonly data: unknown;
}

export interface NodePiece extends Span {
  readonly kind: 'bridge' | 'outport' | 'inport';
  readonly node: NodeMention;
  readonly inport: WrittenPort | undefined;
  readonly outport: WrittenPort | undefined;
}

/** INPORT or OUTPORT. */
export type Direction = 'IN' | 'OUT';

type StatementBody =
  | { readonly kind: 'chain'; readonly pieces: readonly Piece[] }
  | {
      readonly kind: 'outer';
      readonly direction: Direction;
      readonly node: NodeMention;
      readonly port: WrittenPort;
      readonly name: WrittenPort;
    }
  | { readonly kind: 'default'; readonly direction: Direction; readonly name: string }
  | { readonly kind: 'annotation'; readonly key: string; readonly value: string }
  | UnreadablePart;

/** A part that the grammar rejects, up to the end of its line. */
interface UnreadablePart {
  readonly kind: 'error';
  /** The offset of the first related statement on its line. */
  readonly begin: number;
  /** The offset of the first unreadable statement. */
  readonly stuck: number;
  /** The farthest offset up to which the parser got. */
  readonly farthest: number;
}

/** A statement of a text. */
export type Statement = StatementBody &
  Span & {
    /** Whether a comma, a comment or the end of a line follows. */
    readonly closed: boolean;
    /** The number of its row. */
    readonly row: number;
  };

export type StatementOf<Kind extends Statement['kind']> = Extract<Statement, { kind: Kind }>;

/**
 * All of a text, divided into rows. A row is a line, or the lines of a statement that spans several. The text between
 * statements belongs to their row: spaces, commas, the comment and the line end.
 */
export interface SyntaxTree {
  readonly text: string;
  readonly statements: readonly Statement[];
  /** The offset of each row. */
  readonly rows: readonly number[];
}

const NODE = /([a-zA-Z_][\w-]*)?(?:\(([\w/-]*)(?::([\w/=,]+))?\))?/y;
const PORT = /([a-zA-Z_][\w.]*)(?:\[(\d+)\])?/y;
const NAME = /([a-zA-Z_][\w.]*)/y;
const SPACES = / +/y;
const PADDING = / */y;
const ARROW = / *-> */y;
const DOT = /\./y;
const COLON = /:/y;
const WHITESPACE = /[ \t\n\r]*/y;
const ANNOTATION = /# +@([\w-]+) +([\w\-.][\w\- .]*)(?=[\n\r\u2028\u2029])/y;
const NOTHING = / *(?:#[^\n\r\u2028\u2029]*(?:\r\n|[\n\r\u2028\u2029])?|\r\n|[\n\r\u2028\u2029])/y;
const END = / *,?(?: *#[^\n\r\u2028\u2029]*)?(?:\r\n|[\n\r\u2028\u2029])?/y;
const LINE_END = /[\n\r\u2028\u2029]/g;
const EXPORT = /(IN|OUT)PORT=/y;
const DEFAULT = /DEFAULT_(IN|OUT)PORT=/y;
const SCALAR = /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const JSON_TOKEN = /"[^"\\\n]*(?:\\.[^"\\\n]*)*"|\{(?=\s*["}])|[[\]}]|[\s,:\d.eE+-]+|true|false|null/y;

/**
 * Parses a text like the grammar of the package `fbp`, alternative by alternative. Takes linear time, and never throws.
 */
export function parse(text: string): SyntaxTree {
  const scanner = new Scanner(text);
  const statements: Statement[] = [];
  const rows = [0];
  while (scanner.at < text.length) {
    const row = rows.length - 1;
    const told = annotation(scanner, row);
    if (told) statements.push(told);
    else if (!scanner.take(NOTHING)) statements.push(statement(scanner, row) ?? unreadable(scanner, row, statements));
    if (isLineEnd(text[scanner.at - 1])) rows.push(scanner.at);
  }
  return { text, statements, rows };
}

/** Whether a statement has no effect: the grammar accepts `router OUT`, for example, and the mere name of a node. */
export function isInert(statement: Statement): boolean {
  if (statement.kind !== 'chain') return false;
  const [only, next] = statement.pieces;
  if (!only || next || only.kind === 'packet') return false;
  return only.inport !== undefined || only.node.component === undefined;
}

/** A position in a text, where sticky patterns are matched. */
class Scanner {
  readonly text: string;
  at = 0;
  /** The farthest position at which a pattern failed. */
  farthest = 0;

  /** Offset of the last `->`, found once, to keep parsing linear. */
  readonly lastArrow: number;

  constructor(text: string) {
    this.text = text;
    this.lastArrow = text.lastIndexOf('->');
  }

  /** Matches a sticky pattern at the position; undefined without a match, or for an empty one. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found?.[0]) this.at = pattern.lastIndex;
    else this.farthest = Math.max(this.farthest, this.at);
    return found?.[0] ? found : undefined;
  }

  /** Restores the position if `read` returns undefined. */
  attempt<Result>(read: (scanner: Scanner) => Result | undefined): Result | undefined {
    const start = this.at;
    const result = read(this);
    if (result === undefined) this.at = start;
    return result;
  }
}

export function isLineEnd(character: string | undefined): boolean {
  return character !== undefined && '\n\r\u2028\u2029'.includes(character);
}

function annotation(scanner: Scanner, row: number): Statement | undefined {
  const start = scanner.at;
  const found = scanner.take(ANNOTATION);
  if (!found) return;
  const [, key = '', value = ''] = found;
  return { kind: 'annotation', key, value, start, end: scanner.at, closed: true, row };
}

function statement(scanner: Scanner, row: number): Statement | undefined {
  scanner.take(PADDING);
  const start = scanner.at;
  const told = scanner.attempt(outer) ?? scanner.attempt(defaultPort) ?? scanner.attempt(chain);
  if (!told) return;
  const end = scanner.at;
  const closing = scanner.take(END)?.[0] ?? '';
  const closed = /[^ ]/.test(closing) || scanner.at === scanner.text.length;
  return { ...told, start, end, closed, row };
}

/** Skips an unreadable part, including preceding statements that exist only because of it. */
function unreadable(scanner: Scanner, row: number, statements: Statement[]): Statement {
  const { text, at: stuck, farthest } = scanner;
  const begin = statements[statements.findLastIndex(({ closed }) => closed) + 1]?.start ?? stuck;
  const inert = statements.splice(statements.findLastIndex(before => before.closed || !isInert(before)) + 1);
  const end = lineEnd(text, unreadableEnd(scanner));
  scanner.at = end;
  return { kind: 'error', begin, stuck, farthest, start: inert[0]?.start ?? stuck, end, closed: true, row };
}

/** An unreadable part ends on its line, or on the line where its packet ends. */
function unreadableEnd({ text, at, lastArrow }: Scanner): number {
  if (isBracket(text[at])) {
    const { end, open } = brackets(text, at);
    return open > 0 && end <= lastArrow ? text.indexOf('->', end - 1) : end;
  }
  const isPacket = text[at] === "'" && !text.slice(at, lineEnd(text, at)).includes('->');
  return (isPacket && quoteEnd(text, at)) || at;
}

/** The next end of a line, or of the text. */
export function lineEnd(text: string, from: number): number {
  LINE_END.lastIndex = from;
  return LINE_END.exec(text)?.index ?? text.length;
}

function outer(scanner: Scanner): StatementBody | undefined {
  const direction = scanner.take(EXPORT)?.[1] as Direction | undefined;
  const inner = direction && node(scanner);
  const inside = inner && scanner.take(DOT) && port(scanner, NAME);
  const name = inside && scanner.take(COLON) && port(scanner, NAME);
  if (name) return { kind: 'outer', direction, node: inner, port: inside, name };
}

function defaultPort(scanner: Scanner): StatementBody | undefined {
  const direction = scanner.take(DEFAULT)?.[1] as Direction | undefined;
  const found = direction && port(scanner, NAME);
  if (found) return { kind: 'default', direction, name: found.name };
}

function chain(scanner: Scanner): StatementBody | undefined {
  const pieces: Piece[] = [];
  for (let next = scanner.attempt(sender); next; next = scanner.attempt(sender)) pieces.push(next);
  // If the part after an arrow is unreadable, the grammar ends the chain before it and starts a new statement.
  for (;;) {
    const last = scanner.attempt(inport);
    if (last) return { kind: 'chain', pieces: [...pieces, last] };
    const dropped = pieces.pop();
    if (!dropped) return;
    scanner.at = dropped.start;
  }
}

function sender(scanner: Scanner): Piece | undefined {
  const piece = scanner.attempt(bridge) ?? scanner.attempt(outport) ?? scanner.attempt(packet);
  return piece && scanner.take(ARROW) ? piece : undefined;
}

/** `IN node OUT`; OUT is optional after a component. */
function bridge(scanner: Scanner): Piece | undefined {
  const start = scanner.at;
  const inlet = leadingPort(scanner);
  const inner = inlet && node(scanner);
  const outlet = inner && scanner.attempt(trailingPort);
  if (!inner || (!outlet && inner.component === undefined)) return;
  return { kind: 'bridge', node: inner, inport: inlet, outport: outlet, start, end: scanner.at };
}

/** `node OUT`; OUT is optional. A packet can be sent to a component, as it has a default port. */
function outport(scanner: Scanner): Piece | undefined {
  const start = scanner.at;
  const inner = node(scanner);
  if (!inner) return;
  const outlet = scanner.attempt(trailingPort);
  const kind = inner.component === undefined ? 'outport' : 'bridge';
  return { kind, node: inner, inport: undefined, outport: outlet, start, end: scanner.at };
}

function inport(scanner: Scanner): Piece | undefined {
  const start = scanner.at;
  const inlet = scanner.attempt(leadingPort);
  const inner = node(scanner);
  if (inner) return { kind: 'inport', node: inner, inport: inlet, outport: undefined, start, end: scanner.at };
}

function packet(scanner: Scanner): Piece | undefined {
  const { text, at } = scanner;
  if (text[at] !== "'") return jsonPacket(scanner);
  const end = quoteEnd(text, at);
  if (end === undefined) return;
  scanner.at = end;
  return { kind: 'packet', data: text.slice(at + 1, end - 1).replaceAll("\\'", "'"), start: at, end };
}

function jsonPacket(scanner: Scanner): Piece | undefined {
  const { text } = scanner;
  scanner.take(WHITESPACE);
  const start = scanner.at;
  const end = isBracket(text[start]) ? bracketEnd(text, start) : scanner.take(SCALAR) && scanner.at;
  if (end === undefined || isTooDeep(text, start)) return;
  try {
    const data: unknown = JSON.parse(text.slice(start, end));
    scanner.at = end;
    scanner.take(WHITESPACE);
    return { kind: 'packet', data, start, end };
  } catch {
    return;
  }
}

function node(scanner: Scanner): NodeMention | undefined {
  const start = scanner.at;
  const found = scanner.take(NODE);
  if (!found) return;
  const [, name, component, metadata] = found;
  return { name, component, metadata, start, end: scanner.at };
}

function port(scanner: Scanner, pattern = PORT): WrittenPort | undefined {
  const start = scanner.at;
  const found = scanner.take(pattern);
  if (!found) return;
  const [, name = '', index] = found;
  return { name: name.toLowerCase(), index: index === undefined ? undefined : Number(index), start, end: scanner.at };
}

function leadingPort(scanner: Scanner): WrittenPort | undefined {
  const found = port(scanner);
  return found && scanner.take(SPACES) ? found : undefined;
}

function trailingPort(scanner: Scanner): WrittenPort | undefined {
  return scanner.take(SPACES) ? port(scanner) : undefined;
}

/** The offset after the closing quote of the packet at `start`; undefined if it isn't closed. */
export function quoteEnd(text: string, start: number): number | undefined {
  let end = text.indexOf("'", start + 1);
  while (end !== -1 && text[end - 1] === '\\') end = text.indexOf("'", end + 1);
  return end === -1 ? undefined : end + 1;
}

export function isBracket(character: string | undefined): boolean {
  return character === '{' || character === '[';
}

/** The end of the JSON object or array at `start`; undefined if a bracket or quote isn't closed. */
export function bracketEnd(text: string, start: number): number | undefined {
  const { end, open } = brackets(text, start);
  return open === 0 && end > start ? end : undefined;
}

/** Whether a JSON object or array at `start` is nested more deeply than `MAX_DEPTH`. */
export function isTooDeep(text: string, start: number): boolean {
  return isBracket(text[start]) && brackets(text, start).deepest > MAX_DEPTH;
}

/** The end of matching brackets from `start`, the number of open ones there, and the largest depth. */
function brackets(text: string, start: number): { end: number; open: number; deepest: number } {
  let end = start;
  let open = 0;
  let deepest = 0;
  JSON_TOKEN.lastIndex = start;
  for (let token = JSON_TOKEN.exec(text)?.[0]; token; token = JSON_TOKEN.exec(text)?.[0]) {
    if (/\S/.test(token)) end = JSON_TOKEN.lastIndex - token.length + token.trimEnd().length;
    if (isBracket(token)) open += 1;
    else if (token === '}' || token === ']') open -= 1;
    deepest = Math.max(deepest, open);
    if (open === 0) break;
  }
  return { end, open, deepest };
}
