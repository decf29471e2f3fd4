import { isAbsolute } from 'node:path';
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
 * Refuses whoever may not bring in code to name a database outside the server's folder, wherever the packet would go:
 * opening one makes files, and reads those that are there.
 */
export function refuseEscape(client: Client, data: unknown): void {
  if (client.rights.has('code') || !isOutside(data)) return;
  throw new Refused(
    'a database has to be in the server\'s folder; name it "sqlite:FILE" without a path that leaves it',
  );
}

function isOutside(data: unknown): boolean {
  // An array with one text in it is that text to many.
  if (Array.isArray(data)) return JSON.stringify(data).includes('sqlite:');
  if (typeof data !== 'string' || !data.startsWith('sqlite:')) return false;
  const path = data.slice('sqlite:'.length);
  return isAbsolute(path) || path.split(/[/\\]/).includes('..');
}
