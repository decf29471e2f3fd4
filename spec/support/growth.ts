/** Letters of the shorter text; what is linear takes at most a few milliseconds for twice as many. */
const LETTERS = 4_000;

/** Below this, noise is larger than what is measured. */
const FLOOR_MS = 8;

/**
 * Says by how much too much the time of `work` grows when a text made of `filler` gets twice as long; undefined where it
 * grows as the text does. The time is the least of several runs, so that other processes hardly count.
 */
export function excess(work: (text: string) => void, filler: string, before = '', after = ''): string | undefined {
  const text = (letters: number) => before + filler.repeat(Math.ceil(letters / filler.length)) + after;
  const [short, long] = [text(LETTERS), text(2 * LETTERS)];
  if (least(work, long, 1) < FLOOR_MS) return;
  const [less, more] = [least(work, short, 5), least(work, long, 5)];
  if (more < FLOOR_MS || more <= 3 * less) return;
  return `${JSON.stringify(before)} ${JSON.stringify(filler)}: ${less.toFixed(1)} ms, then ${more.toFixed(1)} ms`;
}

function least(work: (text: string) => void, text: string, runs: number): number {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    work(text);
    return performance.now() - start;
  });
  return Math.min(...times);
}
