import { arrayOf, fields, textOf } from './json.ts';

/** Who made a revision, in words. */
const AUTHORS: Readonly<Record<string, string>> = {
  start: 'at a start of the server',
  file: 'by a change of the file',
  revisions: 'by npm run revisions',
  'roll-back': 'by a roll-back',
};

/** Who made a revision, in words, as the end of a sentence. */
export const author = (by: string): string => AUTHORS[by] ?? `by ${by === 'editor' ? 'an editor' : by}`;

export interface RevisionSummary {
  readonly number: number;
  readonly at: string;
  readonly by: string;
  readonly note: string;
  readonly changes: readonly string[];
  /** Why it was rolled back; empty if it was not. */
  readonly rolledBack: string;
}

/** Reads the payload of `flowchat:revisions`, the newest first. */
export const revisionsOf = (payload: unknown): readonly RevisionSummary[] =>
  arrayOf(fields(payload).revisions).map(value => {
    const { number, at, by, note, changes, rolledBack } = fields(value);
    return {
      number: Number(number) || 0,
      at: textOf(at),
      by: textOf(by),
      note: textOf(note),
      changes: arrayOf(changes).map(textOf),
      rolledBack: textOf(rolledBack),
    };
  });

export interface TestOutcome {
  readonly name: string;
  readonly node: string;
  readonly passed: boolean;
  readonly message: string;
}

export interface TestReport {
  readonly passed: number;
  readonly failed: number;
  readonly results: readonly TestOutcome[];
}

/** Reads the payload of `flowchat:tested`; what failed comes first. */
export function testReportOf(payload: unknown): TestReport {
  const { passed, failed, results } = fields(payload);
  const read = arrayOf(results).map((value): TestOutcome => {
    const { name, node, component, passed, message } = fields(value);
    return { name: textOf(name), node: textOf(node ?? component), passed: passed === true, message: textOf(message) };
  });
  return {
    passed: Number(passed) || 0,
    failed: Number(failed) || 0,
    results: read.toSorted((a, b) => Number(a.passed) - Number(b.passed)),
  };
}
