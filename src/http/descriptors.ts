import { readdirSync, readFileSync } from 'node:fs';

/** Part of the free ones that is kept for files, databases and child processes. */
const KEPT = 0.25;
/** The most that is kept. */
const MOST_KEPT = 64;

/** How many connections this process has file descriptors for; Infinity where the system does not say. */
export function connectionsPossible(): number {
  try {
    const most = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Number.NaN);
    if (Number.isNaN(most)) return Number.POSITIVE_INFINITY;
    const free = most - readdirSync('/proc/self/fd').length;
    return Math.max(1, Math.floor(free - Math.min(MOST_KEPT, free * KEPT)));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
