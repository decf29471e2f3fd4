import { WIDTH } from './print-text.ts';
import type { Statement } from './statement.ts';

/** A change of a text: what stands from `start` to `end` gives way. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const LINE_END = /\r\n|[\n\r\u2028\u2029]/;

/** The lines of a text as its statements share them: taking statements out, and putting lines in between. */
export class Rows {
  /** The text, with an end to its last line. */
  readonly text: string;
  readonly eol: string;
  readonly #rows: Statement[][];
  readonly #rowOf = new Map<Statement, Statement[]>();
  readonly #lines = new Map<number, string[]>();

  constructor(text: string, statements: readonly Statement[]) {
    this.eol = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
    this.text = text === '' || LINE_END.test(text.at(-1) ?? '') ? text : text + this.eol;
    this.#rows = [];
    for (const statement of statements) {
      const before = this.#rows.at(-1)?.at(-1);
      if (before && !LINE_END.test(text.slice(endOf(before), statement.start))) this.#rows.at(-1)?.push(statement);
      else this.#rows.push([statement]);
      this.#rowOf.set(statement, this.#rows.at(-1) as Statement[]);
    }
  }

  /** Where a line can be put in after a statement; at the end of the text without one. */
  after(statement: Statement | undefined): number {
    const last = statement && this.#rowOf.get(statement)?.at(-1);
    return last ? this.#lineEnd(endOf(last)) : this.text.length;
  }

  /** Where a paragraph can be put in before a statement: after the text's first comment, if an empty line follows it. */
  top(statement: Statement | undefined): number {
    const head = this.text.slice(0, statement && this.#lineStart(statement.start));
    const gap = /(?:\r\n|[\n\r\u2028\u2029]) *(?:\r\n|[\n\r\u2028\u2029])/.exec(head);
    return gap ? gap.index + gap[0].length : 0;
  }

  put(at: number, ...lines: string[]): void {
    this.#lines.set(at, [...(this.#lines.get(at) ?? []), ...lines]);
  }

  /** Goes on with the last line that was put in at a place; whether it is not too long for that. */
  extend(at: number, more: string): boolean {
    const lines = this.#lines.get(at) ?? [];
    const line = lines.at(-1) + more;
    const fits = line.length <= WIDTH;
    if (fits) lines[lines.length - 1] = line;
    return fits;
  }

  /** Spaces before a statement that begins its line. */
  indent(statement: Statement): string {
    return /^ *$/.exec(this.text.slice(this.#lineStart(statement.start), statement.start))?.[0] ?? '';
  }

  /** The edits that put the lines in and take statements out: together with their line where nothing else stands there. */
  edits(removed: ReadonlySet<Statement>): Edit[] {
    const put = [...this.#lines].map(([at, lines]) => ({
      start: at,
      end: at,
      text: lines.map(line => line + this.eol).join(''),
    }));
    return [...put, ...this.#rows.flatMap(row => this.#without(row, removed))];
  }

  #without(row: readonly Statement[], removed: ReadonlySet<Statement>): Edit[] {
    const last = row.findLast(statement => !removed.has(statement));
    const [first] = row;
    const end = row.at(-1);
    if (!first || !end) return [];
    if (!last) return [{ start: this.#lineStart(first.start), end: this.#lineEnd(endOf(end)), text: '' }];
    const before = row.slice(0, row.indexOf(last)).flatMap((statement, at) => {
      const next = row[at + 1];
      return next && removed.has(statement) ? [{ start: statement.start, end: next.start, text: '' }] : [];
    });
    return last === end ? before : [...before, { start: endOf(last), end: endOf(end), text: '' }];
  }

  #lineStart(at: number): number {
    let start = at;
    while (start > 0 && !LINE_END.test(this.text[start - 1] ?? '')) start -= 1;
    return start;
  }

  #lineEnd(at: number): number {
    const found = LINE_END.exec(this.text.slice(at));
    return found ? at + found.index + found[0].length : this.text.length;
  }
}

/** A text with changes that don't overlap; what is put in at the start of another change comes first. */
export function withEdits(text: string, edits: readonly Edit[]): string {
  const sorted = edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let at = 0;
  let made = '';
  for (const edit of sorted) {
    made += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return made + text.slice(at);
}

/** Without the line end that an annotation has within it. */
function endOf({ kind, end }: Statement): number {
  return kind === 'annotation' ? end - 1 : end;
}
