import { diffArrays } from 'diff';

/** A line of a text diff; `…` stands for unchanged lines. */
export interface DiffLine {
  readonly sign: ' ' | '+' | '-' | '…';
  readonly text: string;
}

/** Changed lines beyond which all lines count as removed and added. */
const MAX_CHANGED = 1000;

const linesOf = (text: string): string[] => text.trimEnd().split('\n');

const signed = (sign: DiffLine['sign'], lines: readonly string[]): readonly DiffLine[] =>
  lines.map(text => ({ sign, text }));

function compared(before: string[], after: string[]): readonly DiffLine[] {
  const changes = diffArrays(before, after, { maxEditLength: MAX_CHANGED });
  if (!changes) return [...signed('-', before), ...signed('+', after)];
  return changes.flatMap(({ added, removed, value }) => signed(added ? '+' : removed ? '-' : ' ', value));
}

/** Line diff of two texts, with `around` unchanged lines of context. */
export function textDifference(before: string, after: string, around = 2): readonly DiffLine[] {
  const all = compared(linesOf(before), linesOf(after));
  const near = all.map((_, index) =>
    all.slice(Math.max(0, index - around), index + around + 1).some(({ sign }) => sign !== ' '),
  );
  return all.flatMap((line, index): DiffLine[] => {
    if (near[index]) return [line];
    return index === 0 || near[index - 1] ? [{ sign: '…', text: '' }] : [];
  });
}
