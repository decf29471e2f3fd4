import { type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { type Diagnostic, type DiagnosticCode, diagnostic, type Params } from '../model/diagnostic.ts';
import { LAST_INDEX } from '../model/limits.ts';
import { excerpt } from '../model/words.ts';
import { faultAt, MAX_FAULTS, type OffsetFault } from './place.ts';
import {
  bracketEnd,
  isBracket,
  isInert,
  isTooDeep,
  lineEnd,
  type NodePiece,
  type Piece,
  quoteEnd,
  type Statement,
  type StatementOf,
  type SyntaxTree,
} from './tree.ts';

type Region = StatementOf<'error'>;

const COMPONENT = /\(([^()]*)\)/dg;
const GOOD_COMPONENT = /^[\w/-]*(?::[\w/=,]+)?$/;

/** Common misspellings of an arrow; hyphens and "=" also occur in names and metadata. */
const NO_ARROW = new RegExp(
  '(?<!A)(- +>|(?!->(?!A)|[-=]+(?!A))A+|(?<=\\s)-+(?=\\s))'.replaceAll('A', '[-=<>~—–→⇒»]'),
  'd',
);

/**
 * Common mistakes, searched in a region with packets, components and comments blanked: a pattern whose first group is
 * the mistake, and its sentence. Each takes time linear in the region's length.
 */
const USUAL: readonly (readonly [pattern: RegExp, say: (text: string) => Diagnostic])[] = [
  [/(\t)/d, () => diagnostic('tab')],
  [/([\u00a0\u200b\u2007\u202f\ufeff])/d, invisible],
  [/^((?:DEFAULT_)?(?:IN|OUT|EX)PORT\b.*)/di, outerPortMistake],
  [/^(?=[^']*')[^']*?¤([^\s¤,>-][^']*')/d, () => diagnostic('quote-in-packet')],
  [/('.*)/d, saying('open-quote')],
  [/(".*)/d, saying('open-quote')],
  [NO_ARROW, saying('no-arrow')],
  [/((?<![\w-])[\w-]*\([^()\s]*)(?=[\s(]|$)(?![^()]*\))/d, saying('bracket-after')],
  [/(?:^|[\s,])([\w/:-]+\))/d, saying('bracket-before')],
  [/^(->)/d, () => diagnostic('nothing-before-arrow')],
  [/->( *)->/d, () => diagnostic('nothing-between-arrows')],
  [/(?:^|[\s,])([A-Za-z_][\w-]*(?:\/[\w/.-]*)+)/d, nodeName],
  [/(?:^|-> *(?:[\w.]+(?:\[\d+\])? +)?)([A-Za-z_][\w-]*\.[\w.-]*)(?= *(?:->|,|\(|¤|$)| +\w+ *->)/d, nodeName],
  [/(?:^|-> *(?:[\w.]+(?:\[\d+\])? +)?)(\d[\w-]*[A-Za-z_][\w-]*)/d, saying('node-name-begin')],
  [/\w(\[(?!\d+\])[^\]\s]*\]?)/d, saying('index-form')],
  [/^[\w-]+¤* +([\w.]*-[\w.-]*) *->/d, saying('port-name')],
  [/-> *([A-Za-z_]\w*) +(?:$|,)/d, saying('port-or-node')],
  [/^([A-Za-z_]\w*) +(?:$|,)/d, saying('node-alone')],
  [/^(¤+|-?\d[\d.eE+-]*|[[{].*[\]}]) *(?!->|[ ¤\d])/ds, saying('arrow-after-packet')],
];

/** Codes whose sentence only has a text as parameter. */
type TextCode = { [Code in DiagnosticCode]: [{ text: string }] extends Params<Code> ? Code : never }[DiagnosticCode];

function saying(code: TextCode): (text: string) => Diagnostic {
  return text => diagnostic(code, { text });
}

function nodeName(text: string): Diagnostic {
  return diagnostic('node-name', { text, better: text.replaceAll(/[/.]/g, '_') });
}

function invisible(text: string): Diagnostic {
  const character = `U+${text.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  return diagnostic('invisible-character', { character });
}

/** The first mistake of each unreadable part of a text. */
export function mistakes({ text, statements }: SyntaxTree): OffsetFault[] {
  const regions = statements.filter(statement => statement.kind === 'error');
  return regions.slice(0, MAX_FAULTS + 1).map(region => mistakeIn(text, region));
}

function mistakeIn(text: string, region: Region): OffsetFault {
  const { begin, stuck, farthest, end } = region;
  if (/^ *$/.test(text.slice(stuck, end))) return faultAt(stuck, 'spaces-at-end');
  if (isTooDeep(text, stuck)) return faultAt(stuck, 'packet-too-deep');
  if (isTooDeep(text, farthest)) return faultAt(begin, 'nests-too-deep');
  return (
    openQuote(text, region) ??
    badJson(text, region) ??
    badComponent(text, region) ??
    gluedArrow(text, region) ??
    usual(text, begin, end) ??
    danglingArrow(text, region) ??
    unknown(text, Math.min(Math.max(farthest, stuck), end), region)
  );
}

function openQuote(text: string, { stuck, end }: Region): OffsetFault | undefined {
  if (text[stuck] !== "'") return;
  const close = quoteEnd(text, stuck);
  if (close !== undefined && close <= end && !text.slice(stuck, close).includes('->')) return;
  return faultAt(stuck, 'open-quote', { text: excerpt(text.slice(stuck, lineEnd(text, stuck)).trimEnd()) });
}

/** The first error within a packet in brackets. */
function badJson(text: string, { begin, stuck, end }: Region): OffsetFault | undefined {
  if (begin < stuck || !isBracket(text[stuck])) return;
  const json = text.slice(stuck, bracketEnd(text, stuck) ?? end);
  const errors: ParseError[] = [];
  parseTree(json, errors, { disallowComments: true });
  const [error] = errors;
  if (!error) return;
  // Without its closing bracket the packet's end is unknown, so the text after the arrow is not part of it.
  const arrow = json.indexOf('->');
  const open = arrow !== -1 && error.offset >= arrow;
  return open ? faultAt(stuck, 'open-packet') : jsonMistake(error, stuck);
}

/** A jsonc-parser error in a text that begins at `start`. */
export function jsonMistake({ error, offset }: ParseError, start = 0): OffsetFault {
  return faultAt(start + offset, 'json-syntax', { error: printParseErrorCode(error) });
}

/** A mistake in the brackets after a node's name. */
function badComponent(text: string, { begin, end }: Region): OffsetFault | undefined {
  for (const found of bareOf(text.slice(begin, end)).matchAll(COMPONENT)) {
    const start = begin + found.index + 1;
    const content = text.slice(start, start + (found[1] ?? '').length);
    if (GOOD_COMPONENT.test(content) || content.includes('\t')) continue;
    const [component = '', metadata = ''] = content.split(/:(.*)/s);
    if (!/^[\w/-]*$/.test(component)) {
      return faultAt(start, 'component-name', { text: excerpt(component) });
    }
    return { offset: start + component.length, ...metadataMistake(metadata) };
  }
}

function metadataMistake(metadata: string): Diagnostic {
  const position = metadata.split(',').find(item => /^\w+=[-+]?\d*(?:\.\d*)?$/.test(item) && /[-+.]/.test(item));
  if (position) return diagnostic('metadata-position', { text: excerpt(position) });
  return diagnostic('metadata-form', { text: excerpt(metadata) });
}

function gluedArrow(text: string, { farthest, begin }: Region): OffsetFault | undefined {
  if (text.slice(farthest - 1, farthest + 1) !== '->') return;
  const name = /(?<![\w-])[\d-]*([A-Za-z_][\w-]*)$/.exec(text.slice(begin, farthest - 1))?.[1];
  if (name) return faultAt(farthest - 1, 'arrow-in-name', { text: excerpt(name) });
}

function usual(text: string, begin: number, end: number): OffsetFault | undefined {
  const bare = bareOf(text.slice(begin, end)).replace(COMPONENT, (whole, content) =>
    content.includes('\t') ? whole : BLANK.repeat(whole.length),
  );
  for (const [pattern, say] of USUAL) {
    const [from, to] = pattern.exec(bare)?.indices?.[1] ?? [];
    if (from === undefined || to === undefined) continue;
    return { offset: begin + from, ...say(excerpt(text.slice(begin + from, begin + to).replace(/(?<! ) +$/, ''))) };
  }
}

function danglingArrow(text: string, { begin, end }: Region): OffsetFault | undefined {
  const said = /^(.*->) *(?:[,#].*)?$/s.exec(text.slice(begin, end))?.[1];
  if (said) return faultAt(begin + said.length - 2, 'nothing-after-arrow', { text: excerpt(said) });
}

function unknown(text: string, offset: number, { begin, end }: Region): OffsetFault {
  const rest = text.slice(offset, end).trim() || text.slice(begin, end).trim();
  return faultAt(offset, 'unreadable', { text: excerpt(rest) });
}

/** The mistake in a line that begins with INPORT or the like. */
function outerPortMistake(text: string): Diagnostic {
  if (/^(?:DEFAULT_)?EX/i.test(text))
    return diagnostic('outer-port-form', { text, form: 'INPORT=NODE.PORT:NAME or OUTPORT=NODE.PORT:NAME' });
  const direction = /^(?:DEFAULT_)?OUT/i.test(text) ? 'OUTPORT' : 'INPORT';
  if (/^DEFAULT/i.test(text)) return diagnostic('default-port-form', { text, form: `DEFAULT_${direction}=PORT` });
  return diagnostic('outer-port-form', { text, form: `${direction}=NODE.PORT:NAME` });
}

/** Replaces each blanked character. */
const BLANK = '¤';

/** A backslash before a quote prevents it from closing its packet. */
const QUOTED = /'(?:[^']|(?<=\\)')*('?)|"(?:\\.|[^"\\\n])*("?)/g;

/** A part of the text with quoted packets blanked and without its comment; offsets stay the same. Takes linear time. */
function bareOf(text: string): string {
  const blank = (quoted: string, single?: string, double?: string) =>
    single || double ? BLANK.repeat(quoted.length) : quoted;
  return text.replace(QUOTED, blank).replace(/#.*/, '');
}

/** Limit of a chain's length, since the package `fbp` takes quadratic time. */
export const LONGEST_CHAIN = 500;

type Chain = StatementOf<'chain'>;

/** The statement before another on its line, with only spaces between them. */
function beforeIt(statements: readonly Statement[], at: number): Chain | undefined {
  const before = statements[at - 1];
  return before?.kind === 'chain' && !before.closed ? before : undefined;
}

/** A dangling port at the end of a chain, as in `a OUT -> IN b OUT`, which the package `fbp` ignores as well. */
export function leftOver({ text, statements }: SyntaxTree): OffsetFault[] {
  return statements.flatMap((statement, at) => {
    const before = beforeIt(statements, at);
    if (!before || !isLeftOver(statements, at)) return [];
    const { node } = before.pieces.at(-1) as NodePiece;
    const port = text.slice(statement.start, statement.end);
    return faultAt(statement.start, 'port-left-out', { port, node: node.name ?? 'NODE' });
  });
}

function isLeftOver(statements: readonly Statement[], at: number): boolean {
  const before = beforeIt(statements, at);
  const statement = statements[at];
  if (!before || isInert(before) || statement?.kind !== 'chain' || !statement.closed || !isInert(statement))
    return false;
  const [only] = statement.pieces;
  return only?.kind === 'inport' && !only.inport && /^[A-Z][A-Z0-9_]*$/.test(only.node.name ?? '');
}

/** Parts of a text that the grammar accepts, but that have no effect on the graph. */
export function losses({ text, statements }: SyntaxTree): OffsetFault[] {
  const declared = new Set(statements.flatMap(told => (told.kind === 'chain' ? told.pieces.flatMap(declaredIn) : [])));
  return statements.flatMap((chain, at) => {
    if (chain.kind !== 'chain') return [];
    const before = beforeIt(statements, at);
    const long = chain.pieces.length > LONGEST_CHAIN;
    return [
      ...(isInert(chain) && !isLeftOver(statements, at) ? inertRun(text, statements, at) : []),
      ...(before && !isInert(before) ? spacedName(text, before, chain) : []),
      ...(before && isInert(before) ? [] : lostInport(text, chain)),
      ...(long ? [faultAt(chain.start, 'chain-too-long', { most: LONGEST_CHAIN })] : []),
      ...chain.pieces.slice(1).flatMap((piece, index) => lostSender(text, chain.pieces[index]!, piece)),
      ...wordAsNode(chain, declared),
      ...chain.pieces.flatMap(largeIndexes),
    ];
  });
}

function declaredIn(piece: Piece): string[] {
  return piece.kind !== 'packet' && piece.node.component !== undefined && piece.node.name ? [piece.node.name] : [];
}

/** Statements on one line without effect, reported together at the first; usually an arrow is missing between them. */
function inertRun(text: string, statements: readonly Statement[], at: number): OffsetFault[] {
  const before = beforeIt(statements, at);
  if (before && isInert(before)) return [];
  let last = at;
  while (!statements[last]!.closed && statements[last + 1] && isInert(statements[last + 1]!)) last += 1;
  const { start } = statements[at]!;
  const { end } = statements[last]!;
  const said = excerpt(text.slice(start, end));
  if (/^(?:DEFAULT_)?(?:IN|OUT|EX)PORT /i.test(said)) return [{ offset: start, ...outerPortMistake(said) }];
  // An intended index is parsed as a JSON array that begins the next statement.
  const array = /^\[[^\]\s]*\]?/.exec(text.slice(end, end + 100))?.[0];
  if (array) return [faultAt(end, 'index-form', { text: excerpt(array) })];
  if (before) return [faultAt(start, 'arrow-before', { text: said })];
  if (last > at) return [faultAt(start, 'arrow-within', { text: said })];
  const name = said.replace(/ +/, '_');
  if (name === said) return [faultAt(start, 'node-alone', { text: said })];
  if (!said.includes('(')) return [faultAt(start, 'arrow-after', { text: said })];
  return [faultAt(start, 'port-alone', { text: said, name })];
}

/** `IN my node(Component)`, which the grammar parses as `IN my` and a declaration. */
function spacedName(text: string, before: Chain, chain: Chain): OffsetFault[] {
  const last = before.pieces.at(-1) as NodePiece;
  if (chain.pieces.length > 1 || isInert(chain) || last.node.component !== undefined) return [];
  const said = excerpt(text.slice(last.node.start, chain.end));
  return [faultAt(last.node.start, 'node-name-space', { text: said, better: said.replace(/ +/, '_') })];
}

/** `IN node OUT -> …`, without an edge into IN. */
function lostInport(text: string, { pieces: [first, next] }: Chain): OffsetFault[] {
  if (!next || first?.kind !== 'bridge' || !first.inport) return [];
  const said = excerpt(text.slice(first.start, first.node.start).trimEnd());
  return [faultAt(first.start, 'port-in-vain', { text: said })];
}

/** An outport whose target has no inport. */
function lostSender(text: string, piece: Piece, next: Piece): OffsetFault[] {
  if (next.kind === 'packet') return [faultAt(next.start, 'into-packet')];
  if (next.kind !== 'outport') return [];
  const [lost, said] = [piece, next].map(({ start, end }) => excerpt(text.slice(start, end)));
  return [faultAt(next.start, 'sender-lost', { text: said!, lost: lost! })];
}

/** A packet that the grammar parses as a node. */
function wordAsNode({ pieces: [first, next] }: Chain, declared: ReadonlySet<string>): OffsetFault[] {
  if (!next || first?.kind !== 'outport' || first.outport) return [];
  const { name = '', start } = first.node;
  const isWord = ['true', 'false', 'null'].includes(name) && !declared.has(name);
  return isWord ? [faultAt(start, 'word-as-node', { text: name })] : [];
}

/** Indexes above the limit of editors; very large ones are no exact integers. */
function largeIndexes(piece: Piece): OffsetFault[] {
  if (piece.kind === 'packet') return [];
  return [piece.inport, piece.outport].flatMap(port =>
    (port?.index ?? 0) > LAST_INDEX ? [faultAt(port!.start, 'index-too-large', { port: port!.name })] : [],
  );
}
