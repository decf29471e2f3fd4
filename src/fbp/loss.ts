import { LAST_INDEX } from '../model/limits.ts';
import { excerpt } from '../model/words.ts';
import { index, keyword } from './mistake.ts';
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
    const name = node.node.name ?? 'NODE';
    const sentence = `nothing follows ${port}, so it is left out; write ${port} -> IN NODE, or end the line after ${name}`;
    return [{ offset: statement.start, sentence }];
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
  if (/^(?:DEFAULT_)?(?:IN|OUT|EX)PORT /i.test(said)) return { offset, sentence: keyword(said) };
  // What was meant as an index is read as a JSON array that begins the next statement.
  const array = /^\[[^\]\s]*\]?/.exec(text.slice(end))?.[0];
  if (array) return { offset: end, sentence: index(excerpt(array)) };
  if (goesOn) return { offset, sentence: `expected "->", a comma or the end of the line before "${said}"` };
  if (run.length > 1) return { offset, sentence: `"->" is missing in "${said}"; write NODE OUT -> IN NODE` };
  return { offset, sentence: alone(said) };
}

function alone(said: string): string {
  const name = said.replace(/ +/, '_');
  if (name === said) return `"${said}" alone does nothing; write ${said}(COMPONENT) to declare the node`;
  if (!said.includes('(')) return `expected "->" and a port after "${said}"`;
  return `nothing leads into "${said}"; drop its port, or write ${name} if that is its name`;
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
    const sentence = `a node's name has no spaces: "${said}"; write ${said.replace(/ +/, '_')}, or put a comma between`;
    return [{ offset: end.node.offset, sentence }];
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
    const sentence = `nothing leads into "${name}" here; drop it, or write a name of two words with "_" between them`;
    return [{ offset: first.start, sentence }];
  });
}

/** What a chain sends to where nothing takes it in. */
function lostSenders(text: string, pieces: readonly Piece[]): OffsetFault[] {
  const mistakes: OffsetFault[] = [];
  pieces.forEach((piece, at) => {
    const next = pieces[at + 1];
    if (next?.kind === 'packet') {
      mistakes.push({ offset: next.start, sentence: 'nothing can lead into an initial packet; begin a line with it' });
    } else if (next?.kind === 'outport') {
      const lost = excerpt(text.slice(piece.start, piece.end));
      const said = excerpt(text.slice(next.start, next.end));
      const sentence = `"${lost} ->" is lost: between two arrows stand a port, a node and a port, not "${said}"`;
      mistakes.push({ offset: next.start, sentence });
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
  const cure = name === 'null' ? 'leave it out, as no packet is null' : `write '${name}'`;
  return [{ offset, sentence: `${name} is read as a node's name, not as an initial packet; ${cure}` }];
}

/** Indexes above those that editors take; very large ones are no whole numbers any more. */
function largeIndexes(piece: Piece): OffsetFault[] {
  if (piece.kind === 'packet') return [];
  return [piece.inport, piece.outport].flatMap(port =>
    port?.index !== undefined && port.index > LAST_INDEX
      ? [
          {
            offset: port.offset,
            sentence: `${port.name.toUpperCase()} has too large an index; the last is ${LAST_INDEX}`,
          },
        ]
      : [],
  );
}
