/** Letters of a text that is read in a few milliseconds, unless the time grows with the square of its length. */
const LETTERS = 10_000;
const ENOUGH_MS = 8;

/**
 * Says by how much too much the time of `work` grows when a text made of `filler` gets four times as long; undefined where
 * it grows about as the text does. The time is this process's own, the least of several runs.
 */
export function excess(work: (text: string) => void, filler: string, before = '', after = ''): string | undefined {
  const text = (letters: number) => before + filler.repeat(Math.ceil(letters / filler.length)) + after;
  if (least(work, text(LETTERS), 1) < ENOUGH_MS) return;
  const [short, long] = [text(LETTERS / 2), text(2 * LETTERS)];
  let told = '';
  for (let round = 0; round < 3; round += 1) {
    const [less, more] = [least(work, short, 2), least(work, long, 2)];
    if (more < ENOUGH_MS || more <= 10 * less) return;
    told = `${less.toFixed(1)} ms, then ${more.toFixed(1)} ms`;
  }
  return `${JSON.stringify(before)} ${JSON.stringify(filler)}: ${told}`;
}

function least(work: (text: string) => void, text: string, runs: number): number {
  const times = Array.from({ length: runs }, () => {
    const start = process.cpuUsage();
    work(text);
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}
