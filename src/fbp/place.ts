import { type Diagnostic, type DiagnosticCode, diagnostic, type Params } from '../model/diagnostic.ts';
import type { Fault, Place } from '../model/graph.ts';
import { firstIndex } from '../model/sorted.ts';

/** A fault whose place is still an offset in the text. */
export interface OffsetFault extends Diagnostic {
  readonly offset: number;
}

export function faultAt<Code extends DiagnosticCode>(offset: number, code: Code, ...params: Params<Code>): OffsetFault {
  return { offset, ...diagnostic(code, ...params) };
}

/** Converts offsets in the text to lines and columns, counted from 1; a line ends with LF, CRLF or CR. */
export function placer(text: string): (offset: number) => Place {
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\n|\r/g), end => end.index + end[0].length)];
  return offset => {
    const line = firstIndex(starts.length, index => starts[index]! <= offset);
    return { line, column: offset - starts[line - 1]! + 1 };
  };
}

/** Compares places in text order, for `sort`. */
export function byPlace(a: Place, b: Place): number {
  return a.line - b.line || a.column - b.column;
}

/** Limit of reported mistakes of one text; further ones are reported once these are corrected. */
export const MAX_FAULTS = 20;

/** Gives mistakes their file, line and column, in text order, up to the limit. */
export function placedFaults(
  file: string,
  mistakes: readonly OffsetFault[],
  place: (offset: number) => Place,
): Fault[] {
  const sorted = mistakes.toSorted((a, b) => a.offset - b.offset);
  const faults = sorted.slice(0, MAX_FAULTS);
  const more = sorted[MAX_FAULTS];
  if (more) faults.push(faultAt(more.offset, 'more-mistakes'));
  return faults.map(({ offset, ...said }) => ({ file, ...place(offset), ...said }));
}
