import { it } from '@jest/globals';

/** Whether this is the long form, which `npm run test:long` runs. */
export const isLong = process.env.LONG === 'yes';

const nothing = Object.assign(() => {}, { each: () => () => {} });

/** `it` for a test that only the long form has: it takes seconds, and the short form tests the same in a shorter way. */
export const long = (isLong ? it : nothing) as typeof it;
