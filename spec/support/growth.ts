/** Letters of a text that is read in a few milliseconds, unless the time grows with the square of its length. */
const LETTERS = 5_000;
const ENOUGH_MS = 2;
/** How many times as long as the short text the long one is. */
const LONGER = 8;
/** The time of the long text grows in proportion where it is eight times the other's, and with the square where it is 64 times. */
const MOST = LONGER ** 1.5;

/**
 * Says by how much too much the time of `work` grows when a text made of `filler` gets eight times as long; undefined where
 * it grows about as the text does. The time is what this process has had of the processor, however busy that is with others, and
 * what grows too much does so three times in a row.
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

/** Milliseconds of the processor that work takes, however busy that is with others. */
export function processorMs(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
