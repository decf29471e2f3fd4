import fc from 'fast-check';
import { isLong } from './long.ts';

/** How often a random test tries, as a factor: `npm run test:random` tries twenty times as often as the long form. */
const RUNS = Number(process.env.RUNS ?? (isLong ? 1 : 0.4));

export const numRuns = (long: number) => ({ numRuns: Math.ceil(long * RUNS) });

/** Any character, as fast-check's unit `binary`, which takes seconds to be made. */
export const anyCharacter = fc
  .nat(0x10ffff - 0x800)
  .map(number => String.fromCodePoint(number < 0xd800 ? number : number + 0x800));
