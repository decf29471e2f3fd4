import fc from 'fast-check';

/** How often a random test tries, as a factor: `npm run test:random` tries twenty times as often. */
const RUNS = Number(process.env.RUNS ?? 1);

export const numRuns = (short: number) => ({ numRuns: Math.ceil(short * RUNS) });

/** Any character, as fast-check's unit `binary`, which takes seconds to be made. */
export const anyCharacter = fc
  .nat(0x10ffff - 0x800)
  .map(number => String.fromCodePoint(number < 0xd800 ? number : number + 0x800));
