import { describe, it } from '@jest/globals';

/** Whether this is the long form, which `npm run test:long` runs. */
export const isLong = process.env.LONG === 'yes';

const nothing = Object.assign(() => {}, { each: () => () => {} });

/** `it` for a test that only the long form has: it takes seconds, and the short form tests the same in a shorter way. */
export const long = (isLong ? it : nothing) as typeof it;

/** `describe` for such tests, and what they need. */
export const describeLong = (isLong ? describe : nothing) as typeof describe;

/** All of a table in the long form, and its first rows in the short one: those that differ most. */
export const some = <T>(rows: readonly T[], short: number): readonly T[] => (isLong ? rows : rows.slice(0, short));
