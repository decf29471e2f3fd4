import type { Head } from '../revisions.ts';

const GAP = '  ';

/** Revisions as a table for people, in the time of this place; of each at most `most` changes. Empty where there are none. */
export function table(heads: readonly Head[], most = 3): string {
  if (heads.length === 0) return '';
  const hasFiles = new Set(heads.map(({ file }) => file)).size > 1;
  const rows = heads.map(head => row(head, hasFiles || heads.length === 1, most));
  const all = [['number', 'time', 'who', 'what'], ...rows.map(({ cells }) => cells)];
  const widths = [0, 1, 2].map(column => Math.max(...all.map(cells => cells[column]!.length)));
  const line = (cells: readonly string[]) => {
    const [number, ...rest] = cells.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    return [number!.trim().padStart(widths[0]!), ...rest].join(GAP).trimEnd();
  };
  const indent = ' '.repeat(widths.reduce((sum, width) => sum + width + GAP.length, 0));
  return [
    line(all[0]!),
    ...rows.flatMap(({ cells, more }) => [line(cells), ...more.map(sentence => indent + sentence)]),
  ].join('\n');
}

/** A text that can't command a terminal: who edits a graph writes notes and names. */
export function plain(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '');
}

function row(
  { number, at, by, note, file, changes, rolledBack }: Head,
  withFile: boolean,
  most: number,
): { cells: readonly string[]; more: readonly string[] } {
  const rest = changes.length - most;
  const told = [
    ...(withFile ? [file] : []),
    ...(note === '' ? [] : [note]),
    ...(rolledBack === undefined ? [] : [`rolled back: ${rolledBack}`]),
    ...changes.slice(0, most),
    ...(rest > 0 ? [`and ${rest} more`] : []),
  ].map(sentence => plain(sentence).replaceAll(/\s+/g, ' '));
  const [first = '', ...more] = told;
  return { cells: [String(number), new Date(at).toLocaleString('sv-SE'), plain(by), first], more };
}
