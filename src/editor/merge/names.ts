import { renamed } from '../../fbp/renamed.ts';
import type { Graph } from '../../fbp.ts';
import { declared } from '../draft/graph.ts';
import { renames } from '../draft/renames.ts';
import type { Three } from './united.ts';

/** The three with the same names for the same nodes, so that what one renamed takes the other's changes along. */
export function sameNames({ base, ours, theirs }: Three<Graph>): { three: Three<Graph>; conflicts: string[] } {
  const mine = free(renames(base, ours), theirs);
  const their = free(renames(base, theirs), ours);
  const conflicts: string[] = [];
  const back = new Map<string, string>();
  for (const [name, called] of their) {
    const kept = mine.get(name);
    if (kept === undefined || kept === called) continue;
    back.set(called, kept);
    conflicts.push(`node ${name} is called ${kept} now, though it was called ${called} elsewhere`);
  }
  const three = {
    base: renamed(base, new Map([...their, ...mine])),
    ours: renamed(ours, new Map([...their].filter(([name]) => !mine.has(name)))),
    theirs: renamed(theirs, new Map([...mine, ...back])),
  };
  return { three, conflicts };
}

/** Renames whose new name is not another node's in the other graph, or the same one's. */
function free(names: ReadonlyMap<string, string>, other: Graph): Map<string, string> {
  const taken = declared(other);
  return new Map([...names].filter(([old, name]) => !taken.has(name) || !taken.has(old)));
}
