import { setTimeout } from 'node:timers/promises';

/** Resolves and rejects as `work` does, or after `ms` milliseconds as `late` does. */
export async function inTime<T>(work: Promise<T>, ms: number, late: () => T): Promise<T> {
  const ended = new AbortController();
  try {
    return await Promise.race([work, setTimeout(ms, undefined, { signal: ended.signal }).then(late)]);
  } finally {
    ended.abort();
  }
}
