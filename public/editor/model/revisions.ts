import { diffArrays } from 'diff';
import type { ServerPayloads } from '../../../src/model/server-messages.ts';

/** Publishers of revisions, in words. */
const AUTHORS: Readonly<Record<string, string>> = {
  'set-up': 'at the set-up',
  start: 'at a start of the server',
  file: 'by a change of the file',
  revisions: 'by npm run revisions',
  'roll-back': 'by a roll-back',
  editor: 'by an editor',
  moderator: 'by a moderator',
};

/** A revision's publisher in words, as the end of a sentence. */
export const author = (by: string): string => AUTHORS[by] ?? `by ${by}`;

/** The differences between two graphs, both graphs as text, and the changed component files. */
export type Difference = ServerPayloads['flowchat:difference'];

export type RevisionSummary = ServerPayloads['flowchat:revisions']['revisions'][number];

export type TestReport = ServerPayloads['flowchat:tested'];

export type TestOutcome = TestReport['results'][number];

/** A report with failures first. */
export const failedFirst = (report: TestReport): TestReport => ({
  ...report,
  results: report.results.toSorted((a, b) => Number(a.passed) - Number(b.passed)),
});

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

/** The draft's tests, during the run and afterwards. */
export interface DraftTests {
  readonly isRunning: boolean;
  readonly isCancelled?: boolean;
  /** Progress: the number of tested requests and components, and their total; 0 while unknown. */
  readonly done: number;
  readonly total: number;
  /** Failures first, once complete. */
  readonly results: readonly TestOutcome[];
}

/** The tests after more results. */
export function withProgress(
  tests: DraftTests | undefined,
  { done, total, results }: ServerPayloads['flowchat:testing'],
): DraftTests | undefined {
  return tests?.isRunning ? { ...tests, done, total, results: [...tests.results, ...results] } : tests;
}

/** The completed tests. */
export const testsOf = (report: TestReport, before: DraftTests | undefined): DraftTests => ({
  isRunning: false,
  isCancelled: report.cancelled ?? false,
  done: before?.done ?? 0,
  total: before?.total ?? 0,
  results: failedFirst(report).results,
});
