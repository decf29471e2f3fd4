import { type Edge, equal, type Graph, type Node } from '../model/graph.ts';
import type { ChangePlan } from './print-plan.ts';
import { LINE_WIDTH } from './print-text.ts';
import type { NodeMention, Statement } from './statement.ts';
import { stemOf } from './text.ts';

/** A change of a text: what stands from `start` to `end` gives way. */
export interface TextEdit {
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
    const fits = line.length <= LINE_WIDTH;
    if (fits) lines[lines.length - 1] = line;
    return fits;
  }

  /** Spaces before a statement that begins its line. */
  indent(statement: Statement): string {
    return /^ *$/.exec(this.text.slice(this.#lineStart(statement.start), statement.start))?.[0] ?? '';
  }

  /** The edits that put the lines in and take statements out: together with their line where nothing else stands there. */
  edits(removed: ReadonlySet<Statement>): TextEdit[] {
    const put = [...this.#lines].map(([at, lines]) => ({
      start: at,
      end: at,
      text: lines.map(line => line + this.eol).join(''),
    }));
    return [...put, ...this.#rows.flatMap(row => this.#without(row, removed))];
  }

  #without(row: readonly Statement[], removed: ReadonlySet<Statement>): TextEdit[] {
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
export function withEdits(text: string, edits: readonly TextEdit[]): string {
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

/** A graph whose places are offsets, as its text has it; the same with its renamed nodes; what it becomes, and how. */
export interface Rewrite {
  readonly said: Graph;
  readonly renamed: Graph;
  readonly meant: Graph;
  readonly names: ReadonlyMap<string, string>;
  readonly plan: ChangePlan;
  /** By the edges of `renamed` in whose place they stand. */
  readonly detours: ReadonlyMap<Edge, readonly Edge[]>;
}

const WRITTEN_NODE = /([a-zA-Z_][\w-]*)?(?:\(([\w/-]*)(:[\w/=,]+)?\))?/y;

/** Changes how a text mentions nodes. Mentions are to be told in their order, as anonymous nodes are called by it. */
export class Rewording {
  readonly #text: string;
  readonly #names: ReadonlyMap<string, string>;
  /** What is declared at an offset. */
  readonly #declared = new Map<number, { readonly was: Node; readonly now: Node | undefined }>();
  /** The same by its words, `NAME(COMPONENT)`, for mentions that declare it again. */
  readonly #again = new Map<string, { readonly was: Node; readonly now: Node | undefined }>();
  readonly #gone: ReadonlySet<string>;
  readonly #stripped: ReadonlySet<string>;
  /** Stems of anonymous nodes' names whose count is another one from here on, so that they need their names. */
  readonly #shifted = new Set<string>();

  constructor(text: string, { said, renamed, meant, names, plan }: Rewrite) {
    this.#text = text;
    this.#names = names;
    const left = new Set(meant.nodes.map(({ name }) => name));
    this.#gone = new Set(renamed.nodes.map(({ name }) => name).filter(name => !left.has(name)));
    this.#stripped = new Set([...plan.nodes.kept].filter(([was, now]) => !holds(now, was)).map(([{ name }]) => name));
    renamed.nodes.forEach((node, at) => {
      const was = said.nodes[at] as Node;
      const declared = { was, now: plan.nodes.kept.get(node) };
      this.#declared.set(node.place.column, declared);
      this.#again.set(`${was.name}(${was.component})`, declared);
    });
  }

  /** Says whether a mention declares a node, or gives it metadata, that there is to be. */
  declares(mention: NodeMention): boolean {
    return mention.component !== undefined && !this.isGone(mention);
  }

  /** Says whether what a mention says of its node is to go. */
  isGone(mention: NodeMention): boolean {
    const declared = this.#declared.get(mention.offset);
    return declared ? declared.now === undefined : this.#gone.has(this.name(mention));
  }

  /** The name that a mentioned node has now. */
  name({ name, offset }: NodeMention): string {
    return this.#nowOf(name ?? this.#declared.get(offset)?.was.name ?? '');
  }

  /** Where a mention ends. */
  end({ offset }: NodeMention): number {
    return offset + this.#asWritten(offset)[0].length;
  }

  /** How a mention is to be written. */
  say(mention: NodeMention): string {
    const { name, component, offset } = mention;
    const [, , , metadata = ''] = this.#asWritten(offset);
    const declared = this.#declared.get(offset);
    const now = this.name(mention);
    if (component === undefined) return now;
    const meant = (declared ?? this.#again.get(`${name}(${component})`))?.now?.component ?? component;
    const parentheses = this.declares(mention) ? `(${meant}${this.#stripped.has(now) ? '' : metadata})` : '';
    if (name !== undefined) return now + parentheses;
    const stays =
      now === declared?.was.name && meant === component && parentheses !== '' && !this.#shifted.has(stemOf(component));
    if (stays) return parentheses;
    this.#shifted.add(stemOf(component));
    return now + parentheses;
  }

  /** Notes that a mention is no longer there. */
  drop({ name, component }: NodeMention): void {
    if (name === undefined && component !== undefined) this.#shifted.add(stemOf(component));
  }

  #nowOf(name: string): string {
    return this.#names.get(name) ?? name;
  }

  #asWritten(offset: number): RegExpExecArray {
    WRITTEN_NODE.lastIndex = offset;
    return WRITTEN_NODE.exec(this.#text) as RegExpExecArray;
  }
}

/** Says whether a node has all the metadata that another has. */
function holds({ metadata: all }: Node, { metadata: some }: Node): boolean {
  return Object.entries(some).every(([key, value]) => Object.hasOwn(all, key) && equal(all[key], value));
}
