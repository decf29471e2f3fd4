import { diffArrays } from 'diff';

/** A line of a text diff; `…` stands for unchanged lines. */
interface DiffLine {
  readonly sign: ' ' | '+' | '-' | '…';
  readonly text: string;
}

/** Changed lines beyond which all lines count as removed and added. */
const MAX_CHANGED = 1000;

/** Line diff of two texts, with `around` unchanged lines of context. */
export function textDifference(before: string, after: string, around = 2): readonly DiffLine[] {
  const [from, to] = [before.trimEnd().split('\n'), after.trimEnd().split('\n')];
  const changes = diffArrays(from, to, { maxEditLength: MAX_CHANGED }) ?? [
    { removed: true, added: false, value: from },
    { removed: false, added: true, value: to },
  ];
  const all = changes.flatMap(({ added, removed, value }) =>
    value.map((text): DiffLine => ({ sign: added ? '+' : removed ? '-' : ' ', text })),
  );
  const near = all.map((_, index) =>
    all.slice(Math.max(0, index - around), index + around + 1).some(({ sign }) => sign !== ' '),
  );
  return all.flatMap((line, index): DiffLine[] => {
    if (near[index]) return [line];
    return index === 0 || near[index - 1] ? [{ sign: '…', text: '' }] : [];
  });
}
