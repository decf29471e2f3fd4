import type { Graph } from '../../fbp.ts';
import type { Source } from '../../flow.ts';

/** What runs, and whose doing it is. */
export interface Live {
  readonly revision: number;
  /** When it went live, as ISO says it. */
  readonly since: string;
  readonly by: string;
  readonly source: Source;
  readonly graph: Graph;
  /** The number under which its graph was live first, where a roll-back has brought it back. */
  readonly origin?: number;
}

/** A revision that failed, and what is live in its place. */
export interface RollBack {
  readonly failed: number;
  readonly why: string;
  readonly node?: string;
  /** The revision whose graph is live again, and the number under which it is. */
  readonly to: number;
  readonly revision: number;
  /** Tells all of that, and how to get the failed one back. */
  readonly sentence: string;
}

/** Why something goes live, and what else there is to undo where it fails. */
export interface Reason {
  readonly by: string;
  readonly note?: string;
  /** Whether somebody has confirmed that messages may be kept elsewhere. */
  readonly mayMove?: boolean;
  /** Whether it is among the kept revisions already. */
  readonly isKept?: boolean;
  undo?(): void;
}

/** The number under which a graph was live first. */
export function numberOf({ origin, revision }: Live): number {
  return origin ?? revision;
}

/** Tells of a roll-back. */
export function rollBackOf(failed: Live, live: Live, why: string, node: string | undefined): RollBack {
  const to = numberOf(live);
  const { revision } = live;
  const cure = `npm run revisions -- back ${numberOf(failed)} brings it back`;
  const sentence = `revision ${failed.revision} was rolled back: ${why}; the graph of revision ${to} is live again as revision ${revision}; ${cure}`;
  return { failed: numberOf(failed), why, to, revision, sentence, ...(node !== undefined && { node }) };
}
