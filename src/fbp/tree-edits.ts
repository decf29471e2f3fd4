import { isLineEnd, type Statement, type SyntaxTree } from './tree.ts';

/** Characters that a chain doesn't go beyond. */
export const LINE_WIDTH = 120;

/** What becomes of a tree: statements that say something else or go, and lines that come in below its rows. */
export class TreeEdits {
  readonly eol: string;
  readonly #tree: SyntaxTree;
  readonly #inRows: ReadonlyMap<number, readonly Statement[]>;
  readonly #said = new Map<Statement, string | undefined>();
  readonly #below = new Map<number, string[]>();
  readonly #gaps = new Set<number>();

  constructor(tree: SyntaxTree) {
    this.eol = /\r\n|\n|\r/.exec(tree.text)?.[0] ?? '\n';
    this.#tree = tree;
    this.#inRows = Map.groupBy(tree.statements, ({ row }) => row);
  }

  /** Replaces a statement's text; without a text it goes, and so does its row where nothing else is in it. */
  say(statement: Statement, text: string | undefined): void {
    this.#said.set(statement, text);
  }

  /** Puts lines in below a row; on top of the text below row -1. */
  put(row: number, ...lines: string[]): void {
    if (lines.length === 0) return;
    const there = this.#below.get(row);
    const gap = this.#gaps.delete(row) && there ? [''] : [];
    if (there) there.push(...gap, ...lines);
    else this.#below.set(row, lines);
  }

  /** Lets an empty line stand between the lines that are put in below a row and those that come. */
  gap(row: number): void {
    this.#gaps.add(row);
  }

  /** Goes on with the last line that was put in below a row; whether it is not too long for that. */
  extend(row: number, more: string): boolean {
    const lines = this.#below.get(row) ?? [];
    const line = lines.at(-1) + more;
    if (line.length > LINE_WIDTH) return false;
    lines[lines.length - 1] = line;
    return true;
  }

  /** The text that the tree has then. */
  print(): string {
    const { text, rows } = this.#tree;
    const isOpen = text !== '' && !isLineEnd(text.at(-1));
    const made = [-1, ...rows.keys()].map(row => this.#row(row) + this.#linesBelow(row)).join('');
    return isOpen && made.endsWith(this.eol) ? made.slice(0, -this.eol.length) : made;
  }

  #linesBelow(row: number): string {
    const lines = (this.#below.get(row) ?? []).map(line => line + this.eol);
    const { text, rows } = this.#tree;
    const isOpen = row === rows.length - 1 && lines.length > 0 && text !== '' && !isLineEnd(text.at(-1));
    return (isOpen ? this.eol : '') + lines.join('');
  }

  #row(row: number): string {
    const { text, rows } = this.#tree;
    if (row === -1) return '';
    const [start, end] = [rows[row]!, rows[row + 1] ?? text.length];
    const statements = this.#inRows.get(row);
    if (!statements?.some(statement => this.#said.has(statement))) return text.slice(start, end);
    const parts = statements.flatMap((statement, at) => {
      const said = this.#said.has(statement) ? this.#said.get(statement) : text.slice(statement.start, statement.end);
      return said === undefined ? [] : [{ said, gap: text.slice(statement.end, statements[at + 1]?.start) }];
    });
    if (parts.length === 0) return '';
    const lead = text.slice(start, statements[0]!.start);
    const tail = text.slice(statements.at(-1)!.end, end);
    return lead + parts.map(({ said, gap }, at) => said + (at < parts.length - 1 ? gap : '')).join('') + tail;
  }
}
