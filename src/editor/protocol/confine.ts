import { storeFault } from '../../store/url.ts';
import type { AllowList } from './allow-list.ts';
import { type Client, Refused } from './message.ts';

/** Refuses whoever may not bring in code to place a component that is not allowed, and to lead or put anything to where it stands. */
export function refusePower(client: Client, allowed: AllowList, component: string | undefined): void {
  if (client.rights.has('code') || component === undefined) return;
  const reason = allowed.reason(component);
  if (reason !== undefined) throw new Refused(reason);
}

/**
 * Refuses a packet that would name a database where none may be, wherever it goes: no store opens it, and whoever sends it
 * hears of it at once.
 */
export function refuseEscape(data: unknown): void {
  // An array with one text in it is that text to many.
  for (const url of [data].flat()) {
    if (typeof url !== 'string' || !/^sqlite:\S+$/.test(url)) continue;
    const fault = storeFault(url);
    if (fault !== undefined) throw new Refused(fault);
  }
}
