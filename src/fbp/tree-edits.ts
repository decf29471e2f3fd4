import { isLineEnd, type Statement, type SyntaxTree } from './tree.ts';

/** Characters that a chain doesn't go beyond. */
const LINE_WIDTH = 120;

/** What becomes of a tree: what its statements say now, and lines that come in below its rows. */
export class TreeEdits {
  readonly eol: string;
  readonly #tree: SyntaxTree;
  /** With an end to its last line. */
  readonly #text: string;
  readonly #said = new Map<Statement, string>();
  readonly #below = new Map<number, string[]>();
  readonly #gaps = new Set<number>();

  constructor(tree: SyntaxTree) {
    this.eol = /\r\n|\n|\r/.exec(tree.text)?.[0] ?? '\n';
    this.#tree = tree;
    this.#text = tree.text === '' || isLineEnd(tree.text.at(-1)) ? tree.text : tree.text + this.eol;
  }

  /** A statement that says nothing goes, and so does its row where nothing else is in it. */
  say(statement: Statement, text: string | undefined): void {
    if (text !== undefined) this.#said.set(statement, text);
  }

  /** Puts lines in below a row; on top of the text below row -1. */
  put(row: number, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const there = this.#below.get(row) ?? [];
    if (this.#gaps.delete(row) && there.length > 0) there.push('');
    for (const line of lines) there.push(line);
    this.#below.set(row, there);
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
    const inRows = Map.groupBy(this.#tree.statements, ({ row }) => row);
    const rows = this.#tree.rows.map((_, row) => this.#row(row, inRows.get(row) ?? []) + this.#lines(row));
    const made = this.#lines(-1) + rows.join('');
    const isLonger = this.#text !== this.#tree.text && made.endsWith(this.eol);
    return isLonger ? made.slice(0, -this.eol.length) : made;
  }

  #lines(row: number): string {
    return (this.#below.get(row) ?? []).map(line => line + this.eol).join('');
  }

  /** What stands between two statements is there as long as the first of them and one behind it are. */
  #row(row: number, statements: readonly Statement[]): string {
    const start = this.#tree.rows[row]!;
    const end = this.#tree.rows[row + 1] ?? this.#text.length;
    const [first] = statements;
    if (!first) return this.#text.slice(start, end);
    const last = statements.findLastIndex(statement => this.#said.has(statement));
    const parts = statements.slice(0, last + 1).map((statement, at) => {
      const said = this.#said.get(statement);
      const gap = at < last ? this.#text.slice(statement.end, statements[at + 1]!.start) : '';
      return said === undefined ? '' : said + gap;
    });
    if (last === -1) return '';
    return this.#text.slice(start, first.start) + parts.join('') + this.#text.slice(statements.at(-1)!.end, end);
  }
}
