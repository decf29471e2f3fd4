/** A row of a table. */
export type Row = Readonly<Record<string, string | number>>;

/** Goals of a row by column: the most or the least that a figure may be. */
interface Goals {
  readonly most?: Readonly<Record<string, number>>;
  readonly least?: Readonly<Record<string, number>>;
}

/** Adds a row's goals, and whether they are met. */
export function judged(row: Row, { most = {}, least = {} }: Goals): Row {
  const goals = [
    ...Object.entries(most).map(([column, limit]) => ({
      text: `${column} ≤ ${limit}`,
      isMet: Number(row[column]) <= limit,
    })),
    ...Object.entries(least).map(([column, limit]) => ({
      text: `${column} ≥ ${limit}`,
      isMet: Number(row[column]) >= limit,
    })),
  ];
  const texts = (of: typeof goals) => of.map(({ text }) => text).join(', ');
  const missed = goals.filter(({ isMet }) => !isMet);
  return { ...row, goal: texts(goals), met: missed.length === 0 ? 'yes' : `no: ${texts(missed)}` };
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

export const rounded = (value: number, digits = 1) => Number(value.toFixed(digits));
