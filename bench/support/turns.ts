/** CPU time of the event loop's thread in milliseconds, independent of other load. */
export interface Cost {
  /** Of the longest turn of the event loop. */
  readonly longest: number;
  /** Of all turns that are not idle. */
  readonly total: number;
}

/** A turn that costs less is one in which nothing happens. */
const IDLE_MS = 1;

/** Measures the turns of the event loop during some work and the milliseconds `after` it. */
export async function turnsOf(work: () => Promise<unknown>, after: number): Promise<Cost> {
  let last = process.threadCpuUsage();
  let [longest, total, isOver] = [0, 0, false];
  const turn = () => {
    const { user, system } = process.threadCpuUsage(last);
    last = process.threadCpuUsage();
    const ms = (user + system) / 1000;
    longest = Math.max(longest, ms);
    if (ms > IDLE_MS) total += ms;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  await new Promise(resolve => setTimeout(resolve, after));
  isOver = true;
  return { longest, total };
}
