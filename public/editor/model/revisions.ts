import { fields, list, text } from './json.ts';

/** A revision that was live once, or is. */
/** Whose doing a revision is, in words. */
const AUTHORS: Readonly<Record<string, string>> = {
  start: 'at a start of the server',
  file: 'by a change of the file',
  revisions: 'by npm run revisions',
  'roll-back': 'by a roll-back',
};

/** Whose doing a revision is, in words, as the end of a sentence. */
export const author = (by: string): string => AUTHORS[by] ?? `by ${by === 'editor' ? 'an editor' : by}`;

export interface Kept {
  readonly number: number;
  readonly at: string;
  readonly by: string;
  readonly note: string;
  readonly changes: readonly string[];
  /** Why it was taken back; empty where it was not. */
  readonly rolledBack: string;
}

/** Reads the payload of `flowchat:revisions`, the newest first. */
export const revisionsOf = (payload: unknown): readonly Kept[] =>
  list(fields(payload).revisions).map(value => {
    const { number, at, by, note, changes, rolledBack } = fields(value);
    return {
      number: Number(number) || 0,
      at: text(at),
      by: text(by),
      note: text(note),
      changes: list(changes).map(text),
      rolledBack: text(rolledBack),
    };
  });

export interface Result {
  readonly name: string;
  readonly node: string;
  readonly passed: boolean;
  readonly message: string;
}

/** How the tests went. */
export interface Tested {
  readonly passed: number;
  readonly failed: number;
  readonly results: readonly Result[];
}

/** Reads the payload of `flowchat:tested`; what failed comes first. */
export function testedOf(payload: unknown): Tested {
  const { passed, failed, results } = fields(payload);
  const read = list(results).map((value): Result => {
    const { name, node, component, passed, message } = fields(value);
    return { name: text(name), node: text(node ?? component), passed: passed === true, message: text(message) };
  });
  return {
    passed: Number(passed) || 0,
    failed: Number(failed) || 0,
    results: read.toSorted((a, b) => Number(a.passed) - Number(b.passed)),
  };
}
