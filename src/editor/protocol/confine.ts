import { storeFault } from '../../store/url.ts';
import { type Client, Refused } from './message.ts';

/**
 * Components that do what they are told in a packet with the rights of this process: evaluate it, call it, or read the
 * environment and whatever else the process has.
 */
const POWERFUL: ReadonlySet<string> = new Set([
  'core/Callback',
  'core/MakeFunction',
  'core/ReadEnv',
  'core/ReadGlobal',
]);

/** Refuses whoever may not bring in code to place what runs it, and to lead or put anything to where it stands. */
export function refusePower(client: Client, component: string | undefined): void {
  if (client.rights.has('code')) return;
  // NoFlo finds a component by its bare name as well.
  const powerful = [...POWERFUL].find(full => component === full || `core/${component}` === full);
  if (!powerful) return;
  throw new Refused(
    `${powerful} has all rights of this server; it can be used only with a secret that may bring in code`,
  );
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
