import type { ServerPayloads } from '../../../src/model/server-messages.ts';

/** Who made a revision, in words. */
const AUTHORS: Readonly<Record<string, string>> = {
  start: 'at a start of the server',
  file: 'by a change of the file',
  revisions: 'by npm run revisions',
  'roll-back': 'by a roll-back',
  editor: 'by an editor',
  moderator: 'by a moderator',
};

/** Who made a revision, in words, as the end of a sentence. */
export const author = (by: string): string => AUTHORS[by] ?? `by ${by}`;

/** The differences between two graphs, both graphs as text, and the changed component files. */
export type Difference = ServerPayloads['flowchat:difference'];

export type RevisionSummary = ServerPayloads['flowchat:revisions']['revisions'][number];

export type TestReport = ServerPayloads['flowchat:tested'];

export type TestOutcome = TestReport['results'][number];

/** A report in which what failed comes first. */
export const failedFirst = (report: TestReport): TestReport => ({
  ...report,
  results: report.results.toSorted((a, b) => Number(a.passed) - Number(b.passed)),
});
