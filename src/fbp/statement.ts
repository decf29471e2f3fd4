import { bracketEnd, quoteEnd, Scanner } from './scanner.ts';

/** A port as it is written, its name in lower case. */
export interface WrittenPort {
  readonly name: string;
  readonly index: number | undefined;
  readonly offset: number;
}

/** A node as it is written; without a name it is anonymous, without a component only mentioned. */
export interface NodeMention {
  readonly name: string | undefined;
  readonly component: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly offset: number;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** What stands between two arrows: a bridge receives and sends, an outport only sends, an inport only receives. */
export type Piece = Span &
  (
    | { readonly kind: 'packet'; readonly data: unknown }
    | {
        readonly kind: 'bridge' | 'outport' | 'inport';
        readonly node: NodeMention;
        readonly inport: WrittenPort | undefined;
        readonly outport: WrittenPort | undefined;
      }
  );

/** One thing that a text says; `closed` where a comma, a comment or the end of a line follows. */
export type Statement = StatementBody & Span & { readonly closed: boolean };

/** INPORT or OUTPORT. */
export type Direction = 'IN' | 'OUT';

type StatementBody =
  | { readonly kind: 'chain'; readonly pieces: readonly Piece[] }
  | {
      readonly kind: 'outer';
      readonly direction: Direction;
      readonly node: NodeMention;
      readonly port: WrittenPort;
      readonly name: string;
    }
  | { readonly kind: 'default'; readonly direction: Direction; readonly name: string }
  | { readonly kind: 'annotation'; readonly key: string; readonly value: string };

const NODE = /([a-zA-Z_][\w-]*)?(?:\(([\w/-]*)(?::([\w/=,]+))?\))?/y;
const PORT = /([a-zA-Z_][\w.]*)(?:\[(\d+)\])?/y;
const NAME = /[a-zA-Z_][\w.]*/y;
const SPACES = / +/y;
const PADDING = / */y;
const ARROW = / *-> */y;
const DOT = /\./y;
const COLON = /:/y;
const WHITESPACE = /[ \t\n\r]*/y;
const ANNOTATION = /# +@([\w-]+) +([\w\-.][\w\- .]*)[\n\r\u2028\u2029]/y;
const NOTHING = / *(?:#[^\n\r\u2028\u2029]*[\n\r\u2028\u2029]?|[\n\r\u2028\u2029])/y;
const END = / *,?(?: *#[^\n\r\u2028\u2029]*)?[\n\r\u2028\u2029]?/y;
const EXPORT = /(IN|OUT)PORT=/y;
const DEFAULT = /DEFAULT_(IN|OUT)PORT=/y;
const SCALAR = /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Reads statements as the grammar of the package `fbp` does, choice by choice, but keeps their offsets; `stuck` is where
 * the first statement begins that the grammar doesn't know.
 */
export function scan(text: string, from: number): { statements: Statement[]; stuck: number | undefined } {
  const scanner = new Scanner(text, from);
  const statements: Statement[] = [];
  while (scanner.at < text.length) {
    const told = annotation(scanner) ?? (scanner.take(NOTHING) ? 'nothing' : statement(scanner));
    if (!told) return { statements, stuck: scanner.at };
    if (told !== 'nothing') statements.push(told);
  }
  return { statements, stuck: undefined };
}

function annotation(scanner: Scanner): Statement | undefined {
  const start = scanner.at;
  const found = scanner.take(ANNOTATION);
  if (!found) return;
  const [, key = '', value = ''] = found;
  return { kind: 'annotation', key, value, start, end: scanner.at, closed: true };
}

function statement(scanner: Scanner): Statement | undefined {
  scanner.take(PADDING);
  const start = scanner.at;
  const told = scanner.attempt(outer) ?? scanner.attempt(defaultPort) ?? scanner.attempt(chain);
  if (!told) return;
  const end = scanner.at;
  const closing = scanner.take(END)?.[0] ?? '';
  const closed = /[^ ]/.test(closing) || scanner.at === scanner.text.length;
  return { ...told, start, end, closed };
}

function outer(scanner: Scanner): StatementBody | undefined {
  const direction = scanner.take(EXPORT)?.[1] as Direction | undefined;
  const inner = direction && node(scanner);
  const port = inner && scanner.take(DOT) && plainPort(scanner);
  const name = port && scanner.take(COLON) && scanner.take(NAME)?.[0].toLowerCase();
  if (name) return { kind: 'outer', direction, node: inner, port, name };
}

function defaultPort(scanner: Scanner): StatementBody | undefined {
  const direction = scanner.take(DEFAULT)?.[1] as Direction | undefined;
  const name = direction && scanner.take(NAME)?.[0].toLowerCase();
  if (name) return { kind: 'default', direction, name };
}

function chain(scanner: Scanner): StatementBody | undefined {
  const pieces: Piece[] = [];
  for (let next = scanner.attempt(sender); next; next = scanner.attempt(sender)) pieces.push(next);
  // Where nothing can be read behind an arrow, the grammar ends the chain before it and goes on with a new statement.
  for (;;) {
    const last = scanner.attempt(inport);
    if (last) return { kind: 'chain', pieces: [...pieces, last] };
    const dropped = pieces.pop();
    if (!dropped) return;
    scanner.at = dropped.start;
  }
}

function sender(scanner: Scanner): Piece | undefined {
  const piece = scanner.attempt(bridge) ?? scanner.attempt(inlineBridge) ?? scanner.attempt(outport) ?? packet(scanner);
  return piece && scanner.take(ARROW) ? piece : undefined;
}

function bridge(scanner: Scanner): Piece | undefined {
  const start = scanner.at;
  const inlet = scanner.attempt(leadingPort);
  const inner = inlet && node(scanner);
  const outlet = inner && trailingPort(scanner);
  if (outlet) return { kind: 'bridge', node: inner, inport: inlet, outport: outlet, start, end: scanner.at };
}

function inlineBridge(scanner: Scanner): Piece | undefined {
  const start = scanner.at;
  const inlet = scanner.attempt(leadingPort);
  const inner = node(scanner);
  if (inner?.component === undefined) return;
  const outlet = scanner.attempt(trailingPort);
  return { kind: 'bridge', node: inner, inport: inlet, outport: outlet, start, end: scanner.at };
}

function outport(scanner: Scanner): Piece | undefined {
  const start = scanner.at;
  const inner = node(scanner);
  if (!inner) return;
  const outlet = scanner.attempt(trailingPort);
  return { kind: 'outport', node: inner, inport: undefined, outport: outlet, start, end: scanner.at };
}

function inport(scanner: Scanner): Piece | undefined {
  const start = scanner.at;
  const inlet = scanner.attempt(leadingPort);
  const inner = node(scanner);
  if (inner) return { kind: 'inport', node: inner, inport: inlet, outport: undefined, start, end: scanner.at };
}

function packet(scanner: Scanner): Piece | undefined {
  if (scanner.text[scanner.at] !== "'") return scanner.attempt(jsonPacket);
  const start = scanner.at;
  const end = quoteEnd(scanner.text, start);
  if (end === undefined) return;
  scanner.at = end;
  return { kind: 'packet', data: scanner.text.slice(start + 1, end - 1).replaceAll("\\'", "'"), start, end };
}

function jsonPacket(scanner: Scanner): Piece | undefined {
  scanner.take(WHITESPACE);
  const start = scanner.at;
  const opening = scanner.text[start];
  const nested = opening === '{' || opening === '[';
  const end = nested ? bracketEnd(scanner.text, start) : scanner.take(SCALAR) && scanner.at;
  if (end === undefined) return;
  try {
    const data: unknown = JSON.parse(scanner.text.slice(start, end));
    scanner.at = end;
    scanner.take(WHITESPACE);
    return { kind: 'packet', data, start, end };
  } catch {
    return;
  }
}

function node(scanner: Scanner): NodeMention | undefined {
  const offset = scanner.at;
  const found = scanner.take(NODE);
  if (!found?.[0]) return;
  const [, name, component, metadata] = found;
  return { name, component, metadata: pairs(metadata), offset };
}

function pairs(metadata: string | undefined): Record<string, unknown> {
  if (!metadata) return {};
  const entries = metadata.split(',').map((item): [string, unknown] => {
    const [key = '', value] = item.split('=');
    if (value === undefined) return ['routes', key];
    return [key, key === 'x' || key === 'y' ? Number.parseFloat(value) : value];
  });
  return Object.fromEntries(entries);
}

function plainPort(scanner: Scanner): WrittenPort | undefined {
  const offset = scanner.at;
  const name = scanner.take(NAME)?.[0].toLowerCase();
  if (name) return { name, index: undefined, offset };
}

function port(scanner: Scanner): WrittenPort | undefined {
  const offset = scanner.at;
  const found = scanner.take(PORT);
  if (!found) return;
  const [, name = '', index] = found;
  return { name: name.toLowerCase(), index: index === undefined ? undefined : Number.parseInt(index, 10), offset };
}

function leadingPort(scanner: Scanner): WrittenPort | undefined {
  const found = port(scanner);
  return found && scanner.take(SPACES) ? found : undefined;
}

function trailingPort(scanner: Scanner): WrittenPort | undefined {
  return scanner.take(SPACES) ? port(scanner) : undefined;
}
