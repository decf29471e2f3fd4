import { Cron } from 'croner';
import { shortOf } from './settings.ts';

/** The next time after a given one, in milliseconds since 1970; undefined if there is none. */
export type Times = (after: number) => number | undefined;

/** The longest timeout of a timer; timers for later times are renewed. */
const MAX_TIMEOUT_MS = 86_400_000;
/** Limit of counted missed times. */
const MAX_MISSED = 1000;

/** Times of a cron pattern such as `0 9 * * mon-fri`, in a time zone. Throws a sentence if it is invalid. */
export function cronTimes(pattern: string, zone?: string): Times {
  if (zone !== undefined && !isZone(zone))
    throw new Error(`ZONE must be a time zone such as Europe/Berlin, not ${shortOf(zone)}`);
  let cron: Cron;
  try {
    cron = new Cron(pattern, { paused: true, ...(zone !== undefined && { timezone: zone }) });
  } catch {
    throw new Error(`CRON must be a pattern such as "0 9 * * mon-fri", not ${shortOf(pattern)}`);
  }
  const times: Times = after => cron.nextRun(new Date(after))?.getTime();
  if (times(Date.now()) === undefined) throw new Error(`CRON: ${shortOf(pattern)} is never, or not any more`);
  return times;
}

/** Times at every multiple of so many milliseconds, so that all processes and revisions have the same times. */
export const everyTimes =
  (milliseconds: number): Times =>
  after =>
    (Math.floor(after / milliseconds) + 1) * milliseconds;

export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** The last reported time; shared by revisions, so that each time is reported once. */
interface LastTime {
  at: number;
}

/**
 * Reports each time as it comes, with the number of earlier ones that were missed because nothing ran. Returns a
 * function that ends it.
 */
export function tellTimes(times: Times, last: LastTime, tell: (at: number, missed: number) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = (due: number | undefined): void => {
    if (due === undefined) return;
    const left = Math.min(due - Date.now(), MAX_TIMEOUT_MS);
    timer = setTimeout(() => (Date.now() < due ? wait(due) : come(due)), Math.max(0, left)).unref();
  };
  const come = (due: number): void => {
    let [at, missed] = [due, 0];
    for (let next = times(at); next !== undefined && next <= Date.now() && missed < MAX_MISSED; next = times(at)) {
      at = next;
      missed += 1;
    }
    wait(times(Math.max(at, Date.now())));
    if (at <= last.at) return;
    last.at = at;
    tell(at, missed);
  };
  wait(times(Date.now()));
  return () => clearTimeout(timer);
}
