import { type Diagnostic, diagnostic } from '../model/diagnostic.ts';
import { LAST_INDEX } from '../model/limits.ts';
import { excerpt } from '../model/words.ts';
import { keyword } from './mistake.ts';
import { MAX_FAULTS, type OffsetFault } from './place.ts';
import type { Piece, Statement } from './statement.ts';

/** Says whether a statement does nothing at all: the grammar takes `router OUT`, and a node's bare name, for one. */
export function isInert(statement: Statement): boolean {
  if (statement.kind !== 'chain') return false;
  const [only, next] = statement.pieces;
  if (!only || next || only.kind === 'packet') return false;
  return only.inport !== undefined || only.node.component === undefined;
}

/** A port at the end of a chain, as in `a OUT -> IN b OUT`, which leads nowhere: the package `fbp` leaves it out as well. */
export function leftOver(text: string, statements: readonly Statement[]): OffsetFault[] {
  return statements.flatMap((statement, at) => {
    if (!isLeftOver(statements, at)) return [];
    const port = text.slice(statement.start, statement.end);
    const node = (statements[at - 1] as Chain).pieces.at(-1) as Exclude<Piece, { kind: 'packet' }>;
    return [{ offset: statement.start, ...diagnostic('port-left-out', { port, node: node.node.name ?? 'NODE' }) }];
  });
}

type Chain = Extract<Statement, { kind: 'chain' }>;

function isLeftOver(statements: readonly Statement[], at: number): boolean {
  const [before, statement] = [statements[at - 1], statements[at]];
  if (before?.kind !== 'chain' || before.closed || isInert(before)) return false;
  if (statement?.kind !== 'chain' || !statement.closed || !isInert(statement)) return false;
  const [only] = statement.pieces;
  return only?.kind === 'inport' && !only.inport && /^[A-Z][A-Z0-9_]*$/.test(only.node.name ?? '');
}

/** Names what a text says in vain: the package `fbp` reads it without a word, but it is not in the graph. */
export function losses(text: string, statements: readonly Statement[]): OffsetFault[] {
  const chains = statements.filter(statement => statement.kind === 'chain');
  const declared = new Set(chains.flatMap(({ pieces }) => pieces.flatMap(declaredIn)));
  return [
    ...inertRuns(text, statements),
    ...spacedNames(text, statements),
    ...lostInports(text, statements),
    ...chains.flatMap(({ pieces }) => [
      ...lostSenders(text, pieces),
      ...words(pieces, declared),
      ...pieces.flatMap(largeIndexes),
    ]),
  ];
}

function declaredIn(piece: Piece): string[] {
  return piece.kind !== 'packet' && piece.node.component !== undefined && piece.node.name ? [piece.node.name] : [];
}

/** Statements on one line that do nothing, told together: mostly an arrow is missing between them. */
function inertRuns(text: string, statements: readonly Statement[]): OffsetFault[] {
  const runs: { before: Statement | undefined; run: Statement[] }[] = [];
  statements.forEach((statement, at) => {
    if (!isInert(statement) || isLeftOver(statements, at)) return;
    const before = statements[at - 1];
    if (before && !before.closed && isInert(before)) runs.at(-1)?.run.push(statement);
    else runs.push({ before, run: [statement] });
  });
  // More are never told, and there may be one for each letter of the text.
  return runs
    .slice(0, MAX_FAULTS + 1)
    .map(({ before, run }) => inert(text, run, before !== undefined && !before.closed));
}

function inert(text: string, run: readonly Statement[], goesOn: boolean): OffsetFault {
  const offset = run[0]?.start ?? 0;
  const end = run.at(-1)?.end ?? offset;
  const said = excerpt(text.slice(offset, end));
  if (/^(?:DEFAULT_)?(?:IN|OUT|EX)PORT /i.test(said)) return { offset, ...keyword(said) };
  // What was meant as an index is read as a JSON array that begins the next statement.
  const array = /^\[[^\]\s]*\]?/.exec(text.slice(end))?.[0];
  if (array) return { offset: end, ...diagnostic('index-form', { text: excerpt(array) }) };
  if (goesOn) return { offset, ...diagnostic('arrow-before', { text: said }) };
  if (run.length > 1) return { offset, ...diagnostic('arrow-within', { text: said }) };
  return { offset, ...alone(said) };
}

function alone(text: string): Diagnostic {
  const name = text.replace(/ +/, '_');
  if (name === text) return diagnostic('node-alone', { text });
  return text.includes('(') ? diagnostic('port-alone', { text, name }) : diagnostic('arrow-after', { text });
}

/** `IN my node(Component)`, which the grammar splits into `IN my` and a declaration. */
function spacedNames(text: string, statements: readonly Statement[]): OffsetFault[] {
  return statements.flatMap((statement, at) => {
    const before = statements[at - 1];
    if (before?.kind !== 'chain' || before.closed || isInert(before) || statement.kind !== 'chain') return [];
    const [only, next] = statement.pieces;
    const end = before.pieces.at(-1);
    if (!only || next || isInert(statement) || end?.kind !== 'inport' || end.node.component !== undefined) return [];
    const said = excerpt(text.slice(end.node.offset, statement.end));
    const better = said.replace(/ +/, '_');
    return [{ offset: end.node.offset, ...diagnostic('node-name-space', { text: said, better }) }];
  });
}

/** `IN node OUT -> …`, where no edge goes through IN. */
function lostInports(text: string, statements: readonly Statement[]): OffsetFault[] {
  return statements.flatMap((statement, at) => {
    const before = statements[at - 1];
    if (statement.kind !== 'chain' || (before && !before.closed && isInert(before))) return [];
    const [first, next] = statement.pieces;
    if (!next || first?.kind !== 'bridge' || !first.inport) return [];
    const name = excerpt(text.slice(first.inport.offset, first.node.offset).trimEnd());
    return [{ offset: first.start, ...diagnostic('port-in-vain', { text: name }) }];
  });
}

/** What a chain sends to where nothing takes it in. */
function lostSenders(text: string, pieces: readonly Piece[]): OffsetFault[] {
  const mistakes: OffsetFault[] = [];
  pieces.forEach((piece, at) => {
    const next = pieces[at + 1];
    if (next?.kind === 'packet') {
      mistakes.push({ offset: next.start, ...diagnostic('into-packet') });
    } else if (next?.kind === 'outport') {
      const lost = excerpt(text.slice(piece.start, piece.end));
      const said = excerpt(text.slice(next.start, next.end));
      mistakes.push({ offset: next.start, ...diagnostic('sender-lost', { text: said, lost }) });
    }
  });
  return mistakes;
}

/** Packets that the grammar takes for nodes. */
function words(pieces: readonly Piece[], declared: ReadonlySet<string>): OffsetFault[] {
  const [first] = pieces;
  if (pieces.length < 2 || first?.kind !== 'outport' || first.outport) return [];
  const { name, offset } = first.node;
  if (!name || !['true', 'false', 'null'].includes(name) || declared.has(name)) return [];
  return [{ offset, ...diagnostic('word-as-node', { text: name }) }];
}

/** Indexes above those that editors take; very large ones are no whole numbers any more. */
function largeIndexes(piece: Piece): OffsetFault[] {
  if (piece.kind === 'packet') return [];
  return [piece.inport, piece.outport].flatMap(port =>
    port?.index !== undefined && port.index > LAST_INDEX
      ? [{ offset: port.offset, ...diagnostic('index-too-large', { port: port.name }) }]
      : [],
  );
}
