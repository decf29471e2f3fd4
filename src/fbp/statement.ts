import { bracketEnd, Cursor, quoteEnd } from './cursor.ts';

/** A port as it is written, its name in lower case. */
export interface Port {
  readonly name: string;
  readonly index: number | undefined;
  readonly offset: number;
}

/** A node as it is written; without a name it is anonymous, without a component only mentioned. */
export interface Mention {
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
        readonly node: Mention;
        readonly inport: Port | undefined;
        readonly outport: Port | undefined;
      }
  );

/** One thing that a text says; `closed` where a comma, a comment or the end of a line follows. */
export type Statement = Told & Span & { readonly closed: boolean };

/** INPORT or OUTPORT. */
export type Way = 'IN' | 'OUT';

type Told =
  | { readonly kind: 'chain'; readonly pieces: readonly Piece[] }
  | { readonly kind: 'outer'; readonly way: Way; readonly node: Mention; readonly port: Port; readonly name: string }
  | { readonly kind: 'default'; readonly way: Way; readonly name: string }
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
  const cursor = new Cursor(text, from);
  const statements: Statement[] = [];
  while (cursor.at < text.length) {
    const told = annotation(cursor) ?? (cursor.take(NOTHING) ? 'nothing' : statement(cursor));
    if (!told) return { statements, stuck: cursor.at };
    if (told !== 'nothing') statements.push(told);
  }
  return { statements, stuck: undefined };
}

function annotation(cursor: Cursor): Statement | undefined {
  const start = cursor.at;
  const found = cursor.take(ANNOTATION);
  if (!found) return;
  const [, key = '', value = ''] = found;
  return { kind: 'annotation', key, value, start, end: cursor.at, closed: true };
}

function statement(cursor: Cursor): Statement | undefined {
  cursor.take(PADDING);
  const start = cursor.at;
  const told = cursor.attempt(outer) ?? cursor.attempt(defaultPort) ?? cursor.attempt(chain);
  if (!told) return;
  const end = cursor.at;
  const closing = cursor.take(END)?.[0] ?? '';
  const closed = /[^ ]/.test(closing) || cursor.at === cursor.text.length;
  return { ...told, start, end, closed };
}

function outer(cursor: Cursor): Told | undefined {
  const way = cursor.take(EXPORT)?.[1] as Way | undefined;
  const inner = way && node(cursor);
  const port = inner && cursor.take(DOT) && plainPort(cursor);
  const name = port && cursor.take(COLON) && cursor.take(NAME)?.[0].toLowerCase();
  if (name) return { kind: 'outer', way, node: inner, port, name };
}

function defaultPort(cursor: Cursor): Told | undefined {
  const way = cursor.take(DEFAULT)?.[1] as Way | undefined;
  const name = way && cursor.take(NAME)?.[0].toLowerCase();
  if (name) return { kind: 'default', way, name };
}

function chain(cursor: Cursor): Told | undefined {
  const pieces: Piece[] = [];
  for (let next = cursor.attempt(sender); next; next = cursor.attempt(sender)) pieces.push(next);
  // Where nothing can be read behind an arrow, the grammar ends the chain before it and goes on with a new statement.
  for (;;) {
    const last = cursor.attempt(inport);
    if (last) return { kind: 'chain', pieces: [...pieces, last] };
    const dropped = pieces.pop();
    if (!dropped) return;
    cursor.at = dropped.start;
  }
}

function sender(cursor: Cursor): Piece | undefined {
  const piece = cursor.attempt(bridge) ?? cursor.attempt(inlineBridge) ?? cursor.attempt(outport) ?? packet(cursor);
  return piece && cursor.take(ARROW) ? piece : undefined;
}

function bridge(cursor: Cursor): Piece | undefined {
  const start = cursor.at;
  const inlet = cursor.attempt(leadingPort);
  const inner = inlet && node(cursor);
  const outlet = inner && trailingPort(cursor);
  if (outlet) return { kind: 'bridge', node: inner, inport: inlet, outport: outlet, start, end: cursor.at };
}

function inlineBridge(cursor: Cursor): Piece | undefined {
  const start = cursor.at;
  const inlet = cursor.attempt(leadingPort);
  const inner = node(cursor);
  if (inner?.component === undefined) return;
  const outlet = cursor.attempt(trailingPort);
  return { kind: 'bridge', node: inner, inport: inlet, outport: outlet, start, end: cursor.at };
}

function outport(cursor: Cursor): Piece | undefined {
  const start = cursor.at;
  const inner = node(cursor);
  if (!inner) return;
  const outlet = cursor.attempt(trailingPort);
  return { kind: 'outport', node: inner, inport: undefined, outport: outlet, start, end: cursor.at };
}

function inport(cursor: Cursor): Piece | undefined {
  const start = cursor.at;
  const inlet = cursor.attempt(leadingPort);
  const inner = node(cursor);
  if (inner) return { kind: 'inport', node: inner, inport: inlet, outport: undefined, start, end: cursor.at };
}

function packet(cursor: Cursor): Piece | undefined {
  if (cursor.text[cursor.at] !== "'") return cursor.attempt(jsonPacket);
  const start = cursor.at;
  const end = quoteEnd(cursor.text, start);
  if (end === undefined) return;
  cursor.at = end;
  return { kind: 'packet', data: cursor.text.slice(start + 1, end - 1).replaceAll("\\'", "'"), start, end };
}

function jsonPacket(cursor: Cursor): Piece | undefined {
  cursor.take(WHITESPACE);
  const start = cursor.at;
  const opening = cursor.text[start];
  const nested = opening === '{' || opening === '[';
  const end = nested ? bracketEnd(cursor.text, start) : cursor.take(SCALAR) && cursor.at;
  if (end === undefined) return;
  try {
    const data: unknown = JSON.parse(cursor.text.slice(start, end));
    cursor.at = end;
    cursor.take(WHITESPACE);
    return { kind: 'packet', data, start, end };
  } catch {
    return;
  }
}

function node(cursor: Cursor): Mention | undefined {
  const offset = cursor.at;
  const found = cursor.take(NODE);
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

function plainPort(cursor: Cursor): Port | undefined {
  const offset = cursor.at;
  const name = cursor.take(NAME)?.[0].toLowerCase();
  if (name) return { name, index: undefined, offset };
}

function port(cursor: Cursor): Port | undefined {
  const offset = cursor.at;
  const found = cursor.take(PORT);
  if (!found) return;
  const [, name = '', index] = found;
  return { name: name.toLowerCase(), index: index === undefined ? undefined : Number.parseInt(index, 10), offset };
}

function leadingPort(cursor: Cursor): Port | undefined {
  const found = port(cursor);
  return found && cursor.take(SPACES) ? found : undefined;
}

function trailingPort(cursor: Cursor): Port | undefined {
  return cursor.take(SPACES) ? port(cursor) : undefined;
}
