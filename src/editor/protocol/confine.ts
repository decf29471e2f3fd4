import { isAbsolute } from 'node:path';
import { type Client, Refused } from './message.ts';

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
