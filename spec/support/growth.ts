/** Length of a text that is read in a few milliseconds, unless the time grows with the square of the length. */
const LETTERS = 5_000;
const ENOUGH_MS = 2;
/** How many times as long as the short text the long one is. */
const LONGER = 8;
/** Limit of the ratio of their times: 8 means that the time grows with the length, 64 that it grows with its square. */
const MOST = LONGER ** 1.5;

/**
 * Says the CPU times of `work` on a text made of `filler` and on one eight times as long, if the time grows faster than the
 * text in three measurements in a row; undefined otherwise.
 */
export function excess(work: (text: string) => void, filler: string, before = '', after = ''): string | undefined {
  const text = (letters: number) => before + filler.repeat(Math.ceil(letters / filler.length)) + after;
  if (timeOf(work, text(LETTERS)) < ENOUGH_MS) return;
  const [short, long] = [text((2 * LETTERS) / LONGER), text(2 * LETTERS)];
  let told = '';
  for (let round = 0; round < 3; round += 1) {
    const less = Math.min(...[1, 2, 3, 4].map(() => timeOf(work, short)));
    const more = timeOf(work, long);
    if (more < ENOUGH_MS || more <= MOST * less) return;
    told = `${less.toFixed(1)} ms, then ${more.toFixed(1)} ms`;
  }
  return `${JSON.stringify(before)} ${JSON.stringify(filler)}: ${told}`;
}

const timeOf = (work: (text: string) => void, text: string): number => processorMs(() => work(text));

/** CPU milliseconds of this process during some work, so other processes don't matter. */
export function processorMs(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
