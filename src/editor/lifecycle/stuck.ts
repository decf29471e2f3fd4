import { join } from 'node:path';
import { remove } from '../../files/atomic.ts';
import { readText } from '../../files/contents.ts';
import type { Log } from '../../log.ts';
import type { Revisions } from '../../revisions.ts';
import { isRecord } from '../protocol/payload.ts';

/** A revision whose node held the event loop, so that the server had to be ended. */
export interface Stuck {
  readonly revision: number;
  readonly node?: string;
}

/** Takes what the watchdog has left in DATA: marks the revision as failed, and takes the file away. Undefined where nothing is there. */
export function takeStuck({ data, log }: { data: string; log: Log }, revisions: Revisions): Stuck | undefined {
  const file = join(data, 'stuck.json');
  const stuck = readStuck(file);
  if (!stuck) return;
  const at = stuck.node === undefined ? '' : ` at ${stuck.node}`;
  try {
    revisions.mark(stuck.revision, `it got stuck${at}: nothing else could run until the server was ended`);
    remove(file);
  } catch (error) {
    log.error(`that revision ${stuck.revision} got stuck can't be kept`, { error: error as Error });
  }
  return stuck;
}

function readStuck(file: string): Stuck | undefined {
  try {
    const found: unknown = JSON.parse(readText(file));
    if (!isRecord(found) || typeof found.revision !== 'number') return;
    const { revision, node } = found;
    return { revision, ...(typeof node === 'string' && { node }) };
  } catch {
    return;
  }
}
