import type { Kept } from '../revisions.ts';

/** A revision as its file has it: JSON, its texts line by line, so that people and `diff` can read it. Nothing is lost. */
export function print({ text, layout, ...head }: Kept): string {
  return `${JSON.stringify({ ...head, text: text.split('\n'), layout: layout.split('\n') }, null, 2)}\n`;
}

/** What `print` made. Throws a sentence where a file is something else, was written in part, or has another number. */
export function parse(file: string, number: number): Kept {
  const found = Object(JSON.parse(file)) as Record<string, unknown>;
  const wrong = (field: string, expected: string) => new Error(`"${field}" is not ${expected}`);
  const word = (field: string): string => {
    const value = found[field];
    if (typeof value !== 'string') throw wrong(field, 'a text');
    return value;
  };
  const lines = (field: string): readonly string[] => {
    const value = found[field];
    if (!Array.isArray(value) || value.some(line => typeof line !== 'string')) throw wrong(field, 'an array of texts');
    return value;
  };
  if (found.number !== number) throw wrong('number', `${number}`);
  if (Number.isNaN(Date.parse(word('at')))) throw wrong('at', 'a time');
  return {
    number,
    at: word('at'),
    by: word('by'),
    note: word('note'),
    file: word('file'),
    changes: lines('changes'),
    ...(found.rolledBack !== undefined && { rolledBack: word('rolledBack') }),
    text: lines('text').join('\n'),
    layout: lines('layout').join('\n'),
  };
}
