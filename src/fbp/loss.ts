import { LAST_INDEX } from '../model/limits.ts';
import { excerpt } from '../model/words.ts';
import { outerPortMistake } from './mistake.ts';
import { faultAt, type OffsetFault } from './place.ts';
import { isInert, type NodePiece, type Piece, type Statement, type StatementOf, type SyntaxTree } from './tree.ts';

/** The package `fbp` needs time for a chain that grows with the square of its length. */
export const LONGEST_CHAIN = 500;

type Chain = StatementOf<'chain'>;

/** What stands before a statement on its line, if nothing is between them but spaces. */
function beforeIt(statements: readonly Statement[], at: number): Chain | undefined {
  const before = statements[at - 1];
  return before?.kind === 'chain' && !before.closed ? before : undefined;
}

/** A port at the end of a chain, as in `a OUT -> IN b OUT`, which leads nowhere: the package `fbp` leaves it out as well. */
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

/** Names what a text says in vain: the grammar takes it, but it is not in the graph. */
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

/** Statements on one line that do nothing, told together at the first: mostly an arrow is missing between them. */
function inertRun(text: string, statements: readonly Statement[], at: number): OffsetFault[] {
  const before = beforeIt(statements, at);
  if (before && isInert(before)) return [];
  let last = at;
  while (!statements[last]!.closed && statements[last + 1] && isInert(statements[last + 1]!)) last += 1;
  const { start } = statements[at]!;
  const { end } = statements[last]!;
  const said = excerpt(text.slice(start, end));
  if (/^(?:DEFAULT_)?(?:IN|OUT|EX)PORT /i.test(said)) return [{ offset: start, ...outerPortMistake(said) }];
  // What was meant as an index is read as a JSON array that begins the next statement.
  const array = /^\[[^\]\s]*\]?/.exec(text.slice(end, end + 100))?.[0];
  if (array) return [faultAt(end, 'index-form', { text: excerpt(array) })];
  if (before) return [faultAt(start, 'arrow-before', { text: said })];
  if (last > at) return [faultAt(start, 'arrow-within', { text: said })];
  const name = said.replace(/ +/, '_');
  if (name === said) return [faultAt(start, 'node-alone', { text: said })];
  if (!said.includes('(')) return [faultAt(start, 'arrow-after', { text: said })];
  return [faultAt(start, 'port-alone', { text: said, name })];
}

/** `IN my node(Component)`, which the grammar splits into `IN my` and a declaration. */
function spacedName(text: string, before: Chain, chain: Chain): OffsetFault[] {
  const last = before.pieces.at(-1) as NodePiece;
  if (chain.pieces.length > 1 || isInert(chain) || last.node.component !== undefined) return [];
  const said = excerpt(text.slice(last.node.start, chain.end));
  return [faultAt(last.node.start, 'node-name-space', { text: said, better: said.replace(/ +/, '_') })];
}

/** `IN node OUT -> …`, where no edge goes through IN. */
function lostInport(text: string, { pieces: [first, next] }: Chain): OffsetFault[] {
  if (!next || first?.kind !== 'bridge' || !first.inport) return [];
  const said = excerpt(text.slice(first.start, first.node.start).trimEnd());
  return [faultAt(first.start, 'port-in-vain', { text: said })];
}

/** What is sent to where nothing takes it in. */
function lostSender(text: string, piece: Piece, next: Piece): OffsetFault[] {
  if (next.kind === 'packet') return [faultAt(next.start, 'into-packet')];
  if (next.kind !== 'outport') return [];
  const [lost, said] = [piece, next].map(({ start, end }) => excerpt(text.slice(start, end)));
  return [faultAt(next.start, 'sender-lost', { text: said!, lost: lost! })];
}

/** A packet that the grammar takes for a node. */
function wordAsNode({ pieces: [first, next] }: Chain, declared: ReadonlySet<string>): OffsetFault[] {
  if (!next || first?.kind !== 'outport' || first.outport) return [];
  const { name = '', start } = first.node;
  const isWord = ['true', 'false', 'null'].includes(name) && !declared.has(name);
  return isWord ? [faultAt(start, 'word-as-node', { text: name })] : [];
}

/** Indexes above those that editors take; very large ones are no whole numbers any more. */
function largeIndexes(piece: Piece): OffsetFault[] {
  if (piece.kind === 'packet') return [];
  return [piece.inport, piece.outport].flatMap(port =>
    (port?.index ?? 0) > LAST_INDEX ? [faultAt(port!.start, 'index-too-large', { port: port!.name })] : [],
  );
}
