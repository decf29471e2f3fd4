import { useEffect, useState } from 'react';
import { Calendar } from '../model/timeline.ts';

/** The calendar of whoever reads this page. */
export const calendar = new Calendar(navigator.language);

/** The time in milliseconds since 1970, renewed every so many milliseconds. */
export function useNow(interval: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), interval);
    return () => clearInterval(timer);
  }, [interval]);
  return now;
}
